"""Parse server-sent events by the WHATWG rules, and leniently where providers depart from them.

The rules are those of "Interpreting an event stream". Bytes in, events out: any split of the same bytes gives
the same events. No line is searched twice, so that a line of megabytes without an end costs no more than its
length.

    data: {"a":1}               two events: the JSON is complete, and another line follows
    data: {"b":2}
    data: {"a":"unfini          two events: the second line is JSON, the first one never will be
    data: {"error":"down"}
    data: {"a":data: {"b":2}    also two events; a doubled `data: data:` is one
    {"a":1}                     an event, also over several lines
    error: {"code":500}         an event with the name "error" (llama.cpp)
    upstream not available      an event; other fields, like `retry: 10`, are none
"""

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from playground.text import event_data
from playground.text.event_data import DataLines, glued, is_alone

# A line with its line ending and the blank lines after it.
LINES = re.compile(rb"[^\r\n]*+[\r\n]++|[^\r\n]++")
_BOM = b"\xef\xbb\xbf"
# Heartbeats, which gateways send as data or as events with this name.
_HEARTBEAT = re.compile(
    r"\W*(?:(?:ping|pong|heart-?beat|keep-?alive|openrouter processing|processing)\W*)+", re.IGNORECASE
)
_LONGEST_HEARTBEAT = 100
_FIELD_NAME = re.compile(rb"[A-Za-z_][\w-]*+")


@dataclass(slots=True)  # not frozen: that would double the parser's time
class Event:
    """One event. `name` is "message" unless the stream sets it.

    `value` is its JSON with lone surrogates kept; None if it is not JSON. `end` is the byte of the stream at
    which its last line ends.
    """

    data: str
    name: str = "message"
    id: str = ""
    value: Any = field(default=None, compare=False)
    end: int = field(default=0, compare=False)

    @property
    def words(self) -> str | None:
        """What it says in place of a JSON value: plain text, or JSON that cannot be read."""
        if not isinstance(self.value, str | None):
            return None
        text = self.data.strip()
        if text in ("", "null") or is_alone(text) or self.is_heartbeat:
            return None
        if self.value is not None:
            return self.value
        if text.startswith(":"):  # a comment that a gateway sent as data
            return None
        # Events with other names may have their own format ("event: ping" with a time).
        return text if self.name == "message" or text[0] in "{[" else None

    @property
    def is_heartbeat(self) -> bool:
        """Whether it only keeps the connection alive: `data: ping`, `{"type": "ping"}`, `event: ping`."""
        said: tuple[Any, ...]
        if isinstance(self.value, dict):
            told = self.value.get("type")
            # A value with arrays in it is an answer, whatever its type says.
            if told is None or any(isinstance(item, list) for item in self.value.values()):
                return False
            said = (told,)
        elif self.data.lstrip().startswith(("{", "[{")):  # truncated JSON, or an array
            return False
        else:
            said = (self.name, self.value if isinstance(self.value, str) else self.data)
        return any(
            isinstance(text, str) and len(text) <= _LONGEST_HEARTBEAT and _HEARTBEAT.fullmatch(text)
            for text in said
        )


def _as_it_is(value: Any) -> Any:
    return value


def _none(data: bytes, start: int) -> int:
    del data, start
    return 0


