"""The fence and its YAML: what is read, and what is rejected."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.tags import fence, yamltext
from playground.tags.tag import LiveCall, TagError
from tests.exchange.strategies import requests


def _error(text: str) -> TagError:
    with pytest.raises(TagError) as caught:
        fence.read(text)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "provider: openai\nrequest:\n  model: gpt-4\n  messages:\n    - role: user\n      content: Hello!\n",
        "provider: openai\ndefaultRequest: {model: gpt-4, messages: [{role: user, content: Hello!}]}",
        "{provider: openai, request: {model: gpt-4, messages: [{role: user, content: 'Hello!'}]}}",
        """{"provider": "openai", "request":
        \t{"model": "gpt-4", "messages": [{"role": "user", "content": "Hello!"}]}}""",
    ],
)
def test_all_spellings_mean_the_same(text: str) -> None:
    body = {"model": "gpt-4", "messages": [{"role": "user", "content": "Hello!"}]}

    assert fence.read(text) == LiveCall("openai", body)


def test_a_fence_can_name_an_embed() -> None:
    assert fence.read("embed: docs\nrequest: {a: 1}") == LiveCall("", {"a": 1}, "docs")


def test_empty_values_count_as_not_given() -> None:
    assert fence.read("provider:\nembed: ~\nrequest:\nlabel: ''\nclass: wide") == LiveCall()


@given(requests)
def test_any_json_request_is_read_unchanged(request_: dict[str, object]) -> None:
    assert fence.read(json.dumps({"provider": "openai", "request": request_})).body == request_


def test_surrogate_halves_become_one_character_as_in_json() -> None:
    assert yamltext.loads(r'{"\ud83d\ude00": "\ud83d\ude00"}') == {"😀": "😀"}


@given(st.text() | st.text(alphabet="[]{}:,-?!&*|>'\"%@`# \n\\uUx0f9e."))
def test_any_text_is_parsed_to_json_or_rejected(text: str) -> None:
    try:
        value = yamltext.loads(text)
    except yamltext.YAMLTextError:
        return
    json.dumps(value, ensure_ascii=False).encode()


def test_scalars_mean_what_they_mean_in_json() -> None:
    text = "{a: no, b: 2024-01-01, c: 1e-7, d: 012, e: ~, f: True, g: '1', h: 1_000, i: <<, j: 0x1f}"

    assert yamltext.loads(text) == {
        "a": "no", "b": "2024-01-01", "c": 1e-7, "d": 12, "e": None, "f": True, "g": "1", "h": "1_000",
        "i": "<<", "j": 31,
    }  # fmt: skip


BOMB = "a: &a [x, x]\n" + "".join(
    f"{now}: &{now} [*{last}, *{last}]\n" for last, now in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (BOMB, 1, "Aliases (*name)"),
        ("provider: a\nprovider: b", 1, "The field “provider” appears"),
        ("provider: !!python/object/apply:os.system [id]", 0, "Tags (!name)"),
        ("provider: x\nrequest: {a: .nan}", 1, ".nan isn’t a JSON number"),
        ("request: {a: 1e999}", 0, "The number 1e999 is too large"),
        ("request: {a: 1e-999}", 0, "The number 1e-999 is too close to zero"),
        ("request: {a: -.inf}", 0, "-.inf isn’t a JSON number"),
        ("request: {a: " + "9" * 5000 + "}", 0, "too many digits"),
        ("request: {? [a] : b}", 0, "A field name must be a string"),
        ("provider: x\nrequest: {a: [}", 1, "Invalid YAML"),
        ("[ " * 3000, 0, "more than 64 levels"),
        ("a: \x00", 0, "characters that YAML doesn’t allow"),
        ("x" * (yamltext.LONGEST + 1), 0, "more than 65,536 characters"),
        ("request: " + "{a: " * 30 + "1" + "}" * 30, 0, "nested too deep"),
        (r'request: {a: "\ud800"}', 0, "half of a surrogate pair"),
        (r'request: {"\udc00": 1}', 0, "half of a surrogate pair"),
        (r'provider: "\UFFFFFFFF"', 0, "characters that YAML doesn’t allow"),
        ("%YAML 1." + "1" * 5000 + "\n---\na: b", 0, "characters that YAML doesn’t allow"),
        ("provider: x\nrequest: {a: 0x" + "f" * 5000 + "}", 1, "too many digits"),
        ("request: {a: 123e-10000000}", 0, "The number 123e-10000000 is too close to zero"),
        ("a: 1\n---\nb: 2", 1, "Invalid YAML"),
        ("embed: [a]", 0, "name of an embed"),
        ("- openai", 0, "The fence must contain"),
        ("", 0, "The fence must contain"),
        ("providre: openai", 0, "attribute “providre”"),
        ("provider: [a]", 0, "the ID of a provider"),
        ("request: text", 0, "must be an object"),
        ("request: {}\ndefaultRequest: {}", 0, "twice"),
        ("label: [a]", 0, "“label” must be a string"),
        ("theme: 3", 0, "“theme” must be a string"),
    ],
)
def test_an_invalid_fence_says_where_and_why(text: str, line: int, words: str) -> None:
    error = _error(text)

    assert words in str(error)
    assert error.line == line
