"""Which texts of an error body give a reason, rather than a code or a status phrase."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from typing import Any

LONGEST_MESSAGE = 2000
# Limits: errors within errors, entries in a list of them, objects in total.
DEEPEST = 8
MOST_ENTRIES = 10
MOST_OBJECTS = 100

_SINGLE_WORD = re.compile(r"[\w\-]+(?:\.[\w\-]+)*", re.ASCII)
# Two words, or a letter of a script without spaces.
_SENTENCE = re.compile(r"[^\W\d_]{2} [^\W\d_]|[\u3040-\u30ff\u4e00-\u9fff]")
# Phrases without a reason, shown only if there is no other text.
_EMPTY_PHRASES = frozenset((
    "error", "failed", "bad request error", "param incorrect", "provider returned error", "upstream error",
    "an error occurred", *(status.phrase.casefold() for status in HTTPStatus),
))  # fmt: skip


def informative(texts: list[str]) -> list[str]:
    """Drop codes and status phrases if another text says why."""
    return [text for text in texts if is_informative(text)] or texts[:1]


def is_informative(text: str) -> bool:
    return not _SINGLE_WORD.fullmatch(text) and text.rstrip(".").casefold() not in _EMPTY_PHRASES


def sentences(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield what reads like a sentence, whatever its field is called."""
    if isinstance(value, str):
        if _SENTENCE.search(value[:LONGEST_MESSAGE]) and is_informative(value):
            yield value[: LONGEST_MESSAGE + 1].strip()
    elif isinstance(value, dict | list) and depth <= DEEPEST:
        items = value.values() if isinstance(value, dict) else value
        for item in islice(items, MOST_OBJECTS):
            yield from sentences(item, depth + 1)


def by_field(value: Any, place: str = "", depth: int = 0) -> Iterator[str]:
    """Yield sentences with their field: `temperature: Number must be less than or equal to 2`.

    Laravel lists them by field, zod in `_errors` below each field.
    """
    if not isinstance(value, dict):
        yield from (f"{place}: {text}" if place else text for text in sentences(value, depth))
    elif depth <= DEEPEST:
        for name, inner in islice(value.items(), MOST_OBJECTS):
            at = place if name.startswith("_") else f"{place}.{name[:100]}" if place else name[:100]
            yield from by_field(inner, at, depth + 1)
