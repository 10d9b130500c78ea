"""What is wrong with the disk or the database, in a few words: no trace is needed to put it right.

The libraries tell it in messages of their own, which may quote what was being written; ours may not.
"""

import errno

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError

NOT_MIGRATED = "the database is not migrated (manage.py migrate)"
_DISK = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "access is denied",
    errno.EIO: "the disk fails",
    errno.EMFILE: "too many files are open (ulimit -n)",
    errno.ENFILE: "too many files are open in the system",
}
# SQLite's messages (sqlite.org/rescode.html) and PostgreSQL's have these words in them.
_DATABASE = {
    "onnection": "the database cannot be reached",
    "disk is full": "the disk is full",
    "No space left": "the disk is full",
    "readonly database": "the database is read-only",
    "read-only transaction": "the database is read-only",
    "unable to open database file": "the database file cannot be opened",
    "no such table": NOT_MIGRATED,
    "no such column": NOT_MIGRATED,
    "has no column": NOT_MIGRATED,
    "does not exist": NOT_MIGRATED,
    "already exists": "another migration runs, or ended halfway",
    "database is locked": "the database is busy",
    "malformed": "the database file is damaged",
    "not a database": "the database file is none",
    "disk I/O error": "the disk fails",
}


def reason(error: BaseException) -> str | None:
    """Why the disk or the database does not do what was asked; None where it is neither's fault."""
    return next((words for link in chain(error) if (words := _reason(link))), None)


def _reason(error: BaseException) -> str | None:
    if isinstance(error, DatabaseError | InterfaceError) and not isinstance(
        error, DataError | IntegrityError
    ):
        message = str(error)
        return next((words for part, words in _DATABASE.items() if part in message), None)
    if isinstance(error, OSError) and error.errno in _DISK:
        place = f": {error.filename}" if isinstance(error.filename, str) else ""
        return _DISK[error.errno] + place
    return None


def chain(error: BaseException) -> list[BaseException]:
    """The error and what led to it, the last first."""
    links: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in links:
        links.append(following)
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    return links
