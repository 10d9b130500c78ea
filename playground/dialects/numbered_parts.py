"""The parts of a list that grows with each event; an event has the index of its part."""

from dataclasses import dataclass, field
from typing import Any

from playground.text.pieces import Pieces


@dataclass(slots=True)
class NumberedParts:
    """The parts of a list by their index. `last` is the highest, kept because searching is slow.

    `is_open` means that the last part is still growing.
    """

    by_index: dict[int, dict[str, Any]] = field(default_factory=dict)
    last: int = 0
    is_open: bool = False

    def put(self, index: int, part: dict[str, Any]) -> None:
        self.last = max(self.last, index) if self.by_index else index
        self.by_index[index] = part

    def index_of_text(self, index: int | None, type_: str) -> int | None:
        """Return the index of the part of that type that a text continues.

        vLLM gives each event a new index; its text still belongs to the part where it began.
        """
        if index is None or index in self.by_index or not self.is_open:
            return index
        return self.last if self.by_index[self.last].get("type") == type_ else index

    def set(self, index: int | None, part: dict[str, Any], *, is_done: bool) -> None:
        """Set a part; without an index, a new one or (if done) the last one. Empty values replace nothing."""
        if index is None:
            index = self.last if is_done or not self.by_index else self.last + 1
        elif is_done and index not in self.by_index and self._is_last(part):
            index = self.last
        self.is_open = not is_done
        old = self.by_index.get(index, {})
        self.put(index, old | {name: part[name] for name in part if part[name] or not old.get(name)})

    def _is_last(self, part: dict[str, Any]) -> bool:
        """Return whether a part repeats the last one under a new index."""
        known = self.by_index.get(self.last, {})
        names = [name for name in ("text", "refusal") if part.get(name)]
        return bool(names) and all(_is_text(known.get(name), part[name]) for name in names)

    @property
    def in_order(self) -> list[dict[str, Any]]:
        return [self.by_index[index] for index in sorted(self.by_index)]


def _is_text(known: Any, text: Any) -> bool:
    return known.is_text(text) if isinstance(known, Pieces) and isinstance(text, str) else known == text
