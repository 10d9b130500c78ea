"""Fields of other APIs, and what to use instead. Any other unknown field passes."""

from collections.abc import Mapping
from typing import Any

from playground.exchange.refusal import FieldProblem
from playground.text.sentence import gettext_noop, say

_USE = gettext_noop("In the Messages API, use %(name)s instead.")
_NONE = gettext_noop("The Messages API doesn’t have this field. Remove it.")
_NAMES = {
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "max_new_tokens": "max_tokens",
    "stop": "stop_sequences",
    "input": "messages",
    "prompt": "messages",
    "contents": "messages",
    "instructions": "system",
    "systemInstruction": "system",
    "response_format": "output_config.format",
    "text": "output_config.format",
    "reasoning_effort": "output_config.effort",
    "verbosity": "output_config.effort",
    "reasoning": "thinking",
    "functions": "tools",
    "function_call": "tool_choice",
    "user": "metadata.user_id",
    "safety_identifier": "metadata.user_id",
    "prompt_cache_key": "cache_control",
}
_SENTENCES = {
    "n": gettext_noop("The Messages API returns one answer per call. Remove this field."),
    "parallel_tool_calls": gettext_noop("Use disable_parallel_tool_use in tool_choice instead."),
    "stream_options": gettext_noop("Streams from the Messages API always include usage. Remove this field."),
    "store": gettext_noop("The Messages API doesn’t store answers. Remove this field."),
    **dict.fromkeys(
        ("previous_response_id", "conversation"),
        gettext_noop("The Messages API doesn’t store answers. Put the earlier turns in messages."),
    ),
    **dict.fromkeys(
        (
            "frequency_penalty", "presence_penalty", "seed", "logprobs", "top_logprobs", "logit_bias",
            "modalities", "audio", "prediction", "truncation", "include",
        ),
        _NONE,
    ),
}  # fmt: skip
FOREIGN = frozenset((*_NAMES, *_SENTENCES))


def problems(body: Mapping[str, Any]) -> list[FieldProblem]:
    return [
        FieldProblem(name, say(_USE, name=_NAMES[name]) if name in _NAMES else say(_SENTENCES[name]))
        for name, value in body.items()
        if value is not None and name in FOREIGN
    ]
