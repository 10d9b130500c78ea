"""Find in each provider's words that a request is too long for its model, and by how much."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from playground.errors.provider_error import ProviderError

_CODES = frozenset((
    "context_length_exceeded", "context_window_exceeded", "exceed_context_size_error",
    "model_context_window_exceeded", "contextwindowexceedederror", "max_context_length_exceeded",
    "tokens_limit_reached", "too_many_prompt_tokens",
))  # fmt: skip
_PHRASES = (
    "maximum context length",  # OpenAI, DeepSeek, vLLM, OpenRouter, Mistral
    "context length exceeded",
    "model's context length",
    "context length of only",  # LM Studio
    "is greater than the context length",
    "cannot truncate prompt with n_keep",
    "exceeds the model's maximum context",  # SGLang
    "exceeds the context window",
    "exceed context window",  # llama-cpp-python
    "exceeds context window",
    "available context size",  # llama.cpp
    "exceed context limit",  # Anthropic
    "exceeds context limit",
    "prompt is too long",  # Anthropic
    "input is too long",  # Bedrock
    "prompt too long",
    "input token count",  # Gemini
    "exceeded model token limit",  # Moonshot
    "maximum prompt length",  # xAI
    "maximum input length",
    "range of input length should be",  # DashScope
    "input tokens exceed the configured limit",  # Azure, OpenAI
    "reduce the length of the messages",
    "reduce the length of the input",
    "please reduce the length of your prompt",
    "too many tokens: total number",  # Cohere
    "input_too_large",  # xAI
    "cannot exceed the total tokens limit",  # watsonx
    "model max length exceeded",
    "tokens + `max_new_tokens` must be <=",  # Text Generation Inference
    "prompt exceeds max length",  # Zhipu
    "`inputs` must have less than",  # Text Generation Inference
    "is longer than the maximum model length",  # vLLM
    "must be less than max_seq_len",  # SiliconFlow
    "prompt 超长",  # Zhipu
)
_TOO_LONG = re.compile("|".join([*map(re.escape, _PHRASES), r"input length \d{1,10} exceeds"]))  # Volcengine
_N = r"(\d{1,3}(?:,\d{3}){1,3}|\d{1,10})(?!,?\d)"


def _compiled(*patterns: str) -> tuple[re.Pattern[str], ...]:
    """`N` in them is a number."""
    return tuple(re.compile(pattern.replace("N", _N)) for pattern in patterns)


# Where the limit is stated; of several matches, the first that is smaller than what was asked for.
_LIMITS = _compiled(
    r"maximum (?:context|prompt|input|sequence|model) length (?:is|of) (?:only )?N",
    r"context (?:length|size|window|limit) (?:is |of )?(?:only )?\(?N",
    r"with N maximum context length",
    r"tokens allowed \(N",
    r"> N\b",
    r"<= N\b",
    r"limit(?: of| is|:)? ?N",
    r"cannot exceed N",
    r"exceeds budget \(N",
    r"max length:? ?N",
    r"maximum length (?:of )?N",
    r"should be \[\d{1,9}, ?N\]",
    r"maximum of N",
    r"must have less than N",
    r"max_seq_len \(N",
    r"max size: N tokens",
    r"total tokens limit N",
    r"n_ctx[ :(]{1,2}N",
)
# Where the length of the request is stated; some count the answer too, some only the prompt.
_REQUESTED = _compiled(
    r"you requested (?:about |a total of )?N",
    r"\brequested:? (?:tokens )?\(?N",
    r"current message \(N",
    r"messages resulted in N",
    r"request contains N",
    r"request has N",
    r"request \(N",
    r"prompt is too long: N",
    r"token count \(?(?:of )?N",
    r"token count of N",
    r"prompt contains N",
    r"input length \(?(?:of )?N",
    r"keep the first N",
    r"- received N",
    r"\bgiven: N",
    r"\bgot=?:? ?N",
    r"prompt \(length N",
    r"length of prompt_tokens \(N",
    r"current length is N",
    r"the input \(N tokens",
    r"number of input tokens N",
    r"n_keep[ :(]{1,2}N",
)
# Messages and answer counted separately: `(568 in the messages, 6048 in the completion)`.
_PARTS = _compiled(
    r"N (?:tokens )?in (?:the|your) (?:messages|prompt)[,;] N (?:tokens )?(?:in|for) the completion",
    r"\bN \+ N > ",
    r"given: N `inputs` tokens and N `max_new_tokens`",
    r"N of text input, N in the output",
    r"you passed N input tokens and requested N output tokens",
    r"N tokens from the input messages and N tokens for the completion",
)
_INPUT_LEFT = re.compile(rf"your request has {_N} input tokens \((\d{{1,10}}) > ")
_MOST_TOKENS = 10**9


@dataclass(frozen=True, slots=True)
class Overrun:
    """Counts in tokens; None where not stated. `asked` is the request, `messages` excludes the answer."""

    limit: int | None = None
    asked: int | None = None
    messages: int | None = None

    @property
    def over(self) -> int | None:
        return self.asked - self.limit if self.asked and self.limit else None

    @property
    def room(self) -> int | None:
        """How many tokens are left for the answer; None if the messages alone do not fit."""
        if not self.limit or not self.messages or self.messages >= self.limit:
            return None
        return self.limit - self.messages


def overrun_in(error: ProviderError) -> Overrun | None:
    """Return by how much the request is too long, or None if the words are about something else."""
    words = error.words
    if not error.codes & _CODES and not _TOO_LONG.search(words):
        return None
    messages = asked = None
    if parts := _first_match(_PARTS, words):
        messages, answer = _count(parts[1]), _count(parts[2])
        asked = messages + answer
    elif left := _INPUT_LEFT.search(words):
        messages, answer = _count(left[1]), _count(left[2])
        asked = messages + answer
    elif found := _first_match(_REQUESTED, words):
        asked = _count(found[1])
    asked = asked or _count_field(error, "n_prompt_tokens")
    found_limits = (pattern.search(words) for pattern in _LIMITS)
    limits = [_count_field(error, "n_ctx"), *(_count(found[1]) for found in found_limits if found)]
    # The request exceeds the limit, or it would be no error: a larger number is not the limit.
    sane = [limit for limit in limits if limit and (asked is None or limit < asked)]
    return Overrun(sane[0], asked, messages) if sane else Overrun()


def _first_match(patterns: Iterable[re.Pattern[str]], words: str) -> re.Match[str] | None:
    return next((found for pattern in patterns if (found := pattern.search(words))), None)


def _count(digits: str) -> int:
    return min(int(digits.replace(",", "")), _MOST_TOKENS)


def _count_field(error: ProviderError, name: str) -> int | None:
    """Return a count that has a field of its own (llama.cpp)."""
    values = (item.get(name) for item in error.objects)
    return next((value for value in values if type(value) is int and 0 < value <= _MOST_TOKENS), None)
