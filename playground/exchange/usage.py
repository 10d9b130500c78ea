"""The tokens that a provider says it counted."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """Counts in tokens; None where the provider said nothing, which is not 0."""

    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None

    @classmethod
    def read(cls, value: Any) -> "Usage | None":
        """Reads a completion's `usage`. What is no count is left out; without any count there is None."""
        if not isinstance(value, dict):
            return None
        usage = cls(
            _count(value, "prompt_tokens"),
            _count(value, "completion_tokens"),
            _count(value, "total_tokens"),
            _count(value.get("prompt_tokens_details"), "cached_tokens"),
            _count(value.get("completion_tokens_details"), "reasoning_tokens"),
        )
        return usage if usage.as_json() else None

    def as_json(self) -> dict[str, int]:
        return {name: count for name, count in asdict(self).items() if count is not None}


def _count(holder: Any, name: str) -> int | None:
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
