"""The sources that an answer cites."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playground.exchange.media import safe_link


@dataclass(frozen=True, slots=True)
class Source:
    """`link` is None for what a browser cannot be sent to; `title` is never empty."""

    title: str
    link: str | None

    @property
    def host(self) -> str:
        return urlsplit(self.link).hostname or "" if self.link else ""


def sources_in(message: dict[str, Any], completion: dict[str, Any] | None) -> list[Source]:
    """Each source once: annotations of the message (OpenAI), citations of the completion (Perplexity)."""
    found: dict[str, Source] = {}
    for source in (*_of_message(message), *_of_completion(completion or {})):
        known = found.get(source.link or source.title)
        if known is None or known.title == known.link:
            found[source.link or source.title] = source
    return list(found.values())


def is_citation(annotation: Any) -> bool:
    return bool(_listed_sources([annotation]))


def _of_message(message: dict[str, Any]) -> Iterator[Source]:
    for name in ("annotations", "citations"):
        yield from _listed_sources(message.get(name))


def _of_completion(completion: dict[str, Any]) -> Iterator[Source]:
    for name in ("citations", "search_results"):
        yield from _listed_sources(completion.get(name))


def _listed_sources(value: Any) -> list[Source]:
    items = value if isinstance(value, list) else []
    return [source for item in items if (source := _source(item))]


def _source(item: Any) -> Source | None:
    if isinstance(item, str):
        return Source(item, safe_link(item)) if item.strip() else None
    if not isinstance(item, dict):
        return None
    if isinstance(inner := item.get("url_citation"), dict):
        item = inner
    url, title = item.get("url"), item.get("title")
    if not (isinstance(url, str) and url.strip()):
        return None
    return Source(title if isinstance(title, str) and title.strip() else url, safe_link(url))
