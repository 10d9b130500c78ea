"""Read the usage of a completion, wherever it is and whatever its fields are called."""

from typing import Any

from playground.dialects.usage import read
from playground.exchange.usage import Usage
from playground.text.pieces import Room, copied, overlay, size


def of(completion: dict[str, Any]) -> Usage | None:
    """Return the usage of a completion, wherever it is; the first with a count above 0, if any."""
    found = [usage for place in _candidates(completion) if (usage := read(place))]
    usage = next((usage for usage in found if any(usage.as_json().values())), found[0] if found else None)
    if usage and _is_of_one_answer(completion, usage):
        known = (usage.cached_tokens, None, usage.cache_write_tokens, usage.cache_write_1h_tokens)
        return Usage(usage.prompt_tokens, None, None, *known)
    return usage


class StreamedUsage:
    """The usage of a stream: later counts replace earlier ones, except that 0 replaces no other count."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._usage: Any = None
        self._per_choice: list[dict[str, Any]] = []  # one after each choice's end (llama.cpp)

    def add(self, usage: Any, *, finished: int, alone: bool) -> None:
        if alone and isinstance(usage, dict) and finished == len(self._per_choice) + 1:
            self._room.keep(size(usage))
            self._per_choice.append(copied(usage))
        if isinstance(usage, dict) and isinstance(self._usage, dict):
            overlay(self._usage, usage, self._room)
        elif isinstance(usage, dict) or self._usage is None:
            self._room.keep(size(usage))
            self._usage = copied(usage)

    def whole(self, choices: int) -> Any:
        """Return the last usage; if each of several choices had its own, their sum."""
        if choices < 2 or len(self._per_choice) != choices:
            return self._usage
        counts = [read(usage) for usage in self._per_choice]
        completion = sum((usage.completion_tokens or 0) for usage in counts if usage)
        prompt = next((usage.prompt_tokens or 0 for usage in counts if usage), 0)
        return self._usage | {"completion_tokens": completion, "total_tokens": prompt + completion}


def _candidates(completion: dict[str, Any]) -> list[Any]:
    choices, groq = completion.get("choices"), completion.get("x_groq")
    choices = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    holders = completion, *choices, *(choice.get("message") for choice in choices), groq
    return [holder.get("usage") for holder in holders if isinstance(holder, dict)]


def _is_of_one_answer(completion: dict[str, Any], usage: Usage) -> bool:
    """Return whether the usage counts only one of several choices, as llama.cpp does."""
    timings = completion.get("timings")
    several = isinstance(completion.get("choices"), list) and len(completion["choices"]) > 1
    return several and isinstance(timings, dict) and timings.get("predicted_n") == usage.completion_tokens
