"""The exchanges running in this process: limits their number, and ends one by its id or all of them.

A waiting exchange holds a thread. Some threads are kept free for pages and `/healthz`. What other workers and
machines must know of them is in `Leases`, if they share something.
"""

import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from playground.exchange.failure import FailureKind
from playground.exchange.refusal import RETRY_SECONDS, Refusal, RefusedError
from playground.network.connection import Wire
from playground.network.limits import Limits
from playground.text.sentence import gettext_noop, ngettext_noop, say


class BusyError(RefusedError):
    """No further exchange is accepted now. `most` is the limit: this visitor's if `own`, else the process's.

    `stopping`: the server is shutting down.
    """

    def __init__(self, most: int, *, own: bool = False, stopping: bool = False) -> None:
        self.most, self.own, self.stopping = most, own, stopping
        if own:
            told = 429, "too_many_at_once", say(_TOO_MANY), say(_TOO_MANY_ADVICE, count=most)
        elif stopping:
            told = 503, "busy", say(_RESTARTING), say(_RESTARTING_ADVICE)
        else:
            told = 503, "busy", say(_BUSY), say(_BUSY_ADVICE, count=most)
        super().__init__(Refusal(*told, retry_seconds=RETRY_SECONDS))


_TOO_MANY = gettext_noop("Too many concurrent calls")
_TOO_MANY_ADVICE = ngettext_noop(
    "Not sent, because %(count)s call from your address is still running. Wait for it to end, or stop it. "
    "(Administrators can raise PLAYGROUND_CLIENT_CALLS.)",
    "Not sent, because %(count)s calls from your address are still running. Wait for one to end, or stop "
    "one. (Administrators can raise PLAYGROUND_CLIENT_CALLS.)",
)
_RESTARTING = gettext_noop("The playground is restarting")
_RESTARTING_ADVICE = gettext_noop("Not sent. Wait a few seconds, then send again.")
_BUSY = gettext_noop("The playground is busy")
_BUSY_ADVICE = ngettext_noop(
    "Not sent, because %(count)s other call is running. Wait a few seconds, then send again. (Administrators "
    "can raise PLAYGROUND_THREADS.)",
    "Not sent, because %(count)s other calls are running. Wait a few seconds, then send again. "
    "(Administrators can raise PLAYGROUND_THREADS.)",
)


class Leases(Protocol):
    """The exchanges running in all processes together. If what they share is away, nobody is refused."""

    def take(self, number: str, visitor: str, most: int) -> bool:
        """Return False if this visitor has `most` exchanges already; "" may have any number."""

    def give_back(self, number: str, visitor: str) -> None: ...

    def stop(self, number: str) -> bool:
        """Have the process end it that runs it. Return False if none does."""


class _Alone:
    """For a process that shares nothing."""

    def take(self, number: str, visitor: str, most: int) -> bool:
        del number, visitor, most
        return True

    def give_back(self, number: str, visitor: str) -> None: ...

    def stop(self, number: str) -> bool:
        del number
        return False


class Running:
    """Running exchanges: `with running.place(wire, limits, visitor) as id:` takes one of the places.

    `leases` are those of all processes.
    """

    leases: Leases = _Alone()

    def __init__(self) -> None:
        self._wires: dict[str, Wire] = {}
        self._by_visitor: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._stopping = False

    @contextmanager
    def place(self, wire: Wire, limits: Limits, visitor: str = "") -> Iterator[str]:
        """Raise `BusyError` at once if all places, or this visitor's, are taken or the server is stopping."""
        # Unguessable, because whoever knows it may stop the exchange.
        number = secrets.token_urlsafe(16)
        with self._changed:
            if self._stopping or len(self._wires) >= limits.exchanges:
                raise BusyError(limits.exchanges, stopping=self._stopping)
            if visitor and self._by_visitor[visitor] >= limits.client_exchanges:
                raise BusyError(limits.client_exchanges, own=True)
            self._wires[number] = wire
            self._by_visitor[visitor] += 1
        try:
            if not self.leases.take(number, visitor, limits.client_exchanges):
                raise BusyError(limits.client_exchanges, own=True)
            try:
                yield number
            finally:
                self.leases.give_back(number, visitor)
        finally:
            with self._changed:
                del self._wires[number]
                self._by_visitor[visitor] -= 1
                if not self._by_visitor[visitor]:
                    del self._by_visitor[visitor]
                self._changed.notify_all()

    def stop(self, number: str) -> bool:
        """End one exchange, in whatever process; its record says so. Return False when there is none."""
        return self.stop_here(number) or self.leases.stop(number)

    def stop_here(self, number: str) -> bool:
        """End one of this process. Return False when it has none with this id."""
        with self._changed:
            wire = self._wires.get(number)
        if wire:
            wire.shutdown(FailureKind.STOPPED)
        return wire is not None

    def is_ended(self, number: str) -> bool:
        """Whether an exchange that is still running here has been asked to end."""
        with self._changed:
            wire = self._wires.get(number)
        return wire is not None and wire.ended is not None

    @property
    def count(self) -> int:
        return len(self._wires)

    @property
    def stopping(self) -> bool:
        return self._stopping

    def refuse_new(self) -> None:
        """Refuse new exchanges from now on; running ones continue."""
        self._stopping = True

    def wait_until_none(self, seconds: float) -> bool:
        """Return whether all exchanges ended within that time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._wires, seconds)

    def end_all(self, kind: FailureKind) -> None:
        with self._changed:
            wires = list(self._wires.values())
        for wire in wires:
            wire.shutdown(kind)


running = Running()
