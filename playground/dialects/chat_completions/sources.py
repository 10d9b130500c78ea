"""The sources that an answer cites."""

from typing import Any

from playground.dialects.media import safe_link
from playground.dialects.sources import cited
from playground.dialects.values import listed
from playground.exchange.answer import Cited, Source


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
    return cited(_source(item) for name in names for item in listed(holder.get(name)))


def is_citation(annotation: Any) -> bool:
    return _source(annotation) is not None


def _source(item: Any) -> Source | None:
    if isinstance(item, str):
        return Source(item, safe_link(item)) if item.strip() else None
    if not isinstance(item, dict):
        return None
    if isinstance(inner := item.get("url_citation"), dict):
        item = inner
    url, title = item.get("url") or item.get("link"), item.get("title")
    if not (isinstance(url, str) and url.strip()):
        return None
    return Source(title if isinstance(title, str) and title.strip() else url, safe_link(url))