class EventParser:
    """`feed` yields events once they are complete; `close` yields what is left at the end of the stream.

    `chunk` turns the JSON value of an event's data into the event's `value`. `ahead` may read the next events
    itself: it is told the data and where they begin, and returns how many bytes they take.

    The rules drop a last event without its blank line. Providers that end like this mean it, so `close`
    yields it.
    """

    def __init__(self, chunk: Callable[[Any], Any] = _as_it_is) -> None:
        self.lines = 0
        self._chunk = chunk
        self._rest = bytearray()
        self._offset = 0
        self._searched = 0
        self._after_cr = False
        self._at_start = True
        self._unseparated = False
        self._ready: list[Event] = []
        self._data = DataLines()
        self._fields: dict[str, str] = {}
        # Fields after the data: the rules count them to the same event, but without a blank line they belong
        # to the next.
        self._later: dict[str, str] = {}
        self._fields_end = 0

    def feed(self, data: bytes, ahead: Callable[[bytes, int], int] = _none) -> Iterator[Event]:
        if self._at_start and data[:1] in (b"d", b"e"):  # no byte order mark, but a field
            self._at_start = bool(self._rest)
        if not (self._rest or self._at_start or self._after_cr or self._fields or self._data or self._later):
            data = yield from self._plain_events(data, ahead)
        for line, end in self._lines(data):
            self._line(line, end)
            if self._ready:
                yield from self._take()

    def _plain_events(self, data: bytes, ahead: Callable[[bytes, int], int]) -> Generator[Event, None, bytes]:
        """Yield the events at the start that have one line of data, a JSON object; return what follows.

        They can have a name before it. Nearly all events are so, and this takes half the time of following
        each line.
        """
        start = 0
        while True:
            if length := ahead(data, start):
                self.lines += data.count(b"\n", start, start + length)
                self._offset += length
                start += length
            begin, name = start, "message"
            if data.startswith(b"event: ", start):
                begin = data.find(b"\n", start) + 1
                name = data[start + 7 : max(start, begin - 1)].decode("utf-8", "replace")
            end = data.find(b"\n\n", begin)
            line = data[begin + 6 : end]
            if not data.startswith(b"data: {", begin) or end < 0 or not name or "\r" in name:
                break
            if b"\n" in line or b"\r" in line or b"data:" in line:
                break
            text = line.decode("utf-8", "replace")
            value = event_data.read(text)
            if not isinstance(value, dict):
                break
            self.lines += 2 + (begin > start)
            self._offset += end + 2 - start
            start = end + 2
            yield Event(text, name, "", self._chunk(value), self._offset - 2)
        return data[start:] if start else data

    def close(self) -> Iterator[Event]:
        if self._at_start:
            self._drop_bom()
        if self._rest:
            line, self._rest = bytes(self._rest), bytearray()
            self._line(line, self._offset + len(line))
        self._dispatch()
        yield from self._take()

    def _take(self) -> list[Event]:
        ready, self._ready = self._ready, []
        return ready

    def _lines(self, data: bytes) -> Iterator[tuple[bytes, int]]:
        """Yield complete lines and where they end: at CR, LF, or CRLF, which may arrive in two pieces."""
        if self._after_cr and data:
            self._offset += data.startswith(b"\n")
            data = data.removeprefix(b"\n")
            self._after_cr = False
        self._rest += data
        if self._at_start and not self._drop_bom():
            return
        start = 0
        while (end := self._line_end(start)) >= 0:
            yield bytes(self._rest[start:end]), self._offset + end
            following = end + 1
            if self._rest[end] == 0x0D:
                if following == len(self._rest):
                    self._after_cr = True
                elif self._rest[following] == 0x0A:
                    following += 1
            start = self._searched = following
        del self._rest[:start]
        self._offset += start
        self._searched = len(self._rest)

    def _line_end(self, start: int) -> int:
        at = max(start, self._searched)
        lf = self._rest.find(b"\n", at)
        cr = self._rest.find(b"\r", at, lf if lf >= 0 else len(self._rest))
        return cr if cr >= 0 else lf

    def _drop_bom(self) -> bool:
        """Drop a byte order mark, which may arrive byte by byte. Returns whether the start is known."""
        if len(self._rest) < len(_BOM) and _BOM.startswith(self._rest):
            return False
        self._at_start = False
        if self._rest.startswith(_BOM):
            del self._rest[: len(_BOM)]
            self._offset = len(_BOM)
        return True

    def _line(self, line: bytes, end: int) -> None:
        self.lines += 1
        if not line:
            self._dispatch()
            return
        if line.startswith(b"data:"):  # the fast path for nearly all lines
            self._add_data(line[6 if line.startswith(b" ", 5) else 5 :], end)
            return
        name, colon, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match name.strip(b" \t"):
            case b"data":
                self._add_data(value, end)
            case b"" if colon:  # a comment
                pass
            case b"event":
                self._field("event", value, end)
            case b"id":
                if b"\0" not in value:
                    self._field("id", value, end)
            case b"error" if colon:
                self._separate()
                self._field("event", b"error", end)
                self._add(value, end)
            case other if not colon or not _FIELD_NAME.fullmatch(other) or self._data.is_open:
                self._add(line, end)

    def _field(self, name: str, value: bytes, end: int) -> None:
        (self._later if self._data else self._fields)[name] = value.decode("utf-8", "replace")
        self._fields_end = end

    def _add_data(self, value: bytes, end: int) -> None:
        if b"data:" not in value or self._data:
            self._add(value, end)
            return
        for number, (first, last) in enumerate(glued(value)):
            if number:
                self._separate()
            self._add(value[first:last], end - len(value) + last)

    def _add(self, line: bytes, end: int) -> None:
        text = line.decode("utf-8", "replace")
        if self._data and not self._data.go_on_with(text):
            self._separate()
            self._unseparated = True
        self._data.add(text, end)
        # Without blank lines between events, pass an event on as soon as it is complete.
        if is_alone(text) or (self._unseparated and self._data.is_whole):
            self._separate()

    def _separate(self) -> None:
        """End the event as if a blank line stood before the fields that came after its data."""
        if self._data:
            later, self._later = self._later, {}
            self._dispatch()
            self._fields |= later

    def _dispatch(self) -> None:
        name, id_, later = "message", "", self._later
        if fields := self._fields | later if later else self._fields:
            name, id_ = fields.get("event") or "message", fields.get("id", "")
            self._fields, self._later = {"id": id_} if id_ else {}, {}
        if not self._data:
            return
        for text, value, end in self._data.parts():
            ends = self._fields_end if later else end
            self._ready.append(Event(text, name, id_, self._chunk(value), ends))
        self._data = DataLines()
