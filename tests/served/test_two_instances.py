"""Two instances behind nginx, on one PostgreSQL and one Redis, as a team has them: what one does, the other knows."""

import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from tests import nginx
from tests.nginx import Proxy, running_nginx
from tests.people.place import JSON, PASSWORD, Person, Place
from tests.postgresql import PostgreSQLServer
from tests.redis import RedisServer, running_redis
from tests.served.conftest import FORM, OpenStream, eventually
from tests.site import Site, free_port, manage, serving, variables_of, workers
from tests.upstreams.scripted import STREAM_HEAD, Paused, ScriptedUpstream, completion, stream, token

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 50}
CALL = {"provider": "test", "request": REQUEST}
_CALLS = 3  # at once, for each address


@dataclass
class Instance:
    """One machine: gunicorn with a worker, on a port of its own."""

    folder: Path
    upstream: str
    settings: dict[str, str]
    port: int = field(default_factory=free_port)
    _running: AbstractContextManager[Site] | None = None
    _site: Site | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        if self._running is None:
            self._running = serving(self.folder, self.upstream, port=self.port, **self.settings)
            self._site = self._running.__enter__()

    def stop(self) -> None:
        """End it as a process manager does: running calls may end first."""
        if self._running is not None:
            self._running.__exit__(None, None, None)
            self._running = None

    def kill(self) -> None:
        assert self._site
        for process in (self._site.process.pid, *workers(self._site)):
            os.kill(process, signal.SIGKILL)
        self.stop()


@dataclass
class Team:
    """Two instances and what they share. `place` makes people, by the first one."""

    one: Instance
    other: Instance
    place: Place
    database: str
    redis: "Redis"
    _addresses: Iterator[str] = field(default_factory=lambda: (f"192.0.2.{number}" for number in range(1, 255)))

    def person(self, name: str, role: str = "owner") -> Person:
        """Return somebody in a team of their own, at an address of their own, signed in by the first instance."""
        person = self.place.person(name, f"Team {name}", role)
        person.session.headers["X-Forwarded-For"] = next(self._addresses)
        return person

    def rows(self, query: str, *values: object) -> list[Any]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[arg-type]


@dataclass
class Redis:
    port: int = field(default_factory=free_port)
    _running: AbstractContextManager[RedisServer] | None = None

    def start(self) -> None:
        if self._running is None:
            self._running = running_redis(self.port)
            self._running.__enter__()

    def stop(self) -> None:
        if self._running is not None:
            self._running.__exit__(None, None, None)
            self._running = None


@pytest.fixture(scope="module")
def shared(
    postgresql_server: PostgreSQLServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("machines")
    with psycopg.connect(postgresql_server.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE machines")
    redis = Redis()
    settings = {
        "PLAYGROUND_ACCOUNTS": "1",
        "PLAYGROUND_RUNS": "1",
        "PLAYGROUND_LOG": "0",
        "PLAYGROUND_CAPS": "0",
        "PLAYGROUND_CLIENT_CALLS": str(_CALLS),
        "PLAYGROUND_TRUSTED_PROXIES": "127.0.0.1",
        "PLAYGROUND_GRACE_SECONDS": "5",
        "DATABASE_URL": postgresql_server.url("machines"),
        "CACHE_URL": f"redis://127.0.0.1:{redis.port}/0",
    }
    with ScriptedUpstream() as upstream, ExitStack() as stack:
        redis.start()
        stack.callback(redis.stop)
        manage(folder, upstream.host_port, "migrate", "--verbosity=0", **settings)
        one, other = (Instance(folder, upstream.host_port, settings) for _ in range(2))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Instance.start, (one, other)))
        stack.callback(one.stop)
        stack.callback(other.stop)
        assert one._site
        place = Place(one._site, variables_of(folder, upstream.host_port, settings), upstream)
        yield Team(one, other, place, settings["DATABASE_URL"], redis)


@pytest.fixture
def team(shared: Team) -> Team:
    """The two instances, running, and a provider that answers at once."""
    shared.redis.start()
    shared.one.start()
    shared.other.start()
    shared.place.upstream.forget()
    shared.place.upstream.reply(completion())
    return shared


@pytest.fixture(scope="module")
def proxy(shared: Team, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    if not nginx.PROGRAM:
        pytest.skip("needs nginx")
    hosts = [f"127.0.0.1:{instance.port}" for instance in (shared.one, shared.other)]
    with running_nginx(tmp_path_factory.mktemp("nginx"), hosts) as running:
        yield running


def _at(instance: Instance, person: Person) -> Person:
    """Return the same browser at another instance; cookies do not care for ports."""
    return Person(instance.address, person.email, person.session)


def _open(person: Person) -> OpenStream:
    """Begin a stream as the page does, and return it once its first event has come."""
    headers = {
        "X-CSRFToken": person.session.cookies["csrftoken"],
        "Referer": person.address,
        "HX-Request": "true",
        "Accept": "text/html, text/event-stream",
    }
    answer = person.session.post(
        f"{person.address}/send/",
        FORM | {"stream": "on", "more": '{"max_tokens": 50}'},
        headers=headers,
        stream=True,
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    return OpenStream(answer.raw._connection, answer.raw)


def _spent(team: Team) -> list[tuple[int, int]]:
    return [tuple(row) for row in team.rows("SELECT calls, tokens FROM calls_spent ORDER BY account")]


def _budget(team: Team, person: Person, **limits: str) -> str:
    """Set the only budget of somebody's team, and return its account."""
    number = person.get("/teams/").url.rstrip("/").rpartition("/")[2]
    person.post(f"/teams/{number}/budgets/change/", change="set", subject="team", period="month", **limits)
    [[budget]] = team.rows("SELECT id FROM teams_budget WHERE team_id = %s", int(number))
    return f"%{budget}"


def test_whoever_signs_in_at_one_is_signed_in_at_the_other(team: Team) -> None:
    one = team.person("signs")
    other = _at(team.other, one)

    sent = other.post("/send/", CALL)

    assert sent.status_code == 200
    assert one.runs() == other.runs() == [re.findall("/runs/([0-9a-f]+)/", sent.json()["run"])[0]]
    other.post("/accounts/logout/")
    assert one.get("/runs/", **JSON).status_code == 401


def test_a_stream_of_one_is_stopped_by_the_other(team: Team) -> None:
    person = team.person("stops")
    paused = Paused(STREAM_HEAD + token("so far"))
    team.place.upstream.reply(paused)
    live = _open(person)
    live.until("so far")

    assert _at(team.other, person).post("/stop/", number="guess").status_code == 404
    assert _at(team.other, person).post("/stop/", number=live.number).status_code == 204

    assert "Stopped" in live.rest()
    assert paused.left.wait(5)
    assert _at(team.other, person).post("/stop/", number=live.number).status_code == 404
