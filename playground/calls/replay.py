"""Show a recorded answer as it arrived, instead of making a call."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import accumulate, pairwise

from django.conf import settings

from playground.exchange.record import Exchange
from playground.exchange.stream import StreamReader, pieces
from playground.network.connection import Wire
from playground.network.running import running
from playground.text.redact import Redactor
from playground.upstream.live import Finished, Live, News, Progress, Started

# The longest pause in a replayed stream, and its longest duration.
LONGEST_SILENCE_MS = 3000.0
LONGEST_MS = 30_000.0
_FLUSH_SECONDS = 0.04
# Stop is noticed within this time.
_STOP_SECONDS = 0.1


def or_recorded(steps: Live, instead_of: Callable[[Exchange], Exchange]) -> Live:
    """Yield the steps of a live call, and those of a recorded answer if one is shown instead of its end.

    `instead_of` returns the exchange to show for the one that was made, which may be the same.
    """
    started = False
    with closing(steps):
        for step in steps:
            if not isinstance(step, Finished):
                started = True
                yield step
            elif (exchange := instead_of(step.exchange)).recorded:
                yield from _replay(exchange, step.number, started=started)
            else:
                yield replace(step, exchange=exchange)


def replay(exchange: Exchange, who: str) -> Live:
    """Yield the steps of a recorded answer. Counts as a running exchange, like a call.

    Raises `BusyError`.
    """
    with running.place(Wire(), settings.LIMITS, who) as number:
        yield from _replay(exchange, number)


def _replay(exchange: Exchange, number: str, *, started: bool = False) -> Live:
    """Yield the steps at the pace at which the recorded answer arrived. Stop shows the rest at once."""
    received, stream, rest = exchange.received, exchange.stream, Progress()
    if stream and received:
        news = News(Redactor(""))
        news.answered(received.status, received.reason)
        reader = StreamReader(exchange.dialect, Redactor(""), live=True)
        yield news.take(reader) if started else Started(number, exchange.sent, exchange.id)
        for _ in _arriving(received.body, stream.times_ms, number, reader):
            yield news.take(reader)
        rest = news.take(reader)
    yield Finished(number, exchange, rest)


def _arriving(body: bytes, events_ms: Sequence[float], number: str, stream: StreamReader) -> Iterator[None]:
    """Feed the stream, and yield whenever there is something new to show."""
    parts = list(pieces(body, events_ms))
    start, fresh = time.monotonic(), False
    for due, (at_ms, part) in zip(_due([at_ms for at_ms, _ in parts]), parts, strict=True):
        if fresh and start + due - time.monotonic() > _FLUSH_SECONDS:
            yield
            fresh = False
        while (ahead := start + due - time.monotonic()) > _FLUSH_SECONDS and not running.is_ended(number):
            time.sleep(min(ahead, _STOP_SECONDS))
        stream.feed(part, at_ms)
        fresh = True


def _due(times_ms: list[float]) -> Iterator[float]:
    """Return when each piece is shown, in seconds since the start: as it came, but with shorter pauses."""
    silences = [later - earlier for earlier, later in pairwise([0.0, *times_ms])]
    shown_ms = list(accumulate(min(max(0.0, silence), LONGEST_SILENCE_MS) for silence in silences))
    scale = min(1.0, LONGEST_MS / shown_ms[-1]) if shown_ms and shown_ms[-1] else 1.0
    return (moment * scale / 1000 for moment in shown_ms)
