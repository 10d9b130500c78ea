"""Highlighted JSON: the text stays as it was, none of it becomes markup, and time grows with its length."""

import json
from html import unescape
from typing import Any

import pytest
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st

from playground.rendering.json_html import json_html
from tests.growth import is_linear

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_each_kind_has_its_class() -> None:
    html = json_html('{"a": [1, -2.5e3, true, null, "x: \\"1\\""]}')

    assert html == (
        '{<span class="hl-nt">"a"</span>: [<span class="hl-mi">1</span>, <span class="hl-mf">-2.5e3</span>, '
        '<span class="hl-kc">true</span>, <span class="hl-kc">null</span>, '
        '<span class="hl-s2">"x: \\"1\\""</span>]}'
    )


@given(_VALUES)
def test_it_reads_as_the_text_itself(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2).replace("<", "").replace("&", "")

    assert unescape(strip_tags(json_html(text))) == text


@given(st.text("<>&\"\\'a1 :"))
def test_nothing_becomes_markup(text: str) -> None:
    html = json_html(text)
    for kind in ("nt", "s2", "mf", "mi", "kc"):
        html = html.replace(f'<span class="hl-{kind}">', "")  # type: ignore[assignment]

    assert "<" not in html.replace("</span>", "")


@pytest.mark.parametrize("piece", ['\\"', '"', "1", "{", '"\\', "-", "1e"])
def test_time_grows_with_the_length(piece: str) -> None:
    assert is_linear(lambda size: json_html('"' + piece * (size // len(piece))), 20_000)
