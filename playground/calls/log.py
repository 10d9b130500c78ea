"""One log line per exchange: what it was and what it cost, never what was said, never a key."""

import json
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest

from playground.calls import metrics
from playground.calls.who import pseudonym_of
from playground.exchange.record import Exchange
from playground.explanations.explain import explain
from playground.network.watcher import INTERIM
from playground.upstream.client import Caller

_logger = logging.getLogger("playground.exchange")
_LONGEST_NAME = 100


def caller_of(request: HttpRequest, embed: str | None = None) -> Caller:
    """Return the caller for a browser's request. The log line names the embed that it came from."""
    who = pseudonym_of(request)
    interim = INTERIM if request.META.get("SERVER_PROTOCOL") == "HTTP/1.1" else b""
    browser = request.META.get("gunicorn.socket")
    return Caller(who, browser, ended=logging_for(who, embed), interim=interim)


def logging_for(visitor: str, embed: str | None = None) -> Callable[[Exchange], None]:
    """Return a function that logs an exchange of this visitor (a pseudonym), perhaps from an embed."""
    return partial(_log, visitor, embed)


def _log(who: str, embed: str | None, exchange: Exchange) -> None:
    _logger.info(json.dumps(line(who, embed, exchange), ensure_ascii=True))
    metrics.count(exchange)


def line(who: str, embed: str | None, exchange: Exchange) -> dict[str, Any]:
    """Return the log line's fields. Times are in milliseconds, sizes in bytes; None if it never came."""
    received, usage, timings = exchange.received, exchange.usage, exchange.timings
    demands = exchange.demands
    error = None if exchange.is_listing or exchange.is_count else explain(exchange)
    return {
        "time": exchange.started.isoformat(timespec="milliseconds"),
        "who": who,
        "embed": embed,
        "provider": exchange.provider,
        "host": exchange.sent.host,
        "model": demands.model[:_LONGEST_NAME] or None,
        "stream": demands.streams,
        "status": received.status if received else None,
        "error": error.kind if error else None,
        "first_byte_ms": _rounded(timings.first_byte_ms),
        "first_token_ms": _rounded(timings.first_token_ms),
        "total_ms": _rounded(timings.total_ms),
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "completion_tokens": usage.completion_tokens if usage else None,
        "sent_bytes": len(exchange.sent.body),
        "received_bytes": len(received.body) if received else 0,
    }


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 1)
