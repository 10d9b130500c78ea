"""An answer that the author had and kept: shown as it was, and said to be so, when no call is made."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC
from itertools import accumulate, pairwise
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from playground.embed.database import let_go
from playground.embed.models import Embed, RecordedAnswer
from playground.exchange.explain import Explanation
from playground.exchange.failure import FailureKind
from playground.exchange.record import Exchange, Received, Recorded, Sent, Timings
from playground.exchange.redact import Redactor
from playground.exchange.snippets import Call
from playground.exchange.sse import LINES, EventParser
from playground.exchange.stream import Stream, StreamReader
from playground.exchange.text import Sentence
from playground.pages.incoming import checked_chat
from playground.pages.log import logging_for
from playground.upstream import client
from playground.upstream.connection import Wire
from playground.upstream.head import Head
from playground.upstream.reading import Live, Reading
from playground.upstream.route import find_route
from playground.upstream.running import running

# How long a replayed stream is silent at a time, and how long it takes as a whole.
LONGEST_SILENCE_MS = 3000.0
LONGEST_MS = 30_000.0
_FLUSH_SECONDS = 0.04
# How soon Stop is noticed.
_STOP_SECONDS = 0.1
# How an answer comes is not what it answers.
_OF_THE_WAY = ("stream", "stream_options")
_ENDED_BY_US = (FailureKind.STOPPED, FailureKind.RESTARTED)


def record(embed: Embed) -> tuple[Exchange, Explanation | None]:
    """Makes the author's own request, streamed, and keeps the answer. What went wrong is not kept.

    Raises `InvalidRequestError`, `AddressRefusedError` and `BusyError` when nothing could be sent.
    """
    body = embed.body
    if not body.get("stream"):
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    caller = client.Caller(ended=logging_for("author", embed.name))
    route = find_route(embed.provider, None, None)
    exchange = client.send(checked_chat(body), route, settings.LIMITS, caller)
    if exchange.error is None:
        RecordedAnswer.objects.update_or_create(embed=embed, defaults=_columns(exchange))
    return exchange, exchange.error


def _columns(exchange: Exchange) -> dict[str, Any]:
    sent, received, call = exchange.sent, exchange.received, exchange.call
    if received is None:
        raise ValueError("there is no answer to keep")
    return {
        "at": exchange.started,
        "provider": exchange.provider or "",
        "call": {
            "base_url": call.base_url,
            "url": call.url,
            "key_variable": call.key_variable,
            "body": dict(call.body),
        },
        "sent": {"method": sent.method, "url": sent.url, "headers": sent.headers, "body": sent.text},
        "received": {"status": received.status, "reason": received.reason, "headers": received.headers},
        "body": received.body,
        "timings_ms": asdict(exchange.timings),
        "events_ms": list(exchange.stream.times_ms) if exchange.stream else None,
    }


def instead(embed: Embed, asked: Mapping[str, Any], reason: Sentence) -> Exchange | None:
    """The recorded answer in place of the one to what was asked; None where none was recorded."""
    try:
        answer = RecordedAnswer.objects.filter(embed=embed).first()
    except DatabaseError:
        return None
    finally:
        let_go()
    return _exchange(answer, asked, reason) if answer else None


def _exchange(answer: RecordedAnswer, asked: Mapping[str, Any], reason: Sentence) -> Exchange:
    sent, received = answer.sent, answer.received
    body = bytes(answer.body)
    return Exchange(
        call=Call(**answer.call),
        provider=answer.provider,
        started=answer.at.astimezone(UTC),
        sent=Sent(sent["method"], sent["url"], _headers(sent["headers"]), sent["body"].encode()),
        received=Received(received["status"], received["reason"], _headers(received["headers"]), body),
        failure=None,
        timings=Timings(**answer.timings_ms),
        stream=None if answer.events_ms is None else _stream(body, answer.events_ms),
        recorded=Recorded(
            answer.at.astimezone(UTC), reason, _of_the_call(answer.call["body"]) == _of_the_call(asked)
        ),
    )


def _headers(pairs: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in pairs)


def _of_the_call(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in _OF_THE_WAY and value is not None}


def _stream(body: bytes, events_ms: list[float]) -> Stream:
    reader = StreamReader(Redactor(""))
    for at_ms, part in _parts(body, events_ms):
        reader.feed(part, at_ms)
    reader.close(events_ms[-1] if events_ms else 0.0)
    return reader.result(body)


def _parts(body: bytes, events_ms: list[float]) -> Iterator[tuple[float, bytes]]:
    """The body in pieces, with the milliseconds at which the event was whole that each ends."""
    times, at_ms, parser = iter(events_ms), 0.0, EventParser()
    for line in LINES.finditer(body):
        for _ in parser.feed(line[0]):
            at_ms = next(times, at_ms)
        yield at_ms, line[0]


# --- in the reader's page ---


def is_down(exchange: Exchange, *, with_own_key: bool) -> bool:
    """Whether nothing came for the provider's sake. That a reader's own key has met its limit is not that."""
    if exchange.received is None:
        return exchange.failure is not None and exchange.failure.kind not in _ENDED_BY_US
    return exchange.received.status >= 500 or (exchange.received.status == 429 and not with_own_key)


def or_recorded(steps: Live, instead_of: Callable[[Exchange], Exchange]) -> Live:
    """The steps of a live call; where it comes to nothing, those of the recorded answer in its place.

    `instead_of` gives the exchange to show for the one that was made, which may be the same.
    """
    try:
        for reading in steps:
            if reading.exchange is None:
                yield reading
                continue
            exchange = instead_of(reading.exchange)
            if exchange.recorded:
                yield from _replay(exchange, reading)
            else:
                reading.exchange = exchange
                yield reading
            return exchange
    finally:
        steps.close()
    raise RuntimeError("a live call ends with its exchange")


def replay(exchange: Exchange, who: str) -> Live:
    """The steps of a recorded answer. Takes a place among the running exchanges as a call does.

    Raises `BusyError`.
    """
    with running.place(Wire(), settings.LIMITS, who) as number:
        yield from _replay(exchange, Reading(number, Redactor("")))
    return exchange


def _replay(exchange: Exchange, reading: Reading) -> Live:
    """Fills the reading as the recorded answer came. Stop shows the rest at once."""
    received, stream = exchange.received, exchange.stream
    if stream and received:
        reading.sent, reading.exchange = exchange.sent, None
        reading.head = Head(received.status, received.reason)
        reading.stream = StreamReader(Redactor(""), live=True)
        yield reading
        yield from _arriving(received.body, list(stream.times_ms), reading, reading.stream)
    reading.exchange = exchange
    yield reading
    return exchange


def _arriving(
    body: bytes, events_ms: list[float], reading: Reading, stream: StreamReader
) -> Iterator[Reading]:
    parts = list(_parts(body, events_ms))
    start, fresh = time.monotonic(), False
    for due, (at_ms, part) in zip(_due([at_ms for at_ms, _ in parts]), parts, strict=True):
        if fresh and start + due - time.monotonic() > _FLUSH_SECONDS:
            yield reading
            fresh = False
        while (ahead := start + due - time.monotonic()) > _FLUSH_SECONDS and not running.is_ended(
            reading.number
        ):
            time.sleep(min(ahead, _STOP_SECONDS))
        stream.feed(part, at_ms)
        fresh = True


def _due(times_ms: list[float]) -> Iterator[float]:
    """When each piece is shown, in seconds since the start: as it came, but for long silences."""
    silences = [later - earlier for earlier, later in pairwise([0.0, *times_ms])]
    shown_ms = list(accumulate(min(max(0.0, silence), LONGEST_SILENCE_MS) for silence in silences))
    scale = min(1.0, LONGEST_MS / shown_ms[-1]) if shown_ms and shown_ms[-1] else 1.0
    return (moment * scale / 1000 for moment in shown_ms)
