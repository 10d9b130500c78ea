"""Embeds through gunicorn as configured: several workers with one budget, streaming to iframes, crashes."""

import http.client
import json
import os
import re
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests.redis import RedisServer
from tests.served.conftest import EMBED_REQUEST, OpenStream, eventually
from tests.site import Site, manage, workers
from tests.upstreams.scripted import (
    STREAM_END,
    STREAM_HEAD,
    Paused,
    ScriptedUpstream,
    completion,
    json_answer,
    stream,
    token,
)

Serve = Callable[..., Site]
OpenFrame = Callable[..., OpenStream]
FORM = {
    "embed": "hello",
    "model": "m",
    "role": "user",
    "content": "Hello!",
    "tool_call_id": "",
    "extra": "",
    "max_tokens": "50",
}


@dataclass(frozen=True)
class Embeds:
    """A database with the embed `hello`, and sites that share it."""

    serve: Serve
    share: Serve
    database: Path
    run: Callable[..., None]

    def site(self) -> Site:
        """Return the site that all tests share which leave nothing running."""
        return self.share(**self._settings)

    def own_site(self, **environment: str) -> Site:
        return self.serve(**self._settings, **environment)

    @property
    def _settings(self) -> dict[str, str]:
        return {"PLAYGROUND_DATABASE": str(self.database), "PLAYGROUND_TRUSTED_PROXIES": "127.0.0.1"}

    def change(self, *options: str) -> None:
        self.run("embed", "hello", *options)

    def spent(self) -> tuple[int, int]:
        """Return today's calls and tokens of all readers."""
        connection = sqlite3.connect(self.database)
        rows = connection.execute("select calls, tokens from calls_spent where who = ''").fetchall()
        connection.close()
        return rows[0] if rows else (0, 0)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("embeds") / "embeds.sqlite3"


@pytest.fixture
def embeds(
    serve: Serve,
    share: Serve,
    static_folder: Path,
    upstream: ScriptedUpstream,
    made_database: Path,
    database: Path,
) -> Embeds:
    with closing(sqlite3.connect(made_database)) as made, closing(sqlite3.connect(database)) as live:
        made.backup(live)  # a running site goes on with it
    settings = {"PLAYGROUND_DATABASE": str(database)}
    return Embeds(serve, share, database, partial(manage, static_folder, upstream.host_port, **settings))


def _frame(site: Site, address: str = "192.0.2.1", name: str = "hello") -> requests.Response:
    return requests.get(
        f"{site.address}embed/", {"embed": name}, headers={"X-Forwarded-For": address}, timeout=30
    )


def _token(site: Site, address: str = "192.0.2.1") -> str:
    found = re.search('name="embed_token" value="([^"]+)"', _frame(site, address).text)
    assert found
    return unescape(found[1])


def _send(
    site: Site, address: str = "192.0.2.1", token: str | None = None, **changes: Any
) -> requests.Response:
    headers = {
        "X-Embed-Token": _token(site, address) if token is None else token,
        "X-Forwarded-For": address,
        "Accept": "application/json",
    }
    values = {"embed": "hello", "request": EMBED_REQUEST} | changes
    return requests.post(f"{site.address}embed/send/", json=values, headers=headers, timeout=30)


@pytest.fixture
def open_stream() -> Iterator[OpenFrame]:
    with ExitStack() as stack:

        def open_(site: Site, address: str = "192.0.2.1") -> OpenStream:
            live = _stream(site, address)
            stack.callback(live.connection.close)
            stack.callback(live.response.close)
            return live

        yield open_


