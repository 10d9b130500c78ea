"""Read JSON values that can have any type."""

import json
from collections.abc import Mapping
from typing import Any

from playground.exchange.answer import ToolCall
from playground.text import jsontext


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def parts(value: Any) -> list[Any]:
    """Return the parts of a content; some servers give a single one as it is (GLM)."""
    return [value] if isinstance(value, dict) else listed(value)


def is_bare(value: Any) -> bool:
    """Return whether a field is empty, or has only parts with nothing but a type."""
    return not value or (
        isinstance(value, dict | list)
        and all(isinstance(part, dict) and not any({**part, "type": None}.values()) for part in parts(value))
    )


def is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def is_whole(arguments: Any) -> bool:
    """Return whether a call's arguments are complete JSON, unlike those of an answer that was cut off."""
    try:
        jsontext.loads_leniently(arguments if isinstance(arguments, str) else "{}")
    except jsontext.JSONTextError:
        return False
    return True


def extend(holder: dict[str, Any], name: str, more: list[Any]) -> None:
    """Add to the list in a field; whatever else is there is replaced."""
    if isinstance(known := holder.get(name), list):
        known += more
    else:
        holder[name] = more


def integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def in_any_case(value: Mapping[str, Any], name: str) -> list[Any]:
    """Return the values of a field: a server written in Go reads `Content` as `content` (encoding/json)."""
    return [item for key, item in value.items() if key.casefold() == name]


def tool_call(id_: Any, name: Any, arguments: Any, raw: Any) -> ToolCall:
    """Return a tool call; `arguments` are a JSON string, or the value itself."""
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments or {}, ensure_ascii=False)
    return ToolCall(string(id_), string(name), arguments, raw)
