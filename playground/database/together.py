"""Write what calls leave, in one thread of each process: what waits at the same time shares a transaction.

Committing costs several times as much as a few changes do, and the calls of one team change the same rows,
which each would lock until it is committed.
"""

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from functools import cache, partial
from itertools import groupby
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from django.db import OperationalError, connection, transaction

from playground.database import in_turn, is_locked, let_go
from playground.database.pooled import of_thread

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")
# Writes jobs, within a transaction, and returns a result for each.
Store = Callable[[Sequence[_Job]], Sequence[_Result]]

_MOST_AT_ONCE = 40
# Longer than `in_turn` waits for a locked database: the answer to a call waits for its run.
_PATIENCE_SECONDS = 25.0


class Writing(Generic[_Job, _Result]):
    """A job that waits to be written, or is."""

    def __init__(self, store: Store[_Job, _Result], job: _Job) -> None:
        self.store, self.job, self.written = store, job, Future[_Result]()

    def result(self) -> _Result:
        """Return what the store returned for it; then it is committed. Raises `DatabaseError`.

        If the database does not respond in time, what has not begun will not be written later either; what
        has begun may be, and then `written` has its result.
        """
        let_go()  # of a connection that the writer may need
        try:
            return self.written.result(_PATIENCE_SECONDS)
        except TimeoutError as error:
            if self.written.cancel():
                del self.job  # it takes memory until the thread comes to it
            raise OperationalError("no answer in time") from error


def begin(store: Store[_Job, _Result], job: _Job) -> Writing[_Job, _Result]:
    """Have a job written by its store, together with others, and don't wait."""
    writing = Writing(store, job)
    if connection.in_atomic_block:  # in tests
        writing.written.set_result(_store_all([writing])[0])
    else:
        _writer().jobs.put(writing)
    return writing


def write(store: Store[_Job, _Result], job: _Job) -> _Result:
    """Have a job written by its store, together with others; return its result. Raises `DatabaseError`.

    A result can be a refusal. What a store raises is raised to those alone whose job it is, unless the file
    is locked or the connection broke in the commit: then no job is tried again.
    """
    return begin(store, job).result()


@transaction.atomic
def _store_all(waiting: Iterable[Writing[Any, Any]], stored: "list[bool] | None" = None) -> list[Any]:
    """Return the results in the order of `waiting`; tell `stored` when only the commit is left.

    Stores have one order in all processes, and each locks its rows in one: so no two wait for each other.
    """
    results = dict[int, Any]()
    ordered = sorted(enumerate(waiting), key=lambda one: _name(one[1]))
    for _, group in groupby(ordered, key=lambda one: _name(one[1])):
        numbers, of_store = zip(*group, strict=True)
        results |= zip(numbers, of_store[0].store([one.job for one in of_store]), strict=True)
    if stored is not None:
        stored.append(True)
    return [results[number] for number in range(len(results))]


def _name(writing: Writing[Any, Any]) -> str:
    return f"{writing.store.__module__}.{writing.store.__qualname__}"


class _Writer:
    def __init__(self) -> None:
        self.jobs: SimpleQueue[Writing[Any, Any]] = SimpleQueue()
        threading.Thread(target=self._run, name="writer", daemon=True).start()

    def _run(self) -> None:
        of_thread.is_own = True
        while True:
            waiting = [one for one in self._waiting() if one.written.set_running_or_notify_cancel()]
            if not waiting:
                continue
            stored = list[bool]()
            try:
                results = in_turn(partial(_store_all, waiting, stored))
            except Exception as error:  # noqa: BLE001 -- the connection may be broken, or one of the jobs
                let_go()
                for one in waiting:
                    # Each alone would wait as long again; what may be committed would be counted twice.
                    if is_locked(error) or (stored and not _was_undone(error)):
                        one.written.set_exception(error)
                    else:
                        _write_alone(one)
            else:
                for one, result in zip(waiting, results, strict=True):
                    one.written.set_result(result)

    def _waiting(self) -> list[Writing[Any, Any]]:
        waiting = [self.jobs.get()]
        while len(waiting) < _MOST_AT_ONCE and not self.jobs.empty():
            waiting.append(self.jobs.get())
        return waiting


def _was_undone(error: Exception) -> bool:
    """Whether a commit that failed is certainly undone: PostgreSQL's answer may have been lost."""
    if connection.vendor != "postgresql" or not isinstance(error, OperationalError):
        return True
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    return state is not None and not state.startswith(("08", "57"))


def _write_alone(one: Writing[Any, Any]) -> None:
    try:
        [result] = in_turn(lambda: _store_all([one]))
    except Exception as error:  # noqa: BLE001 -- raised to whoever waits
        one.written.set_exception(error)
    else:
        one.written.set_result(result)


_starting = threading.Lock()


def _writer() -> _Writer:
    """Return this process's writer, started on first use because threads do not survive a fork."""
    with _starting:  # `cache` alone would start several for calls that end at once
        return _started()


_started = cache(_Writer)
os.register_at_fork(after_in_child=_started.cache_clear)
