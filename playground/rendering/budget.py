"""Limits on the work for one page.

The largest docs pages on the web need a tenth of it. A page that is built to need more, or that hits a
pattern of quadratic time in a library, is shown as plain text.
"""

import time
from typing import Any

# CPU time, so that a busy machine makes no difference. Highlighting has a share of its own.
SECONDS = 8.0
HIGHLIGHT_SECONDS = 2.0
# Elements, headings, pieces of text: each takes some 300 bytes while a page is rendered.
MOST_TOKENS = 400_000
# Characters. Browsers need seconds to show larger pages.
MOST_HTML = 4 * 2**20
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


def of(env: Any) -> Budget:
    """Return the budget of the page being parsed."""
    budget: Budget = env["budget"]
    return budget
