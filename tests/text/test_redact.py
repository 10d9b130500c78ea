"""The key is in nothing that is kept or shown, in whatever form it comes back."""

import base64
import json
import re
from collections.abc import Callable
from html import escape
from itertools import pairwise
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from playground.text.redact import MASK, Redactor
from tests.exchange.strategies import escaped, keys, unescaped
from tests.growth import is_linear

_FORMS: list[Callable[[str], str]] = [
    str,
    lambda key: quote(key, safe=""),
    quote,
    quote_plus,
    lambda key: json.dumps(key)[1:-1],
    lambda key: json.dumps(key)[1:-1].replace("/", "\\/"),
    escape,
    lambda key: re.sub("([-_./+=:~])", r"\\\1", key),  # Markdown
    lambda key: base64.b64encode(key.encode()).decode(),
    lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
]
# Everything a header can carry, without the mask's own letters and brackets.
all_keys = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="[]redact"),
    min_size=8,
    max_size=60,
)
pieces = st.text(st.sampled_from("[]redact \n,;:-"), max_size=6)


@given(all_keys, st.lists(st.tuples(pieces, st.sampled_from(_FORMS)), min_size=1, max_size=5), pieces)
def test_every_form_of_the_key_is_redacted(
    key: str, parts: list[tuple[str, Callable[[str], str]]], end: str
) -> None:
    # Percent-encoded, a "%" at the end and what follows are ambiguous. No provider's key ends in "%".
    assume(not key.endswith("%"))
    text = "".join(piece + form(key) for piece, form in parts) + end
    redactor = Redactor(key)

    for redacted in (redactor.text(text), redactor.data(text.encode()).decode()):
        assert MASK in redacted
        assert not [form(key) for form in _FORMS if form(key) in redacted]


