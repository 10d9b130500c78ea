"""Tell whether a body is an event stream or one JSON text: by its first bytes, else by its Content-Type."""

from enum import Enum

from playground.exchange.dialect import Dialect
from playground.exchange.stream import EVENT_STREAM
from playground.text import jsontext
from playground.text.event_data import without_done

_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
# More white space than any server sends before an answer.
_MOST_BLANKS = 4096
_OPENING = (b"{", b"[")
# `error` is sent by llama.cpp.
_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b"error:", b":")
_LONGEST_FIELD = max(map(len, _FIELDS))


class Sort(Enum):
    """What a body is. Bare lines of JSON are a `STREAM`, too."""

    STREAM = "stream"
    WHOLE = "whole"


class Sniffer:
    """Call `look` each time the body has grown, until it returns a sort; call `close` at its end."""

    def __init__(self, dialect: Dialect, content_type: str) -> None:
        self._dialect = dialect
        self._labelled = Sort.STREAM if EVENT_STREAM in content_type.lower() else Sort.WHOLE
        self._start, self._found = 0, False
        self._searched = 0
        self._breaks_lines = False

    def look(self, body: bytearray) -> Sort | None:
        """Return the sort, or None while it may still be either. Reads no byte twice."""
        start = self._first_byte(body)
        if start is None:
            return self._labelled if len(body) > _MOST_BLANKS else None
        first = bytes(body[start : start + _LONGEST_FIELD])
        if first.startswith(_OPENING):
            return self._of_json(body, start)
        if first.startswith(_FIELDS):
            return Sort.STREAM
        if any(field.startswith(first) for field in _FIELDS):
            return None
        return Sort.WHOLE if first[:1] == b"<" else self._labelled

    def close(self, body: bytearray) -> Sort:
        """Return the sort of a body that has ended."""
        if not body.startswith(_OPENING, self._start):
            return self._labelled
        text = bytes(body[self._start :])
        # Chunks that span several lines each: not JSON as a whole, and labeled as a stream.
        is_labelled = self._labelled is Sort.STREAM and self._has_mark(text)
        return self._labelled if is_labelled and not _is_json(without_done(text)) else self._of_line(text)

    def _first_byte(self, body: bytearray) -> int | None:
        """Return the position of the first byte after white space and a byte order mark."""
        if self._found:
            return self._start
        if not self._start and _BOM.startswith(body[: len(_BOM)]):
            if len(body) < len(_BOM):
                return None
            self._start = len(_BOM)
        rest = bytes(body[self._start :]).lstrip(_BLANK)
        self._start, self._found = len(body) - len(rest), bool(rest)
        return self._start if rest else None

    def _of_json(self, body: bytearray, start: int) -> Sort | None:
        """Decide by the first line: chunks come one per line, a completion can span many lines."""
        end = body.find(b"\n", max(start, self._searched))
        self._searched = len(body)
        if end < 0 or self._breaks_lines:
            return None
        line = bytes(body[start:end])
        self._breaks_lines = self._labelled is Sort.STREAM and not _is_json(line)
        return None if self._breaks_lines else self._of_line(line)

    def _has_mark(self, text: bytes) -> bool:
        return any(mark in text for mark in self._dialect.chunk_marks)

    def _of_line(self, line: bytes) -> Sort:
        if not self._has_mark(line):  # saves parsing a large answer twice
            return Sort.WHOLE
        try:
            is_chunk = self._dialect.is_chunk(jsontext.loads_leniently(line))
        except jsontext.JSONTextError:
            return Sort.WHOLE
        return Sort.STREAM if is_chunk else Sort.WHOLE


def _is_json(text: bytes) -> bool:
    try:
        jsontext.loads_leniently(text)
    except jsontext.JSONTextError:
        return False
    return True
