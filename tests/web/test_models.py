"""Listing a provider's models."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from tests.configuration import configure
from tests.upstreams.plugin import SERVER_KEY
from tests.upstreams.scripted import ScriptedUpstream, json_answer, models, stream
from tests.web.client import post_form, post_json

pytestmark = pytest.mark.usefixtures("provider")


def test_a_get_costs_nothing(client: Client, upstream: ScriptedUpstream) -> None:
    refused = client.get("/models/?provider=test", headers={"Accept": "application/json"})

    assert refused.status_code == 405
    assert refused["Allow"] == "POST"
    assert refused.json()["error"]["kind"] == "use_post"
    assert upstream.requests == []


def test_another_sites_page_lists_nothing(upstream: ScriptedUpstream) -> None:
    """An `<img>` uses the wrong method, and a form that submits itself has no CSRF token."""
    browser = Client(enforce_csrf_checks=True)
    cross = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}

    assert browser.get("/models/?provider=test", headers=cross).status_code == 405
    assert browser.post("/models/", {"provider": "test"}, headers=cross).status_code == 403
    assert upstream.requests == []


def test_a_post_lists_with_the_servers_key(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(models("b", "a"))

    assert post_json(client, "/models/").json() == {"models": ["a", "b"], "unread": 0, "error": None}
    assert upstream.requests[0].header("Authorization") == f"Bearer {SERVER_KEY}"


def test_a_post_lists_with_a_typed_key(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(models("a"))

    assert post_json(client, "/models/", api_key="sk-typed-by-hand").json()["models"] == ["a"]
    assert upstream.requests[0].header("Authorization") == "Bearer sk-typed-by-hand"


def test_htmx_gets_buttons(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(models('a"<b>'))

    html = post_form(client, "/models/", htmx=True).content.decode()

    assert 'data-model="a&quot;&lt;b&gt;"' in html


def test_a_plain_form_gets_the_page_with_the_list(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(models("one-of-many"))

    html = post_form(client, "/models/", content=["kept"]).content.decode()

    assert "one-of-many" in html
    assert "kept" in html


def test_an_error_is_told_in_place(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": "Bad key."}}, 401))

    html = post_form(client, "/models/", htmx=True).content.decode()

    assert "Invalid API key" in html
    assert "Bad key." in html
    assert post_json(client, "/models/").json()["error"]["kind"] == "unauthorized"


@pytest.mark.parametrize(
    ("value", "status", "kind", "message"),
    [
        ({"error": {"message": "Bad key.", "code": 401}}, 200, "unauthorized", "Bad key."),
        ({"success": False, "errors": [{"code": 7001, "message": "No GET."}]}, 405, "not_found", "No GET."),
        ({"success": False, "errors": [{"code": 10000, "message": "No."}]}, 200, "provider_error", "No."),
        ([{"error": {"code": 503, "message": "Overloaded."}}], 200, "unavailable", "Overloaded."),
        ({"detail": [{"loc": ["query", "x"], "msg": "Missing"}]}, 422, "bad_request", "query.x: Missing"),
    ],
)
def test_a_lists_error_is_read_in_every_shape(
    client: Client, upstream: ScriptedUpstream, value: object, status: int, kind: str, message: str
) -> None:
    upstream.reply(json_answer(value, status))

    error = post_json(client, "/models/").json()["error"]

    assert (error["kind"], error["message"]) == (kind, message)


@pytest.mark.parametrize(
    "value",
    [{"object": "list", "data": [], "error": None}, {"code": 0, "msg": "ok", "success": True, "data": []}],
)
def test_a_list_in_good_order_is_no_error(client: Client, upstream: ScriptedUpstream, value: object) -> None:
    upstream.reply(json_answer(value))

    assert post_json(client, "/models/").json()["error"] is None


def test_no_models_is_said_to_be_none(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(models())

    answer = post_form(client, "/models/", htmx=True)

    assert "lists no models" in answer.content.decode()


def test_models_that_the_servers_key_is_not_for_are_not_said_to_be_none(
    client: Client, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(PLAYGROUND_CAPS="1")
    upstream.reply(models("other-1", "other-2"))

    with_servers = post_form(client, "/models/", htmx=True).content.decode()

    assert "lists no models" not in with_servers
    assert "2 models" in with_servers
    assert "data-model" not in with_servers


@pytest.mark.parametrize("provider_", [None, "nobody", ""])
def test_an_unknown_provider_is_refused(client: Client, provider_: str | None) -> None:
    assert post_json(client, "/models/", provider=provider_).status_code == 400


@pytest.mark.parametrize("answer", [{"object": "list"}, {"data": 5}, "text", {"data": {"a": {}}}, 5])
def test_what_is_no_list_is_not_said_to_be_an_empty_one(
    client: Client, upstream: ScriptedUpstream, answer: Any
) -> None:
    upstream.reply(json_answer(answer))

    said = post_json(client, "/models/").json()

    assert said["models"] == []
    assert said["error"]["kind"] == "no_list"
    assert said["error"]["message"] == json.dumps(answer)


def test_a_stream_is_no_list(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(stream({"content": "Hello!"}))

    assert post_json(client, "/models/").json()["error"]["kind"] == "no_list"


def test_entries_that_cannot_be_read_are_counted(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"data": [{"id": "a"}, {"title": "b"}, 5]}))

    assert post_json(client, "/models/").json() == {"models": ["a"], "unread": 2, "error": None}
    assert "2 entries" in post_form(client, "/models/", htmx=True).content.decode()


def test_a_flood_of_models_is_shown_as_far_as_a_page_carries(
    client: Client, upstream: ScriptedUpstream
) -> None:
    upstream.reply(models(*(f"m{number}" for number in range(5000))))

    html = post_form(client, "/models/", htmx=True).content.decode()

    assert html.count("data-model=") == 1000
    assert "5,000 models" in html
    assert "first 1,000 of 5,000" in html
    rest = re.search('data-more="([^"]*)"', html)
    assert rest
    assert len(json.loads(unescape(rest[1]))) == 4000
