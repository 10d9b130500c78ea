"""A key that comes back in pieces, one in each of several events: their list must not show it either."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playground.exchange.redact import Redactor
from playground.exchange.sse import Event

# Said anew in each event and never joined; what has logprobs has their text as well.
_NEVER_JOINED = frozenset(("index", "finish_reason", "logprobs"))

# As many texts may wait for their next piece; an event with more of them is masked.
MOST_PLACES = 1000

Place = tuple[object, ...]


@dataclass
class _End:
    """The end of a text that may be the beginning of a key: the events that it came in, and how many
    characters came in each."""

    text: str = ""
    pieces: list[tuple[int, int]] = field(default_factory=list)


class SplitKeyGuard:
    """`add` an event's number, the event and its chunk; gives the events that are settled, and whether to
    mask them.

    An event whose text may be the beginning of a key waits for the one that says so, and with it those
    behind it, since a list has an order.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._ends: dict[object, dict[Place, _End]] = {}
        self._waiting: deque[int] = deque()
        self._held: Counter[int] = Counter()
        self._found: set[int] = set()
        self._places = 0

    def add(self, number: int, event: Event, chunk: Any) -> list[tuple[int, bool]]:
        self._waiting.append(number)
        for choice, place, text in _texts(event, chunk):
            if text:
                self._join(number, text, self._ends.setdefault(choice, {}), place)
        for choice in _finished(chunk):
            for end in self._ends.pop(choice, {}).values():
                self._let_go(end)
                self._places -= 1
        settled = []
        while self._waiting and self._waiting[0] not in self._held:
            settled.append(self._settled())
        return settled

    def release(self) -> list[tuple[int, bool]]:
        """All that still wait: the stream has ended."""
        self._ends.clear()
        self._places = 0
        self._held.clear()
        return [self._settled() for _ in range(len(self._waiting))]

    def _join(self, number: int, text: str, ends: dict[Place, _End], place: Place) -> None:
        end = ends.pop(place, _End())
        self._let_go(end)
        self._places -= bool(end.pieces)
        joined = end.text + text
        pieces = [*end.pieces, (number, len(text))]
        redacted = self._redactor.text(joined)
        if redacted != joined:
            self._found.update(number for number, _ in pieces)
            pieces = pieces[-1:]
        rest = redacted[self._redactor.settled(redacted) :]
        if rest and self._places >= MOST_PLACES:
            self._found.add(number)
        elif rest:
            more = sum(length for _, length in pieces) - len(rest)
            while len(pieces) > 1 and more >= pieces[0][1]:
                more -= pieces.pop(0)[1]
            ends[place] = _End(rest, pieces)
            self._held.update(number for number, _ in pieces)
            self._places += 1

    def _let_go(self, end: _End) -> None:
        for number, _ in end.pieces:
            self._held[number] -= 1
            if not self._held[number]:
                del self._held[number]

    def _settled(self) -> tuple[int, bool]:
        number = self._waiting.popleft()
        masked = number in self._found
        self._found.discard(number)
        return number, masked


def _texts(event: Event, chunk: Any) -> Iterator[tuple[object, Place, str]]:
    """Each text of an event that may go on in the next one: its choice, where it stands, and the text."""
    if event.name != "message":
        yield None, ("name",), event.name
    if isinstance(chunk, int | float | None):
        yield None, (), event.data
    elif isinstance(chunk, dict) and isinstance(chunk.get("choices"), list):
        for index, choice in _choices(chunk):
            for name, value in choice.items():
                if name not in _NEVER_JOINED:
                    for place, text in _walk((name,), value):
                        yield index, place, text
    else:
        for place, text in _walk((), chunk):
            yield None, place, text


def _walk(place: Place, value: Any) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _walk((*place, name), item)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            index = item.get("index", position) if isinstance(item, dict) else position
            yield from _walk((*place, str(index)), item)


def _finished(chunk: Any) -> list[int]:
    return [index for index, choice in _choices(chunk) if choice.get("finish_reason")]


def _choices(chunk: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each choice with its number, which is its position where it says none."""
    choices = chunk.get("choices") if isinstance(chunk, dict) else None
    for position, choice in enumerate(choices if isinstance(choices, list) else ()):
        if isinstance(choice, dict):
            index = choice.get("index")
            yield index if isinstance(index, int) else position, choice


# Blank lines between events, whatever their line ends are (WHATWG, "Parsing an event stream").
BETWEEN_EVENTS = re.compile(rb"((?:\r\n|\n|\r(?!\n)){2,})")
