"""Markdown as the docs pages show it: CommonMark with tables, VitePress's additions, and live playgrounds.

What stands in the Markdown is text until proven otherwise: raw HTML is escaped unless the settings allow it,
and all markup is made here. `parse` makes tokens of it, `render` makes HTML of the tokens, `sections` makes
texts of them for the search; each page has a `budget`.
"""

from playground.docs.markdown.parse import Heading, slug
from playground.docs.markdown.render import Document, render
from playground.docs.markdown.sections import Section, sections

__all__ = ["Document", "Heading", "Section", "render", "sections", "slug"]
