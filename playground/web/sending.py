"""Send what is long without a browser that doesn't read holding a thread for good."""

import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from functools import partial
from weakref import WeakSet

from django.conf import settings
from django.http import HttpRequest

from playground.exchange.refusal import RETRY_SECONDS, Refusal, RefusedError
from playground.network import alarm
from playground.text.sentence import gettext_noop, say

# Downloads at once: of one person or address, and in a process, so that threads are left for all else.
_MOST_EACH = 2
_MOST = 16
_TOO_MANY = Refusal(
    429,
    "too_many_at_once",
    say(gettext_noop("Too many downloads at once")),
    say(gettext_noop("Wait for another download to end, or cancel it. Then try again.")),
    retry_seconds=RETRY_SECONDS,
)


def hang_up_after(request: HttpRequest, seconds: float) -> AbstractContextManager[None]:
    """Disconnect the browser unless the block ends first: a write to it may block, without another limit."""
    return alarm.clock().after(seconds, partial(_hang_up, request.META.get("gunicorn.socket")))


def _hang_up(browser: socket.socket | None) -> None:
    if browser:
        with suppress(OSError):  # it has disconnected
            browser.shutdown(socket.SHUT_RDWR)


class Download:
    """The pieces of a file, each of which the browser has to take in time.

    It takes a place of `who` until it ends. Raises `RefusedError` if there is none.
    """

    _running: WeakSet["Download"] = WeakSet()
    _changing = threading.Lock()

    def __init__(self, request: HttpRequest, who: str, pieces: Iterator[bytes]) -> None:
        self.request, self.who, self._sent = request, who, self._send(pieces)
        with self._changing:
            running = [download.who for download in self._running]
            if len(running) >= _MOST or running.count(who) >= _MOST_EACH:
                raise RefusedError(_TOO_MANY)
            self._running.add(self)

    def __iter__(self) -> Iterator[bytes]:
        return self._sent

    def close(self) -> None:
        """End it, also if not all was sent."""
        self._sent.close()
        self._end()

    def _send(self, pieces: Iterator[bytes]) -> Generator[bytes]:
        with ExitStack() as stack:
            stack.callback(self._end)
            stack.callback(getattr(pieces, "close", lambda: None))
            for piece in pieces:
                with hang_up_after(self.request, settings.LIMITS.silence_seconds):
                    yield piece

    def _end(self) -> None:
        with self._changing:
            self._running.discard(self)
