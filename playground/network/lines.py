"""Read lines from a connection that may deliver them byte by byte."""

import io
import sys


class Lines:
    """A connection's lines, with their line breaks.

    `read1` returns the next line after at most one read, or None while it is incomplete. The end of the
    connection ends a line too; b"" follows. A line over `most` bytes comes in parts. `readline` would wait
    for every byte, without heartbeats, for as long as they keep coming.
    """

    def __init__(self, source: io.BufferedReader, most: int = sys.maxsize) -> None:
        self._source, self._most = source, most
        self._begun = bytearray()
        # Whether the next read finds something without waiting.
        self.has_more = False

    @property
    def has_begun(self) -> bool:
        return bool(self._begun)

    def read1(self) -> bytes | None:
        piece = self._source.peek(1)
        size = piece.find(b"\n") + 1 or len(piece)
        self._begun += self._source.read(size)
        self.has_more = size < len(piece)
        if piece and not self._begun.endswith(b"\n") and len(self._begun) < self._most:
            return None
        line = bytes(self._begun)
        self._begun.clear()
        return line
