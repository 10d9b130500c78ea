"""Why an answer ended, as its provider says."""

from typing import Any

from playground.exchange.text import Sentence, gettext_noop, say

# Some servers write a null as a text.
_NONE = ("", "null", "none")
_MEANINGS = {
    "length": gettext_noop(
        "Cut off: the answer reached max_tokens or the model's limit. Raise max_tokens for more."
    ),
    "tool_calls": gettext_noop("The model asks you to call tools; send their results as tool messages."),
    "function_call": gettext_noop("The model asks you to call a function."),
    "content_filter": gettext_noop("The provider's content filter left text out."),
}
_OTHER = gettext_noop("The provider ended the answer with “%(reason)s”.")


def is_reason(value: Any) -> bool:
    """Whether a `finish_reason` says anything."""
    return value.strip().lower() not in _NONE if isinstance(value, str) else bool(value)


def meaning(reason: str | None) -> Sentence | None:
    """What a finish reason means, when it is not `stop`."""
    if reason in (None, "stop"):
        return None
    known = _MEANINGS.get(reason)
    return say(known) if known else say(_OTHER, reason=reason[:80])
