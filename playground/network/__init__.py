"""Outgoing connections: the egress rules, the checked connection, timeouts, and limits."""
