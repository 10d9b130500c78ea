"""A growing answer as HTML: whole blocks are rendered once, only the last one again and again.

What is shown meanwhile is an approximation, for a block can mean something else once its end is known; the
finished answer is rendered as a whole (`rendering.answer`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from playground.rendering.answer import fence, rendered_block

# In characters. A longer block is closed where it is, so that it is not rendered time and again.
_LONGEST_OPEN = 4_000
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`\n]*)$")
_LIST = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])(?: |$)")


class Place(Enum):
    """Where a piece of HTML goes: after the whole blocks, instead of the open block, or into its code."""

    WHOLE = "whole"
    OPEN = "open"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Piece:
    """HTML for a place. For `CODE`, it is text, not yet escaped."""

    place: Place
    html: str


class Growing:
    """Takes an answer piece by piece: `add` returns what changes on the page, in order."""

    def __init__(self) -> None:
        self._line = ""  # the last one, which has no end yet
        self._block: list[str] = []  # the whole lines of the open block
        self._length = 0
        self._marks = ""  # those that opened the fence, if the block is one
        self._language = ""
        self._coded = 0  # characters of the last line that are shown in the code already

    def add(self, text: str) -> list[Piece]:
        """Return what to show. Empty if nothing changes."""
        pieces: list[Piece] = []
        *lines, rest = text.split("\n")
        for line in lines:
            pieces += self._ended(self._line + line)
            self._line = ""
        self._line += rest
        pieces += self._open()
        return pieces

    def _ended(self, line: str) -> Iterator[Piece]:
        if self._marks:
            yield from self._code(line)
            return
        if found := _FENCE.match(line):
            yield from self._close()
            self._marks, self._language = found[1], found[2].strip().partition(" ")[0]
            yield Piece(Place.OPEN, fence("", self._language, is_open=True))
            return
        if self._starts_anew(line):
            yield from self._close()
        self._block.append(line)
        self._length += len(line) + 1
        if self._length > _LONGEST_OPEN:
            yield from self._close()

    def _starts_anew(self, line: str) -> bool:
        """Whether the line begins another block: it follows an empty one and continues no list."""
        if not self._block or self._block[-1].strip() or not line.strip():
            return False
        in_list = bool(_LIST.match(self._block[0]))
        return not (in_list and (line.startswith(("  ", "\t")) or _LIST.match(line)))

    def _close(self) -> Iterator[Piece]:
        if any(line.strip() for line in self._block):
            yield Piece(Place.WHOLE, rendered_block("\n".join(self._block)))
            yield Piece(Place.OPEN, "")
        self._block, self._length = [], 0

    def _code(self, line: str) -> Iterator[Piece]:
        if line.strip().startswith(self._marks) and not line.strip().strip(self._marks[0]):
            yield Piece(Place.WHOLE, fence("\n".join(self._block), self._language))
            yield Piece(Place.OPEN, "")
            self._block, self._length, self._marks, self._coded = [], 0, "", 0
            return
        yield Piece(Place.CODE, line[self._coded :] + "\n")
        self._block.append(line)
        self._coded = 0

    def _open(self) -> Iterator[Piece]:
        if self._marks:
            fresh = self._line[self._coded :]
            # A line that may become the closing fence waits.
            may_close = self._line.strip() and self._marks.startswith(self._line.strip()[:3])
            if fresh and not may_close:
                yield Piece(Place.CODE, fresh)
                self._coded = len(self._line)
        elif self._length + len(self._line) > _LONGEST_OPEN:
            self._block.append(self._line)
            self._line = ""
            yield from self._close()
        elif (text := "\n".join([*self._block, self._line])).strip():
            yield Piece(Place.OPEN, rendered_block(text))
