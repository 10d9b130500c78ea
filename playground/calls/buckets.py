"""Token buckets in Django's cache, exact under any number of threads, workers and machines.

Django's cache cannot read, decide and write in one step, so each backend gets its own way here: a script
that Redis (or Valkey) runs, or a lock for the memory of one process.

A bucket of `count` tokens that refills in `seconds` is stored as one number, the time at which it will be
full again (the "theoretical arrival time" of the generic cell rate algorithm, ITU-T I.371).
"""

import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

from playground.config_types import Rate
from playground.exchange.refusal import RETRY_SECONDS, Refusal, RefusedError
from playground.text.sentence import gettext_noop, say

# In seconds; a shorter wait is a rounding error.
_ROUNDING_SECONDS = 1e-5
# How inexact the clocks of virtual machines are.
_CLOCK_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket. `key` tells who it belongs to, `rate` its size and how fast it refills."""

    key: str
    rate: Rate

    @property
    def name(self) -> str:
        return f"bucket:{self.rate.count}/{self.rate.seconds}:{self.key}"

    @property
    def interval(self) -> float:
        """Seconds in which one token refills."""
        return self.rate.seconds / self.rate.count


@dataclass(frozen=True, slots=True)
class Empty:
    """The bucket that has no token, and the seconds until it has one."""

    bucket: Bucket
    seconds: float

    @property
    def whole_seconds(self) -> int:
        """The seconds rounded up. Not 1200.0001 to 1201: the clock may have stood still, or fallen back."""
        return max(1, math.ceil(self.seconds - _CLOCK_SECONDS))


class UnavailableError(RefusedError):
    """The store of the buckets cannot be reached."""

    def __init__(self) -> None:
        title = say(gettext_noop("The server’s key is unavailable"))
        advice = say(
            gettext_noop(
                "Not sent, because the calls with this key can’t be counted. Try again later, or enter your "
                "own key. (Administrators can check the server in CACHE_URL.)"
            )
        )
        super().__init__(Refusal(503, "not_counted", title, advice, retry_seconds=RETRY_SECONDS))


class Buckets(Protocol):
    def take(self, buckets: Sequence[Bucket]) -> Empty | None:
        """Take a token from each bucket and return None; or, if any is empty, take none.

        Then return the one that stays empty for longest. Raises `UnavailableError`.
        """


class LocalBuckets(LocMemCache):
    """For one process, on its monotonic clock.

    Entries expire by that clock, too: a wall clock set forward for a moment would refill every bucket.
    """

    _taking = threading.Lock()
    _expire_info: dict[str, float | None]

    def take(self, buckets: Sequence[Bucket]) -> Empty | None:
        with self._taking:
            now = time.monotonic()
            full = [self._full_at(bucket, now) for bucket in buckets]
            waits = [
                at - now - bucket.rate.seconds + bucket.interval
                for at, bucket in zip(full, buckets, strict=True)
            ]
            if waits and max(waits) > _ROUNDING_SECONDS:
                return Empty(buckets[waits.index(max(waits))], max(waits))
            for at, bucket in zip(full, buckets, strict=True):
                at += bucket.interval
                self.set(bucket.name, at, math.ceil(at - now))
        return None

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> float | None:
        seconds: float | None = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return None if seconds is None else time.monotonic() + seconds

    def _has_expired(self, key: str) -> bool:
        """Override Django's, which uses `time.time`."""
        expires = self._expire_info.get(key, float("-inf"))
        return expires is not None and expires <= time.monotonic()

    def _full_at(self, bucket: Bucket, now: float) -> float:
        latest = now + bucket.rate.seconds
        at: float = self.get(bucket.name, 0.0)
        if at > latest:
            self.set(bucket.name, latest, bucket.rate.seconds)
        return max(now, min(at, latest))


_SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1e6
local full, longest, which = {}, 0, 0
for i, key in ipairs(KEYS) do
    local seconds, interval = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
    local stored = tonumber(redis.call('GET', key) or '0')
    if stored > now + seconds then
        stored = now + seconds
        redis.call('SET', key, string.format('%.6f', stored), 'PX', seconds * 1000)
    end
    full[i] = math.max(now, stored) + interval
    local wait = full[i] - now - seconds
    if wait > longest then longest, which = wait, i end
end
if longest > tonumber(ARGV[#ARGV]) then return {which, tostring(longest)} end
for i, key in ipairs(KEYS) do
    redis.call('SET', key, string.format('%.6f', full[i]), 'PX', math.ceil((full[i] - now) * 1000))
end
return {0, '0'}
"""


class RedisBuckets(RedisCache):
    """For all servers that share a Redis or Valkey, on its clock, which also expires the entries."""

    @property
    def client(self) -> Any:
        """The driver's client, with connections of this thread."""
        return self._cache.get_client(None, write=True)

    def take(self, buckets: Sequence[Bucket]) -> Empty | None:
        keys = [self.make_and_validate_key(bucket.name) for bucket in buckets]
        numbers = [number for bucket in buckets for number in (bucket.rate.seconds, bucket.interval)]
        with _reached():
            which, seconds = self.client.eval(_SCRIPT, len(keys), *keys, *numbers, _ROUNDING_SECONDS)
        return Empty(buckets[which - 1], float(seconds)) if which else None

    def add(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Store a value if there is none, and return whether there was none. Raises `UnavailableError`."""
        with _reached():
            return super().add(key, value, timeout, version)

    def ping(self) -> None:
        """Ping the server, then close this thread's connections. Raises `UnavailableError`."""
        client = self.client
        try:
            with _reached():
                client.ping()
        finally:
            client.connection_pool.disconnect()


@contextmanager
def _reached() -> Iterator[None]:
    """Raise `UnavailableError` where the server cannot be reached."""
    from redis.exceptions import RedisError  # here, because without Redis its driver takes a tenth of a start

    try:
        yield
    except RedisError as error:
        raise UnavailableError from error
