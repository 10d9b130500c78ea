"""Notice browsers that leave. One thread does it for all calls; the system wakes it, so waiting is free.

A thread that waits for a provider cannot notice that nobody is waiting for it any more, and the provider
would keep working, for money. Linux only (epoll); elsewhere a call runs to its end.

A FIN does not say whether a browser has left or just has no more to send: RFC 9112, 9.6 lets a client close
its half of the connection and keep reading. Writing to it tells: a browser that has left answers with a
reset. Before the response we write an interim one (100 Continue), which every HTTP/1.1 client skips (RFC
9110, 15.2); a stream has its heartbeats. On a Unix socket the events alone tell the two apart. A client that
speaks HTTP/1.0, or TLS directly to us, gets no interim response and is assumed to have left.
"""

import logging
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_logger = logging.getLogger(__name__)
_ASK_AFTER_SECONDS = 15
_ASK_AGAIN_SECONDS = 5
_UNANSWERED_SECONDS = 60
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
_GONE = select.POLLERR | select.POLLHUP


@dataclass
class _Watch:
    """One browser. `interim` is the probe to send; None while its response is being written anyway."""

    browser: socket.socket
    leave: Callable[[], None]
    interim: bytes | None
    has_finished: bool = False

    def has_left(self, events: int) -> bool:
        """Probe the connection if necessary; a reset that the probe provokes arrives as a later event."""
        if events & _GONE:
            return True
        self.has_finished = True
        if self.interim is None or self.browser.family == socket.AF_UNIX:
            return False
        if not self.interim or isinstance(self.browser, ssl.SSLSocket):
            return True
        try:
            self.browser.send(self.interim, socket.MSG_DONTWAIT)
        except BlockingIOError:  # it has not read what it was sent: the connection is full
            return False
        except OSError:
            return True
        return False


class Watcher:
    """Calls `leave` when the browser of a `watching(browser, leave, interim)` block leaves."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._watches: dict[int, _Watch] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._run, name="watcher", daemon=True).start()

    @contextmanager
    def watching(
        self, browser: socket.socket, leave: Callable[[], None], interim: bytes | None
    ) -> Iterator[None]:
        number = browser.fileno()
        with self._lock:
            self._epoll.register(number, select.EPOLLRDHUP | select.EPOLLONESHOT)
            self._watches[number] = _Watch(browser, leave, interim)
        try:
            yield
        finally:
            with self._lock:
                del self._watches[number]
                with suppress(OSError):  # closed already
                    self._epoll.unregister(number)

    def _run(self) -> None:
        while True:
            for number, _ in self._epoll.poll():
                try:
                    with self._lock:
                        leave = self._leave(number)
                    if leave:
                        leave()
                except Exception:
                    # This thread watches all browsers, so one failing call must not end it.
                    _logger.exception("a call could not be ended")

    def _leave(self, number: int) -> Callable[[], None] | None:
        # The number may belong to a new browser by now, so its events are read again.
        watch, events = self._watches.get(number), _events(number)
        if watch is None:
            return None
        if events and watch.has_left(events):
            return watch.leave
        # A half-close is reported once; an error or a reset always.
        self._epoll.modify(number, select.EPOLLONESHOT | (0 if watch.has_finished else select.EPOLLRDHUP))
        return None


def _events(number: int) -> int:
    poll = select.poll()
    poll.register(number, select.POLLRDHUP)
    return next((events for _, events in poll.poll(0)), 0)


_watcher: Watcher | None = None
_starting = threading.Lock()


@contextmanager
def watching(
    browser: socket.socket | None, leave: Callable[[], None], interim: bytes | None = INTERIM
) -> Iterator[None]:
    """Call `leave`, from another thread, when the browser leaves. Without a socket nothing is watched.

    `interim` is b"" for a client that does not know interim responses, and None while its response is being
    written.
    """
    if browser is None or not hasattr(select, "epoll"):
        yield
        return
    _notice_death(browser)
    with _the_watcher().watching(browser, leave, interim):
        yield


def _notice_death(browser: socket.socket) -> None:
    """Let the system probe for a dead network, which sends nothing, and give up soon enough.

    Its defaults are two hours without traffic, and a quarter of an hour for unacknowledged data.
    """
    if browser.family not in (socket.AF_INET, socket.AF_INET6):
        return
    browser.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _ASK_AFTER_SECONDS)
    browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _ASK_AGAIN_SECONDS)
    browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNANSWERED_SECONDS * 1000)


def _the_watcher() -> Watcher:
    """Return this process's watcher, started on first use because threads do not survive a fork."""
    global _watcher
    with _starting:
        if _watcher is None:
            _watcher = Watcher()
        return _watcher
