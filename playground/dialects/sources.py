"""The sources that an answer cites."""

from collections.abc import Iterable

from playground.exchange.answer import Cited, Source


def cited(sources: Iterable[Source | None]) -> Cited:
    """Return each source once. A link cited without a title takes its title from a later citation."""
    found: dict[str, Source] = {}
    for source in filter(None, sources):
        known = found.get(source.link or source.title)
        if known is None or known.title == known.link:
            found[source.link or source.title] = source
    return found
