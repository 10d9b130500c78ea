"""Remove the envelope that some servers put around a completion or a chunk."""

from collections.abc import Iterator
from typing import Any

from playground.errors import provider_error
from playground.errors.provider_error import lower_initials
from playground.text import jsontext

# Gateways' own envelopes, and that of DashScope's first API (`output`).
_ENVELOPES = ("data", "result", "output", "response", "body")


def unwrapped(value: Any) -> Any:
    """Return the object with `choices` from within a list of one, a JSON string, or an envelope.

    The envelope's other fields are merged into it. Without such an object, returns the value itself.
    """
    if isinstance(value, dict):
        if "choices" in value:
            return value
        for name in _ENVELOPES:
            if isinstance(inner := value.get(name), dict) and isinstance(inner.get("choices"), list):
                return {other: value[other] for other in value if other != name} | inner
    elif isinstance(value, str | list) and _has_choices(inner := _inner(value)):
        return inner
    return value


def error_in(value: Any) -> Any:
    """Return the error that a completion or a chunk reports, or None.

    It may be at the top, in a list's first item, or in each choice, its message or its delta.
    """
    return error_in_unwrapped(unwrapped(value))


def error_in_unwrapped(value: Any) -> Any:
    if isinstance(value, list):
        return error_in(value[0]) if value and isinstance(value[0], dict) else None
    choices = lower_initials(value).get("choices") if isinstance(value, dict) else None
    return provider_error.error_in(value, list(_holders(choices)))


def _holders(choices: Any) -> Iterator[dict[str, Any]]:
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict):
            parts = choice, choice.get("message"), choice.get("delta")
            yield from (part for part in parts if isinstance(part, dict))


def _inner(value: str | list[Any]) -> Any:
    if isinstance(value, list):
        return value[0] if len(value) == 1 else None
    if not value.lstrip().startswith("{"):
        return None
    try:
        return jsontext.loads_leniently(value, halves=True)
    except jsontext.JSONTextError:
        return None


def _has_choices(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("choices"), list)
