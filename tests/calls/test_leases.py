"""Running calls that several workers know of: two of them on one Redis, each as in a process of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from playground.calls.buckets import RedisBuckets
from playground.calls.leases import LEASE_SECONDS, RedisLeases
from playground.exchange.failure import FailureKind
from playground.network.connection import Wire
from playground.network.limits import Limits
from playground.network.running import BusyError, Running
from tests.redis import RedisServer
from tests.served.conftest import eventually

LIMITS = Limits(client_exchanges=2)
Worker = Callable[..., Running]


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[RedisBuckets]:
    shared = RedisBuckets(redis_server.url, {})
    shared.clear()
    yield shared
    shared.client.connection_pool.disconnect()


@pytest.fixture
def worker(redis: RedisBuckets) -> Iterator[Worker]:
    with ExitStack() as stack:

        def make(seconds: float = LEASE_SECONDS, redis: RedisBuckets = redis) -> Running:
            running = Running()
            running.leases = leases = RedisLeases(redis, running.stop_here, seconds)
            stack.callback(leases.close)
            return running

        yield make


def _fits(running: Running, visitor: str = "a") -> bool:
    try:
        with running.place(Wire(), LIMITS, visitor):
            return True
    except BusyError as busy:
        return not busy.own


def test_workers_count_a_visitors_calls_together(worker: Worker) -> None:
    one, other = worker(), worker()

    with one.place(Wire(), LIMITS, "a"), other.place(Wire(), LIMITS, "a"):
        assert [_fits(one), _fits(other)] == [False, False]
        assert one.count == other.count == 1  # what was refused has left nothing
        assert _fits(one, "b")
        with one.place(Wire(), LIMITS), other.place(Wire(), LIMITS), one.place(Wire(), LIMITS):
            pass  # nobody in particular

    assert [_fits(one), _fits(other)] == [True, True]


def test_any_worker_stops_a_call_of_another(worker: Worker) -> None:
    one, other, wire, bystander = worker(), worker(), Wire(), Wire()

    with one.place(wire, LIMITS, "a") as number, one.place(bystander, LIMITS):
        assert [other.stop("guess"), other.stop("x" * 10_000)] == [False, False]
        assert other.stop(number)
        assert eventually(lambda: wire.ended is FailureKind.STOPPED)

    assert bystander.ended is None
    assert not other.stop(number)


def test_a_stop_that_nobody_heard_is_read_later(worker: Worker, redis: RedisBuckets) -> None:
    deaf, wire = worker(1), Wire()

    with deaf.place(wire, LIMITS) as number:
        redis.client.set(redis.make_key(f"running:{number}"), "stop")
        assert eventually(lambda: wire.ended is not None)

    assert wire.ended is FailureKind.STOPPED


def test_the_places_of_a_killed_worker_come_back(worker: Worker, redis: RedisBuckets) -> None:
    living, killed = worker(1), worker(1)
    with ExitStack() as calls:
        calls.enter_context(living.place(Wire(), LIMITS, "a"))
        calls.enter_context(killed.place(Wire(), LIMITS, "a"))
        assert not _fits(living)
        assert isinstance(killed.leases, RedisLeases)
        killed.leases.close()

        assert eventually(lambda: _fits(living))
        with living.place(Wire(), LIMITS, "a"):
            assert not _fits(living)  # those of a living one were renewed


def test_what_runs_is_known_again_when_redis_has_forgotten_it(worker: Worker, redis: RedisBuckets) -> None:
    one, other, wire = worker(1), worker(1), Wire()

    with one.place(wire, LIMITS, "a") as number, one.place(Wire(), LIMITS, "a"):
        redis.clear()
        assert eventually(lambda: not _fits(other))
        assert other.stop(number)
        assert eventually(lambda: wire.ended is not None)


def test_without_redis_each_worker_counts_its_own(worker: Worker) -> None:
    away = RedisBuckets("redis://127.0.0.1:1/0", {})
    one, other = worker(redis=away), worker(redis=away)

    with one.place(Wire(), LIMITS, "a") as number, one.place(Wire(), LIMITS, "a"):
        assert [_fits(one), _fits(other)] == [False, True]
        assert [other.stop(number), one.stop(number)] == [False, True]
