"""Messages as rows of the form, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.exchange.parameter import Row, fits_a_line, fits_a_textarea


@dataclass(frozen=True, slots=True)
class MessageRows:
    """Messages with a `role` and a `content`, as most APIs have them.

    If a message has one of the fields in `instead`, an empty text means that it has no `content`. Messages of
    the roles `call_roles` have the id of the call that they answer in the field `call`.
    """

    instead: frozenset[str] = frozenset()
    call: str = ""
    call_roles: tuple[str, ...] = ()

    def rows(self, prompt: Any) -> list[Row] | None:
        """Return the messages as rows; None if they are not a list of objects."""
        if not isinstance(prompt, list) or not all(isinstance(message, Mapping) for message in prompt):
            return None
        return [self.row(message) for message in prompt]

    def prompt(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Return the messages that the rows mean."""
        return [self.message(row) for row in rows]

    def row(self, message: Mapping[str, Any]) -> Row:
        rest = dict(message)
        role = rest.pop("role") if rest.get("role") and fits_a_line(rest["role"]) else ""
        content = ""
        if fits_a_textarea(rest.get("content")) and (rest["content"] or not self.instead & rest.keys()):
            content = rest.pop("content")
        answers = role in self.call_roles and rest.get(self.call) and fits_a_line(rest[self.call])
        return Row(role, content, rest.pop(self.call) if answers else "", rest)

    def message(self, row: Row) -> dict[str, Any]:
        message: dict[str, Any] = {"role": row.role} if row.role else {}
        if row.content or not row.rest.keys() & (self.instead | {"content"}):
            message["content"] = row.content
        if row.call and row.role in self.call_roles:
            message[self.call] = row.call
        return {**row.rest, **message}
