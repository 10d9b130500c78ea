"""Connections to the database are kept for the next thread, and are never more than the server can bear."""

import gc
import os
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import ConnectionHandler, OperationalError

from playground.config_types import postgresql
from playground.database import pooled
from playground.settings import DATABASES
from tests.postgresql import PostgreSQLServer

MOST = 8


@pytest.fixture(autouse=True)
def _none_is_left(django_db_blocker: Any) -> Iterator[None]:
    pooled.close_idle()
    with django_db_blocker.unblock():
        yield
    pooled.close_idle()


@pytest.fixture
def sqlite(tmp_path: Path) -> ConnectionHandler:
    with sqlite3.connect(tmp_path / "some.sqlite3") as made:
        made.execute("PRAGMA journal_mode=WAL")
    made.close()
    return ConnectionHandler({"default": DATABASES["default"] | {"NAME": str(tmp_path / "some.sqlite3")}})


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> ConnectionHandler:
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite")  # type: ignore[no-any-return]
    return _at(request.getfixturevalue("postgresql_server"))


def _at(server: PostgreSQLServer) -> ConnectionHandler:
    entry = postgresql(server.url())
    assert entry
    return ConnectionHandler({"default": entry})


def _used(database: ConnectionHandler) -> Any:
    """Use a connection and close it; return the driver's."""
    with database["default"].cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    used = database["default"].connection
    database["default"].close()
    return used


def test_the_next_thread_uses_the_same_one(database: ConnectionHandler) -> None:
    first = _used(database)

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(_used, database).result() is first


def test_one_that_is_in_a_transaction_is_not_kept(database: ConnectionHandler) -> None:
    database["default"].set_autocommit(False)
    with database["default"].cursor() as cursor:
        cursor.execute("CREATE TABLE half (a int)")
        cursor.execute("INSERT INTO half VALUES (1)")
    used = database["default"].connection
    database["default"].close()

    assert _used(database) is not used


def test_those_that_are_idle_for_long_are_closed(
    database: ConnectionHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    database["default"].ensure_connection()
    with ThreadPoolExecutor(1) as pool:
        idle = pool.submit(_used, database).result()
    monkeypatch.setattr(pooled, "_IDLE_SECONDS", 0)
    last = _used(database)

    assert _used(database) is last is not idle
    with pytest.raises(Exception, match="closed"):
        idle.execute("SELECT 1")


def test_a_file_in_its_place_is_another_database(sqlite: ConnectionHandler, tmp_path: Path) -> None:
    first, file = _used(sqlite), tmp_path / "some.sqlite3"
    with sqlite3.connect(tmp_path / "backup.sqlite3") as backup:
        backup.execute("CREATE TABLE restored (a)")
    backup.close()
    for name in ("-wal", "-shm"):
        Path(f"{file}{name}").unlink(missing_ok=True)
    (tmp_path / "backup.sqlite3").rename(file)

    assert _used(sqlite) is not first
    assert sqlite["default"].introspection.table_names() == ["restored"]
    sqlite["default"].close()


def test_a_child_uses_none_of_its_parent(database: ConnectionHandler) -> None:
    first = _used(database)

    if (child := os.fork()) == 0:
        os._exit(first is _used(database))  # pragma: no cover

    assert os.waitpid(child, 0)[1] == 0
    assert _used(database) is first


def test_a_restarted_server_is_noticed(postgresql_server: PostgreSQLServer) -> None:
    database = _at(postgresql_server)
    first = _used(database)
    postgresql_server.stop()
    postgresql_server.start()

    assert _used(database) is not first


def test_more_threads_wait_for_one(
    postgresql_server: PostgreSQLServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, all_hold, go = _at(postgresql_server), threading.Barrier(MOST + 1), threading.Event()

    def hold(_: int) -> None:
        database["default"].ensure_connection()
        all_hold.wait(20)
        go.wait(20)
        database["default"].close()

    with ThreadPoolExecutor(MOST + 1) as pool:
        holding = [pool.submit(hold, number) for number in range(MOST)]
        all_hold.wait(20)
        waiting = pool.submit(_used, database)
        monkeypatch.setattr(pooled, "_PATIENCE_SECONDS", 0)
        with pytest.raises(OperationalError, match="too many connections"):
            _used(database)
        assert not waiting.done()
        go.set()
        assert waiting.result(20)
        assert [one.result(20) for one in holding] == [None] * MOST


def test_a_thread_that_ends_leaves_its_place(
    postgresql_server: PostgreSQLServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooled, "_PATIENCE_SECONDS", 0)
    database = _at(postgresql_server)

    def forgets() -> None:
        database["default"].ensure_connection()
        database["default"].connection.close()

    for _ in range(2 * MOST):
        thread = threading.Thread(target=forgets)
        thread.start()
        thread.join()
        del thread
        gc.collect()

    assert _used(database)
