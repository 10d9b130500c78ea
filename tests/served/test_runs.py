"""Runs while workers are killed: none whose permalink was shown is lost, and none is written twice."""

import json
import os
import re
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
import pytest
import requests

from tests.postgresql import PostgreSQLServer
from tests.served.conftest import FORM, eventually
from tests.site import Site, migrate, workers
from tests.upstreams.scripted import ScriptedUpstream, stream

# 50 in a scheduled run.
KILLS = min(50, hypothesis.settings.default.max_examples // 2)  # type: ignore[union-attr]
_CALLERS = 6


@dataclass
class Load:
    """Callers that send without a pause until `stop`, and the keys of the runs that they were shown."""

    site: Site
    shown: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def call(self, *, streams: bool) -> None:
        session = requests.Session()
        while not self.stop.is_set():
            try:
                if "csrftoken" not in session.cookies:
                    session.get(self.site.address, timeout=10)
                self.shown += self._stream(session) if streams else self._json(session)
            except requests.RequestException:
                session = requests.Session()  # its worker was killed

    def _json(self, session: requests.Session) -> list[str]:
        request = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}
        answer = session.post(
            f"{self.site.address}send/",
            json={"provider": "test", "request": request},
            headers={"X-CSRFToken": session.cookies["csrftoken"]},
            timeout=20,
        )
        return re.findall("/runs/([0-9a-f]+)/", answer.json()["run"]) if answer.ok else []

    def _stream(self, session: requests.Session) -> list[str]:
        headers = {"X-CSRFToken": session.cookies["csrftoken"], "HX-Request": "true", "Accept": "text/html"}
        shown: list[str] = []
        with session.post(
            f"{self.site.address}send/", FORM | {"stream": "on"}, headers=headers, timeout=20, stream=True
        ) as answer:
            for line in answer.iter_lines():
                shown += re.findall(r'href="/runs/([0-9a-f]+)/"', line.decode())
                self.shown += shown[-1:]  # now: the connection may break before its end
        return []


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    if request.param == "sqlite":
        return {"PLAYGROUND_DATABASE": str(tmp_path / "runs.sqlite3")}
    server: PostgreSQLServer = request.getfixturevalue("postgresql_server")
    return {"DATABASE_URL": server.url()}


def test_no_run_that_was_shown_is_lost(
    serve: Callable[..., Site], static_folder: Path, upstream: ScriptedUpstream, database: dict[str, str]
) -> None:
    migrate(static_folder, upstream.host_port, **database)
    upstream.reply(stream({"content": "Hello"}))
    site = serve(
        PLAYGROUND_RUNS="1", PLAYGROUND_LOG="0", WEB_CONCURRENCY="2", PLAYGROUND_CAPS="0", **database
    )
    load = Load(site)
    callers = [
        threading.Thread(target=load.call, kwargs={"streams": number % 2 == 0}) for number in range(_CALLERS)
    ]
    for caller in callers:
        caller.start()
    try:
        for kill in range(KILLS):
            wanted = len(load.shown) + 1 + kill % 3
            assert eventually(lambda wanted=wanted: len(load.shown) >= wanted, 60)  # type: ignore[misc]
            # Now, in the midst of whatever it is doing.
            os.kill(min(workers(site)), signal.SIGKILL)
    finally:
        load.stop.set()
        for caller in callers:
            caller.join()

    assert eventually(lambda: _is_up(site), 60)
    kept = _kept(site)
    assert set(load.shown) - set(kept) == set()
    assert len(kept) == len(set(kept))
    for key in load.shown[-5:]:
        told = requests.get(f"{site.address}runs/{key}/", headers={"Accept": "application/json"}, timeout=20)
        assert told.json()["id"] == key


def _is_up(site: Site) -> bool:
    try:
        return requests.get(f"{site.address}healthz", timeout=5).ok
    except requests.RequestException:
        return False


def _kept(site: Site) -> list[str]:
    """Return the keys of all runs, page by page."""
    session, keys, before = requests.Session(), list[str](), None
    session.get(site.address, timeout=20)
    while True:
        told = session.post(
            f"{site.address}runs/",
            json.dumps({"before": before}),
            headers={"X-CSRFToken": session.cookies["csrftoken"], "Content-Type": "application/json"},
            timeout=20,
        ).json()
        keys += [run["id"] for run in told["runs"]]
        before = told["before"]
        if before is None:
            return keys
