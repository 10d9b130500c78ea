"""Embeds: the playground in other people's pages, the settings of each embed, and its saved answers."""
