"""What one page may take. A page of the web's largest docs needs a tenth of it; a page that is built to need
more (or a pattern that takes quadratic time, in a library of ours) ends as plain text.
"""

import time
from typing import Any

# Of the processor's time, so that a busy machine changes nothing. Code that is highlighted has its own part.
SECONDS = 8.0
HIGHLIGHT_SECONDS = 2.0
# Elements, headings, pieces of text: each one takes some 300 bytes while a page is made.
MOST_TOKENS = 400_000
# Characters. Browsers show larger pages by the second, not at once.
MOST_HTML = 4 * 2**20
# Steps between two looks at the clock: a look costs as much as a step.
_EACH = 64


class OverBudgetError(Exception):
    """The page takes more than it may."""


class Budget:
    """What is left of it, for one page."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._end = time.thread_time() + seconds
        self._steps = 0
        self._tokens = 0
        self._written = 0
        self.highlight_seconds = HIGHLIGHT_SECONDS

    def step(self) -> None:
        """Counts a small piece of work. Raises `OverBudgetError`, as all of these do."""
        self._steps += 1
        if self._steps % _EACH == 0:
            self.ask()

    def ask(self) -> None:
        """Before work that takes long: whether there is time."""
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
    """The budget of the page that the parser is at."""
    budget: Budget = env["budget"]
    return budget
