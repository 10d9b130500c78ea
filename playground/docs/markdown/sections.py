"""Split a page's text into sections, for the search."""

from dataclasses import dataclass

from playground.docs.markdown.parse import headings_of, parsed, parser, plain
from playground.rendering.budget import Budget, OverBudgetError


@dataclass(frozen=True, slots=True)
class Section:
    """The plain text below one heading; `id` is "" before the first heading."""

    id: str
    title: str
    text: str


def sections(text: str, *, allow_html: bool) -> list[Section]:
    """Split a page by its headings; one that exceeds its budget becomes a single section with its source."""
    try:
        found = _sections(text, allow_html)
    except (OverBudgetError, RecursionError):
        found = [Section("", "", text)]
    return [section for section in found if section.title or section.text]


def _sections(text: str, allow_html: bool) -> list[Section]:
    tokens = parsed(parser(allow_html), text, {"budget": Budget()})
    headings = iter(headings_of(tokens))
    found, title, id_, parts = [], "", "", list[str]()
    within_heading = False
    for token in tokens:
        if token.type == "heading_open":
            found.append(Section(id_, title, " ".join(parts)))
            heading = next(headings)
            title, id_, parts, within_heading = heading.text, heading.id, [], True
        elif token.type == "heading_close":
            within_heading = False
        elif token.type == "inline" and not within_heading:
            parts.append(plain(token))
        elif token.type in ("fence", "code_block"):
            parts.append(token.content)
    return [*found, Section(id_, title, " ".join(parts))]
