"""Runs that end at the same time: those that wait share a transaction, and one that fails fails alone."""

import threading
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError

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
    together = list[int]()
    store, begun, first = writing._store, threading.Event(), threading.Event()

    def counted(runs: Sequence[Run]) -> None:
        together.append(len(runs))
        if len(together) == 1:
            begun.set()
            assert first.wait(20)  # meanwhile the others come
        store(runs)

    monkeypatch.setattr(writing, "_store", counted)
    alone = threading.Thread(target=writing.write, args=(_run(),))
    alone.start()
    assert begun.wait(20)
    rest = threading.Thread(target=_write_at_once, args=([_run() for _ in range(20)],))
    rest.start()
    while writing._writer()._jobs.qsize() < 20:
        time.sleep(0.001)
    first.set()
    alone.join()
    rest.join()

    assert together == [1, 20]
    assert len(find(Query("hello")).runs) == 21


def test_a_run_that_cannot_be_written_takes_no_other_with_it() -> None:
    known = _run()
    writing.write(known)

    failed = _write_at_once([_run(), _run(known.key), _run()])

    assert failed == [known.key]
    assert Run.objects.count() == 3
