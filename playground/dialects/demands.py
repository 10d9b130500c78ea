"""What a request needs, read as liberally as any server might. The body has not been checked."""

from collections.abc import Collection, Container, Iterator, Mapping
from typing import Any

from playground.dialects.checks import within
from playground.dialects.values import in_any_case, integer, listed
from playground.exchange.demands import Demands, Extra, Fields

# What OpenAI's APIs share of `Fields`. A gateway may have a price for these, but they use no more tokens.
OPENAI_BOUNDED = frozenset((
    "tools", "images", "chat_template_kwargs", "enable_thinking", "logit_bias", "metadata",
    "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "store", "thinking",
))  # fmt: skip
OPENAI_TIERS = {"service_tier": ("auto", "default", "flex")}


def demands_of(body: Mapping[str, Any], fields: Fields) -> Demands:
    """Return what a body needs, in an API with these fields."""
    model = body.get(fields.model)
    limits = {name: limit for name in fields.tokens if (limit := integer(within(body, name))) is not None}
    count = integer(within(body, fields.count)) if fields.count else None
    return Demands(model if isinstance(model, str) else "", body.get("stream") is True, count or 1, limits)


def of_parameters(body: Mapping[str, Any], free: Container[str], tools: Collection[str]) -> Iterator[Extra]:
    """Yield the parameters that are set and not `free`. Those that belong to `tools` are one group.

    null sets nothing, except under a name in capitals: a server written in Go lets it undo the usual name.
    """
    for name, value in body.items():
        if name not in free and (value is not None or name != name.casefold()):
            is_tool = name in tools
            yield Extra(name, name, "tools" if is_tool else name, "tools" if is_tool and value else "")


def of_parts(
    place: str,
    content: Any,
    free: Container[str],
    groups: Mapping[str, str],
    abilities: Mapping[str, str],
) -> Iterator[Extra]:
    """Yield the parts of a `content` that are not `free`, with the group and the ability that each needs."""
    for part in listed(content):
        for kind in _kinds(part, free):
            yield Extra(place, kind, groups.get(kind, kind), abilities.get(kind, ""), is_part=True)


def _kinds(part: Any, free: Container[str]) -> list[str]:
    """Return everything that a server might take a part for, except what is `free`.

    Anything other than text or an object counts as a whole.
    """
    found = (in_any_case(part, "type") or [None]) if isinstance(part, dict) else [part]
    return [str(kind) for kind in found if not isinstance(part, str) and not _is_free(kind, free)]


def _is_free(kind: Any, free: Container[str]) -> bool:
    return isinstance(kind, str) and kind in free
