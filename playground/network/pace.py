"""When a reader of a growing answer wakes, and when what came is shown."""

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
    """When a `live` reading is to be shown again: soon after something new, and now and then in a silence.

    `fresh` counts the bytes that are not shown yet; times are in milliseconds of `clock`. `works` is asked
    when the silence has lasted too long: whether the work goes on all the same.
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
        self.shown_ms = self.heard_ms - 1000 * _FLUSH_SECONDS  # the first token need not wait

    def wait(self, on_wire: Wire, *, ready: bool = False, until_ms: float = math.inf) -> bool:
        """Waits for the wire, unless it is `ready`; False when the reading is to be shown first, or at
        `until_ms`.

        Raises `TimeoutError` when the silence has lasted too long.
        """
        if self.live and running.crowded and not self.fresh:
            # Many streams at once: each waking costs more than the token that it is for.
            time.sleep(max(0.0, self.shown_ms + 1000 * _FLUSH_SECONDS - self.clock()) / 1000)
        silent_ms = self.heard_ms + 1000 * self.limits.silence_seconds
        patience = (min(self._due_ms(), silent_ms, until_ms) - self.clock()) / 1000
        # What is there already is shown with the rest, unless that is much, or nothing was shown for long.
        if not (self.live and self._is_due()) and (ready or on_wire.wait(patience)):
            return True
        self.shown_ms, self.fresh = self.clock(), 0
        if self.shown_ms >= silent_ms and not on_wire.wait(0):
            if not self.works() and not on_wire.wait(0):  # its end may have come while it was asked
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
