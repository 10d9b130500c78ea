"""How the time of something grows with its size: by doubling it, on the processor's time."""

import gc
import time
from collections.abc import Callable

_TRIES = 5


def seconds(work: Callable[[], object]) -> float:
    """CPU time without the garbage collector, whose share grows with what other tests keep alive."""
    gc.disable()
    began = time.thread_time()
    try:
        work()
        return time.thread_time() - began
    finally:
        gc.enable()


def is_linear(work: Callable[[int], object], size: int) -> bool:
    """Whether `work` of twice and four times the size takes about as many times longer.

    The best of a few tries: what else runs on the machine makes any of them slower.
    """
    best = {size: 1e9, 2 * size: 1e9, 4 * size: 1e9}
    for _ in range(_TRIES):
        for each in best:
            best[each] = min(best[each], seconds(lambda each=each: work(each)))  # type: ignore[misc]
        once, twice, four = best.values()
        if twice < 3 * once + 0.01 and four < 7 * once + 0.01:
            return True
    return False
