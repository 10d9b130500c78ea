"""A response without its texts, for people who hand it on: names, labels and counts stay.

What is not known to be one of those is left out: a text can be anywhere, a number can be a letter of it
(`logprobs`), and so can a name (the arguments of a call).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# fmt: off
_CONTAINERS = frozenset((
    "choices", "message", "delta", "content", "content_block", "output", "item", "part", "response",
    "summary", "tool_calls", "function", "reasoning", "error", "candidates", "parts",
))
_LABELS = frozenset((
    "type", "object", "role", "model", "id", "item_id", "response_id", "status", "finish_reason",
    "stop_reason", "finishReason", "service_tier", "system_fingerprint",
))
_COUNTS = frozenset((
    "index", "output_index", "content_index", "summary_index", "created", "created_at", "sequence_number",
))
_TEXTS = frozenset((
    "text", "content", "delta", "refusal", "reasoning", "reasoning_content", "thinking", "arguments",
    "partial_json", "name", "signature", "transcript",
))
# fmt: on
_USAGE = frozenset(("usage", "usageMetadata"))
# What only the model's tokenizer can read, or texts with their alternatives between them.
_TOKEN_IDS = frozenset(("prompt_token_ids", "token_ids", "prompt_logprobs"))
_LABEL = re.compile(r"[\w.:/@-]{1,120}")


def blanked(value: Any, mask: str) -> Any:
    """Return a completion or an event of any API with each text replaced by the mask."""
    match value:
        case Mapping():
            return dict(_fields(value, mask))
        case list():
            return [blanked(item, mask) for item in value]
        case str():
            return mask
        case bool() | None:
            return value
        case _:
            return 0


def has_token_ids(value: Any) -> bool:
    """Whether a response has a field from which a text can be read, but not searched for."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case Mapping() as fields:
                if any(fields.get(name) for name in _TOKEN_IDS):
                    return True
                waiting.extend(fields.values())
            case list() as items:
                waiting.extend(items)
    return False


def _fields(value: Mapping[str, Any], mask: str) -> Iterator[tuple[str, Any]]:
    for name, item in value.items():
        match item:
            case None if name in _TEXTS | _LABELS | _CONTAINERS:
                yield name, None
            case str() if name in _LABELS and _LABEL.fullmatch(item):
                yield name, item
            case str() if name in _TEXTS:
                yield name, item and mask
            case int() | float() if name in _COUNTS:
                yield name, item
            case Mapping() if name in _USAGE:
                yield name, _numbers(item)
            case Mapping() | list() if name in _CONTAINERS:
                yield name, blanked(item, mask)


def _numbers(usage: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _numbers(item) if isinstance(item, Mapping) else item
        for name, item in usage.items()
        if isinstance(item, Mapping | int | float) and _LABEL.fullmatch(name)
    }
