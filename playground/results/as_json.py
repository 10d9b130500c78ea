"""An Exchange as `/send/` returns it to programs. Its fields are stable."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from playground import snippets
from playground.calls.cost import cost_of
from playground.exchange.answer import Choice
from playground.exchange.record import Exchange, Recorded, joined
from playground.forms.outdated import explained
from playground.text import jsontext
from playground.text.sentence import Sentence
from playground.upstream.detect import Detected

Translate = Callable[[Sentence], str]


def as_json(exchange: Exchange, translate: Translate = str) -> dict[str, Any]:
    error, cost = explained(exchange), cost_of(exchange)
    return {
        "id": exchange.id,
        "dialect": exchange.dialect.id,
        "request": {
            "method": exchange.sent.method,
            "url": exchange.sent.url,
            "headers": joined(exchange.sent.headers),
            "body": dict(exchange.call.body),
        },
        "response": _response(exchange),
        "completion": exchange.completion,
        "answer": _answer(exchange.choices[0]) if exchange.choices else None,
        "usage": exchange.usage.as_json() if exchange.usage else None,
        "cost": cost.as_json() if cost else None,
        "timings": {
            "first_byte_ms": exchange.timings.first_byte_ms,
            "first_token_ms": exchange.timings.first_token_ms,
            "last_token_ms": exchange.timings.last_token_ms,
            "total_ms": exchange.timings.total_ms,
            "tokens_per_second": exchange.tokens_per_second,
        },
        "error": error.as_json(translate) if error else None,
        "snippets": snippets.render(exchange.call, exchange.dialect.targets),
        "recorded": _recorded(exchange.recorded, translate) if exchange.recorded else None,
    }


def detected_as_json(detected: Detected, translate: Translate = str) -> dict[str, Any]:
    return {
        "id": detected.dialect.id,
        "label": detected.dialect.label,
        "speaks": detected.speaks.value,
        "answered": translate(detected.answered),
    }


def _answer(choice: Choice) -> dict[str, Any]:
    """Return a choice in the same shape for every API. `completion` has all of them."""
    return {
        "text": choice.text,
        "reasoning": choice.reasoning,
        "refusal": choice.refusal,
        "tool_calls": [
            {"id": call.id, "name": call.name, "arguments": call.arguments} for call in choice.tool_calls
        ],
        "finish": choice.finish,
        "finish_reason": choice.finish_reason,
    }


def _response(exchange: Exchange) -> dict[str, Any] | None:
    received, stream = exchange.received, exchange.stream
    if received is None:
        return None
    body: Any = received.text
    if not stream:
        with suppress(jsontext.JSONTextError):
            body = exchange.value
    return {
        "status": received.status,
        "headers": joined(received.headers),
        "body": body,
        "unread_events": stream.unread.as_json() if stream and stream.unread else None,
    }


def _recorded(recorded: Recorded, translate: Translate) -> dict[str, Any]:
    return {
        "at": recorded.at.isoformat(timespec="seconds"),
        "reason": translate(recorded.reason),
        "same_request": recorded.same_request,
    }
