"""Connections that stay open for the next thread that needs one.

Opening one costs more than a short transaction: PostgreSQL starts a process, SQLite runs five pragmas, adds
fifty functions, and writes its log back whenever the last one closes. psycopg has a pool, too, but while the
server cannot be reached, everybody waits there and nobody learns why; for SQLite there is none.
"""

import atexit
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

_MOST_IDLE = 8
_IDLE_SECONDS = 60
# As long as SQLite waits for its file.
_PATIENCE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class _Idle:
    connection: Any  # the driver's
    place: Any
    since: float


_idle: deque[_Idle] = deque()  # the one that was used last is at the end
_changing = threading.Lock()
# A connection of the parent is none of the child's, which may not even close it.
_parents: list[_Idle] = []


# Has `is_own` in a thread that needs no place: the one that others wait for while they may hold all.
of_thread = threading.local()


class Pooled(BaseDatabaseWrapper):
    """A Django backend whose connections are kept. `places`, if set, are how many a process uses at once."""

    places: threading.Semaphore | None = None
    _leave: Callable[[], object] = staticmethod(lambda: None)

    def place_of(self, conn_params: dict[str, Any]) -> Any:
        """Return what is connected to. A connection to another place is not used."""
        return conn_params

    def is_as_new(self, connection: Any) -> bool:
        """Whether a connection still works, and is in no transaction. Each backend says how to tell."""
        raise NotImplementedError

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._place = self.place_of(conn_params)
        self._enter()
        try:
            return self._kept() or super().get_new_connection(conn_params)
        except BaseException:  # whatever it is, the place is free again
            self._leave()
            raise

    def _enter(self) -> None:
        if self.places and not hasattr(of_thread, "is_own"):
            if not self.places.acquire(timeout=_PATIENCE_SECONDS):
                raise OperationalError("too many connections are in use")
            # Also if a thread ends without closing its own.
            self._leave = weakref.finalize(self, self.places.release)

    def _kept(self) -> Any:
        while idle := _taken(self._place):
            if self.is_as_new(idle.connection):
                return idle.connection
            idle.connection.close()
        return None

    def _close(self) -> None:
        connection, self.connection = self.connection, None
        try:
            with self.wrap_database_errors:
                if connection is None:
                    return
                if self.errors_occurred or not self.is_as_new(connection):
                    connection.close()
                else:
                    _put(_Idle(connection, self._place, time.monotonic()))
        finally:
            self._leave()

    def close_pool(self) -> None:
        """Close what is kept. Django calls it before it deletes a database of tests."""
        close_idle()


def close_idle() -> None:
    """Close all that are kept."""
    with _changing:
        closing = list(_idle)
        _idle.clear()
    for idle in closing:
        idle.connection.close()


def _taken(place: Any) -> _Idle | None:
    with _changing:
        for idle in reversed(_idle):
            if idle.place == place:
                _idle.remove(idle)
                return idle
    return None


def _put(idle: _Idle) -> None:
    old = list[_Idle]()
    with _changing:
        _idle.append(idle)
        while len(_idle) > _MOST_IDLE or _idle[0].since < idle.since - _IDLE_SECONDS:
            old.append(_idle.popleft())
    for one in old:
        one.connection.close()


def _forget_parents() -> None:
    global _changing
    _changing = threading.Lock()  # a thread of the parent may have held it
    _parents.extend(_idle)
    _idle.clear()


os.register_at_fork(after_in_child=_forget_parents)
atexit.register(close_idle)
