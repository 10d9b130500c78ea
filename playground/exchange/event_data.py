"""Which `data` lines make up one event, where no blank line says so.

The rules of server-sent events join the lines of an event with line feeds. JSON over several lines is whole
again then. But providers also leave out the blank line between events, or break off within one and write
their error behind it. So lines that cannot be one JSON text together are taken apart.
"""

import re
from array import array
from collections.abc import Iterator
from typing import Any

from playground.text import jsontext
from playground.text.redact import MASK

DONE = "[DONE]"
# A byte order mark may stand before each JSON text.
_BLANKS = " \t\r\n\ufeff"
# Some write it as JSON.
_AROUND_DONE = _BLANKS + '"'
_BRACKET_OR_QUOTE = re.compile(r'["{}\[\]]')
_REST_OF_STRING = re.compile(r'(?:[^"\\]++|\\.?)*+("?)', re.DOTALL)
# Were it the rest of a string, its first quote would end that, and JSON has no bare word behind one.
_NOT_WITHIN_STRING = re.compile(r'\s*+\{\s*+"\w')
_DATA_AGAIN = re.compile(rb"(?:data:[ \t]*+)++(?=[{\[])")

# Its text, the value of its JSON (None when it is none) and where it ends.
Part = tuple[str, Any, int]


def read(text: str) -> Any:
    """The value of a JSON text, half surrogates as they came; None when it is none."""
    try:
        return jsontext.loads_leniently(text, halves=True)
    except jsontext.JSONTextError:
        return None


def is_done(text: str) -> bool:
    return text.strip(_AROUND_DONE).upper() == DONE


def is_alone(text: str) -> bool:
    """Whether no text can go on with it: `[DONE]`, or what stands in place of an event with the key."""
    return is_done(text) or text.strip(_BLANKS) == MASK


class DataLines:
    """The lines of an event so far, each with its end. Time grows with their length, not their number."""

    __slots__ = ("_depth", "_ends", "_followed", "_in_string", "_opening", "_texts", "_value")

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._ends = array("q")
        self._opening = ""
        self._value: Any = None
        # How far brackets and strings have been followed, and to where.
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
        """Whether the lines and this one may be one JSON text, or are all words."""
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
        """Whether they begin an object or an array, and not its end."""
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
        """All of them as one, when that is JSON or none of the lines is by itself; else as several."""
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
    """Where the parts of a line stand that has `data:` within it, the last of them JSON; else the whole line.

    `data: {…}` with a prefix too many is one part.
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
    """A JSON text without the stream's end that some put after it (`data: [DONE]`)."""
    rest = body.rstrip()
    if not rest.endswith(DONE.encode()):
        return body
    return rest.removesuffix(DONE.encode()).rstrip().removesuffix(b"data:")
