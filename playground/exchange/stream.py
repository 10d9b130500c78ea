"""A streamed answer: its events as received, and the completion that they add up to."""

from dataclasses import dataclass
from typing import Any

from playground.exchange import jsontext
from playground.exchange.chunks import DONE, ChunkCollector
from playground.exchange.redact import Redactor
from playground.exchange.sse import Event, EventParser

EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event's name and data, and when it was whole, in milliseconds since the call began.

    `brought` is what its chunk added to the answer.
    """

    at_ms: float
    name: str
    data: str
    brought: str = ""


@dataclass(frozen=True, slots=True)
class Stream:
    """`completion` is None when no choice came. `done` tells whether the stream said `[DONE]`."""

    events: tuple[StreamEvent, ...]
    completion: dict[str, Any] | None
    error: Any
    done: bool

    @property
    def ended_early(self) -> bool:
        """Whether it just ended: neither `[DONE]`, nor a finish reason for every choice."""
        choices = self.completion["choices"] if self.completion else []
        return not self.done and not (choices and all(choice["finish_reason"] for choice in choices))


class StreamReader:
    """Reads a stream while it arrives. In `events` and `collector` the key is not taken out yet."""

    def __init__(self, longest_line: int) -> None:
        self.events: list[StreamEvent] = []
        self.collector = ChunkCollector()
        self._parser = EventParser(longest_line)
        self._done = False
        self.first_token_ms: float | None = None

    def feed(self, data: bytes, at_ms: float) -> None:
        """Raises `LineTooLongError`."""
        for event in self._parser.feed(data):
            self._add(event, at_ms)

    def close(self, at_ms: float) -> None:
        for event in self._parser.close():
            self._add(event, at_ms)

    def result(self, redactor: Redactor) -> Stream:
        """What has arrived so far. The key is also taken out where only the joined text has it whole."""
        return Stream(
            tuple(
                StreamEvent(event.at_ms, event.name, redactor.text(event.data), redactor.text(event.brought))
                for event in self.events
            ),
            redactor.value(self.collector.completion) if self.collector.has_choices else None,
            redactor.value(self.collector.error),
            self._done,
        )

    def _add(self, event: Event, at_ms: float) -> None:
        brought = self._collect(event.data)
        self.events.append(StreamEvent(at_ms, event.name, event.data, brought))
        if brought and self.first_token_ms is None:
            self.first_token_ms = at_ms

    def _collect(self, data: str) -> str:
        if data.strip() == DONE:
            self._done = True
            return ""
        try:
            chunk = jsontext.loads_leniently(data.encode())
        except jsontext.JSONTextError:
            return ""  # no chunk; the list of events shows it
        return self.collector.add(chunk)
