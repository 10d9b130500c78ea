"""Two instances behind nginx, on one PostgreSQL and one Redis: what one does, the other knows."""

import json
import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
import requests

from tests import nginx
from tests.nginx import Proxy, running_nginx
from tests.people.place import JSON, PASSWORD, Person, Place
from tests.postgresql import running_postgresql
from tests.redis import RedisServer, running_redis
from tests.served.conftest import FORM, OpenStream, eventually
from tests.site import Site, free_port, migrate, serving, variables_of, workers
from tests.upstreams.scripted import STREAM_HEAD, Paused, ScriptedUpstream, completion, stream, token

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 50}
CALL = {"provider": "test", "request": REQUEST}
_CALLS = 10  # at once, for each address; more than a worker has connections to the database
# 500 in a scheduled run.
_RACING = min(500, 5 * hypothesis.settings.default.max_examples)  # type: ignore[union-attr]


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
    _addresses: Iterator[str] = field(
        default_factory=lambda: (f"192.0.2.{number}" for number in range(1, 255))
    )

    def person(self, name: str, role: str = "owner") -> Person:
        """Return somebody in a team and at an address of their own, signed in by the first instance."""
        person = self.place.person(name, f"Team {name}", role)
        # As nginx tells it.
        person.session.headers.update({"X-Forwarded-For": next(self._addresses), "Host": "127.0.0.1"})
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
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("machines")
    redis = Redis()
    with running_postgresql("trust") as postgresql, ScriptedUpstream() as upstream, ExitStack() as stack:
        settings = {
            "PLAYGROUND_ACCOUNTS": "1",
            "PLAYGROUND_RUNS": "1",
            "PLAYGROUND_LOG": "0",
            "PLAYGROUND_CAPS": "0",
            "PLAYGROUND_CLIENT_CALLS": str(_CALLS),
            "PLAYGROUND_TRUSTED_PROXIES": "127.0.0.1",
            "PLAYGROUND_GRACE_SECONDS": "5",
            "TEST_LEASE_SECONDS": "3",
            "DATABASE_URL": postgresql.url(),
            "CACHE_URL": f"redis://127.0.0.1:{redis.port}/0",
        }
        redis.start()
        stack.callback(redis.stop)
        migrate(folder, upstream.host_port, **settings)
        one, other = (Instance(folder, upstream.host_port, settings) for _ in range(2))
        stack.callback(one.stop)
        stack.callback(other.stop)
        one.start()
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


def _tab(person: Person, number: int) -> Person:
    """Return the same person with a connection and at an address of their own."""
    tab = Person(person.address, person.email)
    tab.session.cookies.update(person.session.cookies)
    tab.session.headers.update({**person.session.headers, "X-Forwarded-For": f"198.51.100.{number}"})
    return tab


def _runs(person: Person) -> set[str]:
    """Return the keys of all runs that somebody sees."""
    keys, told = set[str](), person.get("/runs/", **JSON).json()
    while True:
        keys |= {run["id"] for run in told["runs"]}
        if told["before"] is None:
            return keys
        told = person.post("/runs/", {"before": told["before"]}).json()


def _token(person: Person) -> str:
    token: str = person.session.cookies["csrftoken"]
    return token


def _at(instance: Instance, person: Person) -> Person:
    """Return the same browser at another instance; cookies do not care for ports."""
    return Person(instance.address, person.email, person.session)


