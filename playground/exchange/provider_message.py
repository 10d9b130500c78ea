"""The provider's own words, out of the shapes that error bodies have."""

import html
import re
from typing import TYPE_CHECKING, Any

from playground.exchange import jsontext

if TYPE_CHECKING:
    from playground.exchange.record import Received

LONGEST_MESSAGE = 2000
# A longer body is no message, and to read it once more takes as much memory again.
_LARGEST_BODY = 1 << 20


def provider_message(received: "Received") -> str | None:
    """The provider's own words: out of the shapes that error bodies have, or the start of a text."""
    try:
        readable = len(received.body) <= _LARGEST_BODY
        found = (
            message_in(jsontext.loads_leniently(received.body))
            if readable
            else _message_in_text(received.text)
        )
    except jsontext.JSONTextError:
        found = _message_in_text(received.text)
    found = (found or "").strip() or None
    return found if found is None or len(found) <= LONGEST_MESSAGE else found[:LONGEST_MESSAGE] + "…"


def message_in(value: Any) -> str | None:
    """The message in one of the shapes in which providers write errors."""
    match value:
        case str():
            return value
        case {"error": {"message": str(message)}} | {"error": str(message)}:
            return message
        case {"message": str(message)} | {"detail": str(message)} | {"error_msg": str(message)}:
            return message
        case {"detail": [{"msg": str(message)} as first, *_]}:  # FastAPI servers
            loc = first.get("loc")
            place = ".".join(str(part) for part in loc) if isinstance(loc, list) else ""
            return f"{place}: {message}" if place else message
        case [first, *_]:  # Gemini wraps its error in a list
            return message_in(first)
        case {"error": dict(inner)}:
            return message_in(inner)
    return None


def _message_in_text(text: str) -> str | None:
    start = text[:20_000]
    if "<html" not in start.lower() and "<!doctype" not in start.lower():
        return text[: LONGEST_MESSAGE + 1]
    title = re.search(r"<title[^>]*>([^<]*)", start, re.IGNORECASE)
    heading = re.search(r"<h1[^>]*>([^<]*)", start, re.IGNORECASE)
    found = title or heading
    return html.unescape(found[1]).strip() if found else None
