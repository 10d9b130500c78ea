"""Values that arrive in pieces: strings are joined, objects merged, arrays extended; nothing is lost."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from playground.text.jsontext import MAX_VALUES, mended_text

# Choices and tool calls; providers return at most 128 of either.
MOST_PLACES = 500
MOST_NAMES = 1000
_MOST_PIECES = 64
# I-JSON's largest integer (RFC 7493, 2.2). Python could not print one of 4,300 digits once 1 is added to it.
_LARGEST_NUMBER = 2**53 - 1
# A `Pieces` takes as much memory as several values.
_PIECES_SIZE = 4
# By the last word of its name, a field that says which or what kind: providers repeat it, never split it.
_LABELS = frozenset(
    ("id", "type", "role", "status", "phase", "object", "format", "url", "title", "model", "at", "channel")
)
# These come whole or in pieces, and some providers repeat them with each piece. Of arguments, only whole JSON
# can be a repetition (Groq's `executed_tools`): it is never continued.
_REPEATED = frozenset(("name", "signature", "thought_signature", "arguments"))
# An array item without an index continues the last one if both have only these fields.
_TEXT_PART = frozenset(
    ("type", "id", "text", "thinking", "summary", "reasoning", "format", "signature", "closed")
)
_IDENTIFYING = ("type", "id", "url", "image_url")


class TooManyError(ValueError):
    """A response has more than `limit` of something."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit}")
        self.limit = limit


def check(count: int, most: int) -> None:
    if count > most:
        raise TooManyError(most)


@dataclass
class Room:
    """Counts what is kept of a response, so that it cannot exhaust memory."""

    values: int = 0
    places: int = 0

    def keep(self, values: int) -> None:
        self.values += values
        check(self.values, MAX_VALUES)

    def take_place(self) -> None:
        self.places += 1
        check(self.places, MOST_PLACES)


class Pieces:
    """A growing string: joining it per piece would take quadratic time, keeping all pieces much memory."""

    def __init__(self) -> None:
        self._head = ""
        self._tail: list[str] = []
        # The first half of a surrogate pair, until the other one arrives.
        self._half = ""
        self.length = 0

    def append(self, piece: str) -> None:
        if self._half or not piece.isascii():
            piece = self._half + piece
            self._half = piece[-1] if "\ud800" <= piece[-1:] <= "\udbff" else ""
            piece = mended_text(piece.removesuffix(self._half))
        self._tail.append(piece)
        self.length += len(piece)
        # Join less often as it grows; otherwise the time would be quadratic again.
        if len(self._tail) >= max(_MOST_PIECES, len(self._head) >> 10):
            self._head, self._tail = self.since(0), []

    def since(self, start: int) -> str:
        """Return what follows the first `start` characters, without half a character at the end."""
        if start < len(self._head):
            return (self._head + "".join(self._tail))[start:]
        return "".join(self._tail)[start - len(self._head) :]

    def is_text(self, text: str) -> bool:
        # Compare lengths first: joining the pieces for each comparison would take quadratic time.
        return self.length == len(text) and str(self) == text

    def __str__(self) -> str:
        return self.since(0) + ("\ufffd" if self._half else "")


