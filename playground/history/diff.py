"""What differs between two texts, in time that is bounded however they were chosen."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

# The matcher takes up to the product of both lengths, in pieces.
_MOST_LINES = 2_000
_MOST_WORDS = 400
_PIECES = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text, and whether the other text has it in the same place."""

    text: str
    same: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """Both texts in pieces. `is_whole` is False if they were too long to compare to the end."""

    one: tuple[Piece, ...]
    other: tuple[Piece, ...]
    is_whole: bool = True

    @property
    def same(self) -> bool:
        return all(piece.same for piece in (*self.one, *self.other))


def difference(one: str, other: str) -> Difference:
    """Compare two texts line by line, and changed lines word by word."""
    if one == other:
        pieces = (Piece(one, same=True),) if one else ()
        return Difference(pieces, pieces)
    lines = one.splitlines(keepends=True), other.splitlines(keepends=True)
    if max(map(len, lines)) > _MOST_LINES:
        return Difference((Piece(one, same=False),), (Piece(other, same=False),), is_whole=False)
    found = list[Piece](), list[Piece]()
    for equal, left, right in _blocks(*lines):
        texts = "".join(left), "".join(right)
        if equal:
            _add(found, (texts[0], True), (texts[1], True))
            continue
        words = _PIECES.findall(texts[0]), _PIECES.findall(texts[1])
        if max(map(len, words)) > _MOST_WORDS:
            _add(found, (texts[0], False), (texts[1], False))
            continue
        for same, before, after in _blocks(*words):
            _add(found, ("".join(before), same), ("".join(after), same))
    return Difference(tuple(found[0]), tuple(found[1]))


def _blocks(one: list[str], other: list[str]) -> list[tuple[bool, Sequence[str], Sequence[str]]]:
    matcher = SequenceMatcher(None, one, other)
    return [(tag == "equal", one[a:b], other[c:d]) for tag, a, b, c, d in matcher.get_opcodes()]


def _add(found: tuple[list[Piece], list[Piece]], *sides: tuple[str, bool]) -> None:
    for pieces, (text, same) in zip(found, sides, strict=True):
        if text:
            pieces.append(Piece(text, same))
