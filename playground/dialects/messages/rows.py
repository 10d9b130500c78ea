"""Messages as rows of the form. A message with a single tool result is a row with a role of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from playground.dialects.rows import MessageRows
from playground.exchange.parameter import Row, fits_a_line, fits_a_textarea

RESULT = "tool_result"
_ROWS = MessageRows()


def rows(prompt: Any) -> list[Row] | None:
    """Return the messages as rows; None if they are not a list of objects."""
    if not isinstance(prompt, list) or not all(isinstance(message, Mapping) for message in prompt):
        return None
    return [_result(message) or _ROWS.row(message) for message in prompt]


def prompt(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [_message(row) if row.role == RESULT else _ROWS.message(row) for row in rows]


def _result(message: Mapping[str, Any]) -> Row | None:
    """Return the row if the message is a single result with an id and a content; otherwise None."""
    content = message.get("content")
    if message.keys() != {"role", "content"} or message["role"] != "user":
        return None
    if not isinstance(content, list) or len(content) != 1 or not isinstance(content[0], Mapping):
        return None
    rest = dict(content[0])
    if rest.pop("type", None) != RESULT or "content" not in rest or not fits_a_line(rest.get("tool_use_id")):
        return None
    call = rest.pop("tool_use_id")
    text = rest.pop("content") if fits_a_textarea(rest["content"]) else ""
    return Row(RESULT, text, call, rest)


def _message(row: Row) -> dict[str, Any]:
    block = {**row.rest, "type": RESULT, "tool_use_id": row.call}
    if row.content or "content" not in row.rest:
        block["content"] = row.content
    return {"role": "user", "content": [block]}
