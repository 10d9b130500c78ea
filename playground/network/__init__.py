"""Outgoing connections: which addresses may be reached, the checked connection, its clock and its limits."""
