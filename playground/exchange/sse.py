"""Server-sent events out of bytes, by the WHATWG rules ("Interpreting an event stream").

Bytes in, events out: any split of the same bytes gives the same events. No line is searched twice, so that
a line of megabytes without an end costs no more than its length.
"""

from collections.abc import Iterator
from dataclasses import dataclass

_BOM = b"\xef\xbb\xbf"


class LineTooLongError(ValueError):
    """A line over the limit, with no end in sight."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `name` is "message" unless the stream says otherwise."""

    data: str
    name: str = "message"
    id: str = ""


class EventParser:
    """`feed(bytes)` gives the events that are whole; `close()` what the end of the stream leaves.

    The rules drop an event without its blank line. Providers that end like this mean it, so `close()`
    gives it all the same.
    """

    def __init__(self, longest_line: int) -> None:
        self.lines = 0
        self._longest_line = longest_line
        self._rest = bytearray()
        self._searched = 0
        self._after_cr = False
        self._at_start = True
        self._data: list[str] = []
        self._name = ""
        self._id = ""

    def feed(self, data: bytes) -> Iterator[Event]:
        """Raises `LineTooLongError`."""
        for line in self._lines(data):
            if event := self._line(line):
                yield event

    def close(self) -> Iterator[Event]:
        if self._at_start:
            self._drop_bom()
        if self._rest:
            line, self._rest = bytes(self._rest), bytearray()
            if event := self._line(line):
                yield event
        if event := self._dispatch():
            yield event

    def _lines(self, data: bytes) -> Iterator[bytes]:
        """Whole lines, which CR, LF or both end; a CRLF may come in two pieces."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        self._rest += data
        if self._at_start and not self._drop_bom():
            return
        start = 0
        while (end := self._line_end(start)) >= 0:
            yield bytes(self._rest[start:end])
            following = end + 1
            if self._rest[end] == 0x0D:
                if following == len(self._rest):
                    self._after_cr = True
                elif self._rest[following] == 0x0A:
                    following += 1
            start = self._searched = following
        del self._rest[:start]
        self._searched = len(self._rest)
        if len(self._rest) > self._longest_line:
            raise LineTooLongError(f"a line has more than {self._longest_line} bytes")

    def _line_end(self, start: int) -> int:
        at = max(start, self._searched)
        lf = self._rest.find(b"\n", at)
        cr = self._rest.find(b"\r", at, lf if lf >= 0 else len(self._rest))
        return cr if cr >= 0 else lf

    def _drop_bom(self) -> bool:
        """Whether the start is known: a byte order mark may come byte by byte."""
        if len(self._rest) < len(_BOM) and _BOM.startswith(self._rest):
            return False
        self._at_start = False
        if self._rest.startswith(_BOM):
            del self._rest[: len(_BOM)]
        return True

    def _line(self, line: bytes) -> Event | None:
        self.lines += 1
        if not line:
            return self._dispatch()
        if line[0] == 0x3A:  # a comment
            return None
        field, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        match field:
            case "data":
                self._data.append(value)
            case "event":
                self._name = value
            case "id" if "\0" not in value:
                self._id = value
        return None

    def _dispatch(self) -> Event | None:
        data, self._data = self._data, []
        name, self._name = self._name, ""
        return Event("\n".join(data), name or "message", self._id) if data else None
