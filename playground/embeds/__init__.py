"""The playground in other people's pages: embeds, what each allows, and what it has recorded."""
