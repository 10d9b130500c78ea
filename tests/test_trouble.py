"""Failures of the disk or the database are logged as one line; nothing else is."""

import errno
import logging
import sys
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, ProgrammingError

from playground.serving.traces import TraceFormatter
from playground.trouble import reason, why

# SQLite's error codes that are not our own mistake, with their messages (sqlite3_errstr).
SQLITE = {
    "PERM": "access permission denied",
    "BUSY": "database is locked",
    "LOCKED": "database table is locked",
    "READONLY": "attempt to write a readonly database",
    "IOERR": "disk I/O error",
    "CORRUPT": "database disk image is malformed",
    "FULL": "database or disk is full",
    "CANTOPEN": "unable to open database file",
    "PROTOCOL": "locking protocol",
    "NOTADB": "file is not a database",
}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space", "/data/x"), "the disk is full: /data/x"),
        (OSError(errno.EROFS, "Read-only"), "the disk is read-only"),
        (OSError(errno.EMFILE, "Too many"), "too many files are open (ulimit -n)"),
        (OperationalError("database or disk is full"), "the database’s disk is full"),
        (OperationalError("attempt to write a readonly database"), "the database is read-only"),
        (
            OperationalError("no such table: calls_spent"),
            "the database is not migrated (run manage.py migrate)",
        ),
        (OperationalError("no such column: x.y"), "the database is not migrated (run manage.py migrate)"),
        (
            ProgrammingError('relation "x" does not exist'),
            "the database is not migrated (run manage.py migrate)",
        ),
        (OperationalError("connection to server at x failed"), "the database cannot be reached"),
        (DatabaseError("file is not a database"), "the database file is not a SQLite database"),
    ],
)
def test_a_failure_of_disk_or_database_is_named(error: Exception, words: str) -> None:
    assert reason(error) == words


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no such table"),
        ConnectionResetError(errno.ECONNRESET, "reset"),
        IntegrityError("UNIQUE constraint failed: x; already exists"),
        OperationalError('near "sekret": syntax error'),
    ],
)
def test_other_errors_have_no_reason(error: Exception) -> None:
    assert reason(error) is None


@pytest.mark.parametrize("message", SQLITE.values(), ids=SQLITE)
def test_every_sqlite_failure_has_a_description(message: str) -> None:
    error = OperationalError(message)

    assert str(why(error)) == reason(error)


def test_an_unknown_failure_is_reported_as_no_answer() -> None:
    assert str(why(OperationalError("something with hunter2 in it"))) == "the database does not respond"
    assert str(why(IntegrityError("no such table"))) == "the database does not respond"


def _written(error: Exception) -> str:
    try:
        try:
            raise error
        except Exception as cause:
            raise RuntimeError(str(error)) from cause
    except RuntimeError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "It failed", (), sys.exc_info())
    return TraceFormatter("%(levelname)s %(message)s").format(record)


def test_a_known_failure_is_logged_in_one_line_that_says_where() -> None:
    (line,) = _written(OperationalError("no such table: secret")).splitlines()

    assert line.startswith(
        "ERROR It failed: the database is not migrated (run manage.py migrate) (RuntimeError at "
    )
    assert Path(__file__).name in line
    assert "secret" not in line


def test_other_errors_keep_their_trace() -> None:
    written = _written(ValueError("hunter2"))

    assert written.count("Traceback") == 2
    assert "hunter2" not in written
