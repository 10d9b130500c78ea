"""The messages of a request as rows of the form: texts as people typed them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from playground.exchange.dialect import Dialect
from playground.exchange.parameter import Row, fits_a_line, fits_a_textarea
from playground.exchange.refusal import FieldProblem, InvalidRequestError, collect
from playground.forms.fields import field_wins, json_object, json_text
from playground.text import jsontext

ROW_FIELDS = ("role", "content", "call", "extra")
MARKS = ("run", "fork")


@dataclass
class MessageRow:
    """One message as four strings. `extra` is a JSON object with what the other three cannot express.

    `run` is the id of the Exchange that brought the message, `fork` that of a place where the conversation
    has several versions. Neither is part of the request.
    """

    role: str = ""
    content: str = ""
    call: str = ""
    extra: str = ""
    run: str = ""
    fork: str = ""

    @classmethod
    def of(cls, row: Row) -> "MessageRow":
        return cls(row.role, row.content, row.call, json_text(dict(row.rest)))

    @property
    def is_blank(self) -> bool:
        """Whether the row is empty, so that it is not a message."""
        return not (self.role or self.content or self.extra)

    @property
    def is_text(self) -> bool:
        """Whether it is a text without a role. With no other message, it is a prompt of some APIs."""
        return bool(self.content) and not (self.role or self.extra)

    @property
    def has_text(self) -> bool:
        """Whether anything was typed. A composer without a text is no message."""
        return bool(self.content or self.call or self.extra.strip())

    def as_row(self, place: str) -> Row:
        """Raises `InvalidRequestError` for a broken `extra`."""
        return Row(self.role, self.content, self.call, json_object(self.extra, f"{place}.extra"))


def new_row(dialect: Dialect) -> MessageRow:
    """Return an empty user message."""
    return MessageRow("user" if "user" in dialect.roles else next(iter(dialect.roles), ""))


def mark(
    rows: Sequence[MessageRow], before: Sequence[MessageRow], count: Callable[[list[MessageRow]], int]
) -> None:
    """Mark rows as they were before, in another API, which can have more or fewer of them for an answer.

    `count` tells how many rows some of those before become. They can become one with the row before them.
    """
    parts: list[list[MessageRow]] = []
    for row in before:
        if parts and row.run == parts[-1][-1].run and not row.fork:
            parts[-1].append(row)
        else:
            parts.append([row])
    pairs = pairwise([[], *parts])
    counts = [count(previous + part) - count(previous) for previous, part in pairs]
    at = len(rows) - sum(counts)  # instructions, which come first, can have had a field of their own
    if at < 0:
        return
    for part, number in zip(parts, counts, strict=True):
        for row in rows[at : at + number]:
            row.run = part[0].run
        if at < len(rows):
            rows[at].fork = rows[at].fork or part[0].fork
        at += number


def rows_of(dialect: Dialect, prompt: Any) -> list[MessageRow] | None:
    """Return the messages as rows; None if rows cannot express exactly these."""
    found = dialect.rows(prompt)
    if found is None or not all(fits_a_line(row.role) and fits_a_textarea(row.content) for row in found):
        return None
    rows = [MessageRow.of(row) for row in found]
    if any(row.is_blank for row in rows):
        return None
    errors: list[FieldProblem] = []
    means = prompt_of(dialect, rows, errors)
    return rows if not errors and jsontext.same(means, prompt) else None


def prompt_of(dialect: Dialect, rows: Sequence[MessageRow], errors: list[FieldProblem]) -> Any:
    """Return the messages for the request body. What cannot be read goes to `errors`."""
    name = dialect.fields.prompt
    read = [
        collect(errors, Row(row.role), _checked, dialect, row, f"{name}.{index}")
        for index, row in enumerate(rows)
    ]
    return dialect.prompt(read)


def in_messages(dialect: Dialect, body: Any) -> Any:
    """Return a body with its prompt as messages, if that is a text: the same request."""
    name = dialect.fields.prompt
    if not (isinstance(body, dict) and isinstance(body.get(name), str)):
        return body
    return body | {name: dialect.prompt([Row(new_row(dialect).role, body[name])])}


def _checked(dialect: Dialect, row: MessageRow, place: str) -> Row:
    """Return the row. Raises `InvalidRequestError` if a text field and `extra` set the same field."""
    read = row.as_row(place)
    if read.rest:
        means = dialect.prompt([read])
        message = means[0] if isinstance(means, list) and means and isinstance(means[0], dict) else {}
        lost = [
            name
            for name, value in read.rest.items()
            if not (name in message and jsontext.same(message[name], value))
        ]
        if lost:
            raise InvalidRequestError(field_wins(f"{place}.extra", min(lost)))
    return read
