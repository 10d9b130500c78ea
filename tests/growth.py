"""Measure how CPU time grows with size, by doubling the size."""

import gc
import time
from collections.abc import Callable

_TRIES = 10


def seconds(work: Callable[[], object]) -> float:
    """Return CPU time without the garbage collector, whose share grows with what other tests keep alive."""
    gc.disable()
    began = time.thread_time()
    try:
        work()
        return time.thread_time() - began
    finally:
        gc.enable()


def costs_at_most(share: float, work: Callable[[], object], other: Callable[[], object]) -> bool:
    """Whether `work` takes at most `share` of the CPU time of `other`.

    They take turns, because the speed of a shared machine changes within seconds.
    """
    best = {work: 1e9, other: 1e9}
    for _ in range(2 * _TRIES):
        for each in best:
            best[each] = min(best[each], seconds(each))
        if best[work] <= share * best[other]:
            return True
    return False


def is_linear(work: Callable[[int], object], size: int) -> bool:
    """Whether twice and four times the size take `work` about two and four times as long.

    Takes the best of a few tries, because other load on the machine slows some of them.
    """
    best = {size: 1e9, 2 * size: 1e9, 4 * size: 1e9}
    for _ in range(_TRIES):
        for each in best:
            best[each] = min(best[each], seconds(lambda each=each: work(each)))  # type: ignore[misc]
        once, twice, four = best.values()
        if twice < 3 * once + 0.01 and four < 7 * once + 0.01:
            return True
    return False
