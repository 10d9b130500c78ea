"""The usage of a message. Counts in a stream are cumulative: a later one replaces those before."""

from dataclasses import replace
from typing import Any

from playground.dialects.usage import count, read
from playground.dialects.values import listed, string
from playground.exchange.usage import Usage
from playground.text.pieces import MOST_NAMES, Room, check, copied, size

# The whole input is the sum of these: `input_tokens` leaves out what was read from the cache.
_INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def of(message: dict[str, Any]) -> Usage | None:
    """Return the usage of a message; None if it has no count.

    Gateways send the counts under OpenAI's names, alone or next to Anthropic's, which are 0 then. A message
    that was cut off has counted only the beginning of its output.
    """
    usage = _with_compaction(message.get("usage"))
    named = read(usage)
    if not isinstance(usage, dict) or named is None:
        return None
    prompt = sum(count(usage, name) or 0 for name in _INPUT) or named.prompt_tokens
    output = count(usage, "output_tokens") or named.completion_tokens
    if message.get("stop_reason", ...) is None:
        return replace(
            named, prompt_tokens=prompt, completion_tokens=None, total_tokens=None, reasoning_tokens=None
        )
    total = named.total_tokens if prompt is None or output is None else prompt + output
    thought = count(usage, "output_tokens_details.thinking_tokens")
    return replace(
        named,
        prompt_tokens=prompt,
        completion_tokens=output,
        total_tokens=total,
        reasoning_tokens=named.reasoning_tokens if thought is None else thought,
    )


def _with_compaction(usage: Any) -> Any:
    """Add the tokens of summaries that Claude wrote: they are paid for, but not in the message's counts."""
    iterations = listed(usage.get("iterations")) if isinstance(usage, dict) else []
    parts = [part for part in iterations if isinstance(part, dict) and part.get("type") == "compaction"]
    if not parts:
        return usage
    names = [name for name in (*_INPUT, "output_tokens") if name in usage]
    return usage | {name: sum(count(part, name) or 0 for part in (usage, *parts)) for name in names}


def tier(message: dict[str, Any]) -> str:
    """Return how the message was served, if that has a price of its own; "" for the usual way."""
    usage = message.get("usage")
    names = [string(usage.get(name)) for name in ("speed", "service_tier")] if isinstance(usage, dict) else []
    return next((name for name in names if name and name != "standard"), "")


def set_usage(into: dict[str, Any], usage: Any, room: Room) -> None:
    """Set the counts of one event.

    No answer has an input of 0: if all input counts of an event are 0, the gateway has counted only the
    output, so the earlier input counts stay.
    """
    if isinstance(usage, dict):
        told = sum(count(usage, name) or 0 for name in _INPUT)
        more = (
            usage
            if told
            else {name: usage[name] for name in usage if not (name in _INPUT and into.get(name))}
        )
        set_all(into, more, room)


def set_all(into: dict[str, Any], more: dict[str, Any], room: Room) -> None:
    """Set every value that is not null, nested ones included, replacing earlier values."""
    for name, value in more.items():
        old = into.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            set_all(old, value, room)
        elif (value is not None or name not in into) and (old != value or name not in into):
            room.keep(size(value) - (name in into))
            into[name] = copied(value)
    check(len(into), MOST_NAMES)
