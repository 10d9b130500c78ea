"""What the C library does with freed memory.

glibc keeps blocks up to 32 MiB for the next time once it has seen some of that size, in a heap for each
thread: a worker that has had a few answers of 16 MiB stays hundreds of megabytes larger than it needs to be.
"""

import ctypes
import sys

_M_MMAP_THRESHOLD = -3  # <malloc.h>
_LARGE = 1 << 20


def return_large_blocks() -> None:
    """From now on blocks of a megabyte or more go back to the system when they are freed. For glibc."""
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
