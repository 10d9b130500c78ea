"""A question that is asked in a thread of its own, so that nobody waits for it who does not want to."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

_logger = logging.getLogger(__name__)


class Question:
    """`ask` runs once at a time, however many want to know, and what came of it holds for `holds` seconds.

    It keeps what it finds out by itself; what it raises is logged, and holds as long.
    """

    def __init__(self, ask: Callable[[], None], holds: float) -> None:
        self._ask, self._holds = ask, holds
        self._changed = threading.Condition()
        self._asking = False
        self._answered_at = float("-inf")

    def put(self) -> float:
        """Asks, unless it is being asked or the last answer still holds. The time, for `wait`."""
        now = time.monotonic()
        with self._changed:
            if not self._asking and not self._held(now):
                # Where no thread can be started, the next one asks. A thread waits for the lock at its end.
                with suppress(RuntimeError):
                    threading.Thread(target=self._run, name="question", daemon=True).start()
                    self._asking = True
        return now

    def wait(self, put_at: float, seconds: float) -> bool:
        """Waits for an answer that held when the question was put, or is newer; whether there is one."""
        with self._changed:
            return self._changed.wait_for(lambda: self._held(put_at), max(0.0, seconds))

    def _held(self, at: float) -> bool:
        return at - self._answered_at < self._holds

    def _run(self) -> None:
        try:
            self._ask()
        except Exception:
            _logger.exception("A question in the background failed")
        with self._changed:
            self._answered_at, self._asking = time.monotonic(), False
            self._changed.notify_all()
