"""What a request asks for, as any server may read it. The body was never checked."""

from collections.abc import Collection, Container, Iterator, Mapping
from typing import Any

from playground.dialects.checks import within
from playground.dialects.values import in_any_case, integer, listed
from playground.exchange.demands import Demands, Extra, Fields


def demands_of(body: Mapping[str, Any], fields: Fields) -> Demands:
    """Return what a body asks for, in an API with these fields."""
    model = body.get(fields.model)
    limits = {name: limit for name in fields.tokens if (limit := integer(within(body, name))) is not None}
    count = integer(within(body, fields.count)) if fields.count else None
    return Demands(model if isinstance(model, str) else "", body.get("stream") is True, count or 1, limits)


def of_parameters(body: Mapping[str, Any], free: Container[str], tools: Collection[str]) -> Iterator[Extra]:
    """Yield the parameters that are set and not `free`. Those that belong to `tools` are one group."""
    for name, value in body.items():
        if value is not None and name not in free:
            is_tool = name in tools
            yield Extra(name, name, "tools" if is_tool else name, "tools" if is_tool and value else "")


def of_parts(
    place: str,
    content: Any,
    free: Container[str],
    groups: Mapping[str, str],
    abilities: Mapping[str, str],
) -> Iterator[Extra]:
    """Yield the parts of a content that are not `free`, with the group and the ability that each needs."""
    for part in listed(content):
        for kind in _kinds(part, free):
            yield Extra(place, kind, groups.get(kind, kind), abilities.get(kind, ""), is_part=True)


def _kinds(part: Any, free: Container[str]) -> list[str]:
    """Return what a part may be taken for, except what is `free`.

    What is neither text nor an object is named whole.
    """
    found = (in_any_case(part, "type") or [None]) if isinstance(part, dict) else [part]
    return [str(kind) for kind in found if not isinstance(part, str) and not _is_free(kind, free)]


def _is_free(kind: Any, free: Container[str]) -> bool:
    return isinstance(kind, str) and kind in free
