"""A recorded answer shown as it came, in place of a call."""

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
    """The steps of a recorded answer. Takes a place among the running exchanges as a call does.

    Raises `BusyError`.
    """
    with running.place(Wire(), settings.LIMITS, who) as number:
        yield from _replay(exchange, number)


def _replay(exchange: Exchange, number: str, *, started: bool = False) -> Live:
    """The steps as the recorded answer came. Stop shows the rest at once."""
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
    """Feeds the stream, and yields whenever something new is to be shown."""
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
    """When each piece is shown, in seconds since the start: as it came, but for long silences."""
    silences = [later - earlier for earlier, later in pairwise([0.0, *times_ms])]
    shown_ms = list(accumulate(min(max(0.0, silence), LONGEST_SILENCE_MS) for silence in silences))
    scale = min(1.0, LONGEST_MS / shown_ms[-1]) if shown_ms and shown_ms[-1] else 1.0
    return (moment * scale / 1000 for moment in shown_ms)
