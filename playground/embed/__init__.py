"""Embeds: a call that an author puts into a page of their own, and what its readers may do with it."""
