"""A full disk, a database that is gone, a log that nobody reads: the answer arrives all the same."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.postgresql import PostgreSQLServer
from tests.redis import RedisServer
from tests.served.conftest import EMBED_REQUEST, Tab, eventually
from tests.site import ROOT, Site, migrate, serving, workers
from tests.upstreams.scripted import ScriptedUpstream, completion, completion_body
from tests.wire.case import answer as whole

OpenTab = Callable[[Site], Tab]


@pytest.mark.parametrize("way", ["a full disk", "a closed end"])
def test_an_unwritable_log_loses_no_answer(
    static_folder: Path, upstream: ScriptedUpstream, open_tab: OpenTab, way: str
) -> None:
    reader, writer = os.pipe()
    if way == "a full disk":
        os.close(writer)
        writer = os.open("/dev/full", os.O_WRONLY)
    with (
        os.fdopen(writer, "wb", buffering=0) as stderr,
        serving(static_folder, upstream.host_port, stderr=stderr) as site,
    ):
        os.close(reader)
        before, tab = workers(site), open_tab(site)
        upstream.reply(completion("all the same"))
        for _ in range(3):
            assert "all the same" in tab.send().text
            assert requests.get(f"{site.address}nowhere/", timeout=20).status_code == 404
        assert workers(site) == before


def _drop(database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.execute("drop table calls_spent")
    connection.commit()
    connection.close()


def _remove(database: Path) -> None:
    for file in database.parent.glob(f"{database.name}*"):
        file.unlink()


def _replace(database: Path) -> None:
    _remove(database)
    database.mkdir()


def _spoil(database: Path) -> None:
    _remove(database)
    database.write_bytes(b"no database" * 1000)


@pytest.mark.parametrize(
    ("break_", "words"),
    [
        (_drop, "not migrated"),
        (_remove, "not migrated"),
        (_replace, "file cannot be opened"),
        (_spoil, "not a SQLite database"),
    ],
)
def test_a_budget_that_cannot_be_settled_loses_no_answer(
    static_folder: Path,
    upstream: ScriptedUpstream,
    made_database: Path,
    tmp_path: Path,
    break_: Callable[[Path], None],
    words: str,
) -> None:
    """The database breaks while the provider is working, and the log says so in one line."""
    database, log = tmp_path / "embeds.sqlite3", tmp_path / "log"
    settings = {"PLAYGROUND_DATABASE": str(database)}
    shutil.copy(made_database, database)

    def answer(connection: Any, recorded: Any) -> None:
        break_(database)
        connection.sendall(whole(completion_body("all the same")))

    upstream.reply(answer)
    with (
        log.open("wb") as stderr,
        serving(static_folder, upstream.host_port, stderr=stderr, **settings) as site,
    ):
        page = requests.get(f"{site.address}embed/", {"embed": "hello"}, timeout=30).text
        token = re.search('name="embed_token" value="([^"]+)"', page)
        assert token
        sent = requests.post(
            f"{site.address}embed/send/",
            json={"embed": "hello", "request": EMBED_REQUEST},
            headers={"X-Embed-Token": unescape(token[1]), "Accept": "application/json"},
            timeout=30,
        )

        assert sent.status_code == 200
        assert sent.json()["completion"]["choices"][0]["message"]["content"] == "all the same"
        assert eventually(lambda: words in log.read_text())
        (line,) = [line for line in log.read_text().splitlines() if words in line]
        assert "playground.calls.ledger" in line
        assert "Traceback" not in log.read_text()


def _readiness(site: Site) -> tuple[int, dict[str, Any]]:
    answer = requests.get(f"{site.address}readyz", headers={"Host": "10.0.0.7"}, timeout=30)
    return answer.status_code, answer.json()


def test_readiness_names_what_fails(
    static_folder: Path, upstream: ScriptedUpstream, tmp_path: Path, redis_server: RedisServer
) -> None:
    database = tmp_path / "embeds.sqlite3"
    settings = {"PLAYGROUND_DATABASE": str(database), "CACHE_URL": redis_server.url}
    with serving(static_folder, upstream.host_port, **settings) as site:
        status, found = _readiness(site)
        assert (status, found["ready"], found["cache"]) == (503, False, "ok")
        assert "not migrated" in found["database"]
        assert not database.exists()

        migrate(static_folder, upstream.host_port, **settings)

        assert eventually(lambda: _readiness(site) == (200, {"ready": True, "database": "ok", "cache": "ok"}))

    with serving(
        static_folder, upstream.host_port, **settings | {"CACHE_URL": "redis://:secret@127.0.0.1:1/0"}
    ) as site:
        status, found = _readiness(site)
        assert (status, found) == (
            503,
            {"ready": False, "database": "ok", "cache": "the cache does not answer"},
        )
        assert requests.get(f"{site.address}healthz", timeout=5).text == "ok"


def test_readiness_follows_postgresql(
    static_folder: Path, upstream: ScriptedUpstream, postgresql_server: PostgreSQLServer
) -> None:
    settings = {"DATABASE_URL": postgresql_server.url()}
    with serving(static_folder, upstream.host_port, **settings) as site:
        assert "not migrated" in _readiness(site)[1]["database"]
        migrate(static_folder, upstream.host_port, **settings)
        assert eventually(lambda: _readiness(site)[0] == 200)
        postgresql_server.stop()
        assert eventually(lambda: "cannot be reached" in _readiness(site)[1]["database"])
        assert requests.get(f"{site.address}embed/", {"embed": "hello"}, timeout=30).status_code == 503
        assert requests.get(site.address, timeout=30).status_code == 200
        postgresql_server.start()
        assert eventually(lambda: _readiness(site)[0] == 200)


def test_a_server_without_collected_files_says_so_and_does_not_start(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    variables = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.served_settings",
        "TEST_STATIC_ROOT": str(tmp_path / "static"),
        "PLAYGROUND_SECRET_KEY": "abcdefghij" * 6,
        "BIND": "127.0.0.1:0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "playground.wsgi"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert "collectstatic" in done.stderr
    assert "Traceback" not in done.stderr
