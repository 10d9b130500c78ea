"""When to wake the reader of a growing answer, and when to show what has arrived."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from playground.network.connection import Wire
from playground.network.limits import Limits
from playground.network.running import running

_FLUSH_SECONDS = 0.04
_MOST_UNSHOWN = 1 << 18

# Milliseconds since the call began.
Clock = Callable[[], float]


def stopwatch() -> Clock:
    start = time.perf_counter()
    return lambda: (time.perf_counter() - start) * 1000


@dataclass
class Pace:
    """Decides when a `live` answer is shown again: soon after new bytes, and at intervals during silence.

    `fresh` counts the bytes that are not shown yet; times are in milliseconds of `clock`. After too long a
    silence, `works` says whether the provider is still working on the answer.
    """

    limits: Limits
    clock: Clock
    live: bool = True
    works: Callable[[], bool] = bool
    fresh: int = 0
    shown_ms: float = 0.0
    heard_ms: float = 0.0

    def begin(self) -> None:
        self.heard_ms = self.clock()
        self.shown_ms = self.heard_ms - 1000 * _FLUSH_SECONDS  # do not delay the first token

    def wait(self, on_wire: Wire, *, ready: bool = False, until_ms: float = math.inf) -> bool:
        """Wait for data unless it is `ready`. Return False when the answer is to be shown first.

        Returns False at `until_ms` too. Raises `TimeoutError` when the silence has lasted too long.
        """
        if self.live and running.crowded and not self.fresh:
            # With many streams, each wake-up costs more than the token that it delivers.
            time.sleep(max(0.0, self.shown_ms + 1000 * _FLUSH_SECONDS - self.clock()) / 1000)
        silent_ms = self.heard_ms + 1000 * self.limits.silence_seconds
        patience = (min(self._due_ms(), silent_ms, until_ms) - self.clock()) / 1000
        # More data that is already there is read first, unless much is unshown or nothing was shown for long.
        if not (self.live and self._is_due()) and (ready or on_wire.wait(patience)):
            return True
        self.shown_ms, self.fresh = self.clock(), 0
        if self.shown_ms >= silent_ms and not on_wire.wait(0):
            if not self.works() and not on_wire.wait(0):  # the end may have arrived while `works` ran
                raise TimeoutError
            self.heard_ms = self.clock()
        return False

    def heard(self, size: int) -> None:
        self.fresh += size
        self.heard_ms = self.clock()

    def _is_due(self) -> bool:
        overdue_ms = self.shown_ms + 1000 * self.limits.heartbeat_seconds
        return self.fresh >= _MOST_UNSHOWN or self.clock() >= overdue_ms

    def _due_ms(self) -> float:
        if not self.live:
            return math.inf
        seconds = _FLUSH_SECONDS if self.fresh else self.limits.heartbeat_seconds
        return self.shown_ms + 1000 * seconds
