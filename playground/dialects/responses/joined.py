"""Find the texts of a response, or of events, that are read as one: a key split over them is whole there."""

from collections.abc import Iterator
from typing import Any

from playground.dialects.joining import masking, walk
from playground.dialects.responses.growing import PARTS, TEXTS
from playground.dialects.responses.items import type_of
from playground.exchange.dialect import Place

_DELTAS = {f"response.{name}.delta": ((spot.item, spot.field),) for name, spot in TEXTS.items()}
# The texts that come whole, by their event and field.
_WHOLE = {(f"response.{name}.done", spot.field): (spot.item, spot.field) for name, spot in TEXTS.items()}
# The type of the item that a part is in.
_PARTS = {f"response.{name}.{word}": item for name, (_, item) in PARTS.items() for word in ("added", "done")}
# Repeated in each event and never joined. The text in logprobs is in the delta too.
_NEVER_JOINED = frozenset(("type", "item_id", "obfuscation", "logprobs", "delta"))


def texts(value: Any) -> Iterator[tuple[tuple[Place, ...], str]]:
    """Yield each text of a response's items, or of an event, and the places where it continues."""
    if _has_output(value):
        for item in value["output"]:
            yield from _of_item(item)
        return
    kind = value.get("type") if isinstance(value, dict) else None
    place = _DELTAS.get(kind) if isinstance(kind, str) else None
    if place and isinstance(delta := value.get("delta"), str):
        if delta:
            yield place, delta
        value = {name: item for name, item in value.items() if name not in _NEVER_JOINED}
    yield from _of_event(kind, value) if isinstance(kind, str) else _apart((), value)


def _of_event(kind: str, event: dict[str, Any]) -> Iterator[tuple[tuple[Place, ...], str]]:
    """Yield the texts of an event; those of items and parts go on where deltas do."""
    for name, value in event.items():
        if (kind, name) in _WHOLE and isinstance(value, str) and value:
            yield (_WHOLE[kind, name], (name,)), value
        elif name in ("item", "part"):
            yield from _of_item(value, (name,), _PARTS.get(kind, ""))
        else:
            output = value["output"] if name == "response" and _has_output(value) else ()
            for item in output:
                yield from _of_item(item, (name, "output"))
            yield from _apart((name,), {**value, "output": None} if output else value)


def _of_item(item: Any, outer: Place = (), type_: str = "") -> Iterator[tuple[tuple[Place, ...], str]]:
    """Yield the texts of an item, or of a part of one of that type; in an event, at their own place, too."""
    for path, text in walk((), item):
        shared = _place(type_ or type_of(item), path)
        yield (shared, (*outer, *path)) if outer else (shared,), text


def _apart(path: Place, value: Any) -> Iterator[tuple[tuple[Place, ...], str]]:
    return (((path,), text) for path, text in walk(path, value))


def masked(completion: dict[str, Any], numbers: set[int]) -> dict[str, Any]:
    """Mask the texts with these numbers, counted in the order of `texts`."""
    mask = masking(numbers)
    if not _has_output(completion):
        return {name: mask(item) for name, item in completion.items()}
    return completion | {"output": [mask(item) for item in completion["output"]]}


def _has_output(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("output"), list)


def _place(type_: str, path: Place) -> Place:
    """Return where a text of an item continues: in the next item, or part, that has it in the same field.

    A model's reasoning is one text, whether its parts are in the summary or in the content.
    """
    names = [name for name in path if isinstance(name, str)]
    return (type_, names[-1]) if names and names[-1] in ("text", "refusal") else (type_, *names)
