"""The heart: what was asked, what went out, what came back, and what it means. Pure Python, no Django."""
