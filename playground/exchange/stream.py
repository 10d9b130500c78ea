"""A streamed answer: its events as received, and the completion that they add up to."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from playground.exchange import jsontext
from playground.exchange.chunks import DONE, ChunkCollector, TooManyError
from playground.exchange.redact import MASK, Redactor
from playground.exchange.split_key import BETWEEN_EVENTS, SplitKeyGuard
from playground.exchange.sse import Event, EventParser

EVENT_STREAM = "text/event-stream"
# A chunk with a text has 60 bytes and more, so this many events are within the limit of bytes.
MOST_EVENTS = 250_000
# Also of comments, and of blank lines that end nothing.
_MOST_LINES = 4 * MOST_EVENTS


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event's name and data, when it was whole, in milliseconds since the call began, and what its chunk
    added to the answer. `id` is the last that the stream gave."""

    at_ms: float
    name: str
    data: str
    brought: str
    id: str = ""


@dataclass(frozen=True)
class Events:
    """The events of a stream, made anew each time they are asked for: there may be very many.

    Only their times are kept beside the body that they came in.
    """

    body: bytes
    times_ms: Sequence[float]

    def __len__(self) -> int:
        return len(self.times_ms)

    def __iter__(self) -> Iterator[StreamEvent]:
        parser = EventParser(len(self.body))
        found = chain(parser.feed(self.body), parser.close())
        for at_ms, event in zip(self.times_ms, found, strict=False):
            yield StreamEvent(at_ms, event.name, event.data, _brought(event.data), event.id)


@dataclass(frozen=True)
class Stream:
    """`completion` is None when no choice came. `done` tells whether the stream said `[DONE]`."""

    body: bytes
    times_ms: Sequence[float]
    completion: dict[str, Any] | None
    error: Any
    done: bool

    @property
    def events(self) -> Events:
        return Events(self.body, self.times_ms)

    @property
    def ended_early(self) -> bool:
        """Whether it just ended: neither `[DONE]`, nor a finish reason for every choice."""
        choices = self.completion["choices"] if self.completion else []
        return not self.done and not (choices and all(choice["finish_reason"] for choice in choices))


class StreamReader:
    """Reads a stream while it arrives. In `collector` the key is not taken out yet."""

    def __init__(self, longest_line: int, redactor: Redactor, *, live: bool = False) -> None:
        self.collector = ChunkCollector()
        self.first_token_ms: float | None = None
        self.times_ms = array("d")
        self._redactor = redactor
        self._guard = SplitKeyGuard(redactor)
        self._split = False
        self._live = live
        self._waiting: dict[int, StreamEvent] = {}
        self._fresh: list[StreamEvent] = []
        self._parser = EventParser(longest_line)
        self._done = False

    def feed(self, data: bytes, at_ms: float) -> None:
        """Raises `LineTooLongError`, and `TooManyError` at the first event that is not taken."""
        for event in self._parser.feed(data):
            self._add(event, at_ms)
        if self._parser.lines > _MOST_LINES:
            raise TooManyError(_MOST_LINES)

    def close(self, at_ms: float) -> None:
        for event in self._parser.close():
            self._add(event, at_ms)

    def take_fresh(self) -> list[StreamEvent]:
        """The events since the last time, of a live stream, the key taken out."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def result(self, body: bytes) -> Stream:
        """What has arrived so far, in the redacted `body` that it came in.

        The key is also taken out where only the joined text has it whole.
        """
        self._settle(self._guard.release())
        redact = self._redactor.value
        return Stream(
            self._without_split_key(body) if self._split else body,
            self.times_ms[:],
            redact(self.collector.completion) if self.collector.has_choices else None,
            redact(self.collector.error),
            self._done,
        )

    def _add(self, event: Event, at_ms: float) -> None:
        number = len(self.times_ms)
        if number >= MOST_EVENTS:
            raise TooManyError(MOST_EVENTS)
        self.times_ms.append(at_ms)
        self._done = self._done or event.data.strip() == DONE
        chunk = _chunk(event.data)
        brought = self.collector.add(chunk)
        if event.name == "error":
            self.collector.error = self.collector.error or chunk or event.data
        if brought and self.first_token_ms is None:
            self.first_token_ms = at_ms
        if self._live:
            self._waiting[number] = StreamEvent(at_ms, event.name, event.data, brought, event.id)
        self._settle(self._guard.add(number, event, chunk))

    def _settle(self, settled: list[tuple[int, bool]]) -> None:
        for number, masked in settled:
            self._split = self._split or masked
            if self._live:
                event = self._waiting.pop(number)
                self._fresh.append(
                    StreamEvent(event.at_ms, "message", MASK, "")
                    if masked
                    else StreamEvent(
                        event.at_ms,
                        self._redactor.text(event.name),
                        self._redactor.text(event.data),
                        self._redactor.text(event.brought),
                        self._redactor.text(event.id),
                    )
                )

    def _without_split_key(self, body: bytes) -> bytes:
        """The body with each event that held a piece of the key masked."""
        parts = BETWEEN_EVENTS.split(body)
        guard, settled = SplitKeyGuard(self._redactor), []
        for number in range(0, len(parts), 2):
            parser = EventParser(len(body))
            events = [*parser.feed(parts[number]), *parser.close()]
            if events:
                settled += guard.add(number, events[0], _chunk(events[0].data))
        for number, masked in [*settled, *guard.release()]:
            if masked:
                parts[number] = b"data: " + MASK.encode()
        return b"".join(parts)


def _brought(data: str) -> str:
    try:
        return ChunkCollector().add(_chunk(data))
    except TooManyError:
        return ""


def _chunk(data: str) -> Any:
    """None for what is no chunk; the list of events shows it."""
    try:
        return jsontext.loads_leniently(data)
    except jsontext.JSONTextError:
        return None
