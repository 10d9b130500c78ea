"""A call of the Messages API through the playground: live, kept, and put together again."""

import json
from typing import Any

from django.test import Client

from playground.calls import estimate
from playground.calls.draft import Draft
from playground.calls.make import Terms, make
from playground.calls.replay import replay
from playground.dialects import DIALECTS
from playground.exchange import archive
from playground.exchange.record import Exchange
from playground.explanations.explain import explain
from playground.upstream.client import NOBODY
from playground.upstream.live import Finished, Progress
from tests.dialects.messages.events import encoded, start, stopped, text, thinking, tool
from tests.upstreams.scripted import ScriptedUpstream, event_stream, json_answer, models
from tests.web.client import post_json
from tests.wire.cases.messages import MESSAGE

KEY = "sk-typed-canary-51c0de"
NEWER = "2026-10-21"
BODY = {"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello!"}]}
ANSWERED = [
    start(),
    *thinking(0, "Hm."),
    *text(1, "Hel", "lo!"),
    *tool(2, '{"a":', " 1}"),
    *stopped("tool_use"),
]


def _draft(upstream: ScriptedUpstream, **changes: Any) -> Draft:
    return Draft(None, upstream.url, KEY, BODY | changes, dialect="messages")


def _finished(upstream: ScriptedUpstream) -> tuple[list[Any], Finished]:
    steps = make(_draft(upstream, stream=True), Terms(), NOBODY, live=True)
    assert not isinstance(steps, Exchange)
    *before, last = steps
    assert isinstance(last, Finished)
    return before, last


def test_it_goes_out_with_its_headers_and_comes_back_in_the_common_form(
    client: Client, upstream: ScriptedUpstream
) -> None:
    upstream.reply(json_answer(MESSAGE))

    told = post_json(
        client,
        provider=None,
        base_url=upstream.url,
        api_key=KEY,
        request=BODY | {"anthropic-version": NEWER, "anthropic-workspace-id": "wrkspc_1"},
        dialect="messages",
    ).json()

    (sent,) = upstream.requests
    assert sent.path == "/v1/messages"
    assert sent.json == BODY
    assert (sent.header("x-api-key"), sent.header("Authorization")) == (KEY, None)
    assert sent.header("anthropic-version") == NEWER
    assert sent.header("anthropic-workspace-id") == "wrkspc_1"
    assert told["error"] is None
    assert told["usage"]["total_tokens"] == 16
    assert told["request"]["headers"]["x-api-key"] == "[redacted]"
    assert told["request"]["body"]["anthropic-version"] == NEWER
    assert list(told["snippets"]) == ["python", "curl"]


def test_it_grows_while_it_arrives_and_is_the_same_in_the_end(upstream: ScriptedUpstream) -> None:
    upstream.reply(event_stream(encoded(*ANSWERED)))

    before, last = _finished(upstream)

    grown: dict[str, str] = {}
    for step in [*(step for step in before if isinstance(step, Progress)), last.rest]:
        for growth in step.growth:
            for name, piece in growth.texts:
                grown[name] = grown.get(name, "") + piece
    (choice,) = last.exchange.choices
    assert (
        grown
        == {"reasoning": choice.reasoning, "text": choice.text}
        == {"reasoning": "Hm.", "text": "Hello!"}
    )
    assert explain(last.exchange) is None


def test_it_is_kept_and_played_again(upstream: ScriptedUpstream) -> None:
    upstream.reply(event_stream(encoded(*ANSWERED)))
    _, last = _finished(upstream)

    value = json.loads(json.dumps(archive.dump(last.exchange)))

    assert archive.load(value, DIALECTS) == last.exchange
    *_, again = replay(last.exchange, "somebody")
    assert isinstance(again, Finished)
    assert again.exchange == last.exchange
    assert estimate.used(last.exchange, 10**6) == 40


def test_an_event_that_holds_pieces_of_the_key_is_masked(upstream: ScriptedUpstream) -> None:
    upstream.reply(event_stream(encoded(start(), *text(0, KEY[:9], KEY[9:], "!"), *stopped())))

    _, last = _finished(upstream)

    kept = json.dumps(archive.dump(last.exchange))
    assert KEY not in kept
    assert KEY[9:] not in kept


def test_the_list_of_models_is_asked_for_whole(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(models("claude-a", "claude-b"))

    told = post_json(
        client, "/models/", provider=None, base_url=upstream.url, api_key=KEY, dialect="messages"
    ).json()

    (asked,) = upstream.requests
    assert told["models"] == ["claude-a", "claude-b"]
    assert asked.path == "/v1/models?limit=1000"
    assert (asked.header("x-api-key"), asked.header("anthropic-version")) == (KEY, "2023-06-01")
