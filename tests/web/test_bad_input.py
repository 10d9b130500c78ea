"""Bad input: nothing is sent, nothing is lost, a sentence says what to do, and the status is 4xx."""

import json
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.configuration import configure
from tests.upstreams.scripted import ScriptedUpstream
from tests.web.client import body, post_form, post_json, post_raw

pytestmark = pytest.mark.usefixtures("provider")

MESSAGE = {"role": "user", "content": "x"}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"temperature": "2.1"}, "temperature", "from 0 to 2"),
        ({"temperature": "-0.1"}, "temperature", "from 0 to 2"),
        ({"temperature": "NaN"}, "temperature", "from 0 to 2"),
        ({"temperature": "Infinity"}, "temperature", "from 0 to 2"),
        ({"temperature": "1e999"}, "temperature", "from 0 to 2"),
        ({"temperature": "hot"}, "temperature", "from 0 to 2"),
        ({"temperature": "0,7"}, "temperature", "from 0 to 2"),
        ({"temperature": "true"}, "temperature", "from 0 to 2"),
        ({"top_p": "1.01"}, "top_p", "from 0 to 1"),
        ({"presence_penalty": "-2.5"}, "presence_penalty", "−2 and 2"),
        ({"frequency_penalty": "9"}, "frequency_penalty", "−2 and 2"),
        ({"max_tokens": "0"}, "max_tokens", "at least 1"),
        ({"max_tokens": "1.5"}, "max_tokens", "at least 1"),
        ({"max_tokens": "9" * 5000}, "max_tokens", "at least 1"),
        ({"n": "0"}, "n", "at least 1"),
        ({"n": "-1"}, "n", "at least 1"),
        ({"seed": "1.5"}, "seed", "whole number"),
        ({"stop": "a\nb\nc\nd\ne"}, "stop", "1 to 4"),
        ({"stop": "[1]"}, "stop", "1 to 4"),
        ({"stop": "["}, "stop", "Invalid JSON"),
        ({"model": ""}, "model", "Enter a model"),
        ({"model": "   "}, "model", "Enter a model"),
        ({"role": [], "content": []}, "messages", "at least one message"),
        ({"role": ["tool"]}, "messages.0.tool_call_id", "tool_call_id of the tool call"),
        ({"role": ["boss"]}, "messages.0.role", "“boss” isn’t a valid role"),
        ({"extra": ["["]}, "messages.0.extra", "Invalid JSON"),
        ({"extra": ["[]"]}, "messages.0.extra", "JSON object"),
        ({"extra": ['{"content": "twice"}']}, "messages.0.extra", "is set both here and"),
        ({"extra": ['{"role": "system"}']}, "messages.0.extra", "is set both here and"),
        ({"more": "[1]"}, "more", "JSON object"),
        ({"more": "{"}, "more", "Invalid JSON"),
        ({"more": '{"a": 1, "a": 2}'}, "more", "appears more than once"),
        ({"temperature": "1", "more": '{"temperature": 1}'}, "more", "is set both here and"),
        ({"stream": "on", "more": '{"stream": false}'}, "more", "is set both here and"),
        ({"more": '{"messages": []}'}, "more", "is set both here and"),
        ({"more": '{"a": NaN}'}, "more", "NaN isn’t a JSON number"),
        ({"more": '{"a": 1e999}'}, "more", "too large"),
        ({"more": '{"a": "\\ud800"}'}, "more", "surrogate"),
        ({"more": '{"a": ' + "[" * 1000 + "]" * 1000 + "}"}, "more", "more than 100 levels"),
        ({"more": '{"a": ' + "9" * 5000 + "}"}, "more", "too many digits"),
        ({"provider": "nobody"}, "provider", "“nobody” isn’t a known provider"),
        ({"provider": ""}, "base_url", "Enter a base URL"),
        ({"provider": "", "base_url": "ftp://example.com"}, "base_url", "https:// or http://"),
        ({"provider": "", "base_url": "example.com/v1"}, "base_url", "https:// or http://"),
        ({"provider": "", "base_url": "javascript:alert(1)"}, "base_url", "https:// or http://"),
        ({"provider": "", "base_url": "https://user:pw@example.com"}, "base_url", "user name"),
        ({"provider": "", "base_url": "https://exa mple.com"}, "base_url", "Remove spaces"),
        ({"provider": "", "base_url": "https://example.com/v1?key=1"}, "base_url", "“?”"),
        ({"provider": "", "base_url": "https://example.com:99999"}, "base_url", "isn’t a URL"),
        ({"provider": "", "base_url": "https://[::1"}, "base_url", "isn’t a URL"),
        ({"provider": "", "base_url": "https://*.example.com"}, "base_url", "valid host name"),
        ({"provider": "", "base_url": "https://a%"}, "base_url", "valid host name"),
        ({"provider": "", "base_url": "https://example.com/a/../b"}, "base_url", "“.” and “..”"),
        ({"api_key": "two words"}, "api_key", "Character 4 is a space"),
        ({"api_key": "line\nbreak"}, "api_key", "Character 5 is a line break"),
        ({"api_key": "nul\0nul"}, "api_key", "Character 4 is a control character"),
        ({"api_key": "schlüssel"}, "api_key", "Character 5 is a non-ASCII letter (Latin)"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_sent(
    client: Client, upstream: ScriptedUpstream, changes: dict[str, Any], field: str, words: str
) -> None:
    shapes = {
        "page": post_form(client, **changes),
        "fragment": post_form(client, htmx=True, **changes),
        "json": post_form(client, accept="application/json", **changes),
    }

    assert upstream.requests == []
    assert {answer.status_code for answer in shapes.values()} == {400}
    assert words in shapes["json"].json()["error"]["fields"][field]  # type: ignore[attr-defined]
    for name in ("page", "fragment"):
        html = unescape(shapes[name].content.decode())
        assert words in html
        assert f'data-field="{field}"' in html


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"request": None}, "request"),
        ({"request": []}, "request"),
        ({"request": {}}, "model"),
        ({"request": {"model": 1, "messages": [MESSAGE]}}, "model"),
        ({"request": {"model": "m", "messages": {}}}, "messages"),
        ({"request": body(messages=["text"])}, "messages.0"),
        ({"request": body(messages=[{"content": "x"}])}, "messages.0.role"),
        ({"request": body(messages=[MESSAGE | {"role": ["user"]}])}, "messages.0.role"),
        ({"request": body(messages=[MESSAGE | {"content": 1}])}, "messages.0.content"),
        ({"request": body(messages=[MESSAGE | {"role": "tool"}])}, "messages.0.tool_call_id"),
        ({"request": body(temperature="0.7")}, "temperature"),
        ({"request": body(temperature=True)}, "temperature"),
        ({"request": body(max_tokens=1.0)}, "max_tokens"),
        ({"request": body(n=0)}, "n"),
        ({"request": body(stop=[])}, "stop"),
        ({"request": body(user=1)}, "user"),
        ({"provider": 1}, "provider"),
        ({"provider": ["test"]}, "provider"),
        ({"provider": None}, "base_url"),
        ({"base_url": "https://example.com"}, "base_url"),
        ({"api_key": 1}, "api_key"),
        ({"api_key": "new\nline"}, "api_key"),
    ],
)
def test_bad_json_is_named_and_nothing_is_sent(
    client: Client, upstream: ScriptedUpstream, changes: dict[str, Any], field: str
) -> None:
    answer = post_json(client, **changes)

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert set(error) == {"kind", "title", "advice", "fields"}
    assert error["fields"][field]
    assert upstream.requests == []


