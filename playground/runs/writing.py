"""Write runs, in one thread of each process.

Opening a connection and committing cost several times as much as the run itself. So the connection stays open
while runs keep coming, and those that wait at the same time share a transaction.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from functools import cache, partial
from queue import Empty, SimpleQueue

from django.db import OperationalError, connection, transaction

from playground.database import in_turn, is_locked, let_go
from playground.runs import search
from playground.runs.models import Run

# An idle thread closes its connection: a database server has few of them.
_IDLE_SECONDS = 1
_MOST_AT_ONCE = 40
# Longer than `in_turn` waits for a locked database: the answer to a call waits for its run.
_PATIENCE_SECONDS = 25.0


class _Job:
    def __init__(self, run: Run) -> None:
        self.run, self.written = run, Future[None]()


def write(run: Run) -> None:
    """Write a run; when this returns, it is committed. Raises `DatabaseError`.

    If the database does not respond in time, a run whose turn has not come will not be written later either.
    """
    if connection.in_atomic_block:  # in tests
        _store([run])
    else:
        _writer().write(run)


def _store(runs: Sequence[Run]) -> None:
    parents = {run.parent for run in runs} - {""}
    with transaction.atomic():
        found = Run.objects.filter(key__in=parents).values_list("key", "team_id") if parents else ()
        known = set(found)
        for run in runs:
            run.parent = run.parent if (run.parent, run.team_id) in known else ""
        Run.objects.bulk_create(runs)
        for run in runs:
            search.add(run.pk, run.words)


class _Writer:
    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        threading.Thread(target=self._run, name="runs", daemon=True).start()

    def write(self, run: Run) -> None:
        job = _Job(run)
        self._jobs.put(job)
        try:
            job.written.result(_PATIENCE_SECONDS)
        except TimeoutError as error:
            if job.written.cancel():
                del job.run  # it takes memory until the thread comes to it
            raise OperationalError("no answer in time") from error

    def _run(self) -> None:
        while True:
            jobs = [job for job in self._waiting() if job.written.set_running_or_notify_cancel()]
            if not jobs:
                continue
            try:
                in_turn(partial(_store, [job.run for job in jobs]), keep_open=True)
            except Exception as error:  # noqa: BLE001 -- the connection may be broken, or one of the runs
                let_go()
                for job in jobs:
                    if is_locked(error):  # each alone would wait as long again
                        job.written.set_exception(error)
                    else:
                        _write_alone(job)
            else:
                for job in jobs:
                    job.written.set_result(None)

    def _waiting(self) -> list[_Job]:
        try:
            jobs = [self._jobs.get(timeout=_IDLE_SECONDS)]
        except Empty:
            let_go()
            jobs = [self._jobs.get()]
        while len(jobs) < _MOST_AT_ONCE and not self._jobs.empty():
            jobs.append(self._jobs.get())
        return jobs


def _write_alone(job: _Job) -> None:
    job.run.pk, job.run._state.adding = None, True
    try:
        in_turn(lambda: _store([job.run]))
    except Exception as error:  # noqa: BLE001 -- raised to whoever waits
        job.written.set_exception(error)
    else:
        job.written.set_result(None)


_starting = threading.Lock()


def _writer() -> _Writer:
    """Return this process's writer, started on first use because threads do not survive a fork."""
    with _starting:  # `cache` alone would start several for calls that end at once
        return _started()


_started = cache(_Writer)
