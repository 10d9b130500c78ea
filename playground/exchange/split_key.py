"""A key that comes back in pieces, one in each of several events: their list must not show it either."""

import re
from collections.abc import Iterator
from typing import Any

from playground.exchange.redact import Redactor


class SplitKeyGuard:
    """`add` an event's number and chunk; gives the events that are settled, and whether to mask them.

    An event whose text may be the beginning of a key waits for the one that says so, and with it those
    behind it, since a list has an order.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._ends: dict[tuple[object, ...], str] = {}
        self._waiting: list[int] = []
        self._found = False

    def add(self, number: int, chunk: Any) -> list[tuple[int, bool]]:
        self._waiting.append(number)
        for place, text in _texts(chunk):
            joined = self._ends.pop(place, "") + text
            redacted = self._redactor.text(joined)
            self._found = self._found or redacted != joined
            if end := redacted[self._redactor.settled(redacted) :]:
                self._ends[place] = end
        for choice in _finished(chunk):
            self._ends = {place: end for place, end in self._ends.items() if place[0] != choice}
        return [] if self._ends else self.release()

    def release(self) -> list[tuple[int, bool]]:
        """All that still wait: the stream has ended."""
        released = [(number, self._found) for number in self._waiting]
        self._waiting, self._found, self._ends = [], False, {}
        return released


def _texts(chunk: Any) -> Iterator[tuple[tuple[object, ...], str]]:
    """Each text of a chunk's deltas, with its place: the choice, then the keys that lead there."""
    for choice in _choices(chunk):
        yield from _walk((choice.get("index"),), choice.get("delta"))


def _walk(place: tuple[object, ...], value: Any) -> Iterator[tuple[tuple[object, ...], str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _walk((*place, name), item)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            index = item.get("index", position) if isinstance(item, dict) else position
            yield from _walk((*place, str(index)), item)


def _finished(chunk: Any) -> list[object]:
    return [choice.get("index") for choice in _choices(chunk) if choice.get("finish_reason")]


def _choices(chunk: Any) -> list[dict[str, Any]]:
    choices = chunk.get("choices") if isinstance(chunk, dict) else None
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


# Blank lines between events, whatever their line ends are (WHATWG, "Parsing an event stream").
BETWEEN_EVENTS = re.compile(rb"((?:\r\n|\n|\r(?!\n)){2,})")