def _stream(site: Site, address: str) -> OpenStream:
    """Send the iframe's form as htmx does, and return the connection once the response's head has arrived."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection.request(
        "POST",
        "/embed/send/",
        urlencode(FORM | {"stream": "on", "include_usage": "on"}),
        {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Embed-Token": _token(site, address),
            "X-Forwarded-For": address,
            "Origin": site.address.rstrip("/"),
            "Sec-Fetch-Site": "same-origin",
            "HX-Request": "true",
            "Accept": "text/html, text/event-stream",
        },
    )
    return OpenStream(connection, connection.getresponse())


def test_two_hundred_readers_in_several_workers_never_overspend(
    embeds: Embeds, upstream: ScriptedUpstream
) -> None:
    worst = 50 + len(json.dumps(EMBED_REQUEST, separators=(",", ":")))
    embeds.change("--tokens-a-day", str(7 * worst), "--calls-a-day", "500")
    site = embeds.own_site(WEB_CONCURRENCY="3")
    assert len(workers(site)) == 3
    addresses = [f"192.0.2.{number}" for number in range(200)]
    tokens = {address: _token(site, address) for address in addresses}
    # While all calls are running, each reserves the most it can take, and nothing is given back.
    paused = Paused(b"", completion().encode())
    upstream.reply(paused)

    with ThreadPoolExecutor(60) as pool:
        sent = [pool.submit(_send, site, address, tokens[address]) for address in addresses]
        assert eventually(lambda: sum(future.done() for future in sent) >= 193, 60)
        assert embeds.spent() == (7, 7 * worst)
        paused.go.set()
        statuses = Counter(future.result().status_code for future in sent)

    assert statuses == {200: 7, 429: 193}
    assert len(upstream.requests) == 7
    assert embeds.spent() == (7, 7 * 12)


def test_a_token_is_taken_once_by_all_workers(
    embeds: Embeds, upstream: ScriptedUpstream, redis_server: RedisServer
) -> None:
    site = embeds.own_site(WEB_CONCURRENCY="3", CACHE_URL=redis_server.url)
    token = _token(site)

    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(pool.map(lambda _: _send(site, token=token).status_code, range(40)))

    assert statuses == {200: 1, 403: 39}
    assert len(upstream.requests) == 1


def test_a_crash_keeps_the_reservation(
    embeds: Embeds, upstream: ScriptedUpstream, open_stream: OpenFrame
) -> None:
    site = embeds.own_site()
    upstream.reply(Paused(STREAM_HEAD + token("so far")))
    live = open_stream(site)
    live.until('"so far"')
    reserved = embeds.spent()
    (worker,) = workers(site)

    os.kill(worker, signal.SIGKILL)

    assert eventually(lambda: worker not in workers(site))
    assert reserved[1] > 50
    assert embeds.spent() == reserved


def test_a_reader_who_leaves_is_charged_with_what_was_reserved(
    embeds: Embeds, upstream: ScriptedUpstream, open_stream: OpenFrame
) -> None:
    site = embeds.site()
    paused = Paused(STREAM_HEAD + token("x") * 10)
    upstream.reply(paused)
    live = open_stream(site)
    live.until("\\n[10,")
    reserved = embeds.spent()

    live.leave()

    assert paused.left.wait(5)
    assert embeds.spent() == reserved
    assert reserved[0] == 1


def test_streams_that_wait_share_the_connections_that_are_kept(
    embeds: Embeds, upstream: ScriptedUpstream, open_stream: OpenFrame
) -> None:
    site = embeds.own_site()
    upstream.reply(Paused(STREAM_HEAD + token("x")))
    streams = [open_stream(site, f"192.0.2.{number}") for number in range(10)]
    for live in streams:
        live.until('"x"')

    (worker,) = workers(site)
    files = [str(entry.readlink()) for entry in Path(f"/proc/{worker}/fd").iterdir() if entry.is_symlink()]

    assert files.count(str(embeds.database)) < len(streams) / 2
    for live in streams:
        live.leave()


def test_a_frame_on_the_wire(embeds: Embeds) -> None:
    page = _frame(embeds.site())

    assert page.status_code == 200
    assert "frame-ancestors 'self' https://docs.example.org" in page.headers["Content-Security-Policy"]
    assert page.headers["Content-Security-Policy"].count("frame-ancestors") == 1
    assert "X-Frame-Options" not in page.headers
    assert "Set-Cookie" not in page.headers
    assert page.headers["Cache-Control"].count("no-store") == 1


def test_a_form_without_scripts_is_sent_as_browsers_do(embeds: Embeds, upstream: ScriptedUpstream) -> None:
    site = embeds.site()
    hidden = {"Origin": "null", "Sec-Fetch-Site": "same-origin", "X-Forwarded-For": "192.0.2.1"}
    values = FORM | {"embed_token": _token(site)}

    answer = requests.post(f"{site.address}embed/send/", values, headers=hidden, timeout=30)
    sandboxed = requests.post(
        f"{site.address}embed/send/",
        FORM | {"embed_token": answer.headers["X-Embed-Token"]},
        headers=hidden | {"Sec-Fetch-Site": "cross-site"},
        timeout=30,
    )

    assert answer.status_code == 200
    assert ">Hello!</p>" in answer.text
    assert sandboxed.status_code == 403
    assert len(upstream.requests) == 1


def test_the_switch_is_for_all_workers_at_once(embeds: Embeds, upstream: ScriptedUpstream) -> None:
    site = embeds.own_site(WEB_CONCURRENCY="2")
    tokens = [_token(site) for _ in range(6)]

    embeds.change("--off")

    assert {_send(site, token=token).status_code for token in tokens} == {403}
    assert not upstream.requests


def test_a_recorded_answer_is_replayed_unchanged(
    embeds: Embeds, upstream: ScriptedUpstream, open_stream: OpenFrame
) -> None:
    upstream.reply(STREAM_HEAD + token("first") + token(" second") + STREAM_END)
    embeds.change("--record", "--tokens-a-day", "200")
    with closing(sqlite3.connect(embeds.database)) as database, database:
        database.execute(
            "update embeds_recordedanswer set archive = json_set(archive, '$.events_ms', json('[0, 1500]'))"
        )
    upstream.reply(json_answer({"error": {"message": "down"}}, 503))
    site = embeds.site()

    live = open_stream(site)

    assert " second" not in live.until("first")
    page = live.rest()
    assert "data-recorded" in page
    assert "first second</p>" in page


def test_without_its_tables_everything_but_embeds_is_served(
    serve: Serve, upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    site = serve(PLAYGROUND_DATABASE=str(tmp_path / "nowhere" / "x.sqlite3"))
    upstream.reply(stream({"content": "x"}))
    session = requests.Session()

    page = session.get(site.address, timeout=30)
    answer = session.post(
        f"{site.address}send/",
        json={"provider": "test", "request": EMBED_REQUEST},
        headers={"X-CSRFToken": session.cookies["csrftoken"]},
        timeout=30,
    )

    assert (page.status_code, answer.status_code) == (200, 200)
    assert session.get(f"{site.address}embed/", timeout=30).status_code == 200
    assert _frame(site).status_code == 503
    assert session.get(f"{site.address}healthz", timeout=30).text == "ok"


def test_the_admin_is_served_with_its_files(embeds: Embeds) -> None:
    site = embeds.site()

    page = requests.get(f"{site.address}admin/login/", timeout=30)

    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    paths = re.findall('(?:href|src)="/(static/admin/[^"]+)"', page.text)
    assert paths
    assert {requests.get(site.address + path, timeout=30).status_code for path in paths} == {200}
