"""Markdown for the docs pages: CommonMark with tables, VitePress's additions, and live playgrounds.

Authors' HTML is escaped unless the settings allow it; all other markup is generated here. `parse` makes
tokens, `render` turns them into HTML, and `sections` turns them into text for the search. Each page has a
budget (`rendering.budget`).
"""

from playground.docs.markdown.parse import Heading, slug
from playground.docs.markdown.render import Document, render
from playground.docs.markdown.sections import Section, sections

__all__ = ["Document", "Heading", "Section", "render", "sections", "slug"]
