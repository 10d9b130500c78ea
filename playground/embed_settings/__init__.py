"""Settings of embeds: in Django's admin for the operator, on pages of their own for teams."""
