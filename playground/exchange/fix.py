"""A one-click change that repairs a request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playground.text.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Fix:
    """A change to the request that is known to help: new values by parameter, None to remove one."""

    label: Sentence
    changes: dict[str, Any]

    def as_json(self, translate: Callable[[Sentence], str]) -> dict[str, Any]:
        return {"label": translate(self.label), "changes": self.changes}
