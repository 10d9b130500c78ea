"""How many tokens a call can use at most, and how many it used if its provider did not say."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from playground.exchange.answer import Choice
from playground.exchange.dialect import Dialect
from playground.exchange.failure import FailureKind
from playground.exchange.record import Exchange
from playground.exchange.request import Request
from playground.exchange.usage import Usage

# The most tokens of an image: 2833, and 5667 for each of 8 tiles (one of OpenAI's small models).
_IMAGE_TOKENS = 50_000
# Generated images cost 1,000 to 6,000 tokens for a megabyte or two of base64; speech costs far fewer.
_MEDIA_CHARACTERS_A_TOKEN = 500
# English has about four bytes per token, Chinese three: an estimate errs on the high side.
_BYTES_A_TOKEN = 3
# Failures before the provider could read the request.
_NEVER_SENT = frozenset((
    FailureKind.UNKNOWN_HOST, FailureKind.REFUSED, FailureKind.UNREACHABLE, FailureKind.PROXY,
    FailureKind.CONNECT_TIMEOUT, FailureKind.TLS,
))  # fmt: skip


def worst_case(request: Request) -> int:
    """Return the most tokens that a call within the caps can use.

    A token of the prompt has at least one byte. The tokens that models add around each message are fewer than
    the bytes of JSON around it.
    """
    return sum(worst_parts(request))


def worst_parts(request: Request) -> tuple[int, int]:
    """Return `worst_case` in two parts: tokens of the prompt, and of all answers."""
    demands = request.demands
    tokens = max(demands.tokens.values(), default=0)
    prompt = len(request.encoded) + _IMAGE_TOKENS * _images(request.dialect, request.body)
    return prompt, demands.count * tokens


def was_sent(exchange: Exchange) -> bool:
    return exchange.received is not None or (
        exchange.failure is not None and exchange.failure.kind not in _NEVER_SENT
    )


def used(exchange: Exchange, reserved: int) -> int:
    """Return the tokens used: as reported, else (cut off, or no report) an estimate of prompt and answer.

    If an answer that was not streamed did not arrive whole, its size is unknown: all of `reserved` counts.
    """
    if not was_sent(exchange):
        return 0
    received, prompt = exchange.received, _prompt(exchange)
    if received is None:
        return min(prompt, reserved) if exchange.demands.streams else reserved
    if received.status >= 300:
        return 0 if received.status < 500 else min(prompt, reserved)
    usage = exchange.usage
    if usage and usage.completion_tokens == 0 and _came(exchange):  # some gateways fill in zeros
        prompt_tokens = usage.prompt_tokens or None
        usage = replace(usage, prompt_tokens=prompt_tokens, completion_tokens=None, total_tokens=None)
    if usage and exchange.failure is None and usage.total_tokens is not None:
        return usage.total_tokens
    if exchange.failure and not exchange.stream:
        return reserved
    if usage:
        prompt = usage.prompt_tokens if usage.prompt_tokens is not None else prompt
        if exchange.failure is None and usage.completion_tokens is not None:
            return prompt + usage.completion_tokens
    return min(prompt + _came(exchange), reserved)


def estimated_usage(exchange: Exchange) -> Usage:
    """Return what a call used, estimated from its prompt and from what arrived."""
    prompt, came = _prompt(exchange), _came(exchange)
    return Usage(prompt, came, prompt + came)


def _came(exchange: Exchange) -> int:
    """Estimate the answer's tokens: at least one per chunk of a stream; a chunk can hold several."""
    chunks = sum(event.brought != "" for event in exchange.stream.events) if exchange.stream else 0
    return max(chunks, sum(map(_in_answer, exchange.choices)))


def _in_answer(choice: Choice) -> int:
    """Estimate a choice's tokens, counting each text once even if the provider repeats it."""
    calls = [[call.raw for call in choice.tool_calls], choice.others]
    size = sum(len(text.encode("utf-8", "replace")) for text in (*choice.texts, *_texts(calls)))
    media = sum(media.size for media in (*choice.images, *choice.audio))
    return _in_tokens(size) + math.ceil(media / _MEDIA_CHARACTERS_A_TOKEN)


def _prompt(exchange: Exchange) -> int:
    size = sum(len(text.encode("utf-8", "replace")) for text in _texts(exchange.call.body))
    return _in_tokens(size) + _IMAGE_TOKENS * _images(exchange.dialect, exchange.call.body)


def _in_tokens(size: int) -> int:
    return math.ceil(size / _BYTES_A_TOKEN)


def _images(dialect: Dialect, body: Mapping[str, Any]) -> int:
    return sum(extra.is_part for extra in dialect.extras(body))


def _texts(value: Any) -> Iterator[str]:
    """Yield every string in a JSON value, and every field name."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
