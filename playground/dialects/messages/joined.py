"""Find the texts of a message, or of events, that are read as one: a key split over them is whole there."""

from collections.abc import Iterator
from typing import Any

from playground.dialects.joining import masking, walk
from playground.exchange.dialect import Place

# The texts of all blocks are read together, whatever their indexes; so is the input of all tools.
_JOINED = frozenset(("text", "thinking", "partial_json", "signature"))
_PLACES = {name: ((name,),) for name in _JOINED}
# Most of a stream. Nothing else in such an event is text for people.
_DELTAS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
_OF_BLOCK = ("content_block", "delta")
_OF_DELTA_EVENT = frozenset(("type", "index", "delta"))


def texts(value: Any) -> Iterator[tuple[tuple[Place, ...], str]]:
    """Yield each text, and the places where it continues: its own path, and the texts read with it."""
    if isinstance(value, dict) and value.get("type") == "content_block_delta":
        delta = value.get("delta")
        if isinstance(delta, dict) and len(delta) == 2 and not value.keys() - _OF_DELTA_EVENT:
            kind = delta.get("type")
            name = _DELTAS.get(kind) if isinstance(kind, str) else None
            text = delta.get(name) if name else None
            if name and isinstance(text, str) and isinstance(value.get("index"), int):
                if text:
                    yield _PLACES[name], text
                return
    for path, text in walk((), value):
        last = path[-1] if path else None
        # A delta goes on with the field of its block that has its name.
        of_block = (path[1:],) if len(path) > 1 and path[0] in _OF_BLOCK else ()
        shared = _PLACES[last] if isinstance(last, str) and last in _JOINED else of_block
        yield (*shared, path), text


def masked(completion: dict[str, Any], numbers: set[int]) -> dict[str, Any]:
    """Mask the texts with these numbers, counted in the order of `texts`."""
    mask = masking(numbers)
    return {name: mask(item) for name, item in completion.items()}
