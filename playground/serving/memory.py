"""How memory is freed: by the C library, and by Python's garbage collector.

glibc keeps blocks of up to 32 MiB for reuse once it has freed some of that size, in a heap for each thread: a
worker that had a few responses of 16 MiB stays hundreds of megabytes larger than necessary.

The collector looks through all objects again and again, those of the program included: more than 40 ms each
time, during which every call waits.
"""

import ctypes
import gc
import sys

_M_MMAP_THRESHOLD = -3  # <malloc.h>
_LARGE = 1 << 20


def return_large_blocks() -> None:
    """Make glibc return blocks of a megabyte or more to the system when they are freed."""
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


def keep_what_is_loaded() -> None:
    """Exempt what exists now, the program itself, from garbage collection."""
    gc.collect()
    gc.freeze()
