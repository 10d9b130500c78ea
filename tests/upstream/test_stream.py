"""Streamed answers over real sockets: read as they arrive, merged, and never trusted."""

import json
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from playground.dialects.chat_completions.answer import read_choices
from playground.exchange.record import Exchange
from playground.explanations.explain import explain
from playground.network.connection import Wire
from playground.network.limits import Limits
from playground.network.pace import Pace
from playground.results.as_json import as_json
from playground.upstream import client
from playground.upstream.live import Finished, Progress, Started
from playground.upstream.route import Route
from tests import chat
from tests.configuration import configure
from tests.upstreams.scripted import (
    Paused,
    Recorded,
    ScriptedUpstream,
    chunk,
    completion,
    event,
    event_stream,
    json_answer,
    stream,
)

KEY = "sk-typed-canary-51c0de"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
HELLO = event(chunk({"content": "Hello"}))


BODY = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}


def _send(upstream: ScriptedUpstream, *, body: dict[str, Any] | None = None, **limits: float) -> Exchange:
    request = chat.request(BODY | (body or {}))
    route = Route(None, chat.endpoint(upstream.url), KEY, "API_KEY")
    return client.send(request, route, replace(Limits(), **limits))  # type: ignore[arg-type]


def _kind(exchange: Exchange) -> str | None:
    return explain(exchange).kind if explain(exchange) else None


def test_a_stream_is_put_together(upstream: ScriptedUpstream) -> None:
    upstream.reply(stream({"content": "Hel"}, {"content": "lo"}))

    exchange = _send(upstream)

    assert explain(exchange) is None
    assert read_choices(exchange.completion)[0].text == "Hello"
    assert read_choices(exchange.completion)[0].finish_reason == "stop"
    assert exchange.usage is not None
    assert exchange.usage.total_tokens == 11
    assert exchange.stream is not None
    assert exchange.stream.done
    assert [item.data for item in exchange.stream.events][-1] == "[DONE]"
    assert len(exchange.stream.events) == 6
    assert upstream.requests[0].header("Accept") == "text/event-stream"
    assert json.loads(json.dumps(as_json(exchange)))["completion"]["object"] == "chat.completion"


def test_a_live_call_is_told_in_steps(upstream: ScriptedUpstream) -> None:
    paused = Paused(HEAD + HELLO, event(chunk({"content": "!"})) + event("[DONE]"))
    upstream.reply(paused)
    route = Route(None, chat.endpoint(upstream.url), KEY, "API_KEY")

    steps = client.stream(chat.request(BODY), route, Limits())
    started, progress = next(steps), next(steps)
    paused.go.set()
    *_, finished = steps

    assert isinstance(started, Started)
    assert isinstance(progress, Progress)
    assert isinstance(finished, Finished)
    assert started.sent is finished.exchange.sent
    assert started.number == finished.number
    assert (progress.status, progress.tokens) == ("200 OK", 1)
    assert read_choices(finished.exchange.completion)[0].text == "Hello!"


def test_a_live_call_that_comes_to_nothing_is_told_by_its_end_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    configure(PLAYGROUND_PRIVATE_UPSTREAMS=f"127.0.0.1:{port}")
    route = Route(None, chat.endpoint(f"http://127.0.0.1:{port}/v1"), KEY, "API_KEY")

    (only,) = client.stream(chat.request(BODY), route, Limits())

    assert isinstance(only, Finished)
    assert only.rest == Progress()
    assert _kind(only.exchange) == "refused"


