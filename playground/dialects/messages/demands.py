"""What a Messages request asks for."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from playground.dialects.messages.foreign import FOREIGN
from playground.dialects.messages.version import NAME
from playground.dialects.parts import in_any_case, integer, kinds
from playground.exchange.demands import Demands, Extra, Fields

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
    foreign=FOREIGN,
)
# These cost nothing beyond their tokens, which have their own cap.
_FREE = frozenset((
    NAME, "max_tokens", "messages", "metadata", "model", "output_config", "stop_sequences", "stream",
    "system", "temperature", "thinking", "top_k", "top_p",
))  # fmt: skip
_FREE_PARTS = ("text", "thinking", "redacted_thinking", "tool_use", "tool_result", "search_result")
_PART_GROUPS = {"image": "images"}
_ABILITIES = {"image": "vision"}
# Tools that the caller runs: a name of its own, but no cost of its own.
_CLIENT_TOOLS = ("custom", "bash", "text_editor", "computer", "memory")
_DATE = re.compile(r"_\d{8}$")


def demands(body: Mapping[str, Any]) -> Demands:
    model = body.get("model")
    limits = {name: limit for name in TOKENS if (limit := integer(body.get(name))) is not None}
    return Demands(model if isinstance(model, str) else "", body.get("stream") is True, 1, limits)


def extras(body: Mapping[str, Any]) -> Iterator[Extra]:
    yield from _parameters(body)
    yield from _server_tools(body.get("tools"))
    if isinstance(system := body.get("system"), list):
        yield from _parts("system", system)
    messages = body.get("messages")
    for index, message in enumerate(messages if isinstance(messages, list) else []):
        for content in in_any_case(message, "content") if isinstance(message, dict) else []:
            yield from _parts(f"messages.{index}.content", content)


def contents(body: Mapping[str, Any]) -> list[Any]:
    """Return the content of each message."""
    messages = body.get("messages")
    return [
        message.get("content")
        for message in (messages if isinstance(messages, list) else [])
        if isinstance(message, dict)
    ]


def question(body: Mapping[str, Any]) -> str | None:
    """Return the last message if it is one text."""
    last = next(iter(contents(body)[-1:]), None)
    if isinstance(last, list) and len(last) == 1 and isinstance(last[0], dict):
        last = last[0].get("text") if last[0].get("type") == "text" else None
    return last if isinstance(last, str) else None


def lengths(body: Mapping[str, Any]) -> list[int]:
    return [len(str(content)) for content in contents(body)]


def _parameters(body: Mapping[str, Any]) -> Iterator[Extra]:
    for name, value in body.items():
        if value is not None and name not in _FREE:
            is_tool = name in TOOLS
            yield Extra(name, name, "tools" if is_tool else name, "tools" if is_tool and value else "")
    if isinstance(output := body.get("output_config"), dict) and output.get("format"):
        yield Extra("output_config", "format", "", "schema")


def _server_tools(tools: Any) -> Iterator[Extra]:
    """Yield what has a price: those that the provider runs (`web_search_20250305`), and caching."""
    for tool in tools if isinstance(tools, list) else []:
        for kind in in_any_case(tool, "type") if isinstance(tool, dict) else []:
            group = _DATE.sub("", str(kind))
            if kind is not None and group not in _CLIENT_TOOLS:
                yield Extra("tools", str(kind), group)
        if isinstance(tool, dict):
            yield from _cached("tools", tool)


def _parts(place: str, content: Any) -> Iterator[Extra]:
    for part in content if isinstance(content, list) else []:
        for kind in kinds(part, _FREE_PARTS):
            yield Extra(place, kind, _PART_GROUPS.get(kind, kind), _ABILITIES.get(kind, ""), is_part=True)
        if not isinstance(part, dict):
            continue
        yield from _cached(place, part)
        for inner in in_any_case(part, "content"):  # of a tool's result
            yield from _parts(place, inner)


def _cached(place: str, value: dict[str, Any]) -> Iterator[Extra]:
    """Yield the mark after which the prompt so far is cached: writing to the cache costs more than input."""
    if any(cache is not None for cache in in_any_case(value, "cache_control")):
        yield Extra(place, "cache_control", "cache_control")
