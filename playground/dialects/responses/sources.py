"""The sources that an answer cites, in the annotations of its text."""

from typing import Any

from playground.dialects.media import safe_link
from playground.dialects.sources import cited
from playground.exchange.answer import Cited, Source

# The name of a source without a URL: a file.
_FILE = ("filename", "file_id")


def of_annotations(annotations: list[Any]) -> Cited:
    return cited(map(_source, annotations))


def is_citation(annotation: Any) -> bool:
    return _source(annotation) is not None


def _source(annotation: Any) -> Source | None:
    if not isinstance(annotation, dict):
        return None
    title, url = annotation.get("title"), annotation.get("url")
    title = title if isinstance(title, str) and title.strip() else None
    if isinstance(url, str) and url.strip():
        return Source(title or url, safe_link(url))
    names = (annotation.get(name) for name in _FILE)
    name = next((name for name in names if isinstance(name, str) and name.strip()), None)
    return Source(name, None) if name else None
