"""A recorded answer shown as it came, in place of a call."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise

from django.conf import settings

from playground.dialects.chat_completions.dialect import CHAT_COMPLETIONS
from playground.exchange.record import Exchange
from playground.exchange.stream import StreamReader, pieces
from playground.network.connection import Wire
from playground.network.head import Head
from playground.network.running import running
from playground.text.redact import Redactor
from playground.upstream.reading import Live, Reading

# How long a replayed stream is silent at a time, and how long it takes as a whole.
LONGEST_SILENCE_MS = 3000.0
LONGEST_MS = 30_000.0
_FLUSH_SECONDS = 0.04
# How soon Stop is noticed.
_STOP_SECONDS = 0.1


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
        yield from _replay(exchange, Reading(number, CHAT_COMPLETIONS, Redactor("")))
    return exchange


def _replay(exchange: Exchange, reading: Reading) -> Live:
    """Fills the reading as the recorded answer came. Stop shows the rest at once."""
    received, stream = exchange.received, exchange.stream
    if stream and received:
        reading.sent, reading.exchange = exchange.sent, None
        reading.head = Head(received.status, received.reason)
        reading.stream = StreamReader(CHAT_COMPLETIONS, Redactor(""), live=True)
        yield reading
        yield from _arriving(received.body, stream.times_ms, reading, reading.stream)
    reading.exchange = exchange
    yield reading
    return exchange


def _arriving(
    body: bytes, events_ms: Sequence[float], reading: Reading, stream: StreamReader
) -> Iterator[Reading]:
    parts = list(pieces(body, events_ms))
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
