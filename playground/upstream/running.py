"""The exchanges under way in this process: how many there may be, ending one by its id, and the end of all.

A waiting exchange holds a thread. Some threads are kept free of them, so that pages and `/healthz` are
answered however many streams there are.
"""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playground.exchange.failure import FailureKind
from playground.upstream.connection import Wire

CROWD = 100


class BusyError(Exception):
    """No further exchange now. `stopping` tells whether the server is about to end."""

    def __init__(self, most: int, *, stopping: bool) -> None:
        super().__init__()
        self.most = most
        self.stopping = stopping


class Running:
    """`with running.place(wire, most) as id:` holds one of `most` places."""

    def __init__(self) -> None:
        self._wires: dict[str, Wire] = {}
        self._changed = threading.Condition()
        self._stopping = False

    @contextmanager
    def place(self, wire: Wire, most: int) -> Iterator[str]:
        """Raises `BusyError` at once when every place is taken, or the server is stopping."""
        # Nobody can guess it, so who knows it may stop the exchange.
        number = secrets.token_urlsafe(16)
        with self._changed:
            if self._stopping or len(self._wires) >= most:
                raise BusyError(most, stopping=self._stopping)
            self._wires[number] = wire
        try:
            yield number
        finally:
            with self._changed:
                del self._wires[number]
                self._changed.notify_all()

    def stop(self, number: str) -> bool:
        """Ends one exchange; its record says so. False when there is none of this id here."""
        with self._changed:
            wire = self._wires.get(number)
        if wire:
            wire.shutdown(FailureKind.STOPPED)
        return wire is not None

    @property
    def crowded(self) -> bool:
        return len(self._wires) > CROWD

    @property
    def stopping(self) -> bool:
        return self._stopping

    def refuse_new(self) -> None:
        """From now on; those under way go on."""
        self._stopping = True

    def wait_until_none(self, seconds: float) -> bool:
        """Whether all came to their end within that time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._wires, seconds)

    def end_all(self, kind: FailureKind) -> None:
        with self._changed:
            wires = list(self._wires.values())
        for wire in wires:
            wire.shutdown(kind)


running = Running()