def _open(person: Person, content: str = "Hello!") -> OpenStream:
    """Begin a stream as the page does, and return it once its head has come."""
    headers = {
        "X-CSRFToken": _token(person),
        "Referer": person.referer or person.address,
        "HX-Request": "true",
        "Accept": "text/html, text/event-stream",
    }
    answer = person.session.post(
        f"{person.address}/send/",
        FORM | {"stream": "on", "content": content, "more": '{"max_tokens": 50}'},
        headers=headers,
        stream=True,
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    return OpenStream(answer.raw._connection, answer.raw)


@dataclass
class Budget:
    """The only budget of somebody's team."""

    team: Team
    number: int

    @classmethod
    def of(cls, team: Team, person: Person, **limits: str) -> "Budget":
        number = person.get("/teams/").url.rstrip("/").rpartition("/")[2]
        path = f"/teams/{number}/budgets/change/"
        told = person.post(path, change="set", subject="team", period="month", **limits)
        assert told.ok, told.text
        [[budget]] = team.rows("SELECT id FROM teams_budget WHERE team_id = %s", int(number))
        return cls(team, budget)

    @property
    def spent(self) -> tuple[int, int]:
        """The calls and tokens that are used or reserved."""
        query = "SELECT calls, tokens FROM calls_spent WHERE account = %s"
        [found] = self.team.rows(query, f"budget:{self.number}")
        return tuple(found)


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

    live.rest()
    assert paused.left.wait(5)
    assert _at(team.other, person).post("/stop/", number=live.number).status_code == 404


def test_attempts_to_sign_in_are_counted_together(team: Team) -> None:
    person = team.person("attempts")
    person.post("/accounts/logout/")
    for place in (person, _at(team.other, person)):
        for _ in range(3):
            place.post("/accounts/login/", login=person.email, password="wrong")

    for place in (person, _at(team.other, person)):
        place.post("/accounts/login/", login=person.email, password=PASSWORD)
        assert place.get("/runs/", **JSON).status_code == 401


def test_when_one_is_killed_nothing_is_lost_that_others_need(team: Team) -> None:
    one = team.person("survives")
    other = _at(team.other, one)
    budget = Budget.of(team, one, tokens="100,000")
    shown = one.post("/send/", CALL).json()["run"]
    (_, used) = budget.spent
    paused = Paused(STREAM_HEAD + token("so far"))
    team.place.upstream.reply(paused)
    lives = [*(_open(one) for _ in range(_CALLS - 1)), _open(other)]
    for live in lives:
        live.until("so far")
    (_, reserved) = budget.spent
    refused = [place.post("/send/", CALL) for place in (one, other)]
    assert [answer.json()["error"]["kind"] for answer in refused] == ["too_many_at_once"] * 2

    team.one.kill()

    assert other.get(shown).status_code == 200
    paused.go.set()
    assert 'href="/runs/' in lives[-1].rest()
    # No usage came, of none of them: all stay at the most that they can have used.
    assert budget.spent[1] == reserved > used
    paused = Paused(STREAM_HEAD + token("again"))
    team.place.upstream.reply(paused)
    lives = []

    def next_fits() -> bool:
        try:
            lives.append(_open(other))
        except AssertionError:
            return False
        return True

    assert all(eventually(next_fits) for _ in range(_CALLS))
    assert not next_fits()
    for live in lives:
        live.leave()


def test_calls_hold_no_connection_to_the_database(team: Team) -> None:
    paused, lives = Paused(STREAM_HEAD + token("so far")), list[OpenStream]()
    upstream, clients = team.place.upstream, "pg_stat_activity WHERE backend_type = 'client backend'"
    with ThreadPoolExecutor(2) as pool:
        for name, instance in (("holds", team.one), ("too", team.other)):
            person = _at(instance, team.person(name))
            Budget.of(team, person, tokens="100,000", calls="100")
            upstream.reply(paused)
            person.post("/accounts/logout/")
            # The session is saved with the first response after signing in.
            form = {"login": person.email, "password": PASSWORD, "csrfmiddlewaretoken": _token(person)}
            person.session.post(f"{person.address}/accounts/login/", form, allow_redirects=False, timeout=20)
            for _ in range(_CALLS - 1):
                lives.append(_open(person))
                lives[-1].until("so far")
            pool.submit(person.post, "/models/", {"provider": "test", "api_key": "sk-of-ones-own"})
        try:
            assert eventually(lambda: len(upstream.requests) == 2 * _CALLS)
            # Those that are kept, and the one that asks.
            assert len(team.rows(f"SELECT pid FROM {clients}")) <= 2 * 8 + 1
        finally:
            paused.go.set()

    assert all('href="/runs/' in live.rest() for live in lives)


def test_calls_at_once_never_overspend(team: Team) -> None:
    one = team.person("spends")
    limit, worst = 500, 50 + len(json.dumps(REQUEST))
    budget = Budget.of(team, one, tokens=str(limit))
    # In many tabs, so that places are no limit, and of one budget.
    tabs = [_tab(_at(instance, one), tab) for instance in (team.one, team.other) for tab in range(8)]

    def call(number: int) -> int:
        return tabs[number % len(tabs)].post("/send/", CALL).status_code

    with ThreadPoolExecutor(len(tabs)) as pool:
        told = Counter(pool.map(call, range(_RACING)))

    calls, tokens = budget.spent
    assert told == {200: calls, 429: _RACING - calls}
    assert len(team.place.upstream.requests) == calls
    assert tokens == 12 * calls <= limit  # each is settled
    while call(0) == 200:
        pass
    assert limit - worst < budget.spent[1] <= limit


def test_a_rolling_restart_under_load_fails_nobody(team: Team, proxy: Proxy) -> None:
    paused = Paused(STREAM_HEAD + token("so far"))
    team.place.upstream.reply(
        lambda connection, recorded: (
            paused(connection, recorded)
            if b"Wait" in recorded.body
            else connection.sendall(
                (stream({"content": "x"}) if b'"stream"' in recorded.body else completion()).encode()
            )
        )
    )
    people = [team.person(f"loads{number}") for number in range(4)]
    stop, failed = threading.Event(), list[str]()
    shown: list[tuple[Person, str]] = []

    def load(person: Person, *, streams: bool) -> None:
        browser = Person(proxy.address, person.email, person.session, "https://127.0.0.1/")
        browser.session.verify, browser.session.trust_env = proxy.authority, False
        while not stop.is_set():
            try:
                if streams:
                    text = _open(browser).rest()
                    shown.extend((person, key) for key in re.findall(r'href="/runs/([0-9a-f]+)/"', text)[-1:])
                else:
                    sent = browser.post("/send/", CALL)
                    shown.append((person, sent.json()["run"].split("/")[2]))
                    assert browser.get("/").status_code == 200
            except Exception as error:  # noqa: BLE001 -- any is a failure
                failed.append(repr(error))

    waiting = _open(team.person("waits"), "Wait")
    waiting.until("so far")
    with ThreadPoolExecutor(len(people) + 1) as pool:
        for number, person in enumerate(people):
            pool.submit(load, person, streams=number % 2 == 0)
        try:
            assert eventually(lambda: len(shown) > 10), failed[:3]
            stopping = pool.submit(team.one.stop)
            assert eventually(lambda: not requests.get(f"{team.one.address}/healthz", timeout=5).ok)
            before = len(shown)
            assert eventually(lambda: len(shown) > before + 10)  # by the other
            paused.go.set()
            assert 'href="/runs/' in waiting.rest()
            stopping.result()
            team.one.start()
            team.other.stop()
            team.other.start()
        finally:
            stop.set()
            paused.go.set()

    assert failed[:5] == []
    for person in people:
        mine = {key for owner, key in shown if owner is person}
        assert mine <= _runs(person)


def test_without_redis_calls_go_on_and_nobody_guesses_passwords(team: Team) -> None:
    person = team.person("goes-on")
    paused = Paused(STREAM_HEAD + token("so far"))
    team.place.upstream.reply(paused)
    live = _open(person)
    live.until("so far")

    team.redis.stop()

    assert person.post("/stop/", number=live.number).status_code == 204
    assert paused.left.wait(5)
    assert _at(team.other, person).post("/stop/", number=live.number).status_code == 404
    team.place.upstream.reply(completion())
    assert _at(team.other, person).post("/send/", CALL).status_code == 200
    stranger = Person(team.one.address)
    told = stranger.post("/accounts/login/", login=person.email, password=PASSWORD)
    assert told.status_code == 503

    team.redis.start()

    paused.left.clear()
    team.place.upstream.reply(paused)
    for here, there in ((team.one, team.other), (team.other, team.one)):
        live = _open(_at(here, person))
        stop = partial(_at(there, person).post, "/stop/", number=live.number)
        assert eventually(lambda stop=stop: stop().status_code == 204)  # type: ignore[misc]
        live.rest()