def test_the_first_token_is_timed_when_it_comes(upstream: ScriptedUpstream) -> None:
    def slow(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(HEAD + event(chunk({"role": "assistant", "content": ""})))
        time.sleep(0.3)
        connection.sendall(HELLO + event(chunk({}, finish_reason="stop")) + event("[DONE]"))

    upstream.reply(slow)

    timings = _send(upstream).timings

    assert timings.first_byte_ms is not None
    assert timings.first_token_ms is not None
    assert timings.first_token_ms - timings.first_byte_ms > 200


def test_events_carry_the_time_since_the_start(upstream: ScriptedUpstream) -> None:
    def slow(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(HEAD + HELLO)
        time.sleep(0.3)
        connection.sendall(HELLO + event("[DONE]"))

    upstream.reply(slow)

    exchange = _send(upstream)

    assert exchange.stream is not None
    first, second, _ = exchange.stream.events
    assert second.at_ms - first.at_ms > 200


def test_an_answer_that_is_no_stream_is_read_all_the_same(upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("at once"))

    exchange = _send(upstream)

    assert exchange.stream is None
    assert read_choices(exchange.completion)[0].text == "at once"


def test_an_error_in_mid_stream_stands_beside_what_arrived(upstream: ScriptedUpstream) -> None:
    upstream.reply(event_stream(HELLO + event({"error": {"message": "Overloaded."}})))

    exchange = _send(upstream)

    assert _kind(exchange) == "overloaded"
    assert explain(exchange) is not None
    assert explain(exchange).message == "Overloaded."
    assert read_choices(exchange.completion)[0].text == "Hello"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        (b": ping\n\n", "empty"),
        (HELLO, "ended_early"),
        (HELLO + b'data: {"choices": [{"index": 0, "del', "ended_early"),
        (HELLO + event(chunk({}, finish_reason="stop")), None),
        (HELLO + event("[DONE]"), None),
        (event("[DONE]"), "not_completion"),
        (HELLO + b'event: error\ndata: {"message": "Overloaded."}\n\n', "overloaded"),
        (HELLO + event({"object": "error", "message": "boom"}) + event("[DONE]"), "provider_error"),
        (event("no JSON") + event("[DONE]"), "unreadable_events"),
        (event({"choices": []}) + event("[DONE]"), "no_choices"),
    ],
)
def test_each_end_is_told(upstream: ScriptedUpstream, body: bytes, kind: str | None) -> None:
    upstream.reply(event_stream(body))

    assert _kind(_send(upstream)) == kind


def test_a_stream_cut_off_keeps_what_arrived(upstream: ScriptedUpstream) -> None:
    upstream.reply(
        HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
        + b"%x\r\n%s\r\n" % (len(HELLO), HELLO)
    )

    exchange = _send(upstream)

    assert _kind(exchange) == "cut_off"
    assert read_choices(exchange.completion)[0].text == "Hello"


