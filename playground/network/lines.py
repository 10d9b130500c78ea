"""Lines from a connection that may bring them byte by byte."""

import io
import sys


class Lines:
    """`read1` gives the next line, with its end, by one read at most: None while it is not whole.

    The end of the connection ends a line too; b"" after it. A line over `most` bytes is given in parts. In
    `readline` one would wait for each byte, without heartbeats, and for as long as they come.
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
