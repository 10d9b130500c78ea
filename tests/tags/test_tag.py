"""The tag: its attributes and its literal, and the errors for those that cannot be read."""

import html
import json
import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.tags import fence, tag
from playground.tags.tag import MAX_DEPTH, LiveCall, TagError
from tests.exchange.strategies import json_values, requests


def _read(text: str) -> LiveCall:
    found = tag.scan(text, 0)
    assert found is not None
    assert found.end == len(text)
    return tag.read(found)


def _error(text: str) -> TagError:
    found = tag.scan(text, 0)
    assert found is not None
    with pytest.raises(TagError) as caught:
        tag.read(found)
    return caught.value


HELLO = {"model": "gpt-4", "messages": [{"role": "user", "content": "Hello!"}], "temperature": 0.7}


@pytest.mark.parametrize(
    "text",
    [
        """<ApiPlayground provider="openai" :defaultRequest="{model:'gpt-4',messages:[
        {role:'user',content:'Hello!'}],temperature:.7}" />""",
        """<ApiPlayground :default-request="{ 'model': 'gpt-4', temperature: 0.7,
        messages: [{ role: 'user', content: 'Hello!' }] }" provider='openai'/>""",
        """<ApiPlayground v-bind:defaultRequest='{"model":"gpt-4","messages":[{"role":"user","content":
        "Hello!"}],"temperature":7e-1}' provider=openai></ApiPlayground>""",
        """<api-playground :provider="'openai'" class="wide"
  :defaultRequest = "{
    model: &quot;gpt-4&quot;, // which one

    /* the conversation */
    messages: [
      { role: &#39;user&#39;, content: 'Hello!', },
    ],
    temperature: +0.7,
  }"
>
  what an old browser shows
</api-playground>""",
    ],
)
def test_all_spellings_mean_the_same(text: str) -> None:
    assert _read(text) == LiveCall("openai", HELLO)


def test_attributes_for_other_sites_are_ignored() -> None:
    attributes = 'src="https://a.example/" class="wide" :key="{ a }" :theme="isDark ? a : b" :label="t(1)"'

    assert _read(f'<ApiPlayground {attributes} provider="openai" />') == LiveCall("openai", None)


ALL = {
    "provider": "openai",
    "api": "messages",
    "embed": "docs",
    "request": {"a": 1},
    "label": "Try",
    "theme": "dark",
    "lang": "zh",
}


@pytest.mark.parametrize("names", [ALL, *[{name: ALL[name]} for name in ALL]])
def test_a_tag_and_a_fence_accept_the_same(names: dict[str, Any]) -> None:
    written = "".join(
        f" {name}='{value if isinstance(value, str) else json.dumps(value)}'" for name, value in names.items()
    )
    bound = "".join(f" :{name}='{json.dumps(value)}'" for name, value in names.items())
    call = LiveCall(**{"body" if name == "request" else name: value for name, value in names.items()})

    assert _read(f"<ApiPlayground{written} />") == call
    assert _read(f"<api-playground{bound} />") == call
    assert fence.read(json.dumps(names)) == call


@pytest.mark.parametrize(
    "embed", ['embed="docs"', ":embed=\"'docs'\"", "v-bind:embed=\"'docs'\"", "embed=docs"]
)
def test_a_tag_can_name_an_embed(embed: str) -> None:
    assert _read(f'<ApiPlayground provider="openai" {embed} />') == LiveCall("openai", None, "docs")


def test_all_attributes_are_optional() -> None:
    assert _read("<ApiPlayground/>") == LiveCall("", None)


@pytest.mark.parametrize("text", ["<ApiPlaygrounds />", "<Api />", "ApiPlayground", "< ApiPlayground/>"])
def test_other_names_are_not_a_tag(text: str) -> None:
    assert tag.scan(text, 0) is None


def test_a_quoted_bracket_does_not_end_the_tag() -> None:
    call = _read(
        """<ApiPlayground :defaultRequest="{content: '/> </ApiPlayground> a&amp;copy=1 a&copy=1'}" />"""
    )

    assert call.body == {"content": "/> </ApiPlayground> a&copy=1 a&copy=1"}


# --- the literal ---


def _as_vue(value: Any, chance: random.Random) -> str:
    """Write a JSON value as people do in a Vue attribute, in a random one of the equivalent spellings."""
    gap = chance.choice(["", " ", "\n  ", " /* { */ ", " // ]\n"])
    if isinstance(value, dict):
        pairs = [f"{_key(key, chance)}{gap}:{_as_vue(item, chance)}" for key, item in value.items()]
        return "{" + gap + ",".join(pairs) + chance.choice(["", ","] if pairs else [""]) + "}"
    if isinstance(value, list):
        items = [_as_vue(item, chance) for item in value]
        return "[" + ",".join(items) + chance.choice(["", ","] if items else [""]) + gap + "]"
    return gap + (_string(value, chance) if isinstance(value, str) else json.dumps(value))


