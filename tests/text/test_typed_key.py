"""Keys as people paste them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.text.typed_key import KeyProblemError, clean, was_cleaned
from tests.growth import is_linear


@pytest.mark.parametrize(
    "typed",
    [
        "  sk-1\n",
        "\u00a0sk-1\u3000",
        "\ufeffsk-1\u200b",
        "sk\u2060-\u200b1",
        "Bearer sk-1",
        "bearer:  sk-1",
        '"sk-1"',
        "'sk-1'",
        "`sk-1`",
        "“sk-1”",
        "‘sk-1’",
        "«sk-1»",
        "<sk-1>",
        '" sk-1 "',
        "OPENAI_API_KEY=sk-1",
        "OPENAI_API_KEY = 'sk-1'",
        "export OPENAI_API_KEY=“sk-1”",
        'set OPENAI_API_KEY="sk-1"',
        '$env:OPENAI_API_KEY="sk-1"',
        "HF_TOKEN=sk-1",
        "ACME_PAT=sk-1",
        "apiKey=sk-1",
        "KEY=sk-1",
        "Authorization: Bearer sk-1",
        "authorization:Bearer sk-1",
        "x-api-key: sk-1",
        "x-goog-api-key: sk-1",
        "api-key: sk-1",
        "API Key: sk-1",
        "api_key: 'sk-1'",
        '"api_key": "sk-1",',
        "api_key='sk-1';",
        '-H "Authorization: Bearer sk-1"',
        "--header 'x-api-key: sk-1'",
        '"Authorization": "Bearer sk-1"',
        "OPENAI_API_KEY: sk-1",
        '"HF_TOKEN":"sk-1"',
        '{"key":"sk-1"}',
        '{ "api_key": "sk-1" }\n',
        '{\n  "OPENAI_API_KEY": "sk-1",\n}',
        '{"Authorization": "Bearer sk-1"}',
    ],
)
def test_what_surrounds_a_key_is_stripped(typed: str) -> None:
    assert clean(typed) == "sk-1"
    assert was_cleaned(typed)


@pytest.mark.parametrize(
    "key",
    [
        "sk-1",
        "dGVzdA==",
        "dGVzdF9r_ZXk==",
        "ABC_DEF==",
        "bW9ua2V5",
        "bWtleQkey=",
        "id:secret",
        "2f1c:9a",
        "sk-proj-token:abc",
        "sk-key=abc",
        "a=b",
        "key-abc:def",
        "bearer-1",
        "'quote",
        "a.b.c",
        "key",
        "secret-token",
        "sk-your-1f9a",
        "YOUR2f1cKEY9a",
        "x" * 7,
        "".join(map(chr, range(0x21, 0x7F))),
    ],
)
def test_a_plain_key_is_unchanged(key: str) -> None:
    assert clean(key) == key
    assert not was_cleaned(key)


@pytest.mark.parametrize("typed", ["", " ", "\n\t\u00a0"])
def test_blanks_give_an_empty_key(typed: str) -> None:
    assert clean(typed) == ""


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("two words", "Character 4 is a space"),
        ("Basic dXNlcg==", "Character 6 is a space"),
        ("sk-1\nsk-2", "Character 5 is a line break"),
        ("sk-1\r\nX-Other: b", "Character 5 is a line break"),
        ("sk\u2028-1", "a line break"),
        ("sk\0", "Character 3 is a control character"),
        ("sk-\u0430bc", "Character 4 is a non-ASCII letter (Cyrillic)"),
        ("Bearer sk-\uff41", "Character 4 is a non-ASCII letter (Fullwidth)"),
        ("密钥：sk-1", "Character 1 is a non-ASCII letter (Cjk)"),
        ("sk–1", "Character 3 isn’t ASCII"),
        ("sk-\ud800", "a control character"),
        ("sk-1…9f", "hidden"),
        ("sk-1...9f", "hidden"),
        ("sk-***9f", "hidden"),
        ("sk-••••", "hidden"),
        ("sk-1234xxxxxxxx", "hidden"),
        ("[redacted]", "hidden"),
        ("Authorization: Bearer [redacted]", "hidden"),
        ("$OPENAI_API_KEY", "name of a variable"),
        ("Bearer ${OPENAI_API_KEY}", "name of a variable"),
        ("%OPENAI_API_KEY%", "name of a variable"),
        ("${…}", "name of a variable"),
        ("${{ secrets.OPENAI_API_KEY }}", "name of a variable"),
        ("{{API_KEY}}", "name of a variable"),
        ("$env:OPENAI_API_KEY", "name of a variable"),
        ("OPENAI_API_KEY", "name of a variable"),
        ("<API_KEY>", "placeholder"),
        ('os.environ["OPENAI_API_KEY"]', "name of a variable"),
        ("process.env.OPENAI_API_KEY", "name of a variable"),
        ("<your key>", "placeholder"),
        ("Bearer <your key>", "placeholder"),
        ("OPENAI_API_KEY=<your-api-key>", "placeholder"),
        ("YOUR_API_KEY", "placeholder"),
        ("your_api_key_here", "placeholder"),
        ("YOUR-KEY", "placeholder"),
        ("sk-your-openai-key", "placeholder"),
        ("<key>", "placeholder"),
        ("<INSERT API KEY HERE>", "placeholder"),
        ("sk-...", "placeholder"),
        ("sk-…", "placeholder"),
        ("sk-proj-...", "placeholder"),
        ("sk-xxxx", "placeholder"),
        ("sk-XXXXXXXXXXXX", "placeholder"),
        ("<你的密钥>", "placeholder"),
        ("你的 API Key", "placeholder"),
        ("Bearer", "doesn’t contain a key"),
        ("Authorization: Bearer ", "doesn’t contain a key"),
        ('""', "doesn’t contain a key"),
        ("\u200b", "doesn’t contain a key"),
        ("s" * 16_385, "16,385"),
    ],
)
def test_an_invalid_key_is_rejected_with_a_reason(typed: str, words: str) -> None:
    with pytest.raises(KeyProblemError) as refused:
        clean(typed)

    assert words in str(refused.value.sentence)
    assert not was_cleaned(typed)


def test_the_longest_key_is_accepted() -> None:
    assert clean(f"Bearer {'s' * 16_384}") == "s" * 16_384


@given(st.text(st.characters(exclude_categories=[]), max_size=60))
def test_any_text_gives_a_key_or_a_sentence(typed: str) -> None:
    try:
        key = clean(typed)
    except KeyProblemError as error:
        assert str(error.sentence)  # noqa: PT017 -- both outcomes are good ones
    else:
        assert clean(key) == key
        assert key.isascii()


@pytest.mark.parametrize(
    "part", ['"', "Bearer ", "export ", "\u200b", "a_", "KEY=", "'api_key': ", "{", "x", "sk-"]
)
def test_cleaning_takes_linear_time(part: str) -> None:
    def work(count: int) -> None:
        with suppress(KeyProblemError):
            clean(part * count)

    assert is_linear(work, 2000)
