"""Make a child process end with its parent, however the parent ends.

The parent holds the write end of a pipe that is the child's standard input. When the parent is gone, even by
SIGKILL, the system closes that end, and the child reads the end of its input.
"""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable

_STANDARD_INPUT = 0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def at_parents_end(end: Callable[[], None]) -> None:
    """Call `end`, in a thread of its own, when the parent has closed the pipe."""

    def wait() -> None:
        while os.read(_STANDARD_INPUT, 4096):
            pass
        end()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def killed_with_parent() -> None:
    """Have Linux kill this process when the thread that started it ends.

    This needs no thread of ours, so it works even while the process is stopped or busy outside Python.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
