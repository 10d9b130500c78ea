"""Follow the texts of a JSON value, which are read as one with those of the next event."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from playground.exchange.dialect import Place
from playground.text.redact import MASK


def walk(path: Place, value: Any) -> Iterator[tuple[Place, str]]:
    """Yield each non-empty text of a JSON value, and its path, which begins with `path`."""
    if isinstance(value, str):
        if value:
            yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from walk((*path, name), item)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            index = item.get("index", position) if isinstance(item, dict) else position
            yield from walk((*path, (str(index),)), item)


def masking(numbers: set[int]) -> Callable[[Any], Any]:
    """Return what masks the texts with these numbers, counted in the order of `walk` over all its calls."""
    count = itertools.count()

    def mask(value: Any) -> Any:
        if isinstance(value, str):
            return MASK if value and next(count) in numbers else value
        if isinstance(value, dict):
            return {name: mask(item) for name, item in value.items()}
        return [mask(item) for item in value] if isinstance(value, list) else value

    return mask
