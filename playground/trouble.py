"""What is wrong with the disk or the database, in a few words that need no traceback.

The libraries' own messages may quote the data being written; ours do not.
"""

import errno

from django.db import DatabaseError, DataError, Error, IntegrityError, InterfaceError

from playground.text.sentence import Sentence, gettext_noop, say

NOT_MIGRATED = gettext_noop("the database is not migrated (manage.py migrate)")
_DISK = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "access is denied",
    errno.EIO: "the disk fails",
    errno.EMFILE: "too many files are open (ulimit -n)",
    errno.ENFILE: "too many files are open in the system",
}
# Parts of SQLite's messages (sqlite.org/rescode.html) and PostgreSQL's.
_DATABASE = {
    "password authentication": gettext_noop("the database denies access"),
    "pg_hba.conf": gettext_noop("the database denies access"),
    "FATAL:  database": gettext_noop("the server has no database of this name"),
    "too many connections": gettext_noop("the database takes no more connections"),
    "too many clients": gettext_noop("the database takes no more connections"),
    "connection slots": gettext_noop("the database takes no more connections"),
    "resolve host": gettext_noop("the database cannot be reached"),
    "onnection": gettext_noop("the database cannot be reached"),
    "disk is full": gettext_noop("the disk of the database is full"),
    "No space left": gettext_noop("the disk of the database is full"),
    "readonly database": gettext_noop("the database is read-only"),
    "read-only transaction": gettext_noop("the database is read-only"),
    "permission denied": gettext_noop("the database denies access"),
    "unable to open database file": gettext_noop("the database file cannot be opened"),
    "no such table": NOT_MIGRATED,
    "no such column": NOT_MIGRATED,
    "has no column": NOT_MIGRATED,
    "does not exist": NOT_MIGRATED,
    "already exists": gettext_noop("another migration runs, or ended halfway"),
    "is locked": gettext_noop("the database is locked by another program"),
    "lock timeout": gettext_noop("the database is locked by another program"),
    "locking protocol": gettext_noop("the database is locked by another program"),
    "malformed": gettext_noop("the database file is damaged"),
    "not a database": gettext_noop("the database file is not a SQLite database"),
    "disk I/O error": gettext_noop("the disk of the database fails"),
}
_OTHERWISE = gettext_noop("the database does not answer")


def reason(error: BaseException) -> str | None:
    """Return why the disk or the database failed; None if neither is at fault."""
    return next((words for link in chain(error) if (words := _disk(link) or _database(link))), None)


def why(error: Error) -> Sentence:
    """Return what is wrong with the database, for the administrator: text to follow a colon."""
    return say(_database(error) or _OTHERWISE)


def _disk(error: BaseException) -> str | None:
    if not isinstance(error, OSError) or error.errno not in _DISK:
        return None
    place = f": {error.filename}" if isinstance(error.filename, str) else ""
    return _DISK[error.errno] + place


def _database(error: BaseException) -> str | None:
    if not isinstance(error, DatabaseError | InterfaceError) or isinstance(error, DataError | IntegrityError):
        return None
    message = str(error)
    return next((words for part, words in _DATABASE.items() if part in message), None)


def chain(error: BaseException) -> list[BaseException]:
    """Return the error and what led to it, latest first."""
    links: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in links:
        links.append(following)
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    return links
