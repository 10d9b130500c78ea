"""Recognize a response from another API than the one that was called, to name that API in the error."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

_Test = Callable[[dict[str, Any]], bool]


def _type_begins(*prefixes: str) -> _Test:
    return lambda value: str(value.get("type")).startswith(prefixes)


# Fields that only a response, an event, or a line of that API has.
_APIS: tuple[tuple[str, _Test], ...] = (
    ("OpenAI Responses API", lambda value: value.get("object") == "response" and "output" in value),
    ("OpenAI Responses API", _type_begins("response.")),
    ("Anthropic Messages API", lambda value: value.get("type") == "message" and "content" in value),
    ("Anthropic Messages API", _type_begins("message_start", "message_delta", "content_block_")),
    ("Gemini API", lambda value: isinstance(value.get("candidates"), list)),
    ("Ollama API", lambda value: "done" in value and bool(value.keys() & {"message", "response"})),
    ("Bedrock Converse API", lambda value: "stopReason" in value and "output" in value),
    ("Cohere Chat API", _type_begins("message-start", "content-start", "content-delta")),
    ("Cohere Chat API", lambda value: "finish_reason" in value and isinstance(value.get("message"), dict)),
    ("Chat Completions API", lambda value: isinstance(value.get("choices"), list)),
    ("Text Generation Inference API", lambda value: "generated_text" in value),
)


# The dialects among them, by their ids.
_OF_DIALECT = {
    "messages": "Anthropic Messages API",
    "responses": "OpenAI Responses API",
    "chat_completions": "Chat Completions API",
}


def api_at(url: str, value: Any, asked: str) -> str | None:
    """Return the API that an unknown path belongs to, judging by the path or the shape of the error.

    None if it is unknown, or the one that was `asked` (the id of a dialect).
    """
    address = urlsplit(url)
    error = value.get("error") if isinstance(value, dict) else None
    found = None
    if "/anthropic/" in address.path or (isinstance(error, dict) and value.get("type") == "error"):
        found = _OF_DIALECT["messages"]
    elif address.hostname == "generativelanguage.googleapis.com" and "/openai/" not in address.path:
        found = "Gemini API"
    return None if found == _OF_DIALECT.get(asked) else found


def api_of(value: Any, asked: str) -> str | None:
    """Return the API of a response, or of the first item in a list (Gemini).

    None if it is unknown, or the one that was `asked` (the id of a dialect).
    """
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return None
    found = next((name for name, is_of in _APIS if is_of(value)), None)
    return None if found == _OF_DIALECT.get(asked) else found
