"""How long calls took, counted in buckets that can be added up over days: p50 and p95 from them."""

import math
from collections.abc import Sequence

# Each bucket ends a quarter later than the one before; the first one at 10 ms, the last one after 9 minutes.
_FIRST_MS = 10
_WIDER = 1.25
BUCKETS = 50


def nothing() -> list[int]:
    """Return how many calls each bucket has before there are any."""
    return [0] * BUCKETS


def bucket_of(milliseconds: float) -> int:
    if milliseconds <= _FIRST_MS:
        return 0
    return min(BUCKETS - 1, math.ceil(math.log(milliseconds / _FIRST_MS, _WIDER)))


def percentile(counts: Sequence[int], percent: int) -> float | None:
    """Return the milliseconds within which so many percent of the calls ended; None without calls.

    It is the middle of a bucket: up to 12 % more or less than the exact value.
    """
    left = math.ceil(sum(counts) * percent / 100)
    for bucket, count in enumerate(counts):
        left -= count
        if left <= 0 < count:
            return float(_FIRST_MS * _WIDER ** (bucket - 0.5))
    return None
