"""How the C library handles freed memory.

glibc keeps blocks of up to 32 MiB for reuse once it has freed some of that size, in a heap for each thread: a
worker that had a few responses of 16 MiB stays hundreds of megabytes larger than necessary.
"""

import ctypes
import sys

_M_MMAP_THRESHOLD = -3  # <malloc.h>
_LARGE = 1 << 20


def return_large_blocks() -> None:
    """Make glibc return blocks of a megabyte or more to the system when they are freed."""
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
