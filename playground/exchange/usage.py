"""Token counts as the provider reports them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Counts in tokens; None where the provider reported nothing, which is not 0."""

    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    audio_tokens: int | None = None

    def as_json(self) -> dict[str, int]:
        counts = {name: getattr(self, name) for name in self.__slots__}
        return {name: count for name, count in counts.items() if count is not None}
