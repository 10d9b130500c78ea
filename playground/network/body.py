"""Read a response body piece by piece: remove its framing (RFC 9112, 6.3), then its content codings."""

import io
import re
from collections.abc import Iterator
from http.client import HTTPException

from playground.network.decode import PIECE, Decoder
from playground.network.head import Head
from playground.network.lines import Lines

_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?", re.DOTALL)
_WHOLE_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})\r\n")
_LENGTH = re.compile("[0-9]{1,18}")
_LONGEST_SIZE_LINE = 65_536


class CutOffError(HTTPException):
    """The connection ended before the body did."""


class Framed:
    """A body without its framing.

    `read1` returns the next bytes after at most one read: b"" if that read brought none, None at the end of
    the body. It raises `CutOffError` if the connection ends too soon and `HTTPException` for broken framing.
    """

    def __init__(self, source: io.BufferedReader, head: Head) -> None:
        self._source = source
        self._lines = Lines(source, _LONGEST_SIZE_LINE)
        self._chunked = "chunked" in head.values("transfer-encoding")
        self._left = 0 if self._chunked else _length(head)
        self._first = True

    @property
    def has_ended(self) -> bool:
        """Whether the whole Content-Length has been read, after which the connection may stay open."""
        return self._left == 0 and not self._chunked

    def read1(self) -> bytes | None:
        if self._chunked and not self._left:
            if whole := self._whole_chunks():
                return whole
            start = self._next_chunk()
            if start is None or start or not (self._left and self._lines.has_more):
                return start
        if self._left is None:
            return self._source.read1(PIECE) or None
        if not self._left:
            return None
        data = self._source.read1(min(PIECE, self._left))
        if not data:
            raise CutOffError(f"{self._left} bytes are missing")
        self._left -= len(data)
        return data

    def _whole_chunks(self) -> bytes:
        """Read the chunks that are in the buffer as a whole, after at most one read.

        A stream has a chunk for each event, of which several may have arrived.
        """
        if self._lines.has_begun:
            return b""
        buffered = self._source.peek(1)
        parts, at = list[bytes](), 0
        if not self._first and buffered.startswith(b"\r\n"):
            at = 2  # the end of the previous chunk
        while size := _WHOLE_SIZE.match(buffered, at):
            start, length = size.end(), int(size[1], 16)
            following = start + length
            if not length or buffered[following : following + 2] != b"\r\n":
                break
            parts.append(buffered[start:following])
            at = following + 2
        if parts:
            self._source.read(at)
            self._first = False
        return b"".join(parts)

    def _next_chunk(self) -> bytes | None:
        """Read the start of the next chunk.

        Returns b"" when one begins or is still to come, None after the last, and bytes if the body is not
        chunked.
        """
        if self._first and not self._lines.has_begun and self._source.peek(1)[:1] in (b"{", b"[", b"<", b":"):
            return self._without_chunks(b"")
        line = self._lines.read1()
        if line in (b"\r\n", b"\n") and not self._first:  # the end of the previous chunk
            line = self._lines.read1() if self._lines.has_more else None
        if line is None:
            return b""
        first, self._first = self._first, False
        if not line:
            raise CutOffError("the last chunk is missing")
        size = _SIZE.fullmatch(line.rstrip(b"\r\n"))
        if size is None:
            if first:
                return self._without_chunks(line)
            raise HTTPException(f"not the size of a chunk: {line!r}")
        self._left = int(size[1], 16)
        # Do not wait for trailers: nobody uses them.
        return b"" if self._left else None

    def _without_chunks(self, start: bytes) -> bytes:
        """Read a body that is not chunked after all: some proxies remove the chunks and leave the header."""
        self._chunked, self._left = False, None
        return start or self._source.read1(PIECE)


def _length(head: Head) -> int | None:
    """Return the length, or None when it is missing or contradictory: the end of the connection counts."""
    if head.status in (204, 304):
        return 0
    lengths = set(head.values("content-length"))
    if len(lengths) != 1 or not _LENGTH.fullmatch(length := lengths.pop()):
        return None
    return int(length)


class Body:
    """A decoded body.

    `read1` returns the next decoded piece: b"" when what arrived decodes to nothing yet, None at the end.
    `has_more` tells whether the next piece is ready without another read from the socket.
    """

    def __init__(self, source: io.BufferedReader, head: Head, most: int) -> None:
        self._framed = Framed(source, head)
        self._decoder = Decoder(head.values("content-encoding"), most)
        self._unpacked: Iterator[bytes] = iter(())
        self._ahead: bytes | None = None
        self._ended = False

    @property
    def has_more(self) -> bool:
        return self._ahead is not None or self._framed.has_ended

    @property
    def unread(self) -> str:
        """The content coding that could not be decoded, in which case the body is passed on as received."""
        return self._decoder.unread

    def read1(self) -> bytes | None:
        """Return the next piece. Raises what `Framed.read1` and `Decoder.feed` raise."""
        piece = self._ahead
        if piece is None:
            if self._ended:
                return None
            data = self._framed.read1()
            if data == b"":
                return data
            self._ended = data is None
            self._unpacked = self._decoder.close() if data is None else self._decoder.feed(data)
            piece = next(self._unpacked, None)
        self._ahead = None if piece is None else next(self._unpacked, None)
        if self._ended and piece is None:
            if not self._decoder.ended:
                raise CutOffError("the compressed data is incomplete")
            return None
        return piece or b""
