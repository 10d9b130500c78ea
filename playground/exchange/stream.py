"""A streamed answer: its events as received, and the completion that they add up to."""

from array import array
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from playground.exchange import jsontext
from playground.exchange.chunks import DONE, ChunkCollector
from playground.exchange.redact import Redactor
from playground.exchange.sse import Event, EventParser

EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event's name and data, when it was whole, in milliseconds since the call began, and what its chunk
    added to the answer."""

    at_ms: float
    name: str
    data: str
    brought: str


@dataclass(frozen=True)
class Stream:
    """`completion` is None when no choice came. `done` tells whether the stream said `[DONE]`.

    Of the events only the times are kept beside the body that they came in.
    """

    body: bytes
    times_ms: tuple[float, ...]
    completion: dict[str, Any] | None
    error: Any
    done: bool

    @cached_property
    def events(self) -> tuple[StreamEvent, ...]:
        parser = EventParser(len(self.body))
        found = chain(parser.feed(self.body), parser.close())
        return tuple(
            StreamEvent(at_ms, event.name, event.data, _collect(event.data, ChunkCollector()))
            for at_ms, event in zip(self.times_ms, found, strict=False)
        )

    @property
    def ended_early(self) -> bool:
        """Whether it just ended: neither `[DONE]`, nor a finish reason for every choice."""
        choices = self.completion["choices"] if self.completion else []
        return not self.done and not (choices and all(choice["finish_reason"] for choice in choices))


class StreamReader:
    """Reads a stream while it arrives. In `collector` and the events the key is not taken out yet."""

    def __init__(self, longest_line: int, *, live: bool = False) -> None:
        self.collector = ChunkCollector()
        self.first_token_ms: float | None = None
        self.times_ms = array("d")
        self._fresh: list[StreamEvent] | None = [] if live else None
        self._parser = EventParser(longest_line)
        self._done = False

    def feed(self, data: bytes, at_ms: float) -> None:
        """Raises `LineTooLongError`."""
        for event in self._parser.feed(data):
            self._add(event, at_ms)

    def close(self, at_ms: float) -> None:
        for event in self._parser.close():
            self._add(event, at_ms)

    def take_fresh(self) -> list[StreamEvent]:
        """The events since the last time, of a live stream."""
        fresh, self._fresh = self._fresh or [], []
        return fresh

    def result(self, body: bytes, redactor: Redactor) -> Stream:
        """What has arrived so far, in the redacted `body` that it came in.

        The key is also taken out where only the joined text has it whole.
        """
        return Stream(
            body,
            tuple(self.times_ms),
            redactor.value(self.collector.completion) if self.collector.has_choices else None,
            redactor.value(self.collector.error),
            self._done,
        )

    def _add(self, event: Event, at_ms: float) -> None:
        self.times_ms.append(at_ms)
        self._done = self._done or event.data.strip() == DONE
        brought = _collect(event.data, self.collector)
        if brought and self.first_token_ms is None:
            self.first_token_ms = at_ms
        if self._fresh is not None:
            self._fresh.append(StreamEvent(at_ms, event.name, event.data, brought))


def _collect(data: str, collector: ChunkCollector) -> str:
    try:
        return collector.add(jsontext.loads_leniently(data))
    except jsontext.JSONTextError:
        return ""  # no chunk; the list of events shows it
