"""The items of `input` as rows of the form, and back.

A single row without a role is an `input` that is a string. An item that is neither a message nor the result
of a function is in `rest` as a whole.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from playground.dialects.rows import MessageRows
from playground.exchange.parameter import Row, fits_a_line, fits_a_textarea

OUTPUT = "function_call_output"
_MESSAGES = MessageRows()


def rows_of(prompt: Any) -> list[Row] | None:
    """Return the items as rows; None if they are neither a string nor a list of objects."""
    if isinstance(prompt, str):
        return [Row(content=prompt)] if fits_a_textarea(prompt) else None
    if not isinstance(prompt, list) or not all(isinstance(item, Mapping) for item in prompt):
        return None
    return [_row(item) for item in prompt]


def prompt_of(rows: Sequence[Row]) -> str | list[dict[str, Any]]:
    """Return the `input` that the rows mean."""
    if len(rows) == 1 and not rows[0].role and not rows[0].rest:
        return rows[0].content
    return [_item(row) for row in rows]


def _row(item: Mapping[str, Any]) -> Row:
    role = item.get("role")
    if item.get("type") == OUTPUT:
        rest = {name: value for name, value in item.items() if name != "type"}
        content = rest.pop("output") if fits_a_textarea(rest.get("output")) else ""
        call = rest.pop("call_id") if rest.get("call_id") and fits_a_line(rest["call_id"]) else ""
        return Row(OUTPUT, content, call, rest)
    return Row(rest=dict(item)) if not role or role == OUTPUT else _MESSAGES.row(item)


def _item(row: Row) -> dict[str, Any]:
    if row.role != OUTPUT:
        has_text = row.role or row.content or not row.rest
        return _MESSAGES.message(row) if has_text else dict(row.rest)
    item: dict[str, Any] = {"type": OUTPUT}
    if row.call:
        item["call_id"] = row.call
    if row.content or "output" not in row.rest:
        item["output"] = row.content
    return {**row.rest, **item}
