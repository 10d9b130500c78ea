"""The watcher notices browsers that leave, and mistakes nobody else for one."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from playground.network.watcher import INTERIM, watching


@pytest.fixture(params=["tcp", "unix"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """The browser's end and ours."""
    if request.param == "unix":
        browser, ours = socket.socketpair()
    else:
        with socket.create_server(("127.0.0.1", 0)) as server:
            browser = socket.create_connection(server.getsockname())
            ours, _ = server.accept()
    with browser, ours:
        yield browser, ours


def test_a_browser_that_leaves_is_noticed(pair: tuple[socket.socket, socket.socket]) -> None:
    browser, ours = pair
    left = threading.Event()

    with watching(ours, left.set):
        browser.sendall(b"x")  # sending data is no reason to end the call
        assert not left.wait(0.1)
        browser.close()
        assert left.wait(5)


@pytest.mark.parametrize("interim", [INTERIM, None], ids=["before the answer", "while it is written"])
def test_a_half_closed_browser_has_not_left(
    pair: tuple[socket.socket, socket.socket], interim: bytes | None
) -> None:
    browser, ours = pair
    left = threading.Event()

    with watching(ours, left.set, interim):
        browser.shutdown(socket.SHUT_WR)
        assert not left.wait(0.2)
        if interim and ours.family != socket.AF_UNIX:
            assert browser.recv(100) == interim  # sent once
        ours.sendall(b"the answer")
        assert browser.recv(100) == b"the answer"
        browser.close()
        with suppress(BrokenPipeError):  # a Unix socket fails at once
            ours.sendall(b":\n\n")
        assert left.wait(5)


def test_a_half_closed_browser_that_cannot_be_probed_counts_as_gone() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as browser,
    ):
        ours, _ = server.accept()
        left = threading.Event()
        with ours, watching(ours, left.set, b""):
            browser.shutdown(socket.SHUT_WR)
            assert left.wait(5)


def test_leaving_after_the_call_has_no_effect(pair: tuple[socket.socket, socket.socket]) -> None:
    browser, ours = pair
    left = threading.Event()

    with watching(ours, left.set):
        pass
    browser.close()

    assert not left.wait(0.1)


def test_the_next_call_on_a_connection_is_watched_again(pair: tuple[socket.socket, socket.socket]) -> None:
    browser, ours = pair
    first, second = threading.Event(), threading.Event()

    with watching(ours, first.set):
        pass
    with watching(ours, second.set):
        browser.close()
        assert second.wait(5)
    assert not first.is_set()


def test_a_dead_network_is_probed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as browser:
        browser.connect(server.getsockname())
        ours, _ = server.accept()
        with ours, watching(ours, browser.close):
            assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000


def test_without_a_socket_nothing_is_watched() -> None:
    with watching(None, pytest.fail):
        pass
