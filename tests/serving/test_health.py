"""`/readyz` says what is wrong, in time, however often it is called."""

import threading
from collections.abc import Callable

import pytest
from django.core.cache import caches
from django.db import OperationalError
from django.test import Client

from playground.network.running import running
from playground.serving import health
from playground.serving.health import Probe, look


def test_hanging_checks_run_once_and_share_the_time() -> None:
    asked, go = [], threading.Event()

    def ask(name: str) -> Callable[[], None]:
        def hang() -> None:
            asked.append(name)
            go.wait(30)

        return hang

    probes = {name: Probe(ask(name)) for name in "abc"} | {"well": Probe(lambda: None)}

    for _ in range(3):
        found = look(probes, 0.1)
        assert found == dict.fromkeys("abc", "no answer in time") | {"well": None}

    assert sorted(asked) == ["a", "b", "c"]
    go.set()


def test_checks_run_side_by_side() -> None:
    """Each check waits for the other, so neither could finish first."""
    both = threading.Barrier(2)

    def ask() -> None:
        both.wait(20)

    assert look({"one": Probe(ask), "other": Probe(ask)}, 20) == {"one": None, "other": None}


def test_many_callers_at_once_share_one_check() -> None:
    asked, go, found = [], threading.Event(), []

    def ask() -> None:
        asked.append(1)
        go.wait(20)

    probes = {"a": Probe(ask)}
    threads = [threading.Thread(target=lambda: found.append(look(probes, 20))) for _ in range(20)]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()

    assert found == [{"a": None}] * 20
    assert len(asked) == 1


def test_a_failing_check_is_reported() -> None:
    def ask() -> None:
        raise ZeroDivisionError

    assert look({"a": Probe(ask)}) == {"a": "the check failed"}


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"database": Probe(lambda: None), "cache": Probe(lambda: "the cache does not answer")}
    monkeypatch.setattr("playground.serving.health.PROBES", found)


@pytest.mark.usefixtures("probes")
def test_what_fails_is_named_under_any_host(client: Client) -> None:
    answer = client.get("/readyz", headers={"Host": "10.0.0.7"})

    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "database": "ok", "cache": "the cache does not answer"}


@pytest.mark.usefixtures("probes")
def test_a_server_that_stops_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_stopping", True)

    assert client.get("/readyz").json()["server"] == "stopping"


@pytest.mark.django_db(transaction=True)
def test_a_migrated_database_and_memory_are_well() -> None:
    assert health.database() is None
    assert health.cache_server() is None
    assert not hasattr(caches["default"], "ping")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("database is locked", "another program has locked the database"),
        ("database disk image is malformed", "the database file is corrupt"),
        ("something with hunter2 in it", "the database does not respond"),
    ],
)
def test_a_failing_database_is_described_in_our_words(
    monkeypatch: pytest.MonkeyPatch, message: str, words: str
) -> None:
    def fail(self: object) -> None:
        raise OperationalError(message)

    monkeypatch.setattr(health.MigrationRecorder, "applied_migrations", fail)

    assert health.database() == words
