"""How many tokens a call can use at most, and how many it used if its provider did not say."""

import math
from collections.abc import Iterator, Mapping
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
    """Return the tokens used: as reported at the end, else all that were `reserved`.

    What arrived does not tell: a model may have thought unseen, and a call that was cut off, or taken into a
    queue, may go on at the provider.
    """
    if not was_sent(exchange):
        return 0
    received, usage = exchange.received, exchange.usage
    if received is not None and received.status >= 300:
        return 0 if received.status < 500 else min(_prompt(exchange), reserved)
    if usage is None or received is None or exchange.failure:
        return reserved
    if usage.completion_tokens == 0 and _came(exchange):  # some gateways fill in zeros
        return reserved
    if usage.total_tokens is not None:
        return usage.total_tokens
    if usage.completion_tokens is None:
        return reserved
    prompt = usage.prompt_tokens
    return usage.completion_tokens + (_prompt(exchange) if prompt is None else prompt)


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