@pytest.mark.parametrize(
    "data",
    [
        b" ",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"request": "\xed\xa0\x80"}',
        b'{"provider": NaN}',
        b'{"provider": "a", "provider": "b"}',
        b'{"request": ' + b"[" * 1000 + b"]" * 1000 + b"}",
        b'{"request": ' + b"[" * 100_000,
        b'{"request": ' + b"9" * 10_000 + b"}",
    ],
    ids=lambda data: repr(data[:30]),
)
@pytest.mark.parametrize("path", ["/send/", "/snippets/", "/models/", "/count/"])
def test_a_body_that_is_no_json_is_refused(
    client: Client, upstream: ScriptedUpstream, path: str, data: bytes
) -> None:
    answer = post_raw(client, path, data)

    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]["fields"]
    assert upstream.requests == []


@pytest.mark.parametrize("path", ["/send/", "/snippets/", "/models/", "/count/", "/edit/"])
def test_a_form_that_is_no_utf_8_is_refused(client: Client, upstream: ScriptedUpstream, path: str) -> None:
    data = "provider=test&model=m&role=user&content=%FF%FE&do=add"
    answer = client.post(path, data, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 400
    assert "isn’t valid UTF-8" in answer.content.decode()
    assert upstream.requests == []


def test_a_form_of_another_kind_is_refused(client: Client, upstream: ScriptedUpstream) -> None:
    assert client.post("/send/", {"provider": "test"}).status_code == 400  # multipart
    assert upstream.requests == []


def test_ten_thousand_messages_are_too_many(client: Client, upstream: ScriptedUpstream) -> None:
    rows: dict[str, Any] = {
        name: ["user" if name == "role" else "x"] * 10_000 for name in ("role", "content")
    }

    for htmx in (False, True):
        answer = post_form(client, htmx=htmx, **rows)

        assert answer.status_code == 400
        assert "The limit is 1,000 messages, but the request has 10,000." in answer.content.decode()
    answer = post_json(client, request=body(messages=[MESSAGE] * 10_000))
    assert "PLAYGROUND_MESSAGES" in answer.json()["error"]["fields"]["messages"]
    assert upstream.requests == []


def test_a_request_over_the_limit_says_the_limit(client: Client, upstream: ScriptedUpstream) -> None:
    text = "x" * (1 << 20)

    answer = post_json(client, request=body(messages=[{"role": "user", "content": text}]))

    assert answer.status_code == 413
    assert "limit of 1 MiB" in answer.json()["error"]["fields"]["request"]
    assert "PLAYGROUND_REQUEST_BYTES" in answer.json()["error"]["fields"]["request"]
    assert post_form(client, content=[text]).status_code == 413
    assert upstream.requests == []


@pytest.mark.parametrize("htmx", [False, True])
def test_a_form_over_the_limit_is_not_read(client: Client, upstream: ScriptedUpstream, htmx: bool) -> None:
    answer = post_form(client, htmx=htmx, content=["x" * (5 << 20)])

    assert answer.status_code == 413
    assert "PLAYGROUND_REQUEST_BYTES" in answer.content.decode()
    assert upstream.requests == []


def test_an_address_inside_the_network_is_refused(
    client: Client, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = upstream.url.replace("127.0.0.1", "127.0.0.3")
    configure(PLAYGROUND_PORTS=str(upstream.port))

    for answer in (
        post_json(client, provider=None, base_url=other),
        post_form(client, accept="application/json", provider="", base_url=other),
    ):
        assert answer.status_code == 403
        assert answer.json()["error"]["kind"] == "address_refused"
    assert "PLAYGROUND_PRIVATE_UPSTREAMS" in post_form(client, provider="", base_url=other).content.decode()
    assert upstream.requests == []


def test_a_port_that_may_not_be_called_is_named(client: Client) -> None:
    other = "https://llm.example:6379"

    answer = post_json(client, provider=None, base_url=other)

    assert answer.status_code == 403
    assert answer.json()["error"]["fields"] == {"base_url": "Port 6379 isn’t allowed. Use 80 or 443."}
    assert "PLAYGROUND_PORTS" in post_form(client, provider="", base_url=other).content.decode()


def test_a_provider_without_a_key_says_which_variable_to_set(
    client: Client, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_API_KEY")

    answer = post_json(client)

    assert answer.status_code == 400
    assert "TEST_API_KEY" in answer.json()["error"]["fields"]["api_key"]
    assert upstream.requests == []


def test_all_that_is_wrong_is_said_at_once(client: Client) -> None:
    answer = post_form(client, accept="application/json", temperature="9", n="0", model="", more="{")

    assert set(answer.json()["error"]["fields"]) == {"temperature", "n", "model", "more"}


def test_the_page_that_refuses_holds_all_that_was_typed(client: Client) -> None:
    typed = {
        "model": "my-model",
        "temperature": "hot",
        "stop": "</textarea>",
        "more": '{"a": "<b>"}',
        "content": ['say "hi" & <go>', "second"],
        "role": ["system", "user"],
        "extra": ["", '{"name": "x"}'],
        "tool_call_id": ["", ""],
    }

    html = unescape(post_form(client, **typed).content.decode())

    for text in (
        "my-model",
        "hot",
        "</textarea>",
        '{"a": "<b>"}',
        'say "hi" & <go>',
        "second",
        '{"name": "x"}',
    ):
        assert text in html


@pytest.mark.parametrize(
    "action",
    [
        "",
        "jump",
        "remove:9",
        "up:x",
        "down:",
        "remove:-1",
        "remove:١",
        "remove:" + "0" * 5000,
        "fill:chat_completions:{",
        "fill:chat_completions:[]",
        'append:chat_completions:[{"a": NaN}]',
        "append:chat_completions:{}",
        'append:chat_completions:{"add": [], "set": []}',
        "append:[]",
        "append:nope:[]",
    ],
    ids=lambda action: action[:12],
)
def test_an_action_that_no_button_has_is_refused(client: Client, action: str) -> None:
    assert post_form(client, "/edit/", do=action).status_code == 400


def test_a_button_that_meets_a_broken_field_keeps_the_form(client: Client) -> None:
    answer = post_form(
        client, "/edit/", more="{", content=["typed"], do='change:chat_completions:{"max_tokens": null}'
    )

    html = unescape(answer.content.decode())
    assert answer.status_code == 400
    assert "Invalid JSON" in html
    assert 'data-field="more"' in html
    assert ">\ntyped</textarea>" in html


@pytest.mark.parametrize(
    "do",
    [
        "up:0",
        "down:0",
        "remove:0",
        "append:chat_completions:[]",
        'append:chat_completions:[1, {"role": {}, "content": []}]',
        'fill:chat_completions:{"messages": 1}',
        'fill:chat_completions:{"messages": [1], "model": null}',
        'change:chat_completions:{"messages": 1, "temperature": {}}',
    ],
)
def test_an_action_with_odd_values_still_gives_a_page(client: Client, do: str) -> None:
    answer = post_form(client, "/edit/", do=do)

    assert answer.status_code == 200
    assert 'id="request-form"' in answer.content.decode()


@pytest.mark.parametrize("before", ["test", "", "gone", "also gone"])
def test_a_provider_that_the_catalogue_no_longer_has_keeps_the_forms_api(client: Client, before: str) -> None:
    answer = post_form(client, "/edit/", provider="gone", dialect="messages", do=f"provider:{before}")

    assert answer.status_code == 200
    assert 'name="dialect" value="messages"' in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "provider=%FF",
        "provider=%00",
        "base_url=%00",
        "base_url=%FF",
        "request=%FF",
        "request=" + "%5B" * 5000,
        "request=%7B%22model%22%3A%7B%7D%7D",
        "request=%7B%22messages%22%3A%5B%7B%22role%22%3A%7B%7D%7D%5D%7D",
        "request=%7B%22temperature%22%3A%7B%7D%2C%22stop%22%3A5%2C%22user%22%3A%5B%5D%7D",
    ],
    ids=lambda query: query[:40],
)
def test_an_odd_link_still_shows_the_page(client: Client, query: str) -> None:
    answer = client.get(f"/?{query}")

    assert answer.status_code in (200, 400)
    assert 'id="request-form"' in answer.content.decode()


@pytest.mark.parametrize("path", ["/send/", "/snippets/", "/models/", "/count/", "/edit/"])
@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "application/x-www-form-urlencoded; charset=latin-1",
        "application/x-www-form-urlencoded; charset=none-such",
        "application/json; charset=none-such",
        "; ; ;",
    ],
)
def test_a_body_of_an_odd_kind_gets_no_500(
    client: Client, upstream: ScriptedUpstream, path: str, content_type: str
) -> None:
    data = b"provider=test&model=m&role=user&content=x&do=add"

    for accept in ("text/html", "application/json", "q=;;"):
        for htmx in ({}, {"HX-Request": "true", "HX-Current-URL": "http://["}):
            answer = client.generic("POST", path, data, content_type, headers={"Accept": accept, **htmx})

            assert answer.status_code < 500


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"request": "{"}, "Invalid JSON"),
        ({"request": "[]"}, "JSON object"),
        ({"request": '{"messages": "x"}'}, "array of JSON objects"),
        ({"request": '{"messages": [1]}'}, "array of JSON objects"),
        ({"request": json.dumps({"messages": [MESSAGE] * 1001})}, "1,000"),
        ({"provider": "nobody"}, "“nobody”"),
    ],
)
def test_a_broken_link_still_shows_the_page(client: Client, query: dict[str, str], words: str) -> None:
    answer = client.get(f"/?{urlencode(query)}")

    assert answer.status_code == 400
    assert words in unescape(answer.content.decode())
    assert 'id="request-form"' in answer.content.decode()


@pytest.mark.parametrize("path", ["/send/", "/snippets/", "/edit/"])
def test_only_a_post_sends(client: Client, path: str) -> None:
    assert client.get(path).status_code == 405


def test_an_unknown_host_name_is_refused(client: Client) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
