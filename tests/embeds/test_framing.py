"""Who may frame the frame, and that it uses no cookies."""

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from playground.embeds.models import Embed
from tests.embeds.client import (
    ORIGIN,
    framers_of,
    make_embed,
    open_frame,
    send_form,
    send_json,
    token_in,
)
from tests.upstreams.scripted import ScriptedUpstream

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


# --- where it may be framed ---


def test_it_is_framed_by_the_records_origins_and_no_others(client: Client) -> None:
    make_embed(origins="https://docs.example.org\nhttp://localhost:5173\nhttps://*.example.org:8443")

    page = open_frame(client)

    assert page.status_code == 200
    assert framers_of(page) == [
        "'self'",
        "https://docs.example.org",
        "http://localhost:5173",
        "https://*.example.org:8443",
    ]
    assert "X-Frame-Options" not in page
    assert page["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert page["Cross-Origin-Embedder-Policy"] == "require-corp"


def test_the_rest_of_the_policy_is_the_pages(client: Client) -> None:
    make_embed()

    policies = [
        {part.strip() for part in answer["Content-Security-Policy"].split(";")}
        for answer in (open_frame(client), client.get("/"))
    ]

    frames, pages = (
        {part for part in policy if not part.startswith(("frame-ancestors", "script-src"))}
        for policy in policies
    )
    assert frames == pages


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("nobody", 404, "Embed not found"),
        ("off", 403, "This embed is turned off"),
        ("", 200, "Send"),
        ("hello'; script-src *", 404, "Embed not found"),
    ],
)
def test_without_an_active_record_there_is_a_refusal_that_anybody_may_frame(
    client: Client, name: str, status: int, words: str
) -> None:
    make_embed(name="off", active=False)

    page = open_frame(client, name)

    assert page.status_code == status
    assert framers_of(page) == (["'self'"] if status == 200 else ["*"])
    assert words in page.content.decode()
    assert "X-Frame-Options" not in page


def test_the_kill_switch_works_at_once(client: Client, upstream: ScriptedUpstream) -> None:
    embed = make_embed()
    token = token_in(open_frame(client))
    Embed.objects.filter(pk=embed.pk).update(active=False)

    refused = send_json(client, token=token)

    assert refused.status_code == 403
    assert refused.json()["error"]["kind"] == "embed_off"
    assert not upstream.requests


def test_the_answer_without_scripts_is_framed_as_the_form_was(client: Client) -> None:
    make_embed()

    assert framers_of(send_form(client)) == ["'self'", ORIGIN]
    assert framers_of(send_form(client, temperature="hot")) == ["'self'", ORIGIN]
    assert framers_of(send_form(client, token="forged")) == ["*"]


def test_the_page_itself_is_framed_by_nobody(client: Client) -> None:
    assert framers_of(client.get("/")) == ["'none'"]
    assert client.get("/")["X-Frame-Options"] == "DENY"


# --- no cookies ---


def _everything(client: Client) -> list[HttpResponse]:
    stopped = client.post("/embed/stop/", {"number": "x"})
    return [
        open_frame(client),
        open_frame(client, "nobody"),
        send_form(client),
        send_form(client, htmx=True),
        send_form(client, token="forged"),
        send_form(client, temperature="hot"),
        send_form(client, path="/embed/edit/", do="add"),
        send_form(client, path="/embed/snippets/"),
        send_json(client),
        stopped,  # type: ignore[list-item]
        client.get("/embed/nowhere/"),  # type: ignore[list-item]
    ]


def test_nothing_sets_a_cookie_or_needs_one() -> None:
    make_embed()

    for answer in _everything(Client(enforce_csrf_checks=True)):
        assert "Set-Cookie" not in str(answer)
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")
        assert "csrfmiddlewaretoken" not in answer.content.decode()
    assert send_form(Client(enforce_csrf_checks=True)).status_code == 200


def test_cookies_that_come_along_change_nothing() -> None:
    make_embed()
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "broken"  # Django would set a new one
    client.cookies["sessionid"] = "x" * 32
    client.cookies["language"] = "zh-hans"

    for answer in _everything(client):
        assert not [name for name in answer.cookies if answer.cookies[name]["path"]]
    assert send_form(client).status_code == 200


# --- a page that is not allowed to frame it ---


@pytest.mark.parametrize("name", ["hello", ""])
@pytest.mark.parametrize(
    "said",
    [
        {"query": {"host": "https://other.example"}},
        {"headers": {"Referer": "https://other.example/", "Sec-Fetch-Dest": "iframe"}},
    ],
)
def test_a_page_of_another_origin_gets_a_sentence_that_it_may_frame(
    client: Client, name: str, said: dict[str, Any]
) -> None:
    make_embed()

    page = client.get("/embed/", {"embed": name, **said.get("query", {})}, headers=said.get("headers"))

    text = page.content.decode()
    assert page.status_code == 403
    assert framers_of(page) == ["*"]
    assert 'data-refused="not_here"' in text
    assert "https://other.example" in text
    assert not re.search("<(form|input|button|a)\\b", text)
    assert "Hello!" not in text


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ({"host": ORIGIN}, {}),
        ({"host": "http://testserver"}, {}),
        ({"host": "https://testserver"}, {}),  # behind a proxy that ends TLS
        ({"host": "file://"}, {}),
        ({"host": "nonsense"}, {}),
        ({"host": "http://[1::2::3]"}, {}),
        ({}, {"Referer": "http://[x", "Sec-Fetch-Dest": "iframe"}),
        ({}, {"Referer": f"{ORIGIN}/page", "Sec-Fetch-Dest": "iframe"}),
        ({}, {"Referer": "https://other.example/", "Sec-Fetch-Dest": "document"}),
        ({}, {"Referer": "https://other.example/"}),
    ],
)
def test_who_may_frame_it_or_says_nothing_gets_the_frame(
    client: Client, query: dict[str, str], headers: dict[str, str]
) -> None:
    make_embed()

    page = client.get("/embed/", {"embed": "hello", **query}, headers=headers)

    assert page.status_code == 200
    assert framers_of(page) == ["'self'", ORIGIN]


def test_a_form_that_is_too_large_is_refused_in_the_frame(client: Client, settings: Any) -> None:
    make_embed()
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    refused = send_form(client, content=["x" * 1000])

    assert refused.status_code == 413
    assert framers_of(refused) == ["*"]
    assert "X-Frame-Options" not in refused
    assert 'data-refused="too_large"' in refused.content.decode()
    assert framers_of(client.post("/send/", {"content": "x" * 1000})) == ["'none'"]
