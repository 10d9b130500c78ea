"""The frame: its three shapes, its buttons, limits, errors, and the log."""

import json
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from playground.embeds import lookup
from tests.configuration import configure
from tests.embeds.client import (
    ORIGIN,
    REQUEST,
    framers_of,
    make_embed,
    open_frame,
    send_form,
    send_json,
    text_of,
    token_in,
)
from tests.upstreams.scripted import ScriptedUpstream, completion, json_answer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


# --- limits ---


def test_without_a_record_the_rules_of_the_page_hold(client: Client, upstream: ScriptedUpstream) -> None:
    page = client.get("/embed/", {"provider": "test", "request": json.dumps(REQUEST)})

    assert '<option value="test" selected' in page.content.decode()
    answer = send_form(client, embed="", provider="test", token=token_in(page))
    assert answer.status_code == 200
    assert upstream.requests[0].json == REQUEST


def test_without_a_record_the_catalogues_caps_and_the_rates_hold(
    client: Client, monkeypatch: pytest.MonkeyPatch, upstream: ScriptedUpstream
) -> None:
    configure(PLAYGROUND_CAPS="1")
    configure(PLAYGROUND_CLIENT_RATE="1/day")

    def send(**changes: Any) -> int:
        token = token_in(client.get("/embed/"))
        return send_form(client, embed="", provider="test", token=token, **changes).status_code

    assert send(max_tokens="5000") == 400
    assert send() == 200
    assert send() == 429
    assert len(upstream.requests) == 1


def test_rates_of_the_page_hold_for_embeds(
    client: Client, monkeypatch: pytest.MonkeyPatch, upstream: ScriptedUpstream
) -> None:
    configure(PLAYGROUND_TOTAL_RATE="2/day")
    make_embed()

    assert [send_json(client).status_code for _ in range(3)] == [200, 200, 429]
    assert send_json(client, api_key="sk-of-the-reader").status_code == 200


# --- the three shapes, and the buttons ---


def test_a_form_without_scripts_gets_the_page_with_the_answer(
    client: Client, upstream: ScriptedUpstream
) -> None:
    make_embed()
    upstream.reply(completion("Good <day>"))

    html = send_form(client, content=["And you?"]).content.decode()

    assert ">Good &lt;day&gt;</p>" in html
    assert "And you?</textarea>" in html
    assert "<!doctype html>" in html
    assert '<form id="request-form" class="request-form" method="post" action="/embed/send/"' in html


def test_a_key_that_was_typed_is_not_in_the_page(client: Client) -> None:
    make_embed(key="reader")

    assert "sk-of-the-reader" not in send_form(client, api_key="sk-of-the-reader").content.decode()


def test_htmx_gets_the_fragment(client: Client) -> None:
    make_embed()

    html = send_form(client, htmx=True).content.decode()

    assert html.startswith('<section role="tabpanel" id="run-')
    assert 'formaction="/embed/edit/"' in html


def test_a_program_gets_the_exchange(client: Client) -> None:
    make_embed()

    answer = send_json(client).json()

    assert answer["completion"]["choices"][0]["message"]["content"] == "Hello!"
    assert answer["request"]["body"] == REQUEST
    assert answer["recorded"] is None


def test_a_button_changes_the_form_and_stays_in_the_frame(client: Client, upstream: ScriptedUpstream) -> None:
    make_embed(locked="model")

    page = send_form(
        client, path="/embed/edit/", do='change:chat_completions:{"model": "m-large", "seed": 3}', model="x"
    )

    assert 'name="seed" value="3"' in text_of(page)
    assert "m-large" not in text_of(page)
    assert framers_of(page) == ["'self'", ORIGIN]
    assert send_form(client, token=token_in(page)).status_code == 200
    assert len(upstream.requests) == 1


def test_the_code_is_for_the_request_that_would_be_sent(client: Client) -> None:
    make_embed(locked="model temperature")

    html = text_of(send_form(client, path="/embed/snippets/", htmx=True, seed="3", model=""))

    assert '"model": "m"' in html
    assert '"seed": 3' in html


def test_a_refused_form_keeps_what_was_typed(client: Client) -> None:
    make_embed()

    page = send_form(client, temperature="hot", content=["kept"])

    assert page.status_code == 400
    assert "kept</textarea>" in page.content.decode()
    assert 'value="hot"' in page.content.decode()


# --- errors ---


@pytest.mark.parametrize("shape", ["page", "fragment", "live", "json"])
def test_a_reader_is_not_told_to_check_what_they_cannot_see(
    client: Client, upstream: ScriptedUpstream, shape: str
) -> None:
    make_embed()
    upstream.reply(json_answer({"detail": "Not Found"}, 404))

    match shape:
        case "json":
            text = json.dumps(send_json(client).json()["error"])
        case "live":
            answer = send_form(client, htmx=True, stream="on")
            text = (
                b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
            )  # type: ignore[attr-defined]
        case _:
            text = send_form(client, htmx=shape == "fragment").content.decode()

    assert "Not Found" in text
    assert "base URL" not in text
    assert "author of this page" in text


def test_a_reader_is_told_of_the_key_that_is_theirs(client: Client, upstream: ScriptedUpstream) -> None:
    make_embed(key="reader")
    upstream.reply(json_answer({}, 401))

    advice = send_json(client, api_key="sk-of-the-reader").json()["error"]["advice"]

    assert "author of this page" not in advice


@pytest.mark.parametrize("locked", ["", "max_tokens"])
def test_a_fix_is_offered_where_the_field_is_open(
    client: Client, upstream: ScriptedUpstream, locked: str
) -> None:
    make_embed(locked=locked)
    upstream.reply(json_answer({"error": "max_tokens must be at most 10"}, 400))

    fix = send_json(client).json()["error"]["fix"]

    assert (fix is None) == bool(locked)


# --- without a database ---


def test_without_its_table_the_page_works_and_the_frame_says_why(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**changes: Any) -> None:
        raise DatabaseError("no such table: embeds_embed")

    monkeypatch.setattr(lookup.Embed.objects, "filter", broken)

    page = open_frame(client)

    assert page.status_code == 503
    assert "manage.py migrate" in page.content.decode()
    assert "embeds_embed" not in page.content.decode()
    assert client.get("/").status_code == 200
    assert client.get("/embed/").status_code == 200


# --- the log ---


def test_the_line_of_log_names_the_embed(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    make_embed()

    send_json(client)
    client.post(
        "/send/", json.dumps({"provider": "test", "request": REQUEST}), content_type="application/json"
    )

    lines = [json.loads(record.message) for record in caplog.records if record.name == "playground.exchange"]
    assert [line["embed"] for line in lines] == ["hello", None]
