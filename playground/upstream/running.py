"""The exchanges under way in this process: how many there may be, ending one by its id, and the end of all.

A waiting exchange holds a thread. Some threads are kept free of them, so that pages and `/healthz` are
answered however many streams there are.
"""

import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from playground.exchange.failure import FailureKind
from playground.upstream.connection import Wire
from playground.upstream.limits import Limits

CROWD = 100


class BusyError(Exception):
    """No further exchange now. `most` is how many there may be, for this client if it is `own`.

    `stopping` tells whether the server is about to end.
    """

    def __init__(self, most: int, *, own: bool = False, stopping: bool = False) -> None:
        super().__init__()
        self.most, self.own, self.stopping = most, own, stopping


class Running:
    """`with running.place(wire, limits, client) as id:` holds one of the places."""

    def __init__(self) -> None:
        self._wires: dict[str, Wire] = {}
        self._clients: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._stopping = False

    @contextmanager
    def place(self, wire: Wire, limits: Limits, client: str = "") -> Iterator[str]:
        """Raises `BusyError` at once when all places are taken, or this client's, or the server stops."""
        # Nobody can guess it, so who knows it may stop the exchange.
        number = secrets.token_urlsafe(16)
        with self._changed:
            if self._stopping or len(self._wires) >= limits.exchanges:
                raise BusyError(limits.exchanges, stopping=self._stopping)
            if client and self._clients[client] >= limits.client_exchanges:
                raise BusyError(limits.client_exchanges, own=True)
            self._wires[number] = wire
            self._clients[client] += 1
        try:
            yield number
        finally:
            with self._changed:
                del self._wires[number]
                self._clients[client] -= 1
                if not self._clients[client]:
                    del self._clients[client]
                self._changed.notify_all()

    def stop(self, number: str) -> bool:
        """Ends one exchange; its record says so. False when there is none of this id here."""
        with self._changed:
            wire = self._wires.get(number)
        if wire:
            wire.shutdown(FailureKind.STOPPED)
        return wire is not None

    def is_ended(self, number: str) -> bool:
        """Whether an exchange that is under way here was told to end."""
        with self._changed:
            wire = self._wires.get(number)
        return wire is not None and wire.ended is not None

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
