"""Limits on the work for one page.

The largest docs pages on the web need a tenth of it. A page that is built to need more, or that hits a
pattern of quadratic time in a library, is shown as plain text.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# CPU time, so that a busy machine makes no difference. Highlighting has a share of its own.
SECONDS = 8.0
HIGHLIGHT_SECONDS = 2.0
# Elements, headings, pieces of text: each takes some 300 bytes while a page is rendered.
MOST_TOKENS = 400_000
# Characters. Browsers need seconds to show larger pages.
MOST_HTML = 4 * 2**20
# For all growing answers of a call, which are drawn again for each piece. A slow stream may take more: a
# share of the time that passes is added.
GROWING_SECONDS = 5.0
GROWING_SHARE = 0.1
GROWING_HTML = 128 * 2**20
# Steps between two readings of the clock: one reading costs as much as a step.
_STEPS_PER_READING = 64


class OverBudgetError(Exception):
    """The page exceeds its budget."""


class Budget:
    """What is left of one page's budget."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._end = time.thread_time() + seconds
        self._steps = 0
        self._tokens = 0
        self._written = 0
        self.highlight_seconds = min(HIGHLIGHT_SECONDS, seconds)

    def step(self) -> None:
        """Count a small piece of work. Raises `OverBudgetError`, as the other methods do."""
        self._steps += 1
        if self._steps % _STEPS_PER_READING == 0:
            self.ask()

    def ask(self) -> None:
        """Check the time before a piece of work that takes long."""
        if time.thread_time() > self._end:
            raise OverBudgetError

    def token(self) -> None:
        self._tokens += 1
        if self._tokens > MOST_TOKENS:
            raise OverBudgetError
        self.step()

    def wrote(self, html: str) -> str:
        self._written += len(html)
        if self._written > MOST_HTML:
            raise OverBudgetError
        self.step()
        return html


class Purse:
    """CPU time and characters of HTML for many texts, such as the growing answers of a call.

    Each second that passes adds `share` seconds of CPU time.
    """

    def __init__(
        self, seconds: float = GROWING_SECONDS, share: float = GROWING_SHARE, html: int = GROWING_HTML
    ) -> None:
        self._seconds, self._share, self._html = seconds, share, html
        self._made = time.monotonic()
        self._paid_until: float | None = None  # only while somebody pays

    @contextmanager
    def paying(self) -> Iterator[None]:
        """Take the CPU time of what is done in this context."""
        self._paid_until = time.thread_time()
        try:
            yield
        finally:
            self._pay()
            self._paid_until = None

    def wrote(self, html: str) -> str:
        self._html -= len(html)
        return html

    def left(self) -> float:
        """Return the seconds that are left; 0 if nothing more may be drawn."""
        self._pay()
        seconds = self._seconds + self._share * (time.monotonic() - self._made)
        return max(seconds, 0.0) if self._html > 0 else 0.0

    def _pay(self) -> None:
        if self._paid_until is not None:
            now = time.thread_time()
            self._seconds -= now - self._paid_until
            self._paid_until = now


def of(env: Any) -> Budget:
    """Return the budget of the page being parsed."""
    budget: Budget = env["budget"]
    return budget
