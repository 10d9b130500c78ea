"""Running calls in Redis or Valkey, where all workers and machines see each other's.

Each call has a key that says that it runs, and a place among those of its visitor. Both expire unless the
process that makes the call renews them, so the places of a killed worker come back.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.core.cache import cache

from playground.calls.buckets import RedisBuckets
from playground.network.running import Running

_logger = logging.getLogger(__name__)

LEASE_SECONDS = 15.0
# After a failure, Redis is not asked: a call would wait for it in vain.
_AWAY_SECONDS = 5.0
# Ids are shorter, but people can post anything.
_LONGEST_NUMBER = 64

# KEYS: that of the call, and its visitor's places, if any. ARGV: the call's id, the seconds of a lease.
_HOLD = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1e6
if KEYS[2] then
    %s
    redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
    redis.call('PEXPIRE', KEYS[2], ARGV[2] * 1000)
end
local told = redis.call('GET', KEYS[1]) or 'runs'
redis.call('SET', KEYS[1], told, 'PX', ARGV[2] * 1000)
return told
"""
_RENEW = _HOLD % ""
# ARGV[3]: the most calls that the visitor may have.
_TAKE = (
    _HOLD
    % """
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
    if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) then return 'none' end
"""
)
_GIVE_BACK = """
if KEYS[2] then redis.call('ZREM', KEYS[2], ARGV[1]) end
return redis.call('DEL', KEYS[1])
"""
# Written as well as told: whoever does not hear it now reads it at the next renewal.
_STOP = """
if not redis.call('SET', KEYS[1], 'stop', 'XX', 'KEEPTTL') then return 0 end
redis.call('PUBLISH', ARGV[2], ARGV[1])
return 1
"""
# To a thread that waits for what it is told.
_WAKE = "return redis.call('PUBLISH', ARGV[2], ARGV[1])"


def share(running: Running) -> None:
    """Let the calls of this process be counted with those of all others, and stopped by them.

    Without Redis, the workers of one machine know nothing of each other.
    """
    if settings.CONFIG.cache_url:
        running.leases = RedisLeases(cast("RedisBuckets", cache), running.stop_here, LEASE_SECONDS)


class RedisLeases:
    """`running.Leases` in Redis. `stop` ends a call of this process.

    While Redis is away, calls are counted in this process only. Once it is back, it is told what runs.
    """

    def __init__(self, redis: RedisBuckets, stop: Callable[[str], object], seconds: float) -> None:
        self._redis, self._stop, self._seconds = redis, stop, seconds
        self._channel = redis.make_key("stop")
        self._visitors: dict[str, str] = {}
        self._away_until = 0.0
        self._is_shared = True
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="leases", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread. What runs is soon unknown to others, as if the process had been killed."""
        self._closed.set()
        self._ask(_WAKE, "", "", self._channel)
        self._thread.join()

    def take(self, number: str, visitor: str, most: int) -> bool:
        if self._ask(_TAKE, number, visitor, self._seconds, most) == b"none":
            return False
        self._visitors[number] = visitor
        return True

    def give_back(self, number: str, visitor: str) -> None:
        # In this order: a renewal at the same time then sees that it came too late.
        self._visitors.pop(number, None)
        self._ask(_GIVE_BACK, number, visitor)

    def stop(self, number: str) -> bool:
        return len(number) <= _LONGEST_NUMBER and bool(self._ask(_STOP, number, "", self._channel))

    def _ask(self, script: str, number: str, visitor: str, *values: object) -> Any:
        """Run the script; None if Redis cannot be reached."""
        from redis.exceptions import RedisError  # as in `buckets`

        if time.monotonic() < self._away_until:
            return None
        try:
            return self._eval(self._redis.client, script, number, visitor, *values)
        except RedisError:
            self._away_until = time.monotonic() + _AWAY_SECONDS
            return None

    def _eval(self, client: Any, script: str, number: str, visitor: str, *values: object) -> Any:
        keys = [f"running:{number}", *([f"places:{visitor}"] if visitor else [])]
        return client.eval(script, len(keys), *map(self._redis.make_key, keys), number, *values)

    def _keep(self) -> None:
        """Renew the leases, and stop what others want stopped, for as long as the process lives."""
        from redis.exceptions import RedisError

        while not self._closed.is_set():
            try:
                self._listen()
            except RedisError as error:
                if self._is_shared:  # once, not each time that it is tried again
                    _logger.error("Running calls are known to this process only: %s", type(error).__name__)
            except Exception:  # it must not end the thread that renews all calls
                _logger.exception("Running calls are known to this process only")
            else:
                return
            self._is_shared = False
            self._closed.wait(min(_AWAY_SECONDS, self._seconds / 3))

    def _listen(self) -> None:
        due = 0.0
        with self._redis.client.pubsub(ignore_subscribe_messages=True) as told:
            told.subscribe(self._channel)
            while not self._closed.is_set():
                if time.monotonic() >= due:
                    self._renew()
                    self._is_shared = True
                    due = time.monotonic() + self._seconds / 3
                if message := told.get_message(timeout=max(0.0, due - time.monotonic())):
                    self._stop(message["data"].decode())

    def _renew(self) -> None:
        held = dict(self._visitors)
        pipeline = self._redis.client.pipeline(transaction=False)
        for number, visitor in held.items():
            self._eval(pipeline, _RENEW, number, visitor, self._seconds)
        for (number, visitor), told in zip(held.items(), pipeline.execute(), strict=True):
            if number not in self._visitors:
                self._ask(_GIVE_BACK, number, visitor)
            elif told == b"stop":
                self._stop(number)
