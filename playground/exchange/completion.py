"""Reads a `chat.completion` that may be anything: providers leave out, null and rename."""

from dataclasses import dataclass
from typing import Any

from playground.exchange.text import Sentence, gettext_noop, say

_FINISH_REASONS = {
    "length": gettext_noop(
        "Cut off: the answer reached max_tokens or the model's limit. Raise max_tokens for more."
    ),
    "tool_calls": gettext_noop("The model asks you to call tools; send their results as tool messages."),
    "function_call": gettext_noop("The model asks you to call a function."),
    "content_filter": gettext_noop("The provider's content filter left text out."),
}
_OTHER_REASON = gettext_noop("The provider ended the answer with “%(reason)s”.")


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer. `text` is None when the message has none (null), which is not the empty text."""

    index: int
    text: str | None
    reasoning: str | None
    refusal: str | None
    tool_calls: list[Any]
    finish_reason: str | None
    message: dict[str, Any]

    @property
    def finish_note(self) -> Sentence | None:
        """What the finish reason means, when it is not `stop`."""
        if self.finish_reason in (None, "stop"):
            return None
        if known := _FINISH_REASONS.get(self.finish_reason):
            return say(known)
        return say(_OTHER_REASON, reason=self.finish_reason[:80])

    @property
    def as_message(self) -> dict[str, Any]:
        """The message to put into the conversation, with what requests take and no more."""
        kept: dict[str, Any] = {"role": "assistant", "content": self.text}
        if self.tool_calls:
            kept["tool_calls"] = self.tool_calls
        elif self.text is None:
            kept["content"] = ""
        return kept


def read_choices(completion: Any) -> list[Choice]:
    """Every choice that is an object; a broken one is skipped (the raw view shows it)."""
    choices = completion.get("choices") if isinstance(completion, dict) else None
    if not isinstance(choices, list):
        return []
    return [_choice(index, item) for index, item in enumerate(choices) if isinstance(item, dict)]


def _choice(position: int, item: dict[str, Any]) -> Choice:
    message = item.get("message")
    message = message if isinstance(message, dict) else {}
    index = item.get("index")
    calls = message.get("tool_calls")
    return Choice(
        index=index if isinstance(index, int) else position,
        text=_text(message.get("content")),
        reasoning=_text(message.get("reasoning_content"))
        or _text(message.get("reasoning"))
        or _thinking(message.get("content")),
        refusal=_text(message.get("refusal")),
        tool_calls=calls if isinstance(calls, list) else [],
        finish_reason=_text(item.get("finish_reason")),
        message=message,
    )


def _thinking(content: Any) -> str | None:
    """The thinking among content parts, which has parts of its own (Mistral)."""
    parts = content if isinstance(content, list) else []
    texts = [_text(part.get("thinking")) for part in parts if isinstance(part, dict)]
    return "".join(text for text in texts if text) or None


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, list):  # content parts
        parts = [
            part["text"] for part in value if isinstance(part, dict) and isinstance(part.get("text"), str)
        ]
        return "".join(parts) if parts else None
    return None