@given(all_keys, st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_text_without_the_key_is_unchanged(key: str, text: str) -> None:
    if not any(form(key) in text for form in _FORMS):
        assert Redactor(key).text(text) == text


@given(st.data(), keys, pieces, pieces)
def test_any_mixture_of_escapes_is_redacted(data: st.DataObject, key: str, before: str, after: str) -> None:
    text = before + data.draw(escaped(key)) + after
    redactor = Redactor(key)

    for redacted in (redactor.text(text), redactor.data(text.encode()).decode()):
        assert redacted == before + MASK + after
        assert key not in unescaped(redacted)


@given(st.data(), keys, st.binary(max_size=8), st.binary(max_size=8), st.booleans(), st.booleans())
def test_the_key_within_longer_base64_is_redacted(
    data: st.DataObject, key: str, before: bytes, after: bytes, url: bool, padded: bool
) -> None:
    encode, decode = (
        (base64.urlsafe_b64encode, base64.urlsafe_b64decode) if url else (base64.b64encode, base64.b64decode)
    )
    text = encode(before + key.encode() + after).decode()
    redacted = Redactor(key).text(data.draw(escaped(text if padded else text.rstrip("="))))

    assert MASK in redacted
    for part in unescaped(redacted).split(MASK):
        for skipped in range(4):
            letters = part[skipped : len(part) - (len(part) - skipped) % 4].encode()
            assert key[:6].encode() not in decode(letters)


@pytest.mark.parametrize(
    "key", ["sk-12345%41xyz", "sk-12345&#97;xyz", 'sk-"12345"', "sk\\12345\\u0073", "%%%%%%%%"]
)
def test_a_key_that_looks_escaped_is_found(key: str) -> None:
    redactor = Redactor(key)

    for form in _FORMS:
        assert key not in unescaped(redactor.text(f"a {form(key)} b"))
        assert redactor.text(f"a {form(key)} b").startswith(f"a {MASK}")
    in_json = json.dumps({"a": [key, {"b": json.dumps(key)}]})
    assert key not in str(json.loads(redactor.text(in_json)))


@given(all_keys, st.text(st.sampled_from('\\u0073%25&#x;amp/"1'), max_size=40))
def test_other_escapes_are_unchanged(key: str, text: str) -> None:
    redactor = Redactor(key)
    if key not in text and unescaped(key) not in unescaped(text):
        assert redactor.text(text) == text
        assert redactor.data(text.encode()) == text.encode()


@pytest.mark.parametrize(
    "piece",
    [
        "\\",
        "25",
        "0",
        "&",
        "&amp;",
        "%25",
        "\\u0061",
        "x\\u0061",
        "\\/",
        "sk-1234",
        "\\u0073k-12345678",
        "&#x73",
    ],
)
@pytest.mark.parametrize(
    ("key", "start"), [("sk-12345678", "%"), ("sk-12345678", "&#"), ('sk-1234"5678', "&#x")]
)
def test_hostile_text_takes_linear_time(key: str, start: str, piece: str) -> None:
    redactor = Redactor(key)

    def work(size: int) -> None:
        redactor.settled(redactor.text(start + piece * (size // len(piece))))

    assert is_linear(work, 30_000)


@pytest.mark.parametrize("piece", ["x", "sk-12345678", "sk-1234567", "%73", "\\\\"])
def test_a_value_with_many_strings_takes_linear_time(piece: str) -> None:
    def work(size: int) -> None:
        value = {"a": [piece] * size, "b": {f"{piece}{number}": [[piece]] for number in range(size // 4)}}
        Redactor("sk-12345678").value(value)

    assert is_linear(work, 1000)


def test_strings_and_keys_of_a_json_value_are_redacted() -> None:
    value: Any = {"sk-12345678": ["sk-12345678", {"a": "x sk-12345678 y"}], "n": 1, "ok": None, "t": True}

    assert Redactor("sk-12345678").value(value) == {
        MASK: [MASK, {"a": f"x {MASK} y"}], "n": 1, "ok": None, "t": True
    }  # fmt: skip


@pytest.mark.parametrize("key", ["", "none", "ollama", "EMPTY"])
def test_a_key_too_short_to_be_secret_is_not_redacted(key: str) -> None:
    assert Redactor(key).text("none of ollama is EMPTY") == "none of ollama is EMPTY"


def test_binary_data_is_unchanged() -> None:
    assert Redactor("sk-12345678").data(b"\xff\x00sk-12345678\xfe") == b"\xff\x00" + MASK.encode() + b"\xfe"


def test_a_key_of_digits_is_redacted_from_numbers() -> None:
    assert Redactor("1234567890").value({"seed": 1234567890, "n": 1}) == {"seed": MASK, "n": 1}


def test_repr_does_not_show_the_key() -> None:
    assert "sk-12345678" not in repr(Redactor("sk-12345678"))


@given(
    before=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="s"), max_size=30),
    after=st.text(max_size=30),
    cuts=st.lists(st.integers(0, 100), max_size=6),
)
def test_a_growing_text_shows_no_part_of_an_unfinished_key(before: str, after: str, cuts: list[int]) -> None:
    key = "sk-canary/51c0+de"
    whole = before + key + after
    edges = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    redactor, shown, held = Redactor(key).of_whole_keys, "", ""

    for start, end in pairwise(edges):
        held = redactor.text(held + whole[start:end])
        settled = redactor.settled(held)
        shown, held = shown + held[:settled], held[settled:]
        assert not any(shown.endswith(key[:length]) for length in range(1, len(key) + 1))

    assert shown + held == redactor.text(whole)


@given(st.data(), keys, pieces, pieces, st.lists(st.integers(0, 400), max_size=8))
def test_a_growing_text_shows_no_part_of_an_unfinished_escaped_key(
    data: st.DataObject, key: str, before: str, after: str, cuts: list[int]
) -> None:
    whole = before + data.draw(escaped(key)) + after
    edges = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    redactor, shown, held = Redactor(key).of_whole_keys, "", ""

    for start, end in pairwise(edges):
        held = redactor.text(held + whole[start:end])
        settled = redactor.settled(held)
        shown, held = shown + held[:settled], held[settled:]
        assert (before + MASK).startswith(shown) or shown.startswith(before + MASK)

    # "&#115" is a letter even before its ";" arrives.
    assert unescaped(shown + held) in (before + MASK + after, f"{before}{MASK};{after}")


@pytest.mark.parametrize("end", ["", "AT", "100", "a", "\\n", "50%!", "R&D!"])
def test_text_that_cannot_start_the_key_is_settled(end: str) -> None:
    assert Redactor("sk-12345678").settled(f"is this {end}") == len(f"is this {end}")


LONG = "sk-canary-51c0de/7f+93a2"


@given(st.data(), st.integers(12, len(LONG) - 1), pieces, pieces)
def test_a_beginning_with_half_of_the_key_is_redacted(
    data: st.DataObject, length: int, before: str, after: str
) -> None:
    assume(not after.startswith(LONG[length]))
    beginning, redactor = LONG[:length], Redactor(LONG)

    assert redactor.text(before + beginning + after) == before + MASK + after
    assert unescaped(redactor.text(before + data.draw(escaped(beginning)) + "!")) in (
        f"{before}{MASK}!",
        f"{before}{MASK};!",  # "&#115" is a letter even before its ";" arrives
    )
    assert redactor.of_whole_keys.text(before + beginning + after) == before + beginning + after


def test_a_beginning_with_less_than_half_of_the_key_is_unchanged() -> None:
    told = f"Incorrect API key provided: {LONG[:11]}*****93a2, {LONG[:11]}"

    assert Redactor(LONG).text(told) == told


@pytest.mark.parametrize("piece", [LONG[:12], LONG[:-1], LONG[:12] + "\\u0073", LONG])
def test_many_beginnings_take_linear_time(piece: str) -> None:
    assert is_linear(lambda size: Redactor(LONG).text(piece * size), 2000)
