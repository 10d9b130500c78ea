"""Anthropic's Messages API, and the servers that imitate it."""
