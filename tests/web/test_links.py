"""Links whose fragment carries the request: written with the code, read by `/edit/`."""

import json
import re
import zlib
from base64 import urlsafe_b64encode
from contextlib import suppress
from html import unescape
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from playground.forms.link import InvalidLinkError, fragment, in_fragment
from tests.web.client import FORM, post_form

pytestmark = pytest.mark.usefixtures("provider")

MOST = 1 << 20
REQUEST = {"model": "m-linked", "messages": [{"role": "user", "content": "It’s <b>“linked”</b> & 你好"}]}


def _packed(data: bytes) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return urlsafe_b64encode(packer.compress(data) + packer.flush()).decode().rstrip("=")


def _link(**changes: Any) -> str:
    return _packed(json.dumps({"v": 1, "provider": "test", "request": REQUEST} | changes).encode())


def _opened(client: Client, text: str, **form: Any) -> dict[str, Any]:
    answer = post_form(client, "/edit/", accept="application/json", do=f"open:{text}", **form)
    assert answer.status_code == 200
    told: dict[str, Any] = json.loads(answer.content)
    return told


def _copied(html: str) -> str:
    return unescape(re.search(r'data-copied="([^"]*)"', html)[1])  # type: ignore[index]


def _contents(html: str) -> list[str]:
    return [
        unescape(text)
        for text in re.findall(r'<textarea name="content"[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
    ]


@given(st.text(max_size=300).filter(lambda text: text.isprintable()))
def test_a_fragment_is_read_as_it_was_written(text: str) -> None:
    body = json.dumps({"messages": text}).encode()
    packed = fragment({"provider": "test", "dialect": "messages"}, body)

    assert packed is not None
    assert re.fullmatch("r=[A-Za-z0-9_-]+", packed)
    query = in_fragment(packed.removeprefix("r="), MOST)
    assert json.loads(query.pop("request")) == json.loads(body)
    assert query == {"provider": "test", "dialect": "messages"}


@given(st.text("AZaz09_-", max_size=60) | st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(InvalidLinkError):
        assert isinstance(in_fragment(text, MOST), dict)


@pytest.mark.parametrize("content", ["word " * 12_000, "汉字" * 30_000])
def test_a_long_request_is_copied_and_opened(client: Client, content: str) -> None:
    page = post_form(client, "/edit/", do="show", content=content).content.decode()
    link = _copied(page)

    assert link.startswith("/#r=")
    assert "too long" not in page
    told = _opened(client, link.removeprefix("/#r="), content="typed before")
    assert _contents(told["fields"])[0] == content


def test_a_short_link_is_in_the_query_too_and_opens_without_scripts(client: Client) -> None:
    html = post_form(client, "/edit/", do="show").content.decode()

    link = unescape(re.search(r'data-part="permalink" href="([^"]*)"', html)[1])  # type: ignore[index]
    assert link.startswith("/?provider=test&request=")
    assert client.get(link).status_code == 200
    assert _copied(html).startswith("/#r=")


def test_it_names_provider_api_and_base_url_but_no_key(client: Client) -> None:
    form = {
        "provider": "",
        "base_url": "https://llm.example/v1",
        "api_key": "sk-typed",
        "dialect": "messages",
    }
    html = post_form(client, "/edit/", do="show", **form).content.decode()
    query = in_fragment(_copied(html).removeprefix("/#r="), MOST)

    assert (query["base_url"], query["dialect"]) == ("https://llm.example/v1", "messages")
    assert "sk-typed" not in json.dumps(query)
    told = _opened(client, _copied(html).removeprefix("/#r="))
    assert (told["provider"], told["base_url"]) == ("", "https://llm.example/v1")
    assert 'value="messages"' in told["fields"]


def test_what_it_carries_stays_text(client: Client) -> None:
    hostile = {
        "model": "<img src=x>",
        "messages": [{"role": "user", "content": "</textarea><script>x</script>"}],
    }

    fields = _opened(client, _link(request=hostile))["fields"]

    assert "<img" not in fields
    assert "<script>x" not in fields


def _bomb() -> str:
    return _packed(b'{"v": 1, "request": {"a": "' + b" " * (50 << 20) + b'"}}')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "é",
        "A",
        _link()[:-4],
        _link() + "AAAA",
        _packed(b"no JSON"),
        _packed(b"[1]"),
        _link(v=2),
        _link(v=True),
        _link(v=None),
        _bomb(),
    ],
    ids=["empty", "letters", "short", "cut", "longer", "text", "array", "newer", "true", "none", "bomb"],
)
def test_a_link_that_cannot_be_read_says_so_and_changes_nothing(client: Client, text: str) -> None:
    told = _opened(client, text, content="typed before")

    assert "data-refusal" in told["fields"]
    assert _contents(told["fields"])[0] == "typed before"
    assert told["provider"] == FORM["provider"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"provider": "nowhere"}, "provider"),
        ({"dialect": "none-such"}, "dialect"),
        ({"request": [1]}, "request"),
        ({"request": {"messages": 5}}, "messages"),
    ],
)
def test_what_only_partly_fits_is_told_by_field(client: Client, changes: dict[str, Any], field: str) -> None:
    assert f'data-field="{field}"' in _opened(client, _link(**changes))["fields"].split("data-refusal")[1]


def test_values_of_other_kinds_are_ignored(client: Client) -> None:
    told = _opened(client, _link(provider=5, base_url=["x"], dialect={}))

    assert _contents(told["fields"]) == [REQUEST["messages"][0]["content"], ""]  # type: ignore[index]


def test_a_bomb_is_not_inflated() -> None:
    text = _bomb()
    assert len(text) < 100_000

    with pytest.raises(InvalidLinkError):
        in_fragment(text, MOST)


def test_a_request_that_is_too_large_gets_no_link(client: Client) -> None:
    html = post_form(client, "/edit/", do="show", content="x" * 600_000).content.decode()

    assert "too long for a link" in html
    assert 'data-part="permalink"' not in html
