"""Write runs, in one thread of each process.

Opening a connection and committing cost several times as much as the run itself. So the connection stays open
while runs keep coming, and those that wait at the same time share a transaction.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import cache, partial
from queue import Empty, SimpleQueue

from django.db import Error, connection, transaction

from playground.database import in_turn
from playground.runs import search
from playground.runs.models import Run

# An idle thread closes its connection: a database server has few of them.
_IDLE_SECONDS = 1
_MOST_AT_ONCE = 40

_Job = tuple[Run, "Future[None]"]


def write(run: Run) -> None:
    """Write a run; when this returns, it is committed. Raises `DatabaseError`."""
    if connection.in_atomic_block:  # in tests
        _store([run])
    else:
        _writer().write(run)


def _store(runs: Sequence[Run]) -> None:
    parents = {run.parent for run in runs} - {""}
    with transaction.atomic():
        known = set(Run.objects.filter(key__in=parents).values_list("key", flat=True)) if parents else set()
        for run in runs:
            run.parent = run.parent if run.parent in known else ""
        Run.objects.bulk_create(runs)
        for run in runs:
            search.add(run.pk, run.words)


class _Writer:
    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        threading.Thread(target=self._run, name="runs", daemon=True).start()

    def write(self, run: Run) -> None:
        written: Future[None] = Future()
        self._jobs.put((run, written))
        written.result()

    def _run(self) -> None:
        while True:
            jobs = self._waiting()
            try:
                in_turn(partial(_store, [run for run, _ in jobs]), keep_open=True)
            except Exception:  # noqa: BLE001 -- the connection may be broken, or one of the runs
                _close()
                for job in jobs:
                    _write_alone(*job)
            else:
                for _, written in jobs:
                    written.set_result(None)

    def _waiting(self) -> list[_Job]:
        try:
            jobs = [self._jobs.get(timeout=_IDLE_SECONDS)]
        except Empty:
            _close()
            jobs = [self._jobs.get()]
        while len(jobs) < _MOST_AT_ONCE and not self._jobs.empty():
            jobs.append(self._jobs.get())
        return jobs


def _close() -> None:
    """Close the connection. What a broken one raises must not end the thread, for which calls wait."""
    with suppress(Error):
        connection.close()


def _write_alone(run: Run, written: "Future[None]") -> None:
    run.pk, run._state.adding = None, True
    try:
        in_turn(lambda: _store([run]))
    except Exception as error:  # noqa: BLE001 -- raised to whoever waits
        written.set_exception(error)
    else:
        written.set_result(None)


@cache
def _writer() -> _Writer:
    """Return this process's writer, started on first use because threads do not survive a fork."""
    return _Writer()
