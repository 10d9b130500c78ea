"""Scheduled tasks: what is done at times without anybody asking, and whose turn it is."""
