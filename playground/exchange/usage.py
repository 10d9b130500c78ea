"""Token counts as the provider reports them."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Counts in tokens; None where the provider reported nothing, which is not 0."""

    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None

    def as_json(self) -> dict[str, int]:
        return {name: count for name, count in asdict(self).items() if count is not None}
