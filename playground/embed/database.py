"""The database of a thread that goes on to wait for a provider."""

from django.db import connection


def let_go() -> None:
    """Closes the connection: the call takes long, and needs no file open meanwhile."""
    if not connection.in_atomic_block:
        connection.close()
