"""The form token: accepted once, from the frame that was given it, and from nobody else."""

import json
import time
from typing import Any

import pytest
from django.core import signing
from django.core.cache import caches
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from playground.embeds import form_token
from playground.embeds.models import Embed
from tests.configuration import configure
from tests.embeds.client import REQUEST, make_embed, open_frame, send_form, send_json, token_in
from tests.upstreams.scripted import ScriptedUpstream, stream

pytestmark = pytest.mark.django_db


@pytest.fixture
def embed(provider: str) -> Embed:
    return make_embed()


def _kind(answer: Any) -> str | None:
    assert answer.status_code == 403
    return str(answer.json()["error"]["kind"])


def _aged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every token count as expired."""
    monkeypatch.setattr(form_token, "SECONDS", -1)


@pytest.mark.usefixtures("embed")
@pytest.mark.parametrize("htmx", [False, True])
def test_a_fresh_one_is_taken_from_the_field_or_the_header(
    client: Client, upstream: ScriptedUpstream, htmx: bool
) -> None:
    assert send_form(client, htmx=htmx).status_code == 200
    assert len(upstream.requests) == 1


@pytest.mark.usefixtures("embed")
def test_none_is_refused(client: Client, upstream: ScriptedUpstream) -> None:
    assert _kind(send_json(client, token="")) == "token_missing"
    assert not upstream.requests


@pytest.mark.usefixtures("embed")
def test_one_of_before_the_clock_went_back_is_used_up(
    client: Client, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would stay valid while the clock catches up, longer than its use is remembered."""
    token = token_in(open_frame(client))
    now = time.time()
    monkeypatch.setattr("playground.embeds.form_token.time.time", lambda: now - 30)
    assert send_json(client, token=token).status_code == 200  # two machines' clocks may differ by this much

    token = token_in(open_frame(client))
    monkeypatch.setattr("playground.embeds.form_token.time.time", lambda: now - 3600)
    assert _kind(send_json(client, token=token)) == "token_expired"
    assert len(upstream.requests) == 1


def _changed(token: str) -> list[str]:
    payload, time, signature = token.split(":")
    other = signing.b64_encode(b'["hello","","",""]').decode()
    return [
        "x",
        ":::",
        f"{other}:{time}:{signature}",
        f"{payload}:zzzzzz:{signature}",
        f"{payload}:{time}:{signature[:-1]}",
        f"{payload}:{time}:",
        signing.dumps(["hello", "", "", "x"], salt="another.salt"),
        signing.dumps(["hello", "", "", "x"], key="another key", salt="playground.embeds.token"),
    ]


@pytest.mark.usefixtures("embed")
@pytest.mark.parametrize("position", range(8))
def test_a_forged_one_is_refused(client: Client, upstream: ScriptedUpstream, position: int) -> None:
    forged = _changed(token_in(open_frame(client)))[position]

    assert _kind(send_json(client, token=forged)) == "token_forged"
    assert not upstream.requests


@given(text=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1))
def test_no_text_at_all_is_taken_for_one(text: str) -> None:
    with pytest.raises(signing.BadSignature):
        signing.loads(text, salt="playground.embeds.token")


@pytest.mark.usefixtures("embed")
def test_an_old_one_is_refused_and_a_fresh_one_comes_along(
    client: Client, monkeypatch: pytest.MonkeyPatch, upstream: ScriptedUpstream
) -> None:
    with monkeypatch.context() as old:
        _aged(old)
        refused = send_json(client)

    assert _kind(refused) == "token_expired"
    assert "Click “Send” again" in refused.json()["error"]["advice"]
    assert not upstream.requests
    assert send_json(client, token=refused["X-Embed-Token"]).status_code == 200


@pytest.mark.usefixtures("embed")
def test_an_old_frame_without_scripts_keeps_its_form_and_can_send_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as old:
        _aged(old)
        refused = send_form(client, content=["kept"])

    assert refused.status_code == 403
    assert "kept</textarea>" in refused.content.decode()
    assert send_form(client, token=token_in(refused)).status_code == 200


