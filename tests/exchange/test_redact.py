"""A key is in nothing that is kept or shown, in none of the forms in which it comes back."""

import base64
import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.exchange.redact import MASK, Redactor

_FORMS: list[Callable[[str], str]] = [
    str,
    lambda key: quote(key, safe=""),
    quote,
    quote_plus,
    lambda key: json.dumps(key)[1:-1],
    lambda key: json.dumps(key)[1:-1].replace("/", "\\/"),
    lambda key: base64.b64encode(key.encode()).decode(),
    lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
]
# What a header can carry, but for the mask's own letters and brackets.
keys = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="[]redact"),
    min_size=8,
    max_size=60,
)
pieces = st.text(st.sampled_from("[]redact \n,;:-"), max_size=6)


@given(keys, st.lists(st.tuples(pieces, st.sampled_from(_FORMS)), min_size=1, max_size=5), pieces)
def test_the_key_is_left_in_none_of_its_forms(
    key: str, parts: list[tuple[str, Callable[[str], str]]], end: str
) -> None:
    text = "".join(piece + form(key) for piece, form in parts) + end
    redactor = Redactor(key)

    for redacted in (redactor.text(text), redactor.data(text.encode()).decode()):
        assert MASK in redacted
        assert not [form(key) for form in _FORMS if form(key) in redacted]


@given(keys, st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_text_without_the_key_stays_as_it_is(key: str, text: str) -> None:
    if not any(form(key) in text for form in _FORMS):
        assert Redactor(key).text(text) == text


def test_texts_of_a_json_value_are_redacted_its_keys_included() -> None:
    value: Any = {"sk-12345678": ["sk-12345678", {"a": "x sk-12345678 y"}], "n": 1, "ok": None, "t": True}

    assert Redactor("sk-12345678").value(value) == {
        MASK: [MASK, {"a": f"x {MASK} y"}], "n": 1, "ok": None, "t": True
    }  # fmt: skip


def test_header_names_and_values_are_redacted() -> None:
    assert Redactor("sk-12345678").headers([("X-sk-12345678", "1"), ("Via", "sk-12345678")]) == (
        (f"X-{MASK}", "1"),
        ("Via", MASK),
    )


@pytest.mark.parametrize("key", ["", "none", "ollama", "EMPTY"])
def test_a_word_that_is_no_secret_is_left_where_it_stands(key: str) -> None:
    assert Redactor(key).text("none of ollama is EMPTY") == "none of ollama is EMPTY"


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    assert Redactor("sk-12345678").data(b"\xff\x00sk-12345678\xfe") == b"\xff\x00" + MASK.encode() + b"\xfe"


def test_the_redactor_does_not_show_its_key() -> None:
    assert "sk-12345678" not in repr(Redactor("sk-12345678"))


@given(
    before=st.text(max_size=30), after=st.text(max_size=30), cuts=st.lists(st.integers(0, 100), max_size=6)
)
def test_a_growing_text_shows_no_part_of_a_key_that_is_still_to_come(
    before: str, after: str, cuts: list[int]
) -> None:
    key = "sk-canary/51c0+de"
    whole = before + key + after
    edges = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    redactor, shown, held = Redactor(key), "", ""

    for start, end in pairwise(edges):
        held = redactor.text(held + whole[start:end])
        settled = redactor.settled(held)
        shown, held = shown + held[:settled], held[settled:]
        assert not any(shown.endswith(key[:length]) for length in range(1, len(key) + 1))

    assert shown + held == redactor.text(whole)
