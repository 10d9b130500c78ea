"""The texts of a message or a delta, in the shapes that providers send."""

from typing import Any

from playground.dialects.chat_completions.reasoning import NAMES, is_reasoning, reasoning_in
from playground.text.pieces import is_label

# Fields that some servers put next to the message instead of in it.
_BESIDE = (
    "content", "tool_calls", "function_call", "refusal", "images", "audio", "annotations", *NAMES,
)  # fmt: skip
# Strings that are read elsewhere, or not meant for people. GitHub Copilot hides lengths with `padding`.
_KNOWN_TEXTS = frozenset(
    ("content", "refusal", "name", "signature", "thought_signature", "reasoning_opaque", "padding", *NAMES)
)


def as_message(value: Any) -> dict[str, Any] | None:
    """Return a message or delta as a dict. It can be bare content, or alone in a list; otherwise None."""
    if value is None:
        return None
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return value[0]
    return {"content": value} if isinstance(value, str | list) else value if isinstance(value, dict) else None


def beside(choice: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that are in the choice but missing in its message."""
    return {name: choice[name] for name in _BESIDE if choice.get(name) and message.get(name) is None}


def texts_in(message: dict[str, Any]) -> dict[str, str | None]:
    """Return `{kind: text}`. None means no text, which differs from an empty one."""
    return {
        "reasoning": reasoning_in(message),
        "text": text_in(message.get("content")),
        "transcript": _transcript(message.get("audio")),
        "refusal": _refusal(message),
    }


def text_in(content: Any) -> str | None:
    """Return the text of a `content`, which is a string or content parts; None if there is none."""
    if content is None or isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    texts = [text for part in parts if (text := _text_of_part(part)) is not None]
    return "".join(texts) if texts else None


def _text_of_part(part: Any) -> str | None:
    if isinstance(part, dict):
        part = None if is_reasoning(part) else part.get("text")
    return part if isinstance(part, str) else None


def other_texts(delta: dict[str, Any]) -> str:
    """Return the texts of unknown fields, joined; they may be part of the answer."""
    others = [name for name in delta if name not in _KNOWN_TEXTS and not is_label(name)]
    return "".join(delta[name] for name in others if isinstance(delta[name], str))


def _transcript(audio: Any) -> str | None:
    transcript = audio.get("transcript") if isinstance(audio, dict) else None
    return transcript if isinstance(transcript, str) else None


def _refusal(message: dict[str, Any]) -> str | None:
    refusal, content = message.get("refusal"), message.get("content")
    if isinstance(refusal, str) or not isinstance(content, list):
        return refusal if isinstance(refusal, str) else None
    texts = [part.get("refusal") for part in content if isinstance(part, dict)]
    return "".join(text for text in texts if isinstance(text, str)) or None
