"""Token buckets: a full bucket at once, then one token as each refills; in memory and in Redis."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from playground.calls.buckets import Bucket, Buckets, LocalBuckets, RedisBuckets, UnavailableError
from playground.config_types import Rate
from tests.redis import RedisServer

SLOW = Rate(3, 3600)


@pytest.fixture(params=["memory", "redis"])
def buckets(request: pytest.FixtureRequest) -> Iterator[Buckets]:
    if request.param == "memory":
        local = LocalBuckets("test", {})
        local.clear()
        yield local
    else:
        server: RedisServer = request.getfixturevalue("redis_server")
        shared = RedisBuckets(server.url, {})
        shared.clear()
        yield shared
        shared._cache.get_client(None, write=True).connection_pool.disconnect()


def test_so_many_at_once_and_no_more(buckets: Buckets) -> None:
    taken = [buckets.take([Bucket("a", SLOW)]) for _ in range(5)]

    assert taken[:3] == [None] * 3
    for empty in taken[3:]:
        assert empty is not None
        assert empty.bucket == Bucket("a", SLOW)
        assert 1190 < empty.seconds <= 1200


def test_a_token_comes_back_when_it_is_said_to(buckets: Buckets) -> None:
    rate = Rate(2, 1)
    for _ in range(2):
        assert buckets.take([Bucket("a", rate)]) is None

    empty = buckets.take([Bucket("a", rate)])

    assert empty is not None
    assert 0 < empty.seconds <= 0.5
    time.sleep(empty.seconds + 0.01)
    assert buckets.take([Bucket("a", rate)]) is None


def test_each_has_a_bucket_of_its_own(buckets: Buckets) -> None:
    for key in ("a", "b", "a", "b", "a", "b"):
        assert buckets.take([Bucket(key, SLOW)]) is None


def test_the_same_key_at_two_rates_is_two_buckets(buckets: Buckets) -> None:
    small, large = Bucket("a", Rate(1, 60)), Bucket("a", Rate(5, 3600))

    assert buckets.take([small, large]) is None

    empty = buckets.take([small, large])
    assert empty is not None
    assert empty.bucket == small


def test_from_all_or_from_none(buckets: Buckets) -> None:
    empty_one, full_one = Bucket("a", Rate(1, 3600)), Bucket("b", Rate(2, 3600))
    buckets.take([empty_one])

    for _ in range(5):
        assert buckets.take([full_one, empty_one]) is not None

    assert buckets.take([full_one]) is None
    assert buckets.take([full_one]) is None
    assert buckets.take([full_one]) is not None


def test_the_longest_wait_is_told(buckets: Buckets) -> None:
    minute, day = Bucket("a", Rate(1, 60)), Bucket("b", Rate(1, 86_400))
    buckets.take([minute, day])

    empty = buckets.take([minute, day])

    assert empty is not None
    assert empty.bucket == day


def test_a_race_gives_out_no_token_twice(buckets: Buckets) -> None:
    bucket = Bucket("race", Rate(20, 3600))

    with ThreadPoolExecutor(32) as pool:
        taken = list(pool.map(lambda _: buckets.take([bucket]), range(200)))

    assert taken.count(None) == 20


def test_nothing_to_take_from_is_nothing_refused(buckets: Buckets) -> None:
    assert buckets.take([]) is None


def test_a_full_bucket_leaves_nothing_behind(buckets: Any) -> None:
    bucket = Bucket("short", Rate(1, 2))
    buckets.take([bucket])
    assert buckets.has_key(bucket.name)

    time.sleep(2.1)

    assert not buckets.has_key(bucket.name)


@pytest.mark.parametrize("back", [3600.0, 86_400.0, 400 * 86_400.0])
def test_a_clock_that_goes_back_locks_nobody_out(monkeypatch: pytest.MonkeyPatch, back: float) -> None:
    """The stored time then lies far ahead; still, a token is there after one interval."""
    bucket = Bucket("a", Rate(10, 60))
    local = LocalBuckets("clock", {})
    local.clear()
    now = time.monotonic()
    monkeypatch.setattr("playground.calls.buckets.time.monotonic", lambda: now + back)
    for _ in range(11):
        local.take([bucket])
    monkeypatch.setattr("playground.calls.buckets.time.monotonic", lambda: now)

    empty = local.take([bucket])

    assert empty is not None
    assert empty.seconds == pytest.approx(bucket.interval)
    monkeypatch.setattr("playground.calls.buckets.time.monotonic", lambda: now + bucket.interval)
    assert local.take([bucket]) is None


@pytest.mark.parametrize("back", [3600, 86_400, 400 * 86_400])
def test_nor_does_that_of_redis(redis_server: RedisServer, back: int) -> None:
    """Redis's clock cannot be set, so the test stores what it would have stored before."""
    bucket = Bucket("a", Rate(2, 1))
    shared = RedisBuckets(redis_server.url, {})
    shared.clear()
    client = shared._cache.get_client(None, write=True)
    key = shared.make_and_validate_key(bucket.name)
    client.set(key, f"{client.time()[0] + back:.6f}")

    empty = shared.take([bucket])

    assert empty is not None
    assert 0 < empty.seconds <= bucket.interval
    assert 0 < client.pttl(key) <= 1000  # it expires although the clock went back
    time.sleep(empty.seconds + 0.01)
    assert shared.take([bucket]) is None
    client.connection_pool.disconnect()


def test_a_clock_that_goes_forward_and_back_fills_no_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    local = LocalBuckets("clock", {})
    local.clear()
    bucket = Bucket("a", SLOW)
    for _ in range(3):
        assert local.take([bucket]) is None
    assert local.add("token", 1, 60)
    now = time.time()

    for ahead in (86_400, 0, -86_400, 0):
        monkeypatch.setattr("time.time", lambda ahead=ahead: now + ahead)
        assert local.take([bucket]) is not None
        assert not local.add("token", 1, 60)  # a used token stays used


def test_a_redis_that_is_not_there_is_said() -> None:
    nobody = RedisBuckets("redis://127.0.0.1:1/0", {})

    with pytest.raises(UnavailableError):
        nobody.take([Bucket("a", SLOW)])
