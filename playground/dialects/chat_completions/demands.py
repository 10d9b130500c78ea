"""What a Chat Completions request needs: tokens, tools, media, and options that cost extra."""

from collections.abc import Iterator, Mapping
from typing import Any

from playground.dialects.demands import OPENAI_BOUNDED, OPENAI_TIERS, of_parameters, of_parts
from playground.dialects.values import in_any_case, listed
from playground.exchange.demands import Extra, Fields

TOKENS = ("max_tokens", "max_completion_tokens")
TOOLS = ("tools", "tool_choice", "parallel_tool_calls", "functions", "function_call")
_DELIVERY = ("stream", "stream_options")
FIELDS = Fields(
    model="model",
    prompt="messages",
    tokens=TOKENS,
    count="n",
    delivery=frozenset(_DELIVERY),
    call="tool_call_id",
    instructions="system",
    bounded=OPENAI_BOUNDED | {"reasoning"},
    tiers=OPENAI_TIERS,
    synonyms=(
        frozenset(("model", "models", "engine")),
        frozenset(("messages", "prompt", "input")),
        frozenset((*TOKENS, "max_output_tokens", "max_new_tokens")),
        frozenset(("n", "best_of")),
        frozenset(("stop", "stop_sequences")),
        frozenset(_DELIVERY),
        frozenset(TOOLS),
    ),
)
# These cost only their tokens, which have their own limit.
_FREE = frozenset((
    "frequency_penalty", "logprobs", "max_completion_tokens", "max_tokens", "messages", "min_p", "model", "n",
    "presence_penalty", "reasoning_effort", "repetition_penalty", "response_format", "safety_identifier",
    "seed", "stop", "stream", "stream_options", "temperature", "top_k", "top_logprobs", "top_p", "user",
    "verbosity",
))  # fmt: skip
# Tools that the caller runs. Gateways have others, such as a web search.
_OWN_TOOLS = ("function", "custom")
_FREE_PARTS = ("text", "refusal")
_PART_GROUPS = {"image_url": "images", "image": "images", "input_image": "images"}
_ABILITIES = {"image_url": "vision", "input_audio": "audio"}


def extras(body: Mapping[str, Any]) -> Iterator[Extra]:
    yield from of_parameters(body, _FREE, TOOLS)
    for tool in listed(body.get("tools")):
        for kind in in_any_case(tool, "type") if isinstance(tool, dict) else []:
            if kind is not None and kind not in _OWN_TOOLS:
                yield Extra("tools", str(kind), str(kind))
    for index, message in enumerate(listed(body.get("messages"))):
        for content in in_any_case(message, "content") if isinstance(message, dict) else []:
            yield from of_parts(f"messages.{index}.content", content, _FREE_PARTS, _PART_GROUPS, _ABILITIES)
