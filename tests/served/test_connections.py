"""Many silent connections, and some that never end: other clients are still served."""

import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from tests.served.conftest import FORM, Tab, eventually
from tests.site import ROOT, Site, workers
from tests.upstreams.scripted import Paused, ScriptedUpstream, completion, completion_body
from tests.wire.case import answer

Serve = Callable[..., Site]
OpenTab = Callable[[Site], Tab]
SILENT = 1060


@pytest.fixture(autouse=True)
def _room_for_our_ends() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < SILENT + 500:
        resource.setrlimit(resource.RLIMIT_NOFILE, (SILENT + 500, hard))


@contextmanager
def _silent(site: Site, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(("127.0.0.1", site.port), timeout=20))
            for _ in range(count)
        ]


def _files(worker: int) -> int:
    limits = Path(f"/proc/{worker}/limits").read_text().splitlines()
    return next(int(line.split()[3]) for line in limits if line.startswith("Max open files"))


def _assert_answers(site: Site, tab: Tab, upstream: ScriptedUpstream) -> None:
    assert requests.get(f"{site.address}healthz", timeout=5).text == "ok"
    assert "Request" in requests.get(site.address, timeout=5).text
    upstream.reply(completion("all the same"))
    assert "all the same" in tab.send().text


@pytest.mark.parametrize("hard", [1024, 4096])
def test_a_thousand_silent_connections_end_no_worker(
    serve: Serve, upstream: ScriptedUpstream, open_tab: OpenTab, hard: int
) -> None:
    site = serve(files=(1024, hard))
    before, tab = workers(site), open_tab(site)
    assert [_files(worker) for worker in before] == [hard]

    with _silent(site, SILENT) as connections:
        for connection in connections[::100]:
            connection.sendall(b"G")  # some hold a thread
        _assert_answers(site, tab, upstream)

    assert workers(site) == before
    _assert_answers(site, tab, upstream)


def test_the_worker_survives_running_out_of_files(
    share: Serve, upstream: ScriptedUpstream, open_tab: OpenTab
) -> None:
    """As if something else in the process had taken the files."""
    site = share()
    before, tab = workers(site), open_tab(site)
    (worker,) = before
    used = len(list(Path(f"/proc/{worker}/fd").iterdir()))
    _, hard = resource.prlimit(worker, resource.RLIMIT_NOFILE)

    resource.prlimit(worker, resource.RLIMIT_NOFILE, (used + 20, hard))
    with _silent(site, 60):
        assert requests.get(f"{site.address}healthz", timeout=20).text == "ok"
        assert workers(site) == before
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (hard, hard))

    _assert_answers(site, tab, upstream)
    assert workers(site) == before


def test_idle_connections_hold_no_thread(serve: Serve) -> None:
    site = serve(PLAYGROUND_THREADS="2")

    with _silent(site, 40):
        for _ in range(20):
            assert requests.get(f"{site.address}healthz", timeout=2).text == "ok"


def test_a_browser_that_does_not_close_delays_nobody(serve: Serve) -> None:
    """gunicorn waits for the client's close in the loop that accepts everybody's connections."""
    site = serve(PLAYGROUND_THREADS="8")

    with _silent(site, 20) as connections:
        for connection in connections:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        for connection in connections:
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        assert requests.get(f"{site.address}healthz", timeout=2).text == "ok"
        # And it is closed in the end.
        assert eventually(lambda: all(_is_closed(connection) for connection in connections))


def _is_closed(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"x")
    except (BrokenPipeError, ConnectionResetError):
        return True
    return False


def test_a_silent_connection_is_closed_in_time(serve: Serve) -> None:
    site = serve(PLAYGROUND_ARRIVAL_SECONDS="0.5")

    with _silent(site, 3) as connections:
        for connection in connections:
            assert connection.recv(1) == b""


@pytest.mark.parametrize("shape", ["application/json", "text/html", "text/event-stream"])
def test_a_client_that_closes_its_half_after_sending_is_answered(
    share: Serve, upstream: ScriptedUpstream, open_tab: OpenTab, shape: str
) -> None:
    site = share()
    tab = open_tab(site)
    slow = Paused(b"", answer(completion_body("half a connection")))
    upstream.reply(slow)
    form = urlencode(FORM | ({"stream": "on"} if "stream" in shape else {})).encode()
    with _silent(site, 1) as (connection,):
        connection.sendall(
            f"POST /send/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {shape}\r\nConnection: close\r\n"
            f"Cookie: csrftoken={tab.token}\r\nX-CSRFToken: {tab.token}\r\nHX-Request: true\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n".encode()
            + form
        )
        connection.shutdown(socket.SHUT_WR)
        assert slow.started.wait(10)
        assert not slow.left.wait(0.5)
        slow.go.set()
        shown = b""
        while part := connection.recv(65_536):
            shown += part

    assert b"half a connection" in shown
    assert b" 200 OK" in shown


def test_a_program_that_leaves_while_it_waits_ends_the_call(
    share: Serve, upstream: ScriptedUpstream, open_tab: OpenTab
) -> None:
    site = share()
    tab = open_tab(site)
    slow = Paused(b"")
    upstream.reply(slow)
    form = urlencode(FORM).encode()
    with _silent(site, 1) as (connection,):
        connection.sendall(
            f"POST /send/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
            f"Cookie: csrftoken={tab.token}\r\nX-CSRFToken: {tab.token}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n".encode()
            + form
        )
        assert slow.started.wait(10)

    assert slow.left.wait(10)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\n", 200),
        (b"GET /healthz HTTP/1.0\r\n", 200),
    ],
)
def test_a_request_has_one_host(share: Serve, head: bytes, status: int) -> None:
    site = share()
    with _silent(site, 1) as (connection,):
        connection.sendall(head + b"Connection: close\r\n\r\n")
        shown = connection.recv(65_536)

    assert shown.split()[1] == str(status).encode()
    if status == 400:
        assert b"Content-Security-Policy: default-src 'none'" in shown


@pytest.mark.parametrize(
    ("environment", "limit", "words"),
    [
        ({"PLAYGROUND_THREADS": "128"}, 256, "PLAYGROUND_THREADS to 38 or less"),
        ({"PLAYGROUND_THREADS": "1"}, 1024, "PLAYGROUND_THREADS must be 2 or more"),
        ({"PLAYGROUND_SECRET_KEY": "short"}, 1024, "has fewer than 50 characters"),
        ({"PLAYGROUND_SILENCE_SECONDS": "long"}, 1024, "PLAYGROUND_SILENCE_SECONDS must be a number"),
    ],
)
def test_a_server_that_cannot_start_says_why_in_a_line(
    environment: dict[str, str], limit: int, words: str
) -> None:
    variables = {
        "PATH": "/usr/bin:/bin",
        "PLAYGROUND_SECRET_KEY": "abcdefghij" * 6,
        "BIND": "127.0.0.1:0",
        **environment,
    }
    command = f"ulimit -n {limit}; exec {sys.executable} -m gunicorn playground.wsgi"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr
