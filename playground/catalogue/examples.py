"""Examples that suit a provider: its current models refuse some of what older ones took."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Examples:
    """How ready-made requests are changed to suit a provider's current models.

    Parameters in `without` are left out, those in `rename` get another name, and limits on the length of an
    answer are at least `tokens`: models that reason would use up a smaller one before their first word.
    """

    without: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    tokens: int = 0

    def suited(self, body: Mapping[str, Any], limits: Collection[str]) -> dict[str, Any]:
        """Return the body changed. `limits` are its API's names for the limit on the length of an answer."""
        return {
            self.rename.get(name, name): max(value, self.tokens) if name in limits else value
            for name, value in body.items()
            if name not in self.without
        }
