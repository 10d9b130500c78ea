"""A request's body is made into bytes once a call: what is checked, reserved and sent is one value."""

from typing import Any

import pytest
from django.test import Client

from playground.embeds import recordings
from playground.embeds.models import Embed
from playground.text import jsontext
from tests.embeds import client as frame
from tests.upstreams.scripted import ScriptedUpstream, stream
from tests.web.client import body, post_form, post_json

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]

STREAM = {"stream": "on", "include_usage": "on"}


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What is made of each request's body, from now on."""
    texts: list[bytes] = []
    dumps = jsontext.dumps

    def counted(value: Any) -> bytes:
        text = dumps(value)
        if isinstance(value, dict) and "messages" in value:
            texts.append(text)
        return text

    monkeypatch.setattr(jsontext, "dumps", counted)
    return texts


def test_json_that_the_server_pays_for(
    client: Client, upstream: ScriptedUpstream, encoded: list[bytes]
) -> None:
    assert post_json(client, request=body(max_tokens=5)).status_code == 200

    assert encoded == [upstream.requests[0].body]


@pytest.mark.parametrize("shape", [{}, {"htmx": True}, {"htmx": True} | STREAM], ids=["page", "htmx", "live"])
def test_a_form_that_the_server_pays_for(
    client: Client, upstream: ScriptedUpstream, encoded: list[bytes], shape: dict[str, Any]
) -> None:
    upstream.reply(stream({"content": "x"}))

    assert post_form(client, max_tokens="5", **shape).getvalue()

    assert encoded == [upstream.requests[0].body]


@pytest.mark.parametrize("shape", [{}, {"htmx": True}, {"htmx": True} | STREAM], ids=["page", "htmx", "live"])
def test_an_embed_with_a_budget(
    client: Client, upstream: ScriptedUpstream, encoded: list[bytes], shape: dict[str, Any]
) -> None:
    frame.make_embed()
    token = frame.token_in(frame.open_frame(client))
    upstream.reply(stream({"content": "x"}))
    encoded.clear()

    assert frame.send_form(client, token=token, **shape).getvalue()

    assert encoded == [upstream.requests[0].body]


@pytest.mark.parametrize("shape", [{}, {"htmx": True}, {"htmx": True} | STREAM], ids=["page", "htmx", "live"])
def test_an_embed_whose_budget_is_spent(
    client: Client, upstream: ScriptedUpstream, encoded: list[bytes], shape: dict[str, Any]
) -> None:
    embed = frame.make_embed()
    recordings.record(embed)
    Embed.objects.update(calls_a_day=0)
    token = frame.token_in(frame.open_frame(client))
    encoded.clear()

    assert b"data-recorded" in frame.send_form(client, token=token, **shape).getvalue()

    assert len(encoded) == 1
