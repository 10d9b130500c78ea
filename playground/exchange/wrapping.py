"""A completion, or a chunk of one, out of what some servers put around it."""

from typing import Any

from playground.text import jsontext

# Gateways of their own making; DashScope's first API (`output`).
_ENVELOPES = ("data", "result", "output", "response", "body")


def unwrapped(value: Any) -> Any:
    """The object with `choices`, be it the only one of a list, JSON in a text or inside an envelope.

    What stands beside it in the envelope stays beside its fields. Without such an object it is the value
    itself.
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
