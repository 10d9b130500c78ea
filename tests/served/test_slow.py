"""Browsers that send slowly, too much, endlessly or only half a request are cut off."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from tests.served.conftest import FORM, Tab
from tests.site import Site, workers
from tests.upstreams.scripted import ScriptedUpstream

Serve = Callable[..., Site]
OpenTab = Callable[[Site], Tab]
_MIB = 1 << 20


@pytest.fixture
def site(share: Serve) -> Site:
    return share(PLAYGROUND_ARRIVAL_SECONDS="1", PLAYGROUND_THREADS="16")


def _head(tab: Tab, framing: str) -> bytes:
    return (
        f"POST /send/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n{framing}\r\n"
        f"Cookie: csrftoken={tab.token}\r\nX-CSRFToken: {tab.token}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    ).encode()


def _connect(site: Site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), timeout=20)


def _answer(connection: socket.socket) -> bytes:
    """Return everything until the server closes."""
    answer = b""
    try:
        while part := connection.recv(65_536):
            answer += part
    except ConnectionResetError:
        pass  # it closed with some of our data unread
    return answer


def test_half_a_form_is_not_sent(site: Site, upstream: ScriptedUpstream, open_tab: OpenTab) -> None:
    """When a browser stops halfway, what has arrived is a valid form with half of the message."""
    form = urlencode(FORM | {"content": "Do not delete the file"}).encode()
    half = form[: form.index(b"not") + 3]
    with _connect(site) as connection:
        connection.sendall(_head(open_tab(site), f"Content-Length: {len(form)}") + half)
        connection.shutdown(socket.SHUT_WR)

        answer = _answer(connection)

    assert b" 408 " in answer.split(b"\r\n")[0]
    assert b"cut_short" in answer
    assert upstream.requests == []


def test_a_body_that_drips_is_cut_off(site: Site, upstream: ScriptedUpstream, open_tab: OpenTab) -> None:
    form = urlencode(FORM).encode()
    with _connect(site) as connection:
        connection.sendall(_head(open_tab(site), f"Content-Length: {len(form)}"))
        for byte in form[:8]:
            connection.sendall(bytes([byte]))
            time.sleep(0.1)

        answer = _answer(connection)

    assert b" 408 " in answer.split(b"\r\n")[0]
    assert upstream.requests == []


def test_a_head_that_drips_is_cut_off(site: Site) -> None:
    with _connect(site) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        assert _is_hung_up_on(connection, b"x", most=200, pause=0.1)


def test_many_dripping_clients_do_not_block_the_page_for_long(site: Site) -> None:
    """They occupy every thread, and have to give it back."""
    slow = [_connect(site) for _ in range(40)]
    for connection in slow:
        connection.sendall(b"GET / HTTP/1.1\r\n")

    assert requests.get(f"{site.address}healthz", timeout=20).text == "ok"

    for connection in slow:
        connection.close()


def test_a_body_of_chunks_is_not_waited_for(
    site: Site, upstream: ScriptedUpstream, open_tab: OpenTab
) -> None:
    with _connect(site) as connection:
        connection.sendall(_head(open_tab(site), "Transfer-Encoding: chunked") + b"5\r\nmodel\r\n")

        answer = connection.recv(65_536)

    assert b" 411 " in answer.split(b"\r\n")[0]
    assert upstream.requests == []


@pytest.mark.parametrize("framing", ["Content-Length: 999999999999", "Transfer-Encoding: chunked"])
def test_an_endless_body_is_cut_off_while_it_arrives(site: Site, open_tab: OpenTab, framing: str) -> None:
    (worker,) = workers(site)
    tab = open_tab(site)
    before = _new_peak(worker)
    with _connect(site) as connection:
        connection.sendall(_head(tab, framing))
        assert _is_hung_up_on(connection, b"100000\r\n" + b"x" * _MIB + b"\r\n", most=100_000)

    assert _peak_bytes(worker) - before < 32 * _MIB
    assert requests.get(f"{site.address}healthz", timeout=20).text == "ok"


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * (1 << 20),
        b"GET / HTTP/1.1\r\n" + b"X-A: 1\r\n" * 100_000,
        b"GET / HTTP/1.1\r\nX-A: " + b"x" * (4 << 20),
    ],
    ids=["an endless line", "many headers", "a long header"],
)
def test_a_flood_in_the_head_is_cut_off(serve: Serve, head: bytes) -> None:
    # Not the shared site: a worker that earlier tests left busy would leave the flood unread.
    site = serve(PLAYGROUND_ARRIVAL_SECONDS="1", PLAYGROUND_THREADS="16")
    (worker,) = workers(site)
    before = _new_peak(worker)
    with _connect(site) as connection:
        try:
            connection.sendall(head)
        except (BrokenPipeError, ConnectionResetError):
            answer = b"HTTP/1.1 400 "  # the server did not even wait for all of it
        else:
            answer = _answer(connection)

    assert answer.split(b"\r\n")[0].split(b" ")[1:2] in ([b"400"], [b"414"], [b"431"], [])
    assert _peak_bytes(worker) - before < 16 * _MIB


def _is_hung_up_on(connection: socket.socket, piece: bytes, *, most: int, pause: float = 0) -> bool:
    """Whether the server closes while up to `most` pieces are sent."""
    for _ in range(most):
        try:
            connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            return True
        time.sleep(pause)
    return False


def _new_peak(process: int) -> int:
    """Reset the peak, which earlier tests may have raised, and return it."""
    Path(f"/proc/{process}/clear_refs").write_text("5")
    return _peak_bytes(process)


def _peak_bytes(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
