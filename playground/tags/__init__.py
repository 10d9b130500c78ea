"""A playground in an author's Markdown: the tag and the fence, read as the literals that they are."""
