"""Sees browsers leave: one thread for all calls, woken by the system, so that waiting costs nothing.

A thread that waits for a provider cannot notice that nobody waits for it any more, and the provider would
go on working, for money. Linux only (epoll); elsewhere a call runs to its end.
"""

import logging
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_logger = logging.getLogger(__name__)
_ASK_AFTER_SECONDS = 15
_ASK_AGAIN_SECONDS = 5
_UNANSWERED_SECONDS = 60


class Watcher:
    """`watching(browser, leave)` calls `leave` when the browser's side of the connection is closed."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._leave: dict[int, Callable[[], None]] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._run, name="watcher", daemon=True).start()

    @contextmanager
    def watching(self, browser: socket.socket, leave: Callable[[], None]) -> Iterator[None]:
        number = browser.fileno()
        with self._lock:
            self._leave[number] = leave
            self._epoll.register(number, select.EPOLLRDHUP | select.EPOLLONESHOT)
        try:
            yield
        finally:
            with self._lock:
                self._epoll.unregister(number)
                del self._leave[number]

    def _run(self) -> None:
        while True:
            for number, _ in self._epoll.poll():
                with self._lock:
                    # The number may belong to a new browser by now: it is asked once more.
                    leave = self._leave.get(number) if _has_left(number) else None
                if leave:
                    try:
                        leave()
                    except Exception:
                        # All who leave are seen by this thread: one of them must not end it.
                        _logger.exception("a call could not be ended")


def _has_left(number: int) -> bool:
    poll = select.poll()
    poll.register(number, select.POLLRDHUP)
    return bool(poll.poll(0))


_watcher: Watcher | None = None
_starting = threading.Lock()


@contextmanager
def watching(browser: socket.socket | None, leave: Callable[[], None]) -> Iterator[None]:
    """Calls `leave`, from another thread, when the browser leaves. Without its socket nothing is watched."""
    if browser is None or not hasattr(select, "epoll"):
        yield
        return
    _notice_death(browser)
    with _the_watcher().watching(browser, leave):
        yield


def _notice_death(browser: socket.socket) -> None:
    """A network that is gone says nothing: the system asks after it, and gives up in good time.

    Its own defaults are two hours without traffic, and a quarter of an hour for what is not acknowledged.
    """
    if browser.family not in (socket.AF_INET, socket.AF_INET6):
        return
    browser.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _ASK_AFTER_SECONDS)
    browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _ASK_AGAIN_SECONDS)
    browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNANSWERED_SECONDS * 1000)


def _the_watcher() -> Watcher:
    """One a process, started when it is first needed: a thread does not live on in a forked worker."""
    global _watcher
    with _starting:
        if _watcher is None:
            _watcher = Watcher()
        return _watcher
