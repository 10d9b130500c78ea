"""The sources that the text of a message cites."""

from collections.abc import Iterable
from typing import Any

from playground.dialects.media import safe_link
from playground.dialects.sources import cited
from playground.dialects.values import listed
from playground.exchange.answer import Cited, Source

_LONGEST_QUOTE = 80


def sources_of(blocks: Iterable[dict[str, Any]]) -> Cited:
    return cited(_source(citation) for block in blocks for citation in listed(block.get("citations")))


def is_source(citation: Any) -> bool:
    return _source(citation) is not None


def _source(citation: Any) -> Source | None:
    """Read a citation of a page, a search result, or a document of the request; None if it has none."""
    if not isinstance(citation, dict):
        return None
    address = _text(citation, "url") or _text(citation, "source")
    title = _text(citation, "title") or _text(citation, "document_title") or address
    title = title or _text(citation, "file_id") or _text(citation, "cited_text")[:_LONGEST_QUOTE]
    return Source(title, safe_link(address)) if title else None


def _text(citation: dict[str, Any], name: str) -> str:
    value = citation.get(name)
    return value.strip() if isinstance(value, str) else ""
