"""What a Chat Completions request asks for."""

from collections.abc import Iterator, Mapping
from typing import Any

from playground.dialects.parts import in_any_case, integer, kinds
from playground.exchange.demands import Demands, Extra, Fields

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
# These cost nothing beyond their tokens, which have their own cap.
_FREE = frozenset((
    "frequency_penalty", "logprobs", "max_completion_tokens", "max_tokens", "messages", "min_p", "model", "n",
    "presence_penalty", "reasoning_effort", "repetition_penalty", "response_format", "safety_identifier",
    "seed", "stop", "stream", "stream_options", "temperature", "top_k", "top_logprobs", "top_p", "user",
    "verbosity",
))  # fmt: skip
_FREE_PARTS = ("text", "refusal")
_PART_GROUPS = {"image_url": "images", "image": "images", "input_image": "images"}
_ABILITIES = {"image_url": "vision", "input_audio": "audio"}


def demands(body: Mapping[str, Any]) -> Demands:
    model, count = body.get("model"), integer(body.get("n"))
    limits = {name: limit for name in TOKENS if (limit := integer(body.get(name))) is not None}
    return Demands(
        model if isinstance(model, str) else "",
        body.get("stream") is True,
        count or 1,
        limits,
    )


def extras(body: Mapping[str, Any]) -> Iterator[Extra]:
    yield from _parameters(body)
    yield from _parts(body)


def contents(body: Mapping[str, Any]) -> list[Any]:
    """Return the content of each message."""
    messages = body.get("messages")
    return [
        message.get("content")
        for message in (messages if isinstance(messages, list) else [])
        if isinstance(message, dict)
    ]


def _parameters(body: Mapping[str, Any]) -> Iterator[Extra]:
    for name, value in body.items():
        if value is not None and name not in _FREE:
            is_tool = name in TOOLS
            yield Extra(name, name, "tools" if is_tool else name, "tools" if is_tool and value else "")


def _parts(body: Mapping[str, Any]) -> Iterator[Extra]:
    messages = body.get("messages")
    for index, message in enumerate(messages if isinstance(messages, list) else []):
        for content in in_any_case(message, "content") if isinstance(message, dict) else []:
            for part in content if isinstance(content, list) else []:
                place = f"messages.{index}.content"
                for kind in kinds(part, _FREE_PARTS):
                    yield Extra(
                        place, kind, _PART_GROUPS.get(kind, kind), _ABILITIES.get(kind, ""), is_part=True
                    )
