"""A child that never outlives its parent, however that ends.

The parent holds the write end of a pipe that is the child's standard input. When the parent is gone, even by
SIGKILL, the system closes that end, and the child reads the end of its input.
"""

import os
import threading
from collections.abc import Callable

_STANDARD_INPUT = 0


def at_parents_end(end: Callable[[], None]) -> None:
    """Calls `end`, in a thread of its own, when the parent has closed the pipe."""

    def wait() -> None:
        while os.read(_STANDARD_INPUT, 4096):
            pass
        end()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