@pytest.mark.usefixtures("embed")
def test_an_old_one_of_another_reader_brings_no_fresh_one(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_in(open_frame(client))
    client.defaults["REMOTE_ADDR"] = "192.0.2.9"
    _aged(monkeypatch)

    refused = send_json(client, token=token)

    assert _kind(refused) == "token_of_another_reader"
    assert "X-Embed-Token" not in refused


@pytest.mark.usefixtures("embed")
def test_it_is_taken_once(client: Client, upstream: ScriptedUpstream) -> None:
    token = token_in(open_frame(client))

    first, again = send_json(client, token=token), send_json(client, token=token)

    assert first.status_code == 200
    assert _kind(again) == "token_used"
    assert len(upstream.requests) == 1
    assert send_json(client, token=again["X-Embed-Token"]).status_code == 200


@pytest.mark.usefixtures("embed")
def test_a_form_that_is_sent_twice_is_kept(client: Client, upstream: ScriptedUpstream) -> None:
    token = token_in(open_frame(client))
    send_form(client, token=token)

    again = send_form(client, token=token, content=["kept"])

    assert again.status_code == 403
    assert "kept</textarea>" in again.content.decode()
    assert send_form(client, token=token_in(again)).status_code == 200


@pytest.mark.usefixtures("embed")
def test_many_tokens_push_no_count_out(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {"BACKEND": "playground.calls.buckets.LocalBuckets", "OPTIONS": {"MAX_ENTRIES": 3}}
    settings.CACHES = {
        "default": few | {"LOCATION": "few"},
        "form_tokens": few | {"LOCATION": settings.CACHES["form_tokens"]["LOCATION"]},
    }
    configure(PLAYGROUND_CLIENT_RATE="1/day")
    assert send_json(client).status_code == 200

    for _ in range(10):
        assert send_json(client, REQUEST | {"n": 9}).status_code == 400

    assert send_json(client).status_code == 429


@pytest.mark.usefixtures("embed")
@pytest.mark.parametrize("changes", [{}, {"temperature": "hot"}, {"model": "m-large"}])
def test_with_each_answer_comes_the_next(client: Client, changes: dict[str, str]) -> None:
    page = send_form(client, **changes)

    assert send_form(client, token=page["X-Embed-Token"]).status_code == 200
    assert token_in(page) == page["X-Embed-Token"]


@pytest.mark.usefixtures("embed")
def test_a_stream_brings_the_next_with_its_head(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(stream({"content": "x"}))

    live = send_form(client, htmx=True, stream="on")

    assert live["Content-Type"].startswith("text/event-stream")
    live.getvalue()
    assert send_form(client, htmx=True, token=live["X-Embed-Token"]).status_code == 200


def test_it_is_good_for_its_own_embed_only(client: Client, embed: Embed, upstream: ScriptedUpstream) -> None:
    make_embed(name="other")
    other, none = token_in(open_frame(client, "other")), token_in(client.get("/embed/"))

    assert _kind(send_json(client, token=other)) == "token_of_another_embed"
    assert _kind(send_json(client, token=none)) == "token_of_another_embed"
    own = token_in(open_frame(client))
    assert _kind(send_json(client, embed=None, provider="test", token=own)) == "token_of_another_embed"
    assert not upstream.requests


@pytest.mark.usefixtures("embed")
def test_it_is_good_for_its_own_reader_only(client: Client) -> None:
    token = token_in(open_frame(client))
    client.defaults["REMOTE_ADDR"] = "192.0.2.9"

    assert _kind(send_json(client, token=token)) == "token_of_another_reader"


@pytest.mark.parametrize(
    "change", [{"locked": "model"}, {"origins": "https://a.example"}, {"max_tokens": 60}, {"calls_a_day": 3}]
)
def test_a_change_of_the_rules_ends_it(client: Client, embed: Embed, change: dict[str, Any]) -> None:
    token = token_in(open_frame(client))
    Embed.objects.filter(pk=embed.pk).update(**change)

    refused = send_json(client, token=token)

    assert _kind(refused) == "rules_changed"
    assert "Reload the page" in refused.json()["error"]["advice"]


@pytest.mark.usefixtures("embed")
@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({}, True),  # plain HTTP without these headers: the token alone decides
        ({"Origin": "http://testserver"}, True),
        ({"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, True),  # a form under no-referrer
        ({"Origin": "null"}, True),  # the same from a browser that sends no Sec-Fetch-Site over HTTP
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, False),  # a sandboxed frame
        ({"Origin": "https://docs.example.org"}, False),
        ({"Origin": "https://docs.example.org", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "https://docs.example.org", "Sec-Fetch-Site": "same-origin"}, False),
        ({"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "http://testserver", "Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://testserver", "Sec-Fetch-Site": "none"}, False),
        ({"Origin": "https://testserver"}, False),
        ({"Origin": "http://testserver:81"}, False),
        ({"Origin": "http://testserver.evil.example"}, False),
        ({"Origin": ""}, False),
    ],
)
def test_only_the_playgrounds_own_document_sends(
    client: Client, upstream: ScriptedUpstream, headers: dict[str, str], taken: bool
) -> None:
    answer = send_json(client, headers=headers)

    assert (answer.status_code == 200) == taken
    assert len(upstream.requests) == taken
    if not taken:
        assert _kind(answer) == "foreign_origin"


@pytest.mark.usefixtures("embed")
@pytest.mark.parametrize(
    ("headers", "taken"),
    [({}, False), ({"Origin": "null"}, False), ({"Origin": "https://testserver"}, True)],
)
def test_over_https_the_browser_has_to_say_who_sends(
    client: Client, headers: dict[str, str], taken: bool
) -> None:
    assert (send_json(client, headers=headers, secure=True).status_code == 200) == taken


@pytest.mark.usefixtures("embed")
def test_when_used_ones_cannot_be_told_nothing_is_sent(
    client: Client, settings: Any, upstream: ScriptedUpstream
) -> None:
    settings.CACHES = settings.CACHES | {
        "form_tokens": {
            "BACKEND": "playground.calls.buckets.RedisBuckets",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }

    refused = send_json(client)

    assert refused.status_code == 503
    assert "CACHE_URL" in refused.json()["error"]["advice"]
    assert not upstream.requests


@pytest.mark.usefixtures("embed")
def test_the_reader_cannot_be_read_off_it(client: Client) -> None:
    client.defaults["REMOTE_ADDR"] = "192.0.2.77"

    payload = token_in(open_frame(client)).split(":")[0]

    assert b"192.0.2" not in signing.b64_decode(payload.lstrip(".").encode())


@pytest.mark.usefixtures("embed")
def test_the_pages_csrf_token_is_no_way_in(client: Client, upstream: ScriptedUpstream) -> None:
    client.get("/")
    csrf = client.cookies["csrftoken"].value

    refused = client.post(
        "/embed/send/",
        json.dumps({"embed": "hello", "request": REQUEST}),
        content_type="application/json",
        headers={"X-CSRFToken": csrf},
    )

    assert _kind(refused) == "token_missing"
    assert not upstream.requests


@pytest.mark.usefixtures("embed")
def test_a_used_one_is_remembered_for_as_long_as_it_is_good(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered = []
    add = caches["form_tokens"].add
    monkeypatch.setattr(
        caches["form_tokens"],
        "add",
        lambda key, value, seconds: remembered.append(seconds) or add(key, value, seconds),
    )

    send_json(client)

    assert remembered[0] > form_token.SECONDS
