"""Why an answer ended, according to its provider."""

import json
from collections.abc import Collection
from typing import Any

from playground.exchange.answer import Finish, ToolCall
from playground.text.sentence import Sentence, gettext_noop, say

# Some servers write null as a string.
_NONE = ("", "null", "none")
_MEANINGS = {
    "length": gettext_noop(
        "Cut off: the answer reached max_tokens or the model’s limit. Raise max_tokens for a longer answer."
    ),
    "tool_calls": gettext_noop("The model called tools. Send their results as tool messages."),
    "function_call": gettext_noop("The model called a function. Send its result as a function message."),
    "content_filter": gettext_noop("The provider’s content filter removed text."),
    "refusal": gettext_noop("The model declined to answer."),
    "pause_turn": gettext_noop("The provider paused a long answer. Send the conversation again to continue."),
}
# Finish reasons of other APIs that gateways pass on, in lower case.
_SAME = {
    **dict.fromkeys(("end_turn", "stop_sequence", "eos", "eos_token", "complete"), "stop"),
    **dict.fromkeys(
        ("max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"), "length"
    ),
    **dict.fromkeys(("tool_use", "tool_call"), "tool_calls"),
    "compaction": "pause_turn",  # Anthropic: the answer continues after the summary
    **dict.fromkeys(
        (
            "safety",
            "recitation",
            "prohibited_content",
            "blocklist",
            "spii",
            "sensitive",
            "image_safety",
            "image_recitation",
            "image_prohibited_content",
        ),
        "content_filter",
    ),
}
_COMMON = {
    "stop": Finish.STOP,
    "length": Finish.LENGTH,
    "tool_calls": Finish.TOOL_CALLS,
    "function_call": Finish.TOOL_CALLS,
    "content_filter": Finish.FILTER,
    "refusal": Finish.REFUSAL,
    "pause_turn": Finish.PAUSED,
}
# Finish reasons that report an error without a message: OpenRouter, Zhipu, DeepSeek, vLLM, and gateways.
_BROKEN_OFF = frozenset(
    ("error", "network_error", "upstream_error", "server_error", "insufficient_system_resource", "abort")
)
# How an answer ends that may be incomplete.
CUT_OFF = (None, Finish.LENGTH, Finish.FILTER, Finish.ERROR)


def is_reason(value: Any) -> bool:
    """Return whether there is a finish reason: not null, not empty."""
    return value.strip().lower() not in _NONE if isinstance(value, str) else bool(value)


def shown(value: Any) -> str | None:
    """Return a `finish_reason` as received, as JSON if it is not a string; None if there is none."""
    if not is_reason(value):
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def is_broken_off(value: Any) -> bool:
    """Return whether the reason means that the answer did not end properly."""
    return _word(value) in _BROKEN_OFF


def common(value: Any) -> Finish | None:
    """Return the equivalent in the words shared by all APIs; None if there is none."""
    word = _word(value)
    return Finish.ERROR if word in _BROKEN_OFF else _COMMON.get(_SAME.get(word, word))


def with_calls(word: Finish | None, calls: Collection[ToolCall]) -> Finish | None:
    """Return the word for an answer with these calls: many servers end every answer with `stop`."""
    return Finish.TOOL_CALLS if word is Finish.STOP and calls else word


def meaning(value: Any) -> Sentence | None:
    """Return the explanation of a `finish_reason`; None for `stop` or no reason."""
    reason = shown(value)
    if reason is None:
        return None
    word = _word(value)
    word = _SAME.get(word, word)
    if word == "stop":
        return None
    known = _MEANINGS.get(word)
    return say(known) if known else other(reason)


def other(reason: str) -> Sentence:
    """Return the sentence for a reason without an explanation of its own."""
    return say(gettext_noop("The provider reported the finish reason “%(reason)s”."), reason=reason[:80])


def _word(value: Any) -> str:
    """Return the reason in lower case, unwrapped (`{"type": "stop"}`, `{"reason": "stop"}`).

    Leaves out Gemini's detail (`content_filter: RECITATION`).
    """
    if isinstance(value, dict):
        value = value.get("type") or value.get("reason")
    return value.lower().partition(":")[0] if isinstance(value, str) else ""
