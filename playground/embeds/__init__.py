"""Embeds: the playground in other people's pages, what each embed allows, and its recorded answers."""
