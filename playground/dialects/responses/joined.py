"""Find the texts of a response, or of events, that are read as one: a key split over them is whole there."""

from collections.abc import Iterator
from typing import Any

from playground.dialects.responses.growing import TEXTS
from playground.dialects.responses.items import type_of
from playground.exchange.dialect import Place
from playground.exchange.split_key import masking, walk

_DELTAS = {f"response.{name}.delta": ((spot.item, spot.field),) for name, spot in TEXTS.items()}
# Repeated in each event and never joined. The text in logprobs is in the delta too.
_NEVER_JOINED = frozenset(("type", "item_id", "obfuscation", "logprobs", "delta"))


def texts(value: Any) -> Iterator[tuple[tuple[Place, ...], str]]:
    """Yield each text of a response's items, or of an event, and the places where it continues."""
    if _has_output(value):
        for item in value["output"]:
            for path, text in walk((), item):
                yield (_place(type_of(item), path),), text
        return
    kind = value.get("type") if isinstance(value, dict) else None
    place = _DELTAS.get(kind) if isinstance(kind, str) else None
    if place is None or not isinstance(delta := value.get("delta"), str):
        yield from (((path,), text) for path, text in walk((), value))
        return
    if delta:
        yield place, delta
    for name, item in value.items():
        if name not in _NEVER_JOINED:
            yield from (((path,), text) for path, text in walk((name,), item))


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
