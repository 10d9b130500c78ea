"""Examples that suit a provider: its current models refuse some of what older ones took."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Examples:
    """How ready-made requests are changed to suit a provider's current models.

    Parameters in `without` are left out, those in `rename` get another name, those in `change` another
    value, and limits on the length of an answer are at least `tokens`: models that reason would use up a
    smaller one before their first word. `beside` says by API and parameter what a request with that
    parameter has beside it.
    """

    without: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    tokens: int = 0
    change: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)

    def suited(self, body: Mapping[str, Any], dialect: str, limits: Collection[str]) -> dict[str, Any]:
        """Return the body changed. `limits` are its API's names for the limit on the length of an answer."""
        suited = {
            self.rename.get(name, name): max(value, self.tokens)
            if name in limits
            else self.change.get(name, value)
            for name, value in body.items()
            if name not in self.without
        }
        for name, fields in self.beside.get(dialect, {}).items():
            suited |= fields if name in body else {}
        return suited
