"""Compare two texts, in bounded time even if they were chosen to be slow.

Pieces that occur once in each text anchor the comparison ("patience diff"), which takes n log n. Only the
short stretches between anchors are compared piece by piece. That takes the product of their lengths, so all
stretches together have a budget; when it is spent, the rest is marked as different.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Pairs of pieces to compare, in all and in one stretch: about half a second.
_MOST_PAIRS = 3_000_000
_MOST_PAIRS_AT_ONCE = 250_000
# The cost of looking at one piece for anchors, in pairs. Some texts need that again and again.
_LOOK = 4
# Spaces, words and other characters; in Chinese and Japanese, each character is a word.
_CJK = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PIECES = re.compile(rf"\s+|[^\W_{_CJK}]+|.", re.DOTALL)

# A stretch of both texts: (start, end) in the one and in the other.
_Span = tuple[int, int, int, int]


class Piece(NamedTuple):
    """A piece of a text, and whether the other text has it in the same place."""

    text: str
    same: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """Both texts in pieces. `is_whole` is False if some equal parts may be marked as different."""

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
    comparison, sides = _Comparison(), (_Side(), _Side())
    lines = one.splitlines(keepends=True), other.splitlines(keepends=True)
    for equal, a, b, c, d in comparison.blocks(*lines):
        texts = "".join(lines[0][a:b]), "".join(lines[1][c:d])
        if equal or not all(texts):
            _add(sides, texts, same=equal)
            continue
        words = _PIECES.findall(texts[0]), _PIECES.findall(texts[1])
        for same, e, f, g, h in comparison.blocks(*words):
            found = "".join(words[0][e:f]), "".join(words[1][g:h])
            # Marking the space between two changed words, too, is easier to read.
            _add(sides, found, same=same and not (found[0].isspace() and e and f < len(words[0])))
    return Difference(sides[0].pieces(), sides[1].pieces(), is_whole=not comparison.gave_up)


class _Side:
    """Collects one text: neighbors of the same kind become one piece."""

    def __init__(self) -> None:
        self._runs: list[tuple[bool, list[str]]] = []

    def add(self, text: str, *, same: bool) -> None:
        if not text:
            return
        if not self._runs or self._runs[-1][0] != same:
            self._runs.append((same, []))
        self._runs[-1][1].append(text)

    def pieces(self) -> tuple[Piece, ...]:
        return tuple(Piece("".join(texts), same) for same, texts in self._runs)


def _add(sides: tuple[_Side, _Side], texts: tuple[str, str], *, same: bool) -> None:
    for side, text in zip(sides, texts, strict=True):
        side.add(text, same=same)


class _Comparison:
    """Finds what two sequences have in common, within the budget of one comparison of texts."""

    def __init__(self) -> None:
        self._left = _MOST_PAIRS
        self.gave_up = False

    def blocks(self, one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[bool, int, int, int, int]]:
        """Yield `(equal, start, end, start, end)` in order; both sequences are covered."""
        a = c = 0
        for start, in_other, length in _joined(self._matches(one, other)):
            if start > a or in_other > c:
                yield False, a, start, c, in_other
            a, c = start + length, in_other + length
            yield True, start, a, in_other, c
        if a < len(one) or c < len(other):
            yield False, a, len(one), c, len(other)

    def _matches(self, one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Yield the places of equal pieces, in order."""
        spans: list[_Span | list[tuple[int, int]]] = [(0, len(one), 0, len(other))]
        while spans:
            span = spans.pop()
            if isinstance(span, list):
                yield from span
                continue
            a, b, c, d = span
            start = _common(one, other, (a, b, c, d))
            yield from ((a + step, c + step) for step in range(start))
            a, c = a + start, c + start
            end = _common_end(one, other, (a, b, c, d))
            b, d = b - end, d - end
            if end:
                spans.append([(b + step, d + step) for step in range(end)])
            if a == b or c == d:
                continue
            self._left -= _LOOK * (b - a + d - c)
            if self._left < 0:
                self.gave_up = True
            elif anchors := _anchors(one[a:b], other[c:d]):
                places = [(a + x, c + y) for x, y in anchors]
                following = [*places[1:], (b, d)]
                between = [
                    part
                    for (x, y), (next_x, next_y) in zip(places, following, strict=True)
                    for part in ([(x, y)], (x + 1, next_x, y + 1, next_y))
                ]
                spans += reversed([(a, places[0][0], c, places[0][1]), *between])
            else:
                yield from self._aligned(one[a:b], other[c:d], a, c)

    def _aligned(self, one: Sequence[str], other: Sequence[str], a: int, c: int) -> Iterator[tuple[int, int]]:
        """Yield the longest common subsequence of two short stretches that begin at `a` and `c`."""
        pairs = len(one) * len(other)
        if pairs > min(self._left, _MOST_PAIRS_AT_ONCE):
            self.gave_up |= not set(one).isdisjoint(other)
            return
        self._left -= pairs
        # lengths[i][j]: of the longest common subsequence of one[i:] and other[j:].
        lengths = [[0] * (len(other) + 1)]
        for piece in reversed(one):
            below, row = lengths[-1], [0]
            for j in range(len(other) - 1, -1, -1):
                row.append(below[j + 1] + 1 if piece == other[j] else max(below[j], row[-1]))
            lengths.append(row[::-1])
        lengths.reverse()
        i = j = 0
        while i < len(one) and j < len(other):
            if one[i] == other[j]:
                yield a + i, c + j
                i, j = i + 1, j + 1
            elif lengths[i + 1][j] >= lengths[i][j + 1]:
                i += 1
            else:
                j += 1


def _common(one: Sequence[str], other: Sequence[str], span: _Span) -> int:
    a, b, c, d = span
    most, same = min(b - a, d - c), 0
    while same < most and one[a + same] == other[c + same]:
        same += 1
    return same


def _common_end(one: Sequence[str], other: Sequence[str], span: _Span) -> int:
    a, b, c, d = span
    most, same = min(b - a, d - c), 0
    while same < most and one[b - 1 - same] == other[d - 1 - same]:
        same += 1
    return same


def _anchors(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of pieces that occur once in each, as many as are in the same order in both."""
    counts, others = Counter(one), Counter(other)
    where = {piece: place for place, piece in enumerate(other) if others[piece] == 1}
    pairs = [(x, where[piece]) for x, piece in enumerate(one) if counts[piece] == 1 and piece in where]
    # The longest increasing subsequence of the places in the other.
    lows, chain, before = list[int](), list[int](), list[int]()
    for number, (_, y) in enumerate(pairs):
        at = bisect_left(lows, y)
        lows[at : at + 1], chain[at : at + 1] = [y], [number]
        before.append(chain[at - 1] if at else -1)
    found, number = list[tuple[int, int]](), chain[-1] if chain else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def _joined(matches: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Join neighbors into `(start, start in the other, length)`."""
    start = in_other = length = 0
    for x, y in matches:
        if length and (x, y) == (start + length, in_other + length):
            length += 1
            continue
        if length:
            yield start, in_other, length
        start, in_other, length = x, y, 1
    if length:
        yield start, in_other, length
