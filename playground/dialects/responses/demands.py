"""What a Responses request needs: tokens, tools, media, and options that cost extra."""

from collections.abc import Iterator, Mapping
from typing import Any

from playground.dialects.demands import OPENAI_BOUNDED, OPENAI_TIERS, of_parameters, of_parts
from playground.dialects.responses.foreign import FOREIGN
from playground.dialects.values import in_any_case, listed
from playground.exchange.demands import Extra, Fields

TOKENS = ("max_output_tokens",)
TOOLS = ("tools", "tool_choice", "parallel_tool_calls", "max_tool_calls")
_DELIVERY = ("stream", "stream_options")
FIELDS = Fields(
    model="model",
    prompt="input",
    tokens=TOKENS,
    count="",
    delivery=frozenset(_DELIVERY),
    synonyms=(
        frozenset(("model", "models", "engine")),
        frozenset(("input", "messages")),
        frozenset((*TOKENS, "max_tokens", "max_completion_tokens", "max_new_tokens")),
        frozenset(_DELIVERY),
        frozenset(TOOLS),
    ),
    call="call_id",
    item="type",
    bounded=OPENAI_BOUNDED,
    tiers=OPENAI_TIERS,
    foreign=FOREIGN,
)
# These cost only their tokens, which have their own limit.
_FREE = frozenset((
    "include", "input", "instructions", "max_output_tokens", "min_p", "model", "repetition_penalty",
    "safety_identifier", "store", "stream", "stream_options", "temperature", "text", "top_k", "top_logprobs",
    "top_p", "truncation", "user",
))  # fmt: skip
_FREE_OF_REASONING = frozenset(("effort", "summary", "generate_summary"))
# Tools that the caller runs. The provider runs all others, at an extra price.
_OWN_TOOLS = ("function", "custom")
_FREE_PARTS = ("input_text", "output_text", "text", "refusal", "summary_text", "reasoning_text")
_PART_GROUPS = {"input_image": "images", "image_generation_call": "images", "input_file": "files"}
_ABILITIES = {"input_image": "vision", "input_audio": "audio"}
_FREE_ITEMS = frozenset((
    None, "message", "reasoning", "function_call", "function_call_output", "custom_tool_call",
    "custom_tool_call_output",
))  # fmt: skip
# The fields in which items hold parts.
_HOLDERS = ("content", "output")


def extras(body: Mapping[str, Any]) -> Iterator[Extra]:
    yield from _parameters(body)
    for index, item in enumerate(listed(body.get("input"))):
        if isinstance(item, dict):
            yield from _in_item(f"input.{index}", item)


def contents(body: Mapping[str, Any]) -> list[Any]:
    """Return the content of each item: a message's content, or the result of a call."""
    prompt = body.get("input")
    if isinstance(prompt, str):
        return [prompt]
    items = [item for item in listed(prompt) if isinstance(item, dict)]
    return [item.get("content", item.get("output", item.get("arguments"))) for item in items]


def _parameters(body: Mapping[str, Any]) -> Iterator[Extra]:
    for extra in of_parameters(body, _FREE, TOOLS):
        value = body[extra.name]
        if extra.name == "tools":
            yield from _tools(value)
        elif extra.name != "reasoning":
            yield extra
        elif isinstance(value, dict):
            for inner in of_parameters(value, _FREE_OF_REASONING, ()):
                yield Extra("reasoning", f"reasoning.{inner.name}", f"reasoning.{inner.name}")
    text = body.get("text")
    output = text.get("format") if isinstance(text, dict) else None
    if isinstance(output, dict) and output.get("type") not in (None, "text"):
        yield Extra("text", "format", "", "schema")


def _tools(tools: Any) -> Iterator[Extra]:
    """Yield the tools, grouped by who runs them."""
    types = [type_ for tool in listed(tools) for type_ in _types(tool)]
    if not types or any(type_ in _OWN_TOOLS for type_ in types):
        yield Extra("tools", "tools", "tools", "tools" if types else "")
    yield from (Extra("tools", str(type_), str(type_)) for type_ in types if type_ not in _OWN_TOOLS)


def _in_item(place: str, item: dict[str, Any]) -> Iterator[Extra]:
    types = _types(item)
    if types == [None] and not in_any_case(item, "role"):
        types = ["item_reference"]
    for name in map(str, (type_ for type_ in types if type_ not in _FREE_ITEMS)):
        yield Extra(place, name, _PART_GROUPS.get(name, name), is_part=True)
    for holder in _HOLDERS:
        for content in in_any_case(item, holder):
            yield from of_parts(f"{place}.{holder}", content, _FREE_PARTS, _PART_GROUPS, _ABILITIES)


def _types(value: Any) -> list[str | None]:
    """Return every type that a server might read; [None] if there is none."""
    found = in_any_case(value, "type") if isinstance(value, dict) else []
    named = [str(type_) for type_ in found if type_ is not None]
    return [*named] or [None]
