"""Name the API of a response that is not from the API that was called. Nothing else of it is read."""

from collections.abc import Callable
from typing import Any

_Test = Callable[[dict[str, Any]], bool]


def _type_begins(*prefixes: str) -> _Test:
    return lambda value: str(value.get("type")).startswith(prefixes)


# What only a response, an event, or a line of that API has.
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


def api_of(value: Any) -> str | None:
    """Return the API of a response, or of the first item in a list (Gemini); None if unknown."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return None
    return next((name for name, is_of in _APIS if is_of(value)), None)
