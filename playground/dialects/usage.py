"""Read the counts of a `usage`, whatever they are called."""

from dataclasses import replace
from typing import Any

from playground.exchange.usage import Usage
from playground.text.pieces import whole_number

# A hundred times the largest context window: a larger number is not a count, and must not reach a sum.
MOST_TOKENS = 1_000_000_000
# Where each count can be: OpenAI's names first, such as `details.name`, then other providers'.
_PROMPT = ("prompt_tokens", "input_tokens")
_COMPLETION = ("completion_tokens", "output_tokens")
_TOTAL = ("total_tokens",)
_MAIN = {*_PROMPT, *_COMPLETION, *_TOTAL}
_CACHED = (
    "prompt_tokens_details.cached_tokens",
    "input_tokens_details.cached_tokens",
    "prompt_cache_hit_tokens",  # DeepSeek
    "cached_tokens",  # Moonshot
    "cache_read_input_tokens",  # Claude, behind gateways
)
_REASONING = (
    "completion_tokens_details.reasoning_tokens",
    "output_tokens_details.reasoning_tokens",
    "reasoning_tokens",
)
_CACHE_WRITE = (
    "prompt_tokens_details.cache_write_tokens",
    "input_tokens_details.cache_write_tokens",
    "cache_creation_input_tokens",  # Claude
)
_CACHE_WRITE_1H = ("cache_creation.ephemeral_1h_input_tokens",)
_AUDIO_IN = ("prompt_tokens_details.audio_tokens", "input_tokens_details.audio_tokens")
_AUDIO_OUT = ("completion_tokens_details.audio_tokens", "output_tokens_details.audio_tokens")


def read(value: Any) -> Usage | None:
    """Read a `usage`, leaving out invalid counts. Return None if there is no count at all."""
    if not isinstance(value, dict):
        return None
    names = (_PROMPT, _COMPLETION, _TOTAL, _CACHED, _REASONING, _CACHE_WRITE, _CACHE_WRITE_1H)
    audio = [count for places in (_AUDIO_IN, _AUDIO_OUT) if (count := _first(value, places)) is not None]
    usage = Usage(*[*(_first(value, places) for places in names), sum(audio) if audio else None])
    return _with_reasoning(usage, value) if usage.as_json() else None


def _with_reasoning(usage: Usage, value: dict[str, Any]) -> Usage:
    """Count the reasoning in the completion, as most do: with xAI and Gemini, only the total includes it.

    Gemini does not say how much it was; with any further count, the rest of the total may be something else.
    """
    prompt, completion, total = usage.prompt_tokens, usage.completion_tokens, usage.total_tokens
    if prompt is None or completion is None or total is None:
        return usage
    beside = total - prompt - completion
    further = {name for name in value if value[name] and not name.endswith("_details")} - _MAIN
    thought = usage.reasoning_tokens or (0 if further else beside)
    return replace(usage, completion_tokens=total - prompt) if 0 < beside == thought else usage


def _first(usage: dict[str, Any], places: tuple[str, ...]) -> int | None:
    """Return the first count that is not 0: some servers send two names and fill in only one."""
    counts = [number for place in places if (number := count(usage, place)) is not None]
    return next((number for number in counts if number), 0 if counts else None)


def count(usage: dict[str, Any], place: str) -> int | None:
    """Return the count at a place such as `details.name`; None if it is missing or not a count."""
    details, _, name = place.rpartition(".")
    holder = usage.get(details) if details else usage
    number = whole_number(holder.get(name)) if isinstance(holder, dict) else None
    return number if number is not None and 0 <= number <= MOST_TOKENS else None
