"""The texts of a growing answer, as a page shows them."""

from typing import Any

from playground.text.pieces import Pieces


class LiveTexts:
    """The texts of a growing answer, by their names in `Choice`; a blank line separates them."""

    def __init__(self) -> None:
        self.texts: dict[str, Pieces] = {}
        self._places: dict[str, tuple[Any, ...]] = {}

    def at(self, name: str, place: tuple[Any, ...]) -> Pieces:
        """Return the text to append to; if its last piece came from another place, add a blank line first."""
        text = self.texts.setdefault(name, Pieces())
        if text.length and self._places.get(name) != place:
            text.append("\n\n")
        self._places[name] = place
        return text
