"""The sources that an answer cites."""

from typing import Any

from playground.dialects.sources import cited, source_in
from playground.dialects.values import listed
from playground.exchange.answer import Cited


def of_message(message: dict[str, Any]) -> Cited:
    return _cited(message, "annotations", "citations")


def of_completion(completion: dict[str, Any] | None) -> Cited:
    """Read Perplexity's, Zhipu's (`web_search`), Volcengine's (`references`), Hunyuan's (`search_info`)."""
    completion = completion or {}
    inner = completion.get("search_info")
    results = inner.get("search_results") if isinstance(inner, dict) else None
    holder = completion if results is None else {"search_results": results} | completion
    return _cited(holder, "citations", "search_results", "web_search", "references")


def _cited(holder: dict[str, Any], *names: str) -> Cited:
    return cited(source_in(item) for name in names for item in listed(holder.get(name)))
