"""Connections that wait without a thread: they have sent nothing yet, or are being closed."""

import selectors
import time
from collections.abc import Callable, Iterator

from gunicorn.workers.gthread import TConn


class Waiting:
    """Connections in order of arrival, each for at most `seconds`. Used by the poller's thread only."""

    def __init__(self, poller: selectors.BaseSelector, seconds: float) -> None:
        self._poller = poller
        self._seconds = seconds
        self._until: dict[TConn, float] = {}

    def __contains__(self, conn: TConn) -> bool:
        return conn in self._until

    def add(self, conn: TConn, on_data: Callable[[TConn], None]) -> None:
        """Call `on_data` whenever there is something to read, the end included."""
        conn.sock.setblocking(False)
        self._poller.register(conn.sock, selectors.EVENT_READ, lambda _: on_data(conn))
        self._until[conn] = time.monotonic() + self._seconds

    def remove(self, conn: TConn) -> None:
        del self._until[conn]
        self._poller.unregister(conn.sock)

    def oldest(self) -> TConn | None:
        return next(iter(self._until), None)

    def late(self) -> Iterator[TConn]:
        """Remove and yield the connections whose time is up, one by one."""
        now = time.monotonic()
        while (conn := self.oldest()) and self._until[conn] <= now:
            self.remove(conn)
            yield conn

    def hurry(self, until: float) -> None:
        """Let no connection wait beyond that moment (of `time.monotonic`)."""
        self._until = {conn: min(own, until) for conn, own in self._until.items()}
