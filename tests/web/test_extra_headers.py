"""Extra headers: sent as typed, shown in every view, never in place of what a call needs."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.configuration import configure
from tests.upstreams.scripted import ScriptedUpstream
from tests.web.client import post_form, post_json

pytestmark = pytest.mark.usefixtures("provider")
TYPED = "X-Title: Docs\n\nanthropic-beta:  a-1,b-2 "


def _problems(client: Client, headers: Any, **more: Any) -> list[str]:
    answer = post_json(client, headers=headers, **more)
    assert answer.status_code == 400
    return list(answer.json()["error"]["fields"])


@pytest.mark.parametrize("dialect", ["chat_completions", "messages", "responses"])
def test_they_are_sent_and_shown(client: Client, upstream: ScriptedUpstream, dialect: str) -> None:
    body = {"model": "m", "max_tokens": 20} if dialect == "messages" else {"model": "m"}
    prompt = {"input": "Hi"} if dialect == "responses" else {"messages": [{"role": "user", "content": "Hi"}]}

    answer = post_json(
        client,
        provider=None,
        base_url=upstream.url,
        dialect=dialect,
        request=body | prompt,
        headers={"X-Title": "Docs", "anthropic-beta": "a-1,b-2"},
    ).json()

    assert upstream.requests[0].header("X-Title") == answer["request"]["headers"]["X-Title"] == "Docs"
    assert upstream.requests[0].header("anthropic-beta") == "a-1,b-2"
    for code in answer["snippets"].values():
        assert "X-Title" in code
        assert "a-1,b-2" in code


def test_a_form_sends_them_line_by_line(client: Client, upstream: ScriptedUpstream) -> None:
    page = post_form(client, headers=TYPED, api_key="sk-own").content.decode()

    assert upstream.requests[0].header("X-Title") == "Docs"
    assert upstream.requests[0].header("anthropic-beta") == "a-1,b-2"
    assert "X-Title: Docs" in page
    assert "data-more-parameters open" in page


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer x"},
        {"X-API-Key": "x"},
        {"Host": "elsewhere"},
        {"content-length": "1"},
        {"Cookie": "a=b"},
        {"a b": "c"},
        {"X": "a\r\nY: b"},
        {"X": "é"},
        {"X": 1},
        {"X": ""},
        {"X": "1", "x": "2"},
        {f"X-{number}": "1" for number in range(51)},
        {"X": "a" * 9000},
        "X: 1",
        [],
    ],
)
def test_others_are_refused_and_nothing_is_sent(
    client: Client, upstream: ScriptedUpstream, headers: Any
) -> None:
    assert set(_problems(client, headers)) == {"headers"}
    assert upstream.requests == []


@pytest.mark.parametrize("text", ["no colon", ": x", "X: a\nx: b", "Authorization: Bearer x", "X:"])
def test_a_typed_line_that_is_wrong_is_marked(client: Client, upstream: ScriptedUpstream, text: str) -> None:
    page = post_form(client, headers=text).content.decode()

    assert upstream.requests == []
    assert 'data-error-for="headers"' in page
    assert text in page


def test_headers_of_the_api_are_not_set_twice(client: Client, upstream: ScriptedUpstream) -> None:
    body = {"model": "m", "max_tokens": 20, "messages": [{"role": "user", "content": "Hi"}]}
    to = {"provider": None, "base_url": upstream.url, "dialect": "messages", "request": body}

    assert _problems(client, {"Anthropic-Version": "2023-06-01"}, **to) == ["headers"]
    assert upstream.requests == []


def test_the_servers_key_goes_without_them_where_it_has_limits(
    client: Client, upstream: ScriptedUpstream
) -> None:
    configure(PLAYGROUND_CAPS="1")

    assert _problems(client, {"X-Title": "Docs"}) == ["headers"]
    assert post_json(client, headers={"X-Title": "Docs"}, api_key="sk-own").status_code == 200


def test_the_code_has_them_before_anything_is_sent(client: Client) -> None:
    code = post_form(client, "/snippets/", headers=TYPED, accept="application/json").json()

    assert all("X-Title" in text for text in code.values()), json.dumps(code)
