"""The head of an HTTP/1.1 response, read leniently: one odd line costs nothing of the rest.

`http.client` ends the headers at a line without a colon, takes 100 of them at most and skips no interim
response but 100. The connection is closed after each response, so a head that is misread cannot make one
response out of another (response splitting).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import BadStatusLine, HTTPException, RemoteDisconnected
from typing import BinaryIO

MOST_HEADERS = 1000
_STATUS_LINE = re.compile(rb"HTTP/[0-9]+(?:\.[0-9]+)?[ \t]+([1-9][0-9]{2})(?![0-9])(.*)", re.DOTALL)
# RFC 9110, 5.5: a recipient puts a space in place of CR, LF and NUL in a value.
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BLANK = (b"\r\n", b"\n")


@dataclass(frozen=True, slots=True)
class Head:
    """Status, reason and headers in their order. A line without a colon is a name without a value."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def ok(self) -> bool:
        return self.status < 400

    @property
    def is_interim(self) -> bool:
        """Whether another one follows: 1xx, but for the switch to another protocol."""
        return 100 <= self.status < 200 and self.status != 101

    def values(self, name: str) -> list[str]:
        """The comma-separated values of all headers of this (lower-case) name, in lower case."""
        found = ",".join(value for key, value in self.headers if key.lower() == name)
        return [value.strip().lower() for value in found.split(",") if value.strip()]


def read_head(source: BinaryIO) -> Head:
    """The next head, which may be an interim one. `source` bounds the bytes.

    Raises `HTTPException`: `RemoteDisconnected` when nothing came, `BadStatusLine` for another protocol.
    """
    status, reason = _status(source)
    return Head(status, reason, tuple(_headers(source)))


def _status(source: BinaryIO) -> tuple[int, str]:
    line = source.readline()
    while line in _BLANK:
        line = source.readline()
    if not line:
        raise RemoteDisconnected("the connection was closed without a response")
    found = _STATUS_LINE.fullmatch(line.rstrip(b"\r\n"))
    if not found:
        raise BadStatusLine(repr(line[:200]))
    return int(found[1]), _text(found[2])


def _headers(source: BinaryIO) -> Iterator[tuple[str, str]]:
    lines: list[list[bytes]] = []
    while (line := source.readline()) and line not in _BLANK:
        if lines and line[0] in b" \t":  # goes on with the one before (RFC 9112, 5.2)
            lines[-1].append(line)
        elif len(lines) == MOST_HEADERS:
            raise HTTPException(f"more than {MOST_HEADERS} headers")
        else:
            lines.append([line])
    for parts in lines:
        text = " ".join(filter(None, map(_text, parts)))
        name, _, value = text.partition(":")
        yield (name.rstrip(), value.lstrip()) if name.strip() else (text, "")


def _text(line: bytes) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("latin-1")
    return _CONTROLS.sub(" ", text).strip()
