"""A model's reasoning under every field name, in messages and in their deltas."""

from typing import Any

# Providers use different names, and some send two of them at once.
NAMES = (
    "reasoning_content",  # DeepSeek, Qwen, Kimi, GLM, llama.cpp
    "reasoning",  # OpenRouter, Groq, vLLM, Ollama
    "reasoning_text",  # GitHub Copilot
    "thinking",
    "thinking_blocks",  # LiteLLM
    "reasoning_details",  # OpenRouter
)
_ALL_NAMES = frozenset(NAMES)
_PART_TYPES = ("thinking", "reasoning", "reasoning_text")
# The fields of a block that hold text. Encrypted data and signatures are not for people.
_TEXTS = ("thinking", "reasoning", "text", "summary", "content")


def reasoning_in(message: dict[str, Any]) -> str | None:
    """Return the reasoning of a message or a delta, without repetitions; None if there is none."""
    content, found = message.get("content"), list[str]()
    if _ALL_NAMES.isdisjoint(message) and not isinstance(content, dict | list):
        return None  # as for most messages and deltas
    told = [_text(message[name]) for name in NAMES if name in message]
    if isinstance(content, dict | list):
        told.append(_in_content(content))
    for text in told:
        if text and not any(_contains(other, text) for other in found):
            found = [other for other in found if not _contains(text, other)]
            found.append(text)
    return "\n\n".join(found) or None


def is_reasoning(part: dict[str, Any]) -> bool:
    """Return whether a content part is reasoning (Magistral, Gemini) and not the answer."""
    return part.get("type") in _PART_TYPES or "thinking" in part or part.get("thought") is True


def _in_content(content: Any) -> str:
    parts = content if isinstance(content, list) else [content]
    return "".join(_text(part) for part in parts if isinstance(part, dict) and is_reasoning(part))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_text, value))
    if isinstance(value, dict):
        return next((text for name in _TEXTS if (text := _text(value.get(name)))), "")
    return ""


def _contains(text: str, other: str) -> bool:
    """Return whether one text contains the other, ignoring whitespace."""
    return text == other or "".join(other.split()) in "".join(text.split())
