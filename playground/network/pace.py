"""When to wake the reader of a growing answer, and when to show what has arrived."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from playground.network.connection import Wire
from playground.network.limits import Limits
from playground.network.running import running

# From the first token on, an answer is shown again after this time, which grows with the number of running
# calls: each time costs the processor more than the tokens that it shows.
_SHORTEST_MS = 40.0
_LONGEST_MS = 200.0
_MS_A_CALL = 1.0
# With no more calls than this, each piece is read as it arrives, which gives its events their exact times.
FEW = 10
_MOST_UNSHOWN = 1 << 18

# Milliseconds since the call began.
Clock = Callable[[], float]


def interval_ms(calls: int) -> float:
    """Return the time between two updates of an answer, in milliseconds, while so many calls are running."""
    return min(_LONGEST_MS, max(_SHORTEST_MS, _MS_A_CALL * calls))


def stopwatch() -> Clock:
    start = time.perf_counter()
    return lambda: (time.perf_counter() - start) * 1000


@dataclass
class Pace:
    """Decides when a `live` answer is shown again: the first token at once, then at intervals.

    `fresh` counts the bytes that are not shown yet; times are in milliseconds of `clock`. `calls` returns how
    many are running, `works` whether the provider is still working on the answer after too long a silence.
    """

    limits: Limits
    clock: Clock
    live: bool = True
    works: Callable[[], bool] = bool
    calls: Callable[[], int] = lambda: running.count
    sleep: Callable[[float], None] = time.sleep
    fresh: int = 0
    shown_ms: float = 0.0
    heard_ms: float = 0.0
    # Whether a token has arrived, and whether it was shown.
    token: bool = False
    _token_shown: bool = False

    def begin(self) -> None:
        self.heard_ms = self.clock()
        self.shown_ms = self.heard_ms - _SHORTEST_MS  # do not delay the first bytes

    def wait(self, on_wire: Wire, *, ready: bool = False, until_ms: float = math.inf) -> bool:
        """Wait for data unless it is `ready`. Return False when the answer is to be shown first.

        Returns False at `until_ms` too. Raises `TimeoutError` when the silence has lasted too long.
        """
        sleeps = self._token_shown and not self.fresh and (calls := self.calls()) > FEW
        if sleeps:
            # Instead of waking for each token.
            self.sleep(max(0.0, self.shown_ms + interval_ms(calls) - self.clock()) / 1000)
        silent_ms = self.heard_ms + 1000 * self.limits.silence_seconds
        patience = (min(self._due_ms(), silent_ms, until_ms) - self.clock()) / 1000
        # More data that is already there is read first, unless much is unshown or nothing was shown for long.
        if not (self.live and self._is_due()) and (ready or on_wire.wait(patience, likely=sleeps)):
            return True
        self.shown_ms, self.fresh, self._token_shown = self.clock(), 0, self.token
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
        if not self.fresh:
            return self.shown_ms + 1000 * self.limits.heartbeat_seconds
        if self.token and not self._token_shown:
            return self.heard_ms
        return self.shown_ms + interval_ms(self.calls())
