"""What a Messages request needs: tokens, tools, media, and options that cost extra."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from playground.dialects.demands import of_parameters, of_parts
from playground.dialects.messages.foreign import FOREIGN
from playground.dialects.messages.version import NAME
from playground.dialects.values import in_any_case, listed
from playground.exchange.demands import Extra, Fields

TOKENS = ("max_tokens",)
TOOLS = ("tools", "tool_choice")
FIELDS = Fields(
    model="model",
    prompt="messages",
    tokens=TOKENS,
    count="",
    delivery=frozenset(("stream",)),
    synonyms=(
        frozenset(("model", "models")),
        frozenset(("messages", "prompt", "input")),
        frozenset((*TOKENS, "max_completion_tokens", "max_output_tokens", "max_tokens_to_sample")),
        frozenset(("stop_sequences", "stop")),
        frozenset(("system", "instructions")),
        frozenset(TOOLS),
    ),
    call="tool_use_id",
    bounded=frozenset(("tools", "images", "cache_control")),
    tiers={"service_tier": ("auto", "standard_only"), "speed": ("standard",), "inference_geo": ("global",)},
    foreign=FOREIGN,
)
# These cost only their tokens, which have their own limit.
_FREE = frozenset((
    NAME, "max_tokens", "messages", "metadata", "model", "output_config", "stop_sequences", "stream",
    "system", "temperature", "thinking", "top_k", "top_p",
))  # fmt: skip
_FREE_PARTS = ("text", "thinking", "redacted_thinking", "tool_use", "tool_result", "search_result")
_PART_GROUPS = {"image": "images"}
_ABILITIES = {"image": "vision"}
# Tools that the caller runs: they have a type, but no price.
_CLIENT_TOOLS = ("custom", "bash", "text_editor", "computer", "memory")
_DATE = re.compile(r"_\d{8}$")


def extras(body: Mapping[str, Any]) -> Iterator[Extra]:
    yield from of_parameters(body, _FREE, TOOLS)
    if isinstance(output := body.get("output_config"), dict) and output.get("format"):
        yield Extra("output_config", "format", "", "schema")
    yield from _server_tools(body.get("tools"))
    yield from _parts("system", body.get("system"))
    for index, message in enumerate(listed(body.get("messages"))):
        for content in in_any_case(message, "content") if isinstance(message, dict) else []:
            yield from _parts(f"messages.{index}.content", content)


def _server_tools(tools: Any) -> Iterator[Extra]:
    """Yield what costs extra: tools that the provider runs (`web_search_20250305`), and caching."""
    for tool in listed(tools):
        for kind in in_any_case(tool, "type") if isinstance(tool, dict) else []:
            group = _DATE.sub("", str(kind))
            if kind is not None and group not in _CLIENT_TOOLS:
                yield Extra("tools", str(kind), group)
        if isinstance(tool, dict):
            yield from _cached("tools", tool)


def _parts(place: str, content: Any) -> Iterator[Extra]:
    yield from of_parts(place, content, _FREE_PARTS, _PART_GROUPS, _ABILITIES)
    for part in (part for part in listed(content) if isinstance(part, dict)):
        yield from _cached(place, part)
        for inner in in_any_case(part, "content"):  # of a tool's result
            yield from _parts(place, inner)


def _cached(place: str, value: dict[str, Any]) -> Iterator[Extra]:
    """Yield a cache breakpoint: writing to the cache costs more than normal input."""
    if any(cache is not None for cache in in_any_case(value, "cache_control")):
        yield Extra(place, "cache_control", "cache_control")
