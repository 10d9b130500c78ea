"""Decide which `data` lines make up one event when no blank line says so.

The rules of server-sent events join an event's lines with line feeds, which restores JSON sent over several
lines. But providers also leave out the blank line between events, or break off within one and append their
error. So lines that cannot be one JSON text together are split.
"""

import re
from array import array
from collections.abc import Iterator
from typing import Any

from playground.text import jsontext
from playground.text.redact import MASK

DONE = "[DONE]"
# Each JSON text may start with a byte order mark.
_BLANKS = " \t\r\n\ufeff"
# Some servers send it as a JSON string.
_AROUND_DONE = _BLANKS + '"'
_BRACKET_OR_QUOTE = re.compile(r'["{}\[\]]')
_REST_OF_STRING = re.compile(r'(?:[^"\\]++|\\.?)*+("?)', re.DOTALL)
# If this were the rest of a string, its first quote would end that, and JSON has no bare word after a string.
_NOT_WITHIN_STRING = re.compile(r'\s*+\{\s*+"\w')
_DATA_AGAIN = re.compile(rb"(?:data:[ \t]*+)++(?=[{\[])")

# The text, its JSON value (None if it is not JSON), and where it ends in the stream.
Part = tuple[str, Any, int]


def read(text: str) -> Any:
    """Parse JSON, lone surrogates kept; None if it is not JSON."""
    try:
        return jsontext.loads_leniently(text, halves=True)
    except jsontext.JSONTextError:
        return None


def is_done(text: str) -> bool:
    text = text.strip(_AROUND_DONE)
    return len(text) == len(DONE) and text.upper() == DONE


def is_alone(text: str) -> bool:
    """Whether no text can continue it: `[DONE]`, or the mask of an event that held the key."""
    return is_done(text) or text.strip(_BLANKS) == MASK


class DataLines:
    """The data lines of an event so far, and where each ends. Takes time linear in their total length."""

    __slots__ = ("_depth", "_ends", "_followed", "_in_string", "_opening", "_texts", "_value")

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._ends = array("q")
        self._opening = ""
        self._value: Any = None
        # How many lines have been scanned for brackets and strings, and the state after them.
        self._followed = 0
        self._depth = 0
        self._in_string = False

    def __bool__(self) -> bool:
        return bool(self._texts)

    def add(self, text: str, end: int) -> None:
        self._texts.append(text)
        self._ends.append(end)
        self._opening = self._opening or text.lstrip(_BLANKS)[:1]

    def go_on_with(self, text: str) -> bool:
        """Whether the lines so far and this one may be one JSON text, or are all plain text."""
        text = text.lstrip(_BLANKS)
        if not text or not self._opening:
            return True
        if is_alone(text):
            return False
        if self._opening in "{[":
            return self.is_open and not (self._in_string and _NOT_WITHIN_STRING.match(text))
        return self._opening == '"' or not text.startswith("{")

    @property
    def is_open(self) -> bool:
        """Whether the lines begin an object or an array that has not ended."""
        if self._opening not in ("{", "["):
            return False
        for text in self._texts[self._followed :]:
            self._follow(text)
        self._followed = len(self._texts)
        return self._in_string or self._depth > 0

    def _follow(self, text: str) -> None:
        at = 0
        while True:
            if self._in_string:
                rest = _REST_OF_STRING.match(text, at)
                if rest is None or not rest[1]:
                    return
                at, self._in_string = rest.end(), False
            mark = _BRACKET_OR_QUOTE.search(text, at)
            if mark is None:
                return
            at = mark.end()
            self._in_string = mark[0] == '"'
            self._depth += (mark[0] in "{[") - (mark[0] in "}]")

    @property
    def is_whole(self) -> bool:
        """Whether there is one line, and it is an object or an array."""
        if len(self._texts) == 1:
            self._value = read(self._texts[0])
        return isinstance(self._value, dict | list)

    def parts(self) -> list[Part]:
        """Return all lines as one part if that is JSON or none of them is by itself; else as several."""
        text = "\n".join(self._texts)
        one = len(self._texts) == 1
        value = self._value if one and self._value is not None else read(text)
        if one or value is not None:
            return [(text, value, self._ends[-1])]
        return list(self._apart())

    def _apart(self) -> Iterator[Part]:
        others: list[str] = []
        for number, text in enumerate(self._texts):
            value = read(text)
            if not (isinstance(value, dict | list) or is_alone(text)):
                others.append(text)
                continue
            if others:
                yield self._joined(others, number)
                others = []
            yield text, value, self._ends[number]
        if others:
            yield self._joined(others, len(self._texts))

    def _joined(self, texts: list[str], following: int) -> Part:
        text = "\n".join(texts)
        return text, read(text), self._ends[following - 1]


def glued(line: bytes) -> list[tuple[int, int]]:
    """Return the spans of the parts of a line with `data:` within it, if the last part is JSON.

    Otherwise returns one span for the whole line. `data: {…}` with a repeated prefix is one part.
    """
    marks = [mark.span() for mark in _DATA_AGAIN.finditer(line)]
    if not marks or _is_whole(line) or not _is_whole(line[marks[-1][1] :]):
        return [(0, len(line))]
    starts = (0, *(end for _, end in marks))
    ends = (*(start for start, _ in marks), len(line))
    return [(start, end) for start, end in zip(starts, ends, strict=True) if line[start:end].strip()]


def _is_whole(line: bytes) -> bool:
    text = line.decode("utf-8", "replace")
    return is_alone(text) or isinstance(read(text), dict | list)


def without_done(body: bytes) -> bytes:
    """Remove the `data: [DONE]` that some servers append to a JSON body."""
    rest = body.rstrip()
    if not rest.endswith(DONE.encode()):
        return body
    return rest.removesuffix(DONE.encode()).rstrip().removesuffix(b"data:")
