"""Markup injection: no outside text creates an element or an attribute in a page."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests import hostile
from tests.upstreams.scripted import ScriptedUpstream, completion
from tests.web.client import post_form, post_json

texts = st.lists(
    st.sampled_from(hostile.PIECES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    min_size=1,
    max_size=4,
).map("".join)

# Attributes that may contain outside text; `href` is checked separately.
_HOLDERS = {"value", "data-model", "data-field", "data-sentence", "data-id", "aria-label", "content"}
_OUTSIDE = re.compile("zq-zq|window[.]zq|zq[.]example")
_TARGET = re.compile(
    "#run-[0-9a-f]{12}-(live-|arrived-|received|raw-received|more-events|panel-|stream-head|timeline|kept)[a-z0-9-]*"
)


class _Reader(HTMLParser):
    """Fails on any markup that an outside text has created."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "zq-zq" not in tag, tag
        for name, value in attrs:
            assert "zq-zq" not in name, (tag, name)
            assert not name.startswith(("on", "hx-on", "style")), (tag, name)
            if _OUTSIDE.search(value or "") and name not in _HOLDERS:
                assert name == "href", (tag, name, value)
                assert (value or "").startswith("/?"), value
            if tag == "hx-partial" and name == "hx-target":
                assert _TARGET.fullmatch(value or ""), value

    def handle_endtag(self, tag: str) -> None:
        assert "zq-zq" not in tag, tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")


def _read(html: str) -> None:
    reader = _Reader(convert_charrefs=True)
    reader.feed(html)
    reader.close()


def _read_texts(event: str, data: str) -> None:
    assert event == "playground:texts"
    for target, _, _ in json.loads(data):
        assert _TARGET.fullmatch(target.removesuffix(" code")), target


def _messages(stream: bytes) -> Iterator[tuple[str, str]]:
    """Yield the name and data of each event, as a browser reads a stream (HTML, server-sent events)."""
    event, data = "", list[str]()
    for line in re.split("\r\n|\n|\r", stream.decode()):
        name, _, value = line.partition(":")
        assert name in ("", "data", "event"), line
        if name == "event":
            event = value.removeprefix(" ")
        elif name:
            data.append(value.removeprefix(" "))
        elif data:
            yield event, "\n".join(data)
            event, data = "", []


def _check(answer: HttpResponse) -> None:
    assert answer.status_code < 500
    if answer.streaming:
        for event, data in _messages(b"".join(answer)):
            if event:
                _read_texts(event, data)
            else:
                _read(data)
    elif answer["Content-Type"].startswith("text/html"):
        _read(answer.content.decode())
    else:
        assert answer["Content-Type"] == "application/json"
        json.loads(answer.content)


def _without_scripts_and_with(client: Client, path: str = "/send/", **changes: Any) -> None:
    for htmx in (False, True):
        _check(post_form(client, path, htmx=htmx, **changes))


_few = settings(
    max_examples=settings().max_examples // 2, deadline=None, suppress_health_check=list(HealthCheck)
)
_all_pieces = example("".join(hostile.PIECES))
_all_pieces_by_three = example("".join(hostile.PIECES), 3)


@_few
@_all_pieces
@given(texts)
def test_not_of_a_link(client: Client, provider: str, text: str) -> None:
    for query in (f"provider={quote(text)}", f"base_url={quote(text)}", f"request={quote(text)}"):
        _check(client.get(f"/?{query}"))
    for stream in (False, True):
        request = quote(json.dumps(hostile.full_request(text) | {"stream": stream}))
        _check(client.get(f"/?provider=test&request={request}"))
    _check(client.get(f"/{quote(text)}"))


@_few
@_all_pieces
@given(texts)
def test_not_of_a_form(client: Client, upstream: ScriptedUpstream, provider: str, text: str) -> None:
    upstream.reply(completion())
    form = hostile.full_form(text)
    sendable = {"model": f"m{text}", "content": [text], "user": text, "stop": f"a{text}"}
    for path in ("/send/", "/snippets/", "/edit/", "/models/", "/count/"):
        _without_scripts_and_with(client, path, **form)
        _without_scripts_and_with(client, path, **form | {"provider": ""})
    _without_scripts_and_with(client, **sendable)
    _without_scripts_and_with(client, **sendable, more=json.dumps({f"a{text}": text}))
    _check(post_json(client, request=hostile.full_request(text)))


@_few
@_all_pieces
@given(texts)
def test_not_of_an_answer(client: Client, upstream: ScriptedUpstream, provider: str, text: str) -> None:
    counted = {"provider": "", "base_url": upstream.url, "dialect": "messages", "max_tokens": "8"}
    for answer in hostile.answers(text).values():
        upstream.reply(answer)
        _without_scripts_and_with(client)
        _check(post_form(client, htmx=True, stream="on"))
        _without_scripts_and_with(client, "/models/")
        _check(post_form(client, "/count/", htmx=True, **counted))
    upstream.reply(hostile.models_of(text))
    _without_scripts_and_with(client, "/models/")


@_few
@_all_pieces_by_three
@given(texts, st.integers(1, 5))
def test_not_of_a_stream(
    client: Client, upstream: ScriptedUpstream, provider: str, text: str, length: int
) -> None:
    pieces = [text[start : start + length] for start in range(0, len(text), length)]
    upstream.reply(hostile.stream_start(pieces, text) + hostile.stream_end(text))

    _without_scripts_and_with(client, stream="on")


@pytest.mark.parametrize(
    "html",
    ["<p><zq-zq></p>", '<p zq-zq="">', '<a href="javascript:window.zq=1">', "<!-- x -->", "<p onclick=x>"],
)
def test_the_reader_sees_what_it_looks_for(html: str) -> None:
    with pytest.raises(AssertionError):
        _read(html)