def test_a_stream_that_goes_silent_keeps_what_arrived(upstream: ScriptedUpstream) -> None:
    def stall(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(HEAD + HELLO)
        connection.recv(1)

    upstream.reply(stall)

    exchange = _send(upstream, silence_seconds=0.2)

    assert _kind(exchange) == "silence"
    assert read_choices(exchange.completion)[0].text == "Hello"


def _endless(piece: bytes, pause: float = 0.0) -> Callable[[socket.socket, Recorded], None]:
    def send(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(HEAD)
        for _ in range(100_000):
            connection.sendall(piece)
            time.sleep(pause)

    return send


def test_a_dripping_stream_meets_the_whole_time(upstream: ScriptedUpstream) -> None:
    upstream.reply(_endless(HELLO, pause=0.02))

    exchange = _send(upstream, exchange_seconds=0.5)

    assert _kind(exchange) == "too_long"
    assert (read_choices(exchange.completion)[0].text or "").startswith("HelloHello")


def test_what_never_pauses_is_shown_as_often_as_a_heartbeat() -> None:
    now = 0.0
    pace = Pace(Limits(heartbeat_seconds=1), lambda: now)
    pace.begin()

    assert pace.wait(Wire(), ready=True)
    for fresh in (0, 1):
        pace.heard(fresh)
        now += 2000
        assert not pace.wait(Wire(), ready=True)
        assert pace.wait(Wire(), ready=True)


def test_an_endless_line_meets_the_limit_of_an_answer(upstream: ScriptedUpstream) -> None:
    upstream.reply(_endless(b"data: " + b"x" * 10_000))

    exchange = _send(upstream, response_bytes=100_000)

    assert _kind(exchange) == "too_large"
    assert exchange.received is not None
    assert len(exchange.received.body) == 100_000


def test_a_line_may_be_as_large_as_an_answer(upstream: ScriptedUpstream) -> None:
    image = "data:image/png;base64," + "A" * 1_400_000
    upstream.reply(stream({"content": image}))

    exchange = _send(upstream)

    assert explain(exchange) is None
    assert read_choices(exchange.completion)[0].text == image


def _then_nothing(*parts: bytes) -> Callable[[socket.socket, Recorded], None]:
    """Keep the connection open after the last part, until the playground disconnects."""

    def script(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(HEAD)
        for part in parts:
            connection.sendall(part)
            time.sleep(0.1)
        connection.settimeout(30)
        connection.recv(1)

    return script


FINISH = event(chunk({}, finish_reason="stop"))
USAGE = event(chunk() | {"choices": [], "usage": {"completion_tokens": 2, "total_tokens": 11}})


def test_usage_is_waited_for_after_the_end(upstream: ScriptedUpstream) -> None:
    upstream.reply(_then_nothing(HELLO + FINISH, event("[DONE]"), USAGE))

    exchange = _send(upstream, grace_seconds=2)

    assert explain(exchange) is None
    assert exchange.usage is not None
    assert exchange.usage.total_tokens == 11


def test_pings_do_not_hold_an_answer_open_that_is_done(upstream: ScriptedUpstream) -> None:
    def ping(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(HEAD + HELLO + FINISH + event("[DONE]"))
        while True:
            connection.sendall(b": ping\n\n")
            time.sleep(0.02)

    upstream.reply(ping)

    assert _kind(_send(upstream, exchange_seconds=20)) is None


@pytest.mark.parametrize("heartbeat", [b": ping\n\n", b'event: ping\ndata: {"type": "ping"}\n\n'])
def test_pings_do_not_hold_an_answer_open_that_is_finished(
    upstream: ScriptedUpstream, heartbeat: bytes
) -> None:
    def ping(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(HEAD + HELLO + FINISH)
        while True:
            connection.sendall(heartbeat)
            time.sleep(0.02)

    upstream.reply(ping)

    exchange = _send(upstream, exchange_seconds=5, finish_seconds=0.3)

    assert exchange.failure is None
    assert _kind(exchange) is None


def test_a_finish_reason_in_every_chunk_ends_nothing(upstream: ScriptedUpstream) -> None:
    word = event(chunk({"content": "x"}, finish_reason="stop"))

    def slow(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(HEAD + word)
        time.sleep(0.05)
        connection.sendall(word)
        time.sleep(2)
        connection.sendall(word)

    upstream.reply(slow)

    assert read_choices(_send(upstream, finish_seconds=1.5).completion)[0].text == "xxx"


def test_one_finished_choice_of_two_ends_nothing(upstream: ScriptedUpstream) -> None:
    second = {"index": 1, "delta": {"content": "second"}, "finish_reason": "stop"}

    def slow(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(HEAD + HELLO + FINISH)
        time.sleep(0.6)
        connection.sendall(event({"choices": [second]}))

    upstream.reply(slow)

    exchange = _send(upstream, body={"n": 2}, finish_seconds=0.2)

    assert [choice.text for choice in read_choices(exchange.completion)] == ["Hello", "second"]


def test_tokens_a_second_are_those_between_the_first_and_the_last(upstream: ScriptedUpstream) -> None:
    usage = event(chunk() | {"choices": [], "usage": {"completion_tokens": 11, "total_tokens": 11}})
    upstream.reply(_then_nothing(HELLO, HELLO, HELLO + FINISH + usage, event("[DONE]")))

    exchange = _send(upstream, grace_seconds=1)

    timings = exchange.timings
    assert timings.first_token_ms is not None
    assert timings.last_token_ms is not None
    assert timings.last_token_ms < timings.total_ms - 900
    rate = 10 * 1000 / (timings.last_token_ms - timings.first_token_ms)
    assert exchange.tokens_per_second == pytest.approx(rate)


def test_an_endless_stream_meets_the_limit_of_an_answer(upstream: ScriptedUpstream) -> None:
    upstream.reply(_endless(HELLO * 100))

    exchange = _send(upstream, response_bytes=1 << 20)

    assert _kind(exchange) == "too_large"
    assert exchange.received is not None
    assert len(exchange.received.body) == 1 << 20


def test_a_refused_stream_option_has_a_fix(upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": "Unsupported parameter: stream_options"}}, 400))

    error = explain(_send(upstream, body={"stream_options": {"include_usage": True}}))

    assert error is not None
    assert error.fix is not None
    assert error.fix.changes == {"stream_options": None}


def test_a_key_split_over_the_deltas_is_not_put_together(upstream: ScriptedUpstream) -> None:
    upstream.reply(stream({"content": f"it is {KEY[:9]}"}, {"content": KEY[9:]}))

    exchange = _send(upstream)

    assert read_choices(exchange.completion)[0].text == "it is [redacted]"
    assert KEY not in repr(exchange)


def test_a_key_in_one_event_is_in_no_view(upstream: ScriptedUpstream) -> None:
    upstream.reply(event_stream(event(chunk({"content": KEY})) + event({"error": KEY})))

    exchange = _send(upstream)

    assert KEY not in repr(exchange)
    assert KEY not in json.dumps(as_json(exchange))