def _key(key: str, chance: random.Random) -> str:
    return key if re.fullmatch("[A-Za-z_$][A-Za-z0-9_$]*", key) else _string(key, chance)


def _string(text: str, chance: random.Random) -> str:
    quoted = json.dumps(text, ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.5:
        return quoted
    return "'" + quoted[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


@settings(deadline=None)  # json5 is slow, more so on a busy machine
@given(value=st.one_of(requests, st.dictionaries(st.text(), json_values)), seed=st.integers())
def test_any_json_object_is_read_back_from_a_tag(value: dict[str, Any], seed: int) -> None:
    literal = _as_vue(value, random.Random(seed))
    if len(literal) > tag.LONGEST // 8:
        return

    read = _read(f'<ApiPlayground provider="openai" :defaultRequest="{html.escape(literal)}" />')

    assert read == LiveCall("openai", value)


@given(st.text(alphabet="{}[]:,'\"\\/*<>&;#ax0-9.eENI \n\ud83d" + "\u2028"))
def test_any_literal_is_parsed_to_json_or_rejected(text: str) -> None:
    try:
        value = tag.literal(text)
    except TagError:
        return
    json.dumps(value, allow_nan=False).encode()


def test_numbers_mean_what_they_mean_in_javascript() -> None:
    value = tag.literal("{a: 150.0, b: 1e2, c: 0x1F, d: +1, e: -0.0, f: .5}")

    assert json.dumps(value) == '{"a": 150, "b": 100, "c": 31, "d": 1, "e": 0, "f": 0.5}'


def test_surrogate_halves_are_joined() -> None:
    assert tag.literal(r"{a: '\ud83d\ude00'}") == {"a": "😀"}


@pytest.mark.parametrize(
    ("literal", "words"),
    [
        ("{a: NaN}", "NaN isn’t a JSON number"),
        ("{a: -Infinity}", "-Infinity isn’t a JSON number"),
        ("{a: 1e999}", "The number 1e999 is too large"),
        ("{a: 1e-999}", "The number 1e-999 is too close to zero"),
        ("{a: 1, 'a': 2}", "The field “a” appears"),
        (r"{a: '\ud800'}", "half of a surrogate pair"),
        ("[" * 100 + "]" * 100, "nested too deep"),
        ("{a:" * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1), "nested too deep"),
        ("{a: " + "9" * 5000 + "}", "too many digits"),
        ("", "empty"),
        ("{a: fetch('/')}", "Unexpected"),
        ("{a: undefined}", "Unexpected"),
        ("{a: `x`}", "Unexpected"),
        ("{...a}", "Unexpected"),
        ("{a: 1} + {}", "Unexpected"),
        ("{get a() { return 1 }}", "Unexpected"),
        ("request", "Unexpected"),
        ("[1]", "must be an object"),
        ("'text'", "must be an object"),
    ],
)
def test_what_is_not_a_plain_object_is_rejected(literal: str, words: str) -> None:
    assert words in str(_error(f'<ApiPlayground :defaultRequest="{literal}" />'))


def test_the_maximum_depth_is_read_from_any_call_depth() -> None:
    deepest = "{a:" * (MAX_DEPTH - 1) + "1" + "}" * (MAX_DEPTH - 1)

    def deeper(calls: int) -> Any:
        return deeper(calls - 1) if calls else tag.literal(deepest)

    assert deeper(200)


def test_a_syntax_error_gives_its_line_in_the_tag() -> None:
    error = _error(
        "<ApiPlayground\n  provider='openai'\n  :defaultRequest=\"{\n    model: 'm',\n    n: one\n  }\" />"
    )

    assert error.line == 4
    assert "in column 8" in str(error)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<ApiPlayground provider='openai", "isn’t closed"),
        ("<ApiPlayground provider='a'provider='b' />", "isn’t closed"),
        ("<ApiPlayground provider='openai'>", "isn’t closed"),
        ("<ApiPlayground provider='openai' provider='claude' />", "twice"),
        ("<ApiPlayground :defaultRequest='{}' :default-request='{}' />", "twice"),
        ("<ApiPlayground defaultRequest='{}' />", "Put a colon before “defaultRequest”"),
        ("<ApiPlayground :defaultRequest />", "empty"),
        ("<ApiPlayground provider />", "the ID of a provider"),
        ("<ApiPlayground :provider='1' />", "the ID of a provider"),
        ("<ApiPlayground :defualtRequest='{}' />", "attribute “:defualtRequest”"),
        (f"<ApiPlayground :defaultRequest=\"{{a: '{'x' * tag.LONGEST}'}}\" />", "isn’t closed"),
    ],
)
def test_an_invalid_tag_says_why(text: str, words: str) -> None:
    assert words in str(_error(text))