class Parts:
    """A growing array: an item continues the one with its index, a text without an index the last one."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._by_index: dict[int, dict[str, Any]] = {}

    def extend(self, values: list[Any], room: Room) -> None:
        for position, value in enumerate(values):
            if not isinstance(value, dict):
                room.keep(size(value))
                self.items.append(value)
                continue
            index = number_of(value.get("index"))
            known = self._by_index.get(index) if index is not None else None
            if index is None and position == 0:
                known = self._last_text(value)
            if known is None or not _may_continue(known, value):
                room.keep(1)
                known = {}
                self.items.append(known)
                if index is not None:
                    self._by_index[index] = known
            merge(known, value, room)

    def add_text(self, text: str, room: Room) -> None:
        """Add a string as a content part of type `text`."""
        if text:
            self.extend([{"type": "text", "text": text}], room)

    def _last_text(self, value: dict[str, Any]) -> dict[str, Any] | None:
        last = self.items[-1] if self.items else None
        texts = isinstance(last, dict) and last.keys() <= _TEXT_PART and value.keys() <= _TEXT_PART
        return last if texts else None


def merge(into: dict[str, Any], more: dict[str, Any], room: Room, but: Container[str] = ()) -> None:
    """Merge a delta into `into`, but for the fields in `but`. Never mutates `more`: others read it too."""
    for name, value in more.items():
        if (value is not None or name not in into) and name not in but:
            into[name] = _joined(into.get(name), name, value, room)
    check(len(into), MOST_NAMES)


@lru_cache(1000)
def is_label(name: str) -> bool:
    """Whether a string field with this name says which or what kind, so that its values are not joined."""
    return name.rpartition("_")[2] in _LABELS


def _joined(old: Any, name: str, value: Any, room: Room) -> Any:
    if isinstance(value, str):
        if isinstance(old, Pieces) and name not in _REPEATED:  # most of a stream
            old.append(value)
            return old
        return _with_text(old, name, value, room)
    if isinstance(value, list):
        parts = _as_parts(old, room)
        parts.extend(value, room)
        return parts
    if isinstance(value, dict):
        if isinstance(old, Parts) or (isinstance(old, Pieces) and old.length):
            return _joined(old, name, [value], room)
        if not isinstance(old, dict):
            room.keep(1)
            old = {}
        merge(old, value, room)
        return old
    room.keep(old is None)
    return old if isinstance(old, Pieces | Parts | dict) else value


def _with_text(old: Any, name: str, text: str, room: Room) -> Any:
    room.keep(_PIECES_SIZE * (old is None))
    if is_label(name):
        return text if text or old is None else old
    if isinstance(old, Parts | dict):
        parts = _as_parts(old, room)
        parts.add_text(text, room)
        return parts
    if not isinstance(old, Pieces):
        begun, old = old, Pieces()
        old.append(begun if isinstance(begun, str) else "")
    is_repeated = name in _REPEATED and (name != "arguments" or text.endswith("}"))
    if not (is_repeated and old.is_text(text)):
        old.append(text)
    return old


def _as_parts(old: Any, room: Room) -> Parts:
    if isinstance(old, Parts):
        return old
    parts = Parts()
    if isinstance(old, dict):
        parts.items.append(old)
    elif isinstance(old, Pieces | str):
        parts.add_text(str(old), room)
    return parts


def _may_continue(known: dict[str, Any], value: dict[str, Any]) -> bool:
    """Whether an item may continue `known`: two images may have the same index."""
    both = (name for name in _IDENTIFYING if known.get(name) and value.get(name))
    return all(joined(known[name]) == value[name] for name in both)


def overlay(into: dict[str, Any], more: dict[str, Any], room: Room, but: Container[str] = ()) -> None:
    """Merge fields that each chunk repeats in full, except `but`. Empty values never replace real ones."""
    for name, value in more.items():
        old = into.get(name)
        if name in but or (old == value and name in into):
            continue
        if name not in into or (_is_empty(old) and not _is_empty(value)):
            room.keep(size(value))
            into[name] = copied(value)
        elif isinstance(old, dict) and isinstance(value, dict):
            overlay(old, value, room)
        elif isinstance(old, list) and isinstance(value, list):
            more_items = value[len(old) :] if value[: len(old)] == old else value
            room.keep(size(more_items))
            old += copied(more_items)
        elif not _is_empty(value):
            room.keep(size(value) - 1)
            into[name] = copied(value)
    check(len(into), MOST_NAMES)


def _is_empty(value: Any) -> bool:
    return value is None or (not value and value is not False)


def copied(value: Any) -> Any:
    """Return a deep copy, because others also read the chunk that the value came in."""
    if isinstance(value, dict):
        return {name: copied(item) for name, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def joined(value: Any) -> Any:
    """Return a copy of a collected value with its strings joined."""
    if isinstance(value, Pieces):
        return str(value)
    if isinstance(value, dict):
        return {name: joined(item) for name, item in value.items()}
    if isinstance(value, Parts):
        return [joined(item) for item in value.items]
    return [joined(item) for item in value] if isinstance(value, list) else value


def size(value: Any) -> int:
    """Count the values within a value, itself included."""
    if isinstance(value, dict):
        return 1 + sum(map(size, value.values()))
    return 1 + sum(map(size, value)) if isinstance(value, list) else 1


def numbered(choices: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each choice with its index, or its position if it has none. A string counts as a choice."""
    for position, choice in enumerate(choices if isinstance(choices, list) else ()):
        if isinstance(choice, str):
            yield position, {"text": choice}
        elif isinstance(choice, dict):
            index = number_of(choice.get("index"))
            yield position if index is None else index, choice


def number_of(index: Any) -> int | None:
    """Return an index as an integer, or None; some servers write it as a string."""
    if index is None:
        return None
    is_text = isinstance(index, str) and len(index) < 5 and index.isascii() and index.isdigit()
    return int(index) if is_text else whole_number(index)


def whole_number(value: Any) -> int | None:
    """Return an integer (some servers write 12.0); None for anything else or beyond I-JSON's range."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST_NUMBER:
        return None
    return int(value) if value == int(value) else None
