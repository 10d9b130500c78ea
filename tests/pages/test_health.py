"""`/readyz`: what is wrong, in time, whoever asks however often."""

import threading
import time

import pytest
from django.core.cache import caches
from django.db import OperationalError
from django.test import Client

from playground.pages import health
from playground.pages.health import Probe
from playground.upstream.running import running


def test_a_question_that_hangs_is_asked_once_and_nobody_waits_for_it() -> None:
    asked, go = [], threading.Event()

    def ask() -> None:
        asked.append(1)
        go.wait(30)

    probe = Probe(ask, patience=0.05)

    assert [probe.look() for _ in range(3)] == ["no answer in time"] * 3
    assert len(asked) == 1
    go.set()


def test_many_who_ask_at_once_are_one_question() -> None:
    asked = []

    def ask() -> None:
        asked.append(1)
        time.sleep(0.05)

    probe = Probe(ask)
    threads = [threading.Thread(target=probe.look) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert probe.look() is None
    assert len(asked) == 1


def test_a_question_that_fails_is_told() -> None:
    def ask() -> None:
        raise ZeroDivisionError

    assert Probe(ask).look() == "the question failed"


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"database": Probe(lambda: None), "cache": Probe(lambda: "the cache does not answer")}
    monkeypatch.setattr("playground.pages.middleware.PROBES", found)


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
        ("database is locked", "the database is busy"),
        ("database disk image is malformed", "the database file is damaged"),
        ("something with hunter2 in it", "the database does not answer"),
    ],
)
def test_a_database_that_fails_is_told_in_our_words(
    monkeypatch: pytest.MonkeyPatch, message: str, words: str
) -> None:
    def fail(self: object) -> None:
        raise OperationalError(message)

    monkeypatch.setattr(health.MigrationRecorder, "applied_migrations", fail)

    assert health.database() == words
