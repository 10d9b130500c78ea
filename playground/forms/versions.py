"""Versions of a conversation in a page without scripts: what was replaced or removed goes with the form.

With scripts, the browser keeps versions itself: see `static/js/versions.js` and `undo.js`.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from playground.forms.rows import MARKS, ROW_FIELDS, MessageRow
from playground.text import jsontext

_MOST = 10
# All versions together, in characters: the form has to stay small enough to be sent.
_LONGEST = 100_000
_STRINGS = len(ROW_FIELDS) + len(MARKS)


@dataclass(frozen=True)
class Version:
    """The messages that the conversation had from position `at` on."""

    at: int
    rows: tuple[MessageRow, ...]

    @property
    def text(self) -> str:
        """The version as the page's form has it."""
        rows = [[row.role, row.content, row.call, row.extra, row.run, row.fork] for row in self.rows]
        return json.dumps([self.at, rows], ensure_ascii=False)


def read_versions(texts: Sequence[str]) -> list[Version]:
    """Read what a form posted, without what no page of ours contains."""
    return [version for text in texts[:_MOST] if (version := _read(text))]


def _read(text: str) -> Version | None:
    try:
        value = jsontext.loads(text)
    except jsontext.JSONTextError:
        return None
    match value:
        case [int(at), [_, *_] as rows] if at >= 0 and all(map(_is_row, rows)):
            return Version(at, tuple(MessageRow(*row) for row in rows))
    return None


def _is_row(value: object) -> bool:
    return isinstance(value, list) and len(value) == _STRINGS and all(isinstance(s, str) for s in value)


def with_lost(
    versions: Sequence[Version], before: Sequence[MessageRow], now: Sequence[MessageRow]
) -> list[Version]:
    """Add the messages that were there before and are not any more, with those after them.

    The oldest versions are dropped if there are too many.
    """
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, now, strict=False)))
    gone = tuple(before[same:])
    texts = {_said(row) for row in now}
    is_lost = any(row.has_text and _said(row) not in texts for row in gone)
    return list(_within_limits([*([Version(same, gone)] if is_lost else []), *versions]))


def _said(row: MessageRow) -> tuple[str, ...]:
    return row.content, row.call, row.extra, row.run


def _within_limits(versions: Sequence[Version]) -> Iterator[Version]:
    left = _LONGEST
    for version in versions[:_MOST]:
        left -= len(version.text)
        if left < 0:
            return
        yield version
