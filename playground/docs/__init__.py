"""A folder of Markdown as pages, with live playgrounds in them."""
