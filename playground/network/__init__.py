"""Leaving this machine: which addresses may be reached, the connection, its clock and its limits."""
