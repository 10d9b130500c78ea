"""Read the parts of a message as any server may read them."""

from collections.abc import Container, Mapping
from typing import Any


def kinds(part: Any, free: Container[str]) -> list[str]:
    """Return what a part may be taken for, except what is `free`.

    What is neither text nor an object is named whole.
    """
    found = (in_any_case(part, "type") or [None]) if isinstance(part, dict) else [part]
    return [str(kind) for kind in found if not isinstance(part, str) and not _is_free(kind, free)]


def in_any_case(value: Mapping[str, Any], name: str) -> list[Any]:
    """Return the values of a field: a server written in Go reads `Content` as `content` (encoding/json)."""
    return [item for key, item in value.items() if key.casefold() == name]


def integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_free(kind: Any, free: Container[str]) -> bool:
    return isinstance(kind, str) and kind in free
