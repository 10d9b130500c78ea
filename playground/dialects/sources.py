"""The sources that an answer cites."""

from collections.abc import Iterable
from typing import Any

from playground.dialects.media import safe_link
from playground.exchange.answer import Cited, Source

# The name of a file.
_FILE = ("filename", "file_id")


def cited(sources: Iterable[Source | None]) -> Cited:
    """Return each source once. A link cited without a title takes its title from a later citation."""
    found: dict[str, Source] = {}
    for source in filter(None, sources):
        known = found.get(source.link or source.title)
        if known is None or known.title == known.link:
            found[source.link or source.title] = source
    return found


def source_in(item: Any) -> Source | None:
    """Return the source in an annotation as OpenAI and others write it, or None if it has none."""
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


def source_or_file_in(item: Any) -> Source | None:
    """Return the source or the file in an annotation, or None if it has none."""
    names = [item.get(name) for name in _FILE] if isinstance(item, dict) else []
    name = next((name for name in names if isinstance(name, str) and name.strip()), None)
    return source_in(item) or (Source(name, None) if name else None)
