"""Read the head of an HTTP/1.1 response leniently: one malformed line does not cost the rest.

`http.client` ends the headers at a line without a colon, accepts at most 100 of them, and skips no interim
response but 100. Each connection is closed after its response, so a misread head cannot turn one response
into another (response splitting).
"""

import io
import re
from dataclasses import dataclass
from http.client import BadStatusLine, HTTPException, RemoteDisconnected

from playground.network.lines import Lines

MOST_HEADERS = 1000
_STATUS_LINE = re.compile(rb"HTTP/[0-9]+(?:\.[0-9]+)?[ \t]+([1-9][0-9]{2})(?![0-9])(.*)", re.DOTALL)
# RFC 9110, 5.5: a recipient replaces CR, LF and NUL in a value with spaces.
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BLANK = (b"\r\n", b"\n")


@dataclass(frozen=True, slots=True)
class Head:
    """Status, reason, and headers in order. A line without a colon is a name with an empty value."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def ok(self) -> bool:
        return self.status < 400

    @property
    def is_interim(self) -> bool:
        """Whether another head follows: any 1xx except the switch to another protocol (101)."""
        return 100 <= self.status < 200 and self.status != 101

    def values(self, name: str) -> list[str]:
        """Return the comma-separated values of all headers with this (lower-case) name, in lower case."""
        return [value.strip().lower() for value in self.text(name).split(",") if value.strip()]

    def text(self, name: str) -> str:
        """Return the unchanged values of all headers with this (lower-case) name, joined by commas."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)


class HeadReader:
    """Reads heads from a connection.

    `read1` returns the next head, or None while it is incomplete, after at most one read. After an interim
    response (1xx) another head follows. `source` bounds the number of bytes.
    """

    def __init__(self, source: io.BufferedReader) -> None:
        self._lines = Lines(source)
        self._status: tuple[int, str] | None = None
        self._headers: list[list[bytes]] = []

    @property
    def has_begun(self) -> bool:
        return self._lines.has_begun or self._status is not None

    def read1(self) -> Head | None:
        """Return the next head or None.

        Raises `HTTPException`: `RemoteDisconnected` if nothing came, `BadStatusLine` for another protocol.
        """
        while (line := self._lines.read1()) is not None:
            if self._status is None:
                self._status = None if line in _BLANK else _status(line)
            elif line in (*_BLANK, b""):
                head = Head(*self._status, tuple(map(_header, self._headers)))
                self._status, self._headers = None, []
                return head
            else:
                self._add(line)
            if not self._lines.has_more:
                break
        return None

    def _add(self, line: bytes) -> None:
        if self._headers and line[:1] in (b" ", b"\t"):  # continues the previous line (RFC 9112, 5.2)
            self._headers[-1].append(line)
        elif len(self._headers) == MOST_HEADERS:
            raise HTTPException(f"more than {MOST_HEADERS} headers")
        else:
            self._headers.append([line])


def _status(line: bytes) -> tuple[int, str]:
    if not line:
        raise RemoteDisconnected("the connection was closed without a response")
    found = _STATUS_LINE.fullmatch(line.rstrip(b"\r\n"))
    if not found:
        raise BadStatusLine(repr(line))
    return int(found[1]), _text(found[2])


def _header(parts: list[bytes]) -> tuple[str, str]:
    text = " ".join(filter(None, map(_text, parts)))
    name, _, value = text.partition(":")
    return (name.rstrip(), value.lstrip()) if name.strip() else (text, "")


def _text(line: bytes) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("latin-1")
    return _CONTROLS.sub(" ", text).strip()
