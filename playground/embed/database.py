"""The embeds' database: short transactions one after the other, and its errors in words."""

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, connection

from playground.exchange.text import Sentence, gettext_noop, say

_Result = TypeVar("_Result")

# SQLite has one writer at a time, and those who wait poll in no order: among hundreds, one may starve. So the
# threads of a process queue up here, and only the first of them polls.
_turns = threading.Lock()
# While the last connection closes, or the first opens, SQLite says "locked" without any waiting
# (https://sqlite.org/wal.html, section 8).
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
_PAUSE_SECONDS = 0.05
# As long as SQLite's own `timeout`: after that, another program holds the lock.
_PATIENCE_SECONDS = 10

_REASONS = (
    (("NOTADB", "CORRUPT"), gettext_noop("The database’s file is damaged, or not a SQLite database.")),
    (("READONLY", "PERM"), gettext_noop("The database’s file is read-only.")),
    (("FULL",), gettext_noop("The database’s disk is full.")),
    (("CANTOPEN",), gettext_noop("The database’s file cannot be opened.")),
    (("BUSY", "LOCKED", "PROTOCOL"), gettext_noop("The database is locked by another program.")),
    (("IOERR",), gettext_noop("The database’s disk cannot be read or written.")),
)
_NOT_MIGRATED = gettext_noop("The database’s tables are missing or old. Run “manage.py migrate”.")
_OTHERWISE = gettext_noop("The database does not answer.")


def let_go() -> None:
    """Closes the connection: the call takes long, and needs no file open meanwhile."""
    if not connection.in_atomic_block:
        connection.close()


def in_turn(work: Callable[[], _Result]) -> _Result:
    """What `work` gives, which is one transaction or one question. Raises `DatabaseError`."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return work()
    last = time.monotonic() + _PATIENCE_SECONDS
    is_ours = _turns.acquire(timeout=_PATIENCE_SECONDS)
    try:
        while True:
            try:
                return work()
            except DatabaseError as error:
                if _code(error) not in _LOCKED or time.monotonic() > last:
                    raise
            connection.close()
            time.sleep(_PAUSE_SECONDS)
    finally:
        if is_ours:
            _turns.release()


def why(error: DatabaseError) -> Sentence:
    """What is wrong with the database, for who runs the playground."""
    name = getattr(error.__cause__, "sqlite_errorname", "")
    for parts, words in _REASONS:
        if any(name.startswith(f"SQLITE_{part}") for part in parts):
            return say(words)
    tables = ("no such table", "no such column", "does not exist", "has no column")
    return say(_NOT_MIGRATED if any(words in str(error) for words in tables) else _OTHERWISE)


def _code(error: DatabaseError) -> int:
    """SQLite's primary code; 0 for another's error."""
    return getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF
