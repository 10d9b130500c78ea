"""What people see when the database is missing, not a database, or not migrated."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import DatabaseError, InterfaceError, connection, connections
from django.test import Client

from playground.database import in_turn, let_go
from tests.configuration import configure

PAGES = ["/admin/", "/admin/embeds/embed/", "/admin/embeds/embed/1/change/"]


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _corrupt(file: Path) -> None:
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 8192)


def _another_file(file: Path) -> None:
    file.write_text("This is no database. " * 500)


def _nowhere(file: Path) -> None:
    file.mkdir()


STATES = [_empty, _corrupt, _another_file, _nowhere]


@pytest.fixture(params=STATES)
def broken(request: pytest.FixtureRequest, django_db_blocker: Any, tmp_path: Path) -> Any:
    """The database is an unusable file. The tests' own is restored afterwards."""
    file = tmp_path / "embeds.sqlite3"
    request.param(file)
    with django_db_blocker.unblock():
        connection.close()
        name, connections["default"].settings_dict["NAME"] = connection.settings_dict["NAME"], str(file)
        yield
        connection.close()
        connections["default"].settings_dict["NAME"] = name


@pytest.mark.usefixtures("broken")
def test_the_admin_says_what_is_wrong() -> None:
    cache.clear()  # other tests' logins count towards the rate
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "x" * 32

    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == 503
        assert "PLAYGROUND_DATABASE" in answer.content.decode()
    assert client.post("/admin/login/", {"username": "a", "password": "b"}).status_code == 503
    assert client.get("/admin/", headers={"Accept": "application/json"}).json()["error"]["kind"] == (
        "database_unavailable"
    )


@pytest.mark.usefixtures("broken")
def test_pages_of_runs_say_what_is_wrong() -> None:
    configure(PLAYGROUND_RUNS="1")
    client = Client(headers={"Accept": "application/json"})

    answers = [
        client.get("/runs/"),
        client.get("/runs/x/"),
        client.get("/runs/compare/?run=x&run=y"),
        client.get("/runs/x/proof/"),
        client.post("/runs/export/"),
        client.post("/runs/x/change/", {"change": "star"}),
        client.post("/runs/selected/", {"change": "delete-all", "confirmed": "1"}),
        client.get("/.well-known/api-playground-key.json"),
    ]

    assert [answer.status_code for answer in answers] == [503] * len(answers)
    assert {answer.json()["error"]["kind"] for answer in answers} == {"no_database"}


@pytest.mark.usefixtures("broken")
def test_the_frame_the_page_and_the_command_say_what_is_wrong(client: Client) -> None:
    frame = client.get("/embed/", {"embed": "hello"})

    assert frame.status_code == 503
    assert 'data-refused="embeds_unavailable"' in frame.content.decode()
    assert client.get("/").status_code == 200
    assert client.get("/embed/").status_code == 200
    with pytest.raises(CommandError, match="database"):
        call_command("embed", "hello", "--show")


def _error(code: int, name: str, words: str) -> DatabaseError:
    cause = sqlite3.OperationalError(words)
    cause.sqlite_errorcode, cause.sqlite_errorname = code, name
    error = DatabaseError(words)
    error.__cause__ = cause
    return error


@pytest.mark.django_db(transaction=True)
def test_a_briefly_locked_database_is_tried_again() -> None:
    answers = iter([_error(5, "SQLITE_BUSY", "database is locked"), _error(15, "SQLITE_PROTOCOL", "locked")])

    def work() -> str:
        if error := next(answers, None):
            raise error
        return "done"

    assert in_turn(work) == "done"
    with pytest.raises(DatabaseError, match="no such table"):
        in_turn(lambda: (_ for _ in ()).throw(_error(1, "SQLITE_ERROR", "no such table")))


@pytest.mark.django_db(transaction=True)
def test_a_broken_connection_is_an_error_of_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drivers have two words for it, and callers know one. That it can't be closed either changes nothing."""

    def broken() -> None:
        raise InterfaceError("the connection is closed")

    monkeypatch.setattr(connection, "close", broken)
    with pytest.raises(DatabaseError):
        in_turn(broken)
    assert in_turn(lambda: "done") == "done"
    monkeypatch.undo()


@pytest.mark.django_db(transaction=True)
def test_threads_take_turns() -> None:
    at_once, most = 0, 0
    guard = threading.Lock()

    def work() -> None:
        nonlocal at_once, most
        with guard:
            at_once += 1
            most = max(most, at_once)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        with guard:
            at_once -= 1

    def one(_: int) -> None:
        try:
            in_turn(work)
        finally:
            let_go()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(one, range(60)))

    assert most == 1
