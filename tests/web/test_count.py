"""The input tokens of a request, counted by its provider."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from playground.dialects import DIALECTS
from playground.upstream.local_model.supervisor import Supervisor
from tests.configuration import configure
from tests.upstreams.scripted import Answer, ScriptedUpstream, event, event_stream, json_answer
from tests.web.client import post_form, post_json

MESSAGES = {"model": "m", "max_tokens": 8, "messages": [{"role": "user", "content": "Hello!"}]}
RESPONSES = {"model": "m", "max_output_tokens": 8, "input": "Hello!"}
COUNTING = [("messages", MESSAGES), ("responses", RESPONSES)]
COUNTED = json_answer({"input_tokens": 37})
KEY = "sk-typed-by-hand"


def _count(client: Client, upstream: ScriptedUpstream, **changes: Any) -> Any:
    asked = {"provider": None, "base_url": upstream.url, "dialect": "messages", "request": MESSAGES}
    return post_json(client, "/count/", **(asked | changes))


def _form(client: Client, upstream: ScriptedUpstream, *, htmx: bool = False, **changes: Any) -> Any:
    asked = {"provider": "", "base_url": upstream.url, "dialect": "messages", "max_tokens": "8"}
    return post_form(client, "/count/", htmx=htmx, **(asked | changes))


@pytest.mark.parametrize(("dialect", "body"), COUNTING)
def test_the_provider_counts(
    client: Client, upstream: ScriptedUpstream, dialect: str, body: dict[str, Any]
) -> None:
    upstream.reply(COUNTED)

    told = _count(client, upstream, dialect=dialect, request=body | {"stream": True}, api_key=KEY)

    assert told.json() == {"prompt_tokens": 37, "error": None}
    (sent,) = upstream.requests
    assert (sent.method, sent.path) == ("POST", "/v1" + DIALECTS[dialect].count_path)
    assert json.loads(sent.body) == {name: value for name, value in body.items() if "max" not in name}
    ((header, value),) = DIALECTS[dialect].auth.headers(KEY)
    assert sent.header(header) == value
    assert sent.header("Accept") == "application/json"


def test_the_version_of_the_api_is_sent(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(COUNTED)

    _count(client, upstream, request=MESSAGES | {"anthropic-version": "2026-10-21"})

    assert upstream.requests[0].header("anthropic-version") == "2026-10-21"
    assert "anthropic-version" not in json.loads(upstream.requests[0].body)


def test_htmx_gets_the_number(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(COUNTED)

    html = _form(client, upstream, htmx=True).content.decode()

    assert 'data-tokens="37"' in html
    assert "<html" not in html


def test_a_plain_form_gets_the_page_with_the_number_and_keeps_what_was_typed(
    client: Client, upstream: ScriptedUpstream
) -> None:
    upstream.reply(COUNTED)

    html = _form(client, upstream, content=["typed"]).content.decode()

    assert 'data-tokens="37"' in html
    assert "typed</textarea>" in html


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (json_answer({"error": {"type": "invalid_request_error", "message": "No."}}, 400), "bad_request"),
        (json_answer({"type": "error", "error": {"message": "No key"}}, 401), "unauthorized"),
        (json_answer({"detail": "Not Found"}, 404), "not_found"),
        (Answer(404, b"<html><title>Nothing here</title></html>"), "not_found"),
        (json_answer({"error": {"message": "Slow down"}}, 429), "rate_limited"),
        (json_answer({"type": "error", "error": {"type": "overloaded_error"}}, 529), "overloaded"),
        (json_answer({}), "no_count"),
        (json_answer([]), "no_count"),
        (json_answer({"input_tokens": "37"}), "no_count"),
        (json_answer({"input_tokens": -1}), "no_count"),
        (json_answer({"input_tokens": 1.5}), "no_count"),
        (json_answer({"input_tokens": True}), "no_count"),
        (json_answer({"input_tokens": 10**15}), "no_count"),
        (Answer(200, b'{"input_tokens": 1e999}'), "no_count"),
        (Answer(200, b"<html>Welcome</html>"), "not_json"),
        (Answer(200, b""), "empty"),
        (Answer(302, headers={"Location": "https://login.example/"}), "redirect"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("dialect", "body"), COUNTING)
def test_what_is_no_count_is_explained(
    client: Client,
    upstream: ScriptedUpstream,
    dialect: str,
    body: dict[str, Any],
    answer: Answer,
    kind: str,
) -> None:
    upstream.reply(answer)

    told = _count(client, upstream, dialect=dialect, request=body)

    assert told.status_code == 200
    assert told.json()["prompt_tokens"] is None
    assert told.json()["error"]["kind"] == kind
    assert told.json()["error"]["advice"]


def test_a_stream_is_no_count(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(
        event_stream(event({"type": "message_start", "message": {}}) + event({"type": "message_stop"}))
    )

    assert _count(client, upstream).json()["error"]["kind"] in ("no_count", "not_completion")


def test_a_server_without_the_endpoint_is_not_said_to_lack_the_model(
    client: Client, upstream: ScriptedUpstream
) -> None:
    upstream.reply(json_answer({"detail": "Not Found"}, 404))
    no_path = _count(client, upstream).json()["error"]
    upstream.reply(json_answer({"error": {"message": 'model "m" not found'}}, 404))
    no_model = _count(client, upstream).json()["error"]

    assert no_path["kind"] == no_model["kind"] == "not_found"
    assert no_path["advice"] != no_model["advice"]


def test_an_error_is_told_in_place_and_in_the_page(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": "Bad <key>."}}, 401))

    for htmx in (True, False):
        html = _form(client, upstream, htmx=htmx).content.decode()

        assert "field-error" in html
        assert "Bad &lt;key&gt;." in html
        assert "data-tokens" not in html


def test_the_key_is_taken_out_of_what_is_quoted(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": f"Wrong key {KEY}"}}, 401))

    assert KEY not in _count(client, upstream, api_key=KEY).content.decode()
    assert KEY not in _form(client, upstream, api_key=KEY).content.decode()


def test_an_api_without_a_count_is_refused(client: Client, upstream: ScriptedUpstream) -> None:
    refused = post_json(client, "/count/", provider=None, base_url=upstream.url)

    assert refused.status_code == 400
    assert set(refused.json()["error"]["fields"]) == {"dialect"}
    assert upstream.requests == []


def test_what_is_wrong_with_the_request_is_told_at_its_field(
    client: Client, upstream: ScriptedUpstream
) -> None:
    refused = _count(client, upstream, request=MESSAGES | {"max_tokens": "many"})
    in_place = _form(client, upstream, htmx=True, max_tokens="many")

    assert refused.status_code == in_place.status_code == 400
    assert set(refused.json()["error"]["fields"]) == {"max_tokens"}
    assert 'data-field="max_tokens"' in in_place.content.decode()
    assert upstream.requests == []


def test_a_forbidden_address_is_not_asked(client: Client, upstream: ScriptedUpstream) -> None:
    configure(PLAYGROUND_PRIVATE_UPSTREAMS="")

    assert _count(client, upstream).status_code == 403
    assert upstream.requests == []


def test_it_is_held_to_the_caps(client: Client, upstream: ScriptedUpstream) -> None:
    """A machine of the server's network is its operator's."""
    configure(PLAYGROUND_CAPS="1")
    upstream.reply(COUNTED)

    assert _count(client, upstream, request=MESSAGES | {"max_tokens": 10**6}).status_code == 400
    assert _count(client, upstream, request=MESSAGES | {"service_tier": "auto"}).status_code == 400
    assert upstream.requests == []


def test_it_takes_a_place(client: Client, upstream: ScriptedUpstream, settings: Any) -> None:
    settings.LIMITS = replace(settings.LIMITS, exchanges=0)

    assert _count(client, upstream).status_code == 503
    assert upstream.requests == []


def test_it_counts_as_one_call(client: Client, upstream: ScriptedUpstream) -> None:
    cache.clear()
    configure(PLAYGROUND_CLIENT_RATE="2/hour")
    upstream.reply(COUNTED)

    assert [_count(client, upstream).status_code for _ in range(3)] == [200, 200, 429]


def test_its_line_of_log_tells_no_error(
    client: Client, upstream: ScriptedUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.reply(COUNTED)

    with caplog.at_level("INFO", "playground.exchange"):
        _count(client, upstream)

    (line,) = (
        json.loads(record.message) for record in caplog.records if record.name == "playground.exchange"
    )
    assert (line["status"], line["error"], line["stream"]) == (200, None, False)


def test_another_sites_page_counts_nothing(upstream: ScriptedUpstream) -> None:
    browser = Client(enforce_csrf_checks=True)
    cross = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    form = {"provider": "", "base_url": upstream.url}

    assert browser.get("/count/", form, headers=cross).status_code == 405
    assert browser.post("/count/", form, headers=cross).status_code == 403
    assert upstream.requests == []


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_the_form_knows_whether_its_api_counts(client: Client, dialect: Any) -> None:
    changed = post_form(client, "/edit/", accept="application/json", provider="", do=f"dialect:{dialect.id}")

    hidden = re.search('<input type="hidden" name="dialect"[^>]*>', changed.json()["fields"])
    assert hidden
    assert ("data-counts" in hidden[0]) == bool(dialect.count_path)


@pytest.mark.parametrize(("dialect", "body"), COUNTING)
def test_the_real_local_model_counts_what_the_answer_then_uses(
    client: Client, local_model: Supervisor, dialect: str, body: dict[str, Any]
) -> None:
    asked = {"provider": "local", "dialect": dialect, "request": body | {"model": "smollm2-135m-instruct"}}

    counted = post_json(client, "/count/", **asked).json()

    assert counted["error"] is None
    assert counted["prompt_tokens"] == post_json(client, **asked).json()["usage"]["prompt_tokens"] > 0
