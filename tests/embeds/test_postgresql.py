"""PostgreSQL instead of SQLite (DATABASE_URL): races, recordings, and error messages."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError
from django.db.utils import ConnectionHandler

from playground import config_types
from playground.trouble import why
from tests import forks
from tests.postgresql import PostgreSQLServer

ROOT = Path(__file__).parent.parent.parent
# Tests of SQLite that hold here too: races for a budget, what was spent as the admin says, recordings, and
# addresses.
_SHARED = (
    "tests/calls/test_budget.py",
    "tests/embeds/test_budget.py::test_many_readers_at_once_through_the_page",
    "tests/embeds/test_budget.py::test_a_stream_holds_no_connection_to_the_database",
    "tests/embed_settings/test_admin.py::test_the_list_shows_what_each_may_and_has_left",
    "tests/embed_settings/test_admin.py::test_the_detail_shows_the_days_and_leads_to_the_answers",
    "tests/embeds/test_recordings.py",
    "tests/people/test_people.py::test_a_look_alike_address_is_another_persons",
)


def _run(url: str, settings: str, *command: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": settings}
    return forks.run(command, cwd=ROOT, env=environment, timeout=300)


def test_what_holds_in_sqlite_holds_here(postgresql_server: PostgreSQLServer) -> None:
    """In one process, because each creates and migrates a test database of its own."""
    command = ("-m", "pytest", "-p", "no:cacheprovider", *_SHARED)
    done = _run(postgresql_server.url(), "tests.settings", *command)

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]


def test_the_commands_make_and_show_an_embed(postgresql_server: PostgreSQLServer) -> None:
    url, name = postgresql_server.url("commands"), ["playground.settings", "manage.py", "embed", "hello"]
    made = ["--origin", "https://docs.example.org", "--provider", "openai", "--request"]
    request = '{"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "\\u0000"}]}'
    with psycopg.connect(postgresql_server.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE commands")

    assert "not migrated" in _run(url, *name, "--show").stderr
    assert _run(url, "playground.settings", "manage.py", "migrate").returncode == 0
    assert _run(url, *name, *made, request).returncode == 0
    assert "https://docs.example.org" in _run(url, *name, "--show").stdout


@pytest.fixture
def asks(postgresql_server: PostgreSQLServer, django_db_blocker: Any) -> Iterator[Callable[..., str]]:
    """Return `ask("SELECT …", url=…)`, which runs statements and says what went wrong."""

    def ask(*statements: str, url: str = "") -> str:
        databases = ConnectionHandler({"default": config_types.postgresql(url or postgresql_server.url())})
        try:
            with databases["default"].cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        except DatabaseError as error:
            return str(why(error))
        finally:
            databases.close_all()
        raise AssertionError("nothing went wrong")

    with django_db_blocker.unblock():
        yield ask


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["SELECT * FROM embeds_embed"], "not migrated"),
        (["SELECT no_such_column FROM pg_class"], "not migrated"),
        (["SET default_transaction_read_only = on", "CREATE TABLE x (y int)"], "read-only"),
        (["CREATE TABLE pg_temp.x (y int)", "CREATE TABLE pg_temp.x (y int)"], "another migration"),
        (
            ["CREATE ROLE nobody", "SET ROLE nobody", "SELECT * FROM pg_authid"],
            "access to the database is denied",
        ),
        (["SELECT pg_terminate_backend(pg_backend_pid())"], "cannot be reached"),
    ],
)
def test_what_a_statement_meets_has_words(
    asks: Callable[..., str], statements: list[str], words: str
) -> None:
    assert words in asks(*statements)


def test_what_a_connection_meets_has_words(
    asks: Callable[..., str], postgresql_server: PostgreSQLServer
) -> None:
    assert "access to the database is denied" in asks(url=postgresql_server.url(password="wrong"))
    assert "does not exist on the server" in asks(url=postgresql_server.url("nowhere"))
    assert "cannot be reached" in asks(url="postgresql://playground@127.0.0.1:1/x")
    assert "cannot be reached" in asks(url="postgresql://playground@nowhere.invalid/x")


def test_a_lock_that_another_program_holds_has_words(
    asks: Callable[..., str], postgresql_server: PostgreSQLServer
) -> None:
    with psycopg.connect(postgresql_server.url()) as other:
        other.execute("LOCK TABLE pg_description")
        assert "locked" in asks("SET lock_timeout = '10ms'", "SELECT * FROM pg_description")


def test_connections_that_ran_out_have_words(
    asks: Callable[..., str], postgresql_server: PostgreSQLServer
) -> None:
    with psycopg.connect(postgresql_server.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'guest' CONNECTION LIMIT 0")
    url = postgresql_server.url(password="guest").replace("playground:", "guest:")

    assert "no free connections" in asks(url=url)
