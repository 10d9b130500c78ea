"""A one-click change that repairs a request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playground.text.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Fix:
    """A change to the request that is known to help: new values by parameter, None to remove one.

    `dialect` is the id of another API that the request is to be made in, "" to keep its own.
    """

    label: Sentence
    changes: dict[str, Any]
    dialect: str = ""

    def as_json(self, translate: Callable[[Sentence], str]) -> dict[str, Any]:
        told = {"label": translate(self.label), "changes": self.changes}
        return told | ({"dialect": self.dialect} if self.dialect else {})
