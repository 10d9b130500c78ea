"""Timers that share one thread for all calls, where `threading.Timer` would start one for each."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

_logger = logging.getLogger(__name__)


class AlarmClock:
    """Call `ring` from another thread unless the block ends first: `with clock.after(seconds, ring):`."""

    def __init__(self) -> None:
        self._alarms: dict[object, tuple[float, Callable[[], None]]] = {}
        self._sleeps_until = math.inf
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="alarm", daemon=True).start()

    @contextmanager
    def after(self, seconds: float, ring: Callable[[], None]) -> Iterator[None]:
        alarm, due = object(), time.monotonic() + seconds
        with self._changed:
            self._alarms[alarm] = due, ring
            if due < self._sleeps_until:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._alarms.pop(alarm, None)

    def _run(self) -> None:
        while True:
            for ring in self._wait():
                try:
                    ring()
                except Exception:
                    # Every time limit depends on this thread, so a failing alarm must not end it.
                    _logger.exception("an alarm failed")

    def _wait(self) -> list[Callable[[], None]]:
        """Sleep until the next alarm may be due, then remove and return those that are."""
        with self._changed:
            self._sleeps_until = min((due for due, _ in self._alarms.values()), default=math.inf)
            pause = self._sleeps_until - time.monotonic()
            if pause > 0:
                self._changed.wait(min(pause, threading.TIMEOUT_MAX))
            now = time.monotonic()
            due = [alarm for alarm, (when, _) in self._alarms.items() if when <= now]
            return [self._alarms.pop(alarm)[1] for alarm in due]


@cache
def clock() -> AlarmClock:
    """Return this process's clock, started on first use because threads do not survive a fork."""
    return AlarmClock()
