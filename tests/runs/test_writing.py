"""Runs that end at the same time: those that wait share a transaction, and one that fails fails alone."""

import sqlite3
import threading
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

import pytest
from django.db import DatabaseError, InterfaceError, connection

from playground import database
from playground.database import together
from playground.runs import writing
from playground.runs.models import Run
from playground.runs.search import Query, find

pytestmark = pytest.mark.django_db(transaction=True)


def _run(key: str = "") -> Run:
    return Run(
        key=key or uuid.uuid4().hex,
        started=datetime.now(UTC),
        provider="p",
        dialect="chat_completions",
        total_ms=1.0,
        size=1,
        words="hello",
        record=b"x",
    )


def _write_at_once(runs: Sequence[Run]) -> list[str]:
    """Write each in a thread of its own; return the keys of those that could not be written."""
    failed = list[str]()

    def write(run: Run) -> None:
        try:
            writing.write(run)
        except DatabaseError:
            failed.append(run.key)

    threads = [threading.Thread(target=write, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def test_runs_that_wait_share_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = list[int]()
    store, begun, first = writing._store, threading.Event(), threading.Event()

    def counted(runs: Sequence[Run]) -> list[None]:
        batches.append(len(runs))
        if len(batches) == 1:
            begun.set()
            assert first.wait(20)  # meanwhile the others come
        return store(runs)

    monkeypatch.setattr(writing, "_store", counted)
    alone = threading.Thread(target=writing.write, args=(_run(),))
    alone.start()
    assert begun.wait(20)
    rest = threading.Thread(target=_write_at_once, args=([_run() for _ in range(20)],))
    rest.start()
    while together._writer().jobs.qsize() < 20:
        time.sleep(0.001)
    first.set()
    alone.join()
    rest.join()

    assert batches == [1, 20]
    assert len(find(Query("hello")).runs) == 21


def test_a_run_that_cannot_be_written_takes_no_other_with_it() -> None:
    known = _run()
    writing.write(known)

    failed = _write_at_once([_run(), _run(known.key), _run()])

    assert failed == [known.key]
    assert Run.objects.count() == 3


def test_no_call_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread hangs in the database: who waits is told, and what had not begun is not written later."""
    store, begun, again = writing._store, threading.Event(), threading.Event()

    def hang(runs: Sequence[Run]) -> list[None]:
        begun.set()
        assert again.wait(20)
        return store(runs)

    monkeypatch.setattr(writing, "_store", hang)
    monkeypatch.setattr(together, "_PATIENCE_SECONDS", 0.02)
    hanging, waiting = _run(), _run()

    assert _write_at_once([hanging]) == [hanging.key]
    assert begun.wait(20)
    assert _write_at_once([waiting]) == [waiting.key]
    monkeypatch.setattr(together, "_PATIENCE_SECONDS", 20)
    again.set()
    later = _run()
    assert _write_at_once([later]) == []

    assert set(Run.objects.values_list("key", flat=True)) == {hanging.key, later.key}


def test_a_locked_database_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not once for each run: forty would wait for minutes."""
    attempts, come = list[int](), threading.Event()
    store = writing._store

    def locked(runs: Sequence[Run]) -> list[None]:
        attempts.append(len(runs))
        if len(attempts) == 1:
            assert come.wait(20)  # meanwhile the others come
            return store(runs)
        cause = sqlite3.OperationalError("database is locked")
        cause.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise DatabaseError from cause

    monkeypatch.setattr(writing, "_store", locked)
    monkeypatch.setattr(database, "_PATIENCE_SECONDS", 0)
    first = threading.Thread(target=writing.write, args=(_run(),))
    first.start()
    deadline = time.monotonic() + 15
    while not attempts:  # it is written alone, before the others come
        assert time.monotonic() < deadline
        time.sleep(0.001)
    failed, writer = list[str](), together._writer()
    rest = threading.Thread(target=lambda: failed.extend(_write_at_once([_run() for _ in range(9)])))
    rest.start()
    while writer.jobs.qsize() < 9:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    come.set()
    first.join()
    rest.join()

    assert len(failed) == 9
    assert attempts == [1, 9]


def test_a_broken_connection_that_cannot_be_closed_ends_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    writing.write(_run())
    store, thread = writing._store, together._writer()
    asked = list[int]()

    def broken(runs: Sequence[Run]) -> list[None]:
        asked.append(1)
        if len(asked) == 1:

            def cannot() -> None:
                raise InterfaceError("connection already closed")

            # The thread's own connection, once.
            monkeypatch.setattr(connection, "close", cannot)
            raise InterfaceError("connection already closed")
        monkeypatch.undo()
        return store(runs)

    monkeypatch.setattr(writing, "_store", broken)
    writing.write(_run())
    writing.write(_run())

    assert together._writer() is thread
    assert Run.objects.count() == 3


def test_calls_that_end_at_once_start_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    made, second = list[int](), threading.Event()

    def make() -> None:
        made.append(1)
        if len(made) == 1:
            second.wait(0.1)
        second.set()

    monkeypatch.setattr(together, "_started", cache(make))
    threads = [threading.Thread(target=together._writer) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == [1]
