"""The database: short transactions, and no connection held between them, though some are kept open."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django.db import DatabaseError, Error, InterfaceError, OperationalError, connection

_Result = TypeVar("_Result")

# SQLite has one writer at a time, and waiting threads poll in no order: among hundreds, one may starve. So
# the threads of a process queue up here, and only the first of them polls. PostgreSQL has many writers, and
# its connections are counted where they are made.
_TURNS = {"sqlite": threading.Semaphore(1)}
# While the last connection closes or the first one opens, SQLite says "locked" without waiting
# (https://sqlite.org/wal.html, section 8).
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
_PAUSE_SECONDS = 0.05
# As long as SQLite's own `timeout`: after that, another program holds the lock.
_PATIENCE_SECONDS = 10


def let_go() -> None:
    """Close the connection before a long call that does not need it, even one that is broken."""
    if not connection.in_atomic_block:
        with suppress(Error):
            connection.close()


def in_turn(work: Callable[[], _Result]) -> _Result:
    """Run `work`, a transaction or a few queries, when it is our turn; then close the connection.

    Returns what `work` returns. Raises `DatabaseError`.
    """
    if connection.in_atomic_block:
        return work()
    last = time.monotonic() + _PATIENCE_SECONDS
    turns = _TURNS.get(connection.vendor)
    is_ours = turns is not None and turns.acquire(timeout=_PATIENCE_SECONDS)
    try:
        while True:
            try:
                return work()
            except InterfaceError as error:  # the driver's word for a connection that broke
                raise OperationalError(*error.args) from error
            except DatabaseError as error:
                if not is_locked(error) or time.monotonic() > last:
                    raise
            let_go()
            time.sleep(_PAUSE_SECONDS)
    finally:
        let_go()
        if turns and is_ours:
            turns.release()


def is_locked(error: BaseException) -> bool:
    """Whether SQLite found its file locked."""
    return getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF in _LOCKED
