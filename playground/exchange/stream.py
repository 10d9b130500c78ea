"""A streamed response: its events as received, and the completion that they add up to in their dialect."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from playground.exchange.dialect import Collector, Continuing, Dialect
from playground.exchange.split_key import SplitKeyGuard, without_split_key
from playground.text import jsontext
from playground.text.alike import Frame
from playground.text.pieces import TooManyError
from playground.text.redact import MASK, Redactor
from playground.text.sse import LINES, Event, EventParser

EVENT_STREAM = "text/event-stream"
# A chunk with text takes 60 bytes or more, so the limit on bytes allows about this many.
MOST_EVENTS = 250_000
# Counts every line, also comments and blank lines that end no event.
_MOST_LINES = 4 * MOST_EVENTS
_LONGEST_WORDS = 1000
# In some streams no two events are alike: after so many only each so-manieth is tried.
_FRAMES = 20


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event: when it was complete, in milliseconds since the call began, its name and data.

    `brought` is what its chunk added to the answer, in whole characters. `id` is the last that the stream
    gave.
    """

    at_ms: float
    name: str
    data: str
    brought: str
    id: str = ""


@dataclass(frozen=True)
class Events:
    """The events of a stream, parsed anew on each iteration: there may be very many.

    Only their times are kept, beside the body that they came in.
    """

    body: bytes
    times_ms: Sequence[float]
    dialect: Dialect

    def __len__(self) -> int:
        return len(self.times_ms)

    def __iter__(self) -> Iterator[StreamEvent]:
        collector = self.dialect.collector()
        for at_ms, event in zip(self.times_ms, _events(self.body, self.dialect), strict=False):
            brought = _brought(collector, _chunk_of(event))
            yield StreamEvent(at_ms, event.name, event.data, brought, event.id)


@dataclass(frozen=True, slots=True)
class Unread:
    """The events with plain text or broken JSON: how many, and what the first one says."""

    count: int
    first: str

    def as_json(self) -> dict[str, Any]:
        return {"count": self.count, "first": self.first}


@dataclass(frozen=True)
class Stream:
    """What a stream brought, to its end or so far; `completion` is None if it brought none.

    `done` says whether the stream announced its end, `is_finished` whether each of its choices finished.
    """

    body: bytes
    times_ms: Sequence[float]
    dialect: Dialect
    completion: dict[str, Any] | None
    error: Any
    done: bool
    is_finished: bool
    unread: Unread | None = None
    is_foreign: bool = False  # complete events of another API (`message_start`)

    @property
    def events(self) -> Events:
        return Events(self.body, self.times_ms, self.dialect)

    @property
    def ended_early(self) -> bool:
        """Whether the stream stopped without announcing its end."""
        return not self.done and not self.is_finished


