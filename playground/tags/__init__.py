"""Playgrounds in an author's Markdown: the tag and the fence, read as literals."""
