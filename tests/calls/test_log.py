"""The log: one line per call, with what it cost and not what was said."""

import json
import logging
from typing import Any

import pytest
from django.test import Client

from tests.upstreams.scripted import (
    STREAM_HEAD,
    Paused,
    ScriptedUpstream,
    completion,
    json_answer,
    models,
    token,
)
from tests.web.client import body, post_form, post_json

pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture(autouse=True)
def _listen(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "playground.exchange")


def _lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(record.message) for record in caplog.records if record.name == "playground.exchange"]


def test_a_call_has_a_line_without_content(
    client: Client, upstream: ScriptedUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.reply(completion("the secret answer"))
    secret = [{"role": "user", "content": "the secret question"}]

    post_json(client, request=body(messages=secret))

    (line,) = _lines(caplog)
    assert line["provider"] == "test"
    assert line["host"] == upstream.host_port
    assert line["model"] == "m"
    assert line["status"] == 200
    assert line["error"] is None
    assert line["stream"] is False
    assert (line["prompt_tokens"], line["completion_tokens"]) == (9, 3)
    assert line["sent_bytes"] == len(upstream.requests[0].body)
    assert line["received_bytes"] > 0
    assert 0 < line["first_byte_ms"] <= line["total_ms"]
    assert "secret" not in caplog.text


def test_an_error_is_named(
    client: Client, upstream: ScriptedUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.reply(json_answer({"error": {"message": "about your secret"}}, 429))

    post_form(client, htmx=True)

    (line,) = _lines(caplog)
    assert (line["status"], line["error"]) == (429, "rate_limited")
    assert "secret" not in caplog.text


def test_a_stream_that_is_left_has_its_line(
    client: Client, upstream: ScriptedUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.reply(Paused(STREAM_HEAD + token("so far")))

    response = post_form(client, htmx=True, stream="on")
    parts = iter(response)
    next(parts)
    response.close()

    (line,) = _lines(caplog)
    assert (line["stream"], line["error"]) == (True, "stopped")


def test_listing_models_has_a_line(
    client: Client, upstream: ScriptedUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.reply(models("a", "b"))

    post_json(client, "/models/")

    (line,) = _lines(caplog)
    assert (line["model"], line["status"], line["error"]) == (None, 200, None)


def test_who_calls_is_a_pseudonym_that_stays(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    for address in ("192.0.2.7", "192.0.2.7", "192.0.2.8"):
        client.post(
            "/send/",
            json.dumps({"provider": "test", "request": body()}),
            content_type="application/json",
            REMOTE_ADDR=address,
        )

    one, same, other = (line["who"] for line in _lines(caplog))
    assert one == same != other
    assert "192.0.2" not in caplog.text


def test_what_is_refused_has_none(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    post_form(client, temperature="hot")

    assert _lines(caplog) == []


def test_a_model_cannot_write_a_line_of_its_own(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    post_json(client, request=body(model='m\n{"who": "nobody"}'))

    (record,) = (record for record in caplog.records if record.name == "playground.exchange")
    assert "\n" not in record.message