class StreamReader:
    """Reads a stream while it arrives.

    `collector` still contains the key: show its texts only through a `HeldTexts`. `changed` returns each
    event as it is to be read; what it changes, the body given to `result` has to have changed, too.
    """

    def __init__(
        self,
        dialect: Dialect,
        redactor: Redactor,
        *,
        live: bool = False,
        changed: Callable[[Event], Event] | None = None,
    ) -> None:
        self.dialect = dialect
        self.collector: Collector = dialect.collector()
        self.done = False
        self.told = 0  # the events with JSON that are no heartbeats
        self.first_token_ms: float | None = None
        self.last_token_ms: float | None = None
        self.times_ms = array("d")
        self._changed = changed
        self._redactor = redactor
        self._guard = SplitKeyGuard(redactor, dialect)
        self._split = False
        self._joined: set[int] = set()  # the events whose texts, read as one, are the key
        self._masked_id = ""  # later events repeat it
        self._halves = False
        self._unread = 0
        self._first_unread = (-1, "")
        self._live = live
        self._waiting: dict[int, StreamEvent] = {}
        self._fresh: list[StreamEvent] = []
        self._at_ms = 0.0
        self._frame: Frame | None = None
        self._frames = 0  # those since the last that was of use
        self._go_on = self.collector.go_on if isinstance(self.collector, Continuing) else None
        self._parser = EventParser(dialect.chunk)

    def feed(self, data: bytes, at_ms: float) -> None:
        """Add bytes that arrived at `at_ms`. Raises `TooManyError` at the first event over a limit."""
        self._at_ms = at_ms
        for event in self._parser.feed(data, self._read_ahead):
            self._add(event, at_ms)
        if self._parser.lines > _MOST_LINES:
            raise TooManyError(_MOST_LINES)

    def close(self, at_ms: float) -> None:
        for event in self._parser.close():
            self._add(event, at_ms)

    def take_fresh(self) -> list[StreamEvent]:
        """Return a live stream's events since the last call, the key redacted."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def result(self, body: bytes) -> Stream:
        """Return the stream so far; `body` is what it came in, without whole keys.

        Also redacts a key that only the joined texts contain in full, and then beginnings of the key.
        """
        self._settle(self._guard.release())
        whole = self._redactor.of_whole_keys
        completion = self._clean(self.collector.completion, whole) if self.collector.has_begun else None
        return Stream(
            self._redactor.data(self._without_split_key(body) if self._split else body),
            self.times_ms[:],
            self.dialect,
            self._redactor.value(without_split_key(self._redactor, completion, self.dialect)),
            self._clean(self.collector.error, self._redactor),
            self.done,
            self.collector.is_finished(1),
            Unread(self._unread, self._first_unread[1]) if self._unread else None,
            not self.collector.has_begun and self.collector.fields > 1,
        )

    def _has_key(self, text: str) -> bool:
        return self._redactor.has_secret and self._redactor.of_whole_keys.text(text) != text

    def _clean(self, value: Any, redactor: Redactor) -> Any:
        return redactor.value(jsontext.mended(value) if self._halves else value)

    def _add(self, event: Event, at_ms: float) -> None:
        number = len(self.times_ms)
        if number >= MOST_EVENTS:
            raise TooManyError(MOST_EVENTS)
        self.times_ms.append(at_ms)
        if self._changed:
            event = self._changed(event)
        self.done = self.done or self.dialect.is_done(event.data, event.value)
        self._halves = self._halves or jsontext.has_halves(event.data)
        said = _chunk_of(event)
        self.told += said is not None
        brought = self.collector.add(said)
        # What came in one text is taken out of the event itself.
        if brought and brought not in event.data and self._has_key(brought):
            self._joined.add(number)
        if event.name == "error":
            self.collector.error = self.collector.error or event.value or event.data
        elif words := event.words:
            if not self._unread:
                self._first_unread = (number, _truncated(self._redactor.text(jsontext.mended_text(words))))
            self._unread += 1
        is_tried = self._frames < _FRAMES or number % _FRAMES == 0
        is_framed = brought and self._go_on and not self._changed and is_tried
        self._frame = Frame.around(brought, event, self._frame) if is_framed else None
        self._frames += 1
        if brought:
            self.last_token_ms = at_ms
            if self.first_token_ms is None:
                self.first_token_ms = at_ms
        if self._live:
            whole = jsontext.whole_characters(brought)
            self._waiting[number] = StreamEvent(at_ms, event.name, event.data, whole, event.id)
        self._settle(self._guard.add(number, event))

    def _read_ahead(self, data: bytes, start: int) -> int:
        """Add all that only continues the text of the last event, and return how many bytes that was."""
        frame = self._frame
        if frame is None or self._go_on is None or self._waiting:
            return 0
        encoded = frame.texts(data, start)[: MOST_EVENTS - len(self.times_ms)]
        texts = [text.decode("utf-8", "replace") for text in encoded]
        count = self._guard.lets_pass(texts)
        size, texts = frame.size(encoded[:count]), texts[:count]
        events = data[start : start + size].decode("utf-8", "replace")
        if not texts or self._redactor.text(events) != events or not self._go_on(texts):
            return 0
        self._frames = 0
        self.times_ms.extend([self._at_ms] * count)
        self.told += count
        self.last_token_ms = self._at_ms
        if self._live:
            before, after = frame.before, frame.after
            self._fresh += [
                StreamEvent(self._at_ms, frame.name, f"{before}{text}{after}", text) for text in texts
            ]
        return size

    def _settle(self, settled: list[tuple[int, bool]]) -> None:
        for number, split in settled:
            masked = split or number in self._joined
            self._split = self._split or masked
            if masked and number == self._first_unread[0]:
                self._first_unread = (number, MASK)
            if self._live:
                self._fresh.append(self._shown(self._waiting.pop(number), masked=masked))

    def _shown(self, event: StreamEvent, *, masked: bool) -> StreamEvent:
        if masked:
            self._masked_id = event.id
            return StreamEvent(event.at_ms, "message", MASK, "")
        text = self._redactor.text
        together = f"{event.name}\n{event.id}\n{event.data}\n{event.brought}"
        if text(together) == together and not (event.id and event.id == self._masked_id):
            return event  # checks all texts at once, because a key is rarely there
        id_ = "" if event.id == self._masked_id else text(event.id)
        return StreamEvent(event.at_ms, text(event.name), text(event.data), text(event.brought), id_)

    def _without_split_key(self, body: bytes) -> bytes:
        """Mask each event of the body that held a piece of the key."""
        guard, settled, ends = SplitKeyGuard(self._redactor, self.dialect), [], [0]
        for number, event in enumerate(_events(body, self.dialect)):
            ends.append(event.end)
            settled += guard.add(number, event)
        parts = []
        for number, masked in [*settled, *guard.release()]:
            part = body[ends[number] : ends[number + 1]]
            between = len(part) - len(part.lstrip(b"\r\n"))
            masked = masked or number in self._joined
            parts.append(part[:between] + b"data: " + MASK.encode() if masked else part)
        return b"".join([*parts, body[ends[-1] :]])


def read_again(dialect: Dialect, body: bytes, times_ms: Sequence[float]) -> Stream:
    """Rebuild a stream from its bytes and the times at which its events were complete."""
    reader = StreamReader(dialect, Redactor(""))
    reader.feed(body, 0.0)  # in one piece: line by line, no events are read at once
    reader.close(0.0)
    stream = reader.result(body)
    count, last = len(stream.times_ms), times_ms[-1] if times_ms else 0.0
    return replace(stream, times_ms=array("d", [*times_ms[:count], *[last] * (count - len(times_ms))]))


def pieces(body: bytes, times_ms: Sequence[float]) -> Iterator[tuple[float, bytes]]:
    """Yield the body line by line, each with the time in milliseconds of the last event complete by then."""
    times, at_ms, parser = iter(times_ms), 0.0, EventParser()
    for line in LINES.finditer(body):
        for _ in parser.feed(line[0]):
            at_ms = next(times, at_ms)
        yield at_ms, line[0]


def _events(body: bytes, dialect: Dialect) -> Iterator[Event]:
    parser = EventParser(dialect.chunk)
    return chain(parser.feed(body), parser.close())


def _chunk_of(event: Event) -> Any:
    """Return the event's value; None for a heartbeat: `{"type": "ping"}` is no field of the completion."""
    return None if event.is_heartbeat else event.value


def _brought(collector: Collector, chunk: Any) -> str:
    try:
        return jsontext.whole_characters(collector.add(chunk))
    except TooManyError:
        return ""


def _truncated(words: str) -> str:
    return words if len(words) <= _LONGEST_WORDS else words[:_LONGEST_WORDS] + "…"
