"""A check that runs in a thread of its own, so that callers wait for it only if they want to."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

_logger = logging.getLogger(__name__)


class Question:
    """Runs `ask` once at a time, however many callers there are; its result holds for `holds` seconds.

    `ask` stores its own result. An exception is logged, and holds as long.
    """

    def __init__(self, ask: Callable[[], None], holds: float) -> None:
        self._ask, self._holds = ask, holds
        self._changed = threading.Condition()
        self._asking = False
        self._answered_at = float("-inf")

    def put(self) -> float:
        """Start `ask`, unless it is running or its last result still holds. Return the time, for `wait`."""
        now = time.monotonic()
        with self._changed:
            if not self._asking and not self._held(now):
                # If no thread can be started, the next caller tries. `_asking` can be set after the start,
                # because the thread needs the lock to reset it.
                with suppress(RuntimeError):
                    threading.Thread(target=self._run, name="question", daemon=True).start()
                    self._asking = True
        return now

    def wait(self, put_at: float, seconds: float) -> bool:
        """Wait for a result that held when `put` was called, or is newer; return whether there is one."""
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
