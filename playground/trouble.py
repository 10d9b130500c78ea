"""Describe what is wrong with the disk or the database in a few words, without a traceback.

The libraries' own messages may quote the data being written; ours don't.
"""

import errno
import sqlite3

from django.db import DatabaseError, DataError, Error, IntegrityError, InterfaceError

from playground.text.sentence import Sentence, gettext_noop, say

FULL = gettext_noop("the database’s disk is full")
NOT_MIGRATED = gettext_noop("the database is not migrated (run manage.py migrate)")
_DISK = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "access is denied",
    errno.EIO: "the disk has an error",
    errno.EMFILE: "too many files are open (ulimit -n)",
    errno.ENFILE: "too many files are open in the system",
}
# Parts of SQLite's messages (sqlite.org/rescode.html) and PostgreSQL's.
_DATABASE = {
    "password authentication": gettext_noop("access to the database is denied"),
    "pg_hba.conf": gettext_noop("access to the database is denied"),
    "FATAL:  database": gettext_noop("the database does not exist on the server"),
    "too many connections": gettext_noop("the database has no free connections"),
    "too many clients": gettext_noop("the database has no free connections"),
    "connection slots": gettext_noop("the database has no free connections"),
    "resolve host": gettext_noop("the database cannot be reached"),
    "onnection": gettext_noop("the database cannot be reached"),
    "disk is full": FULL,
    "No space left": FULL,
    "readonly database": gettext_noop("the database is read-only"),
    "read-only transaction": gettext_noop("the database is read-only"),
    "permission denied": gettext_noop("access to the database is denied"),
    "unable to open database file": gettext_noop("the database file cannot be opened"),
    "no such table": NOT_MIGRATED,
    "no such column": NOT_MIGRATED,
    "has no column": NOT_MIGRATED,
    "does not exist": NOT_MIGRATED,
    "already exists": gettext_noop("another migration is running, or stopped halfway"),
    "is locked": gettext_noop("another program has locked the database"),
    "lock timeout": gettext_noop("another program has locked the database"),
    "locking protocol": gettext_noop("another program has locked the database"),
    "malformed": gettext_noop("the database file is corrupt"),
    "not a database": gettext_noop("the database file is not a SQLite database"),
    "disk I/O error": gettext_noop("the database’s disk has an error"),
}
_OTHERWISE = gettext_noop("the database does not respond")


def reason(error: BaseException) -> str | None:
    """Return why the disk or the database failed; None if neither did."""
    return next((words for link in chain(error) if (words := _disk(link) or _database(link))), None)


def why(error: Error) -> Sentence:
    """Return what is wrong with the database, for an administrator, as text after a colon."""
    return say(_database(error) or _OTHERWISE)


def is_full(error: Error) -> bool:
    """Whether the database's disk is full."""
    return _database(error) == FULL


def _disk(error: BaseException) -> str | None:
    if not isinstance(error, OSError) or error.errno not in _DISK:
        return None
    place = f": {error.filename}" if isinstance(error.filename, str) else ""
    return _DISK[error.errno] + place


def _database(error: BaseException) -> str | None:
    if not isinstance(error, DatabaseError | InterfaceError) or isinstance(error, DataError | IntegrityError):
        return None
    if getattr(error.__cause__, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHMSIZE:
        return FULL  # with no room for a new file, SQLite only says that the disk has an error
    message = str(error)
    return next((words for part, words in _DATABASE.items() if part in message), None)


def chain(error: BaseException) -> list[BaseException]:
    """Return the error and its causes, latest first."""
    links: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in links:
        links.append(following)
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    return links
