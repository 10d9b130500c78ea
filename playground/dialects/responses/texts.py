"""The texts of an item of a response, for people."""

from collections.abc import Iterator
from typing import Any

from playground.dialects.responses.items import type_of
from playground.dialects.values import parts

# By a part's type: the name of its text in `Choice`, and the field that holds it.
_PARTS = {
    "output_text": ("text", "text"),
    "text": ("text", "text"),
    "refusal": ("refusal", "refusal"),
    "reasoning_text": ("reasoning", "text"),
    "summary_text": ("reasoning", "text"),
}


def texts_of(item: Any) -> Iterator[tuple[str, tuple[Any, ...], str]]:
    """Yield each text with its name in `Choice`, and what identifies it within the item.

    All texts of a message are one; each part of reasoning is a separate one.
    """
    type_ = type_of(item)
    if type_ not in ("message", "reasoning"):
        return
    if isinstance(item.get("content"), str) and item["content"]:
        yield ("text" if type_ == "message" else "reasoning"), (), item["content"]
    said = set()
    for name in ("summary", "content") if type_ == "reasoning" else ("content",):
        for index, part in enumerate(parts(item.get(name))):
            kind, text = text_of(part)
            if type_ == "reasoning":
                kind = "reasoning"
            if text and (kind != "reasoning" or text not in said):
                said.add(text)
                yield kind, ((name, index) if kind == "reasoning" else ()), text


def text_of(part: Any) -> tuple[str, str | None]:
    """Return the name in `Choice` of a part's text, and the text; None if it has none for people."""
    if isinstance(part, str):
        return "text", part
    type_ = part.get("type") if isinstance(part, dict) else None
    kind, name = _PARTS.get(type_, ("", "")) if isinstance(type_, str) else ("", "")
    text = part.get(name) if kind else None
    return kind, text if isinstance(text, str) else None
