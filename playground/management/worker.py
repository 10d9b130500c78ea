"""gunicorn's threaded worker, changed in three ways.

It is stopped in two steps: no new calls; then, when the running ones ended, the end. gunicorn's own way
closes the listener at once: whoever comes meanwhile finds nobody, where a 503 with Retry-After tells a load
balancer and a person what is going on.

It does not wait for ever for the head of a request: whoever sends a byte now and then would hold a thread.

And its own answers, to what no view can read, have the headers of all others.
"""

import mmap
import socket
import threading
from contextlib import ExitStack, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any

from gunicorn.workers.gthread import ThreadWorker

from playground.management.memory import return_large_blocks

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.gthread import TConn

# What a stream that was ended has for its last event, and gunicorn for its own end.
LAST_WORDS_SECONDS = 5

# Shared by the master and its workers: how many reloads there were.
_reloads = mmap.mmap(-1, 1)


def on_reload(arbiter: "Arbiter") -> None:
    """gunicorn's hook: old workers are about to end, and new ones take the listener over."""
    del arbiter
    _reloads[0] = (_reloads[0] + 1) % 256


class _ErrorWriter:
    """A connection on which gunicorn's own answers, to what no view can read, are like all others."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def sendall(self, data: bytes) -> None:
        from playground.pages.headers import OF_AN_ERROR

        lines = "".join(f"\r\n{name}: {value}" for name, value in OF_AN_ERROR.items())
        status, rest = data.split(b"\r\n", 1)
        self._client.sendall(status + lines.encode() + b"\r\n" + rest)


class Worker(ThreadWorker):  # type: ignore[misc]
    """On SIGTERM refuses new calls, and lets running ones go on for `PLAYGROUND_GRACE_SECONDS`.

    A request's head may take `PLAYGROUND_ARRIVAL_SECONDS`; for its body see `BodyMiddleware`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._born_after = _reloads[0]
        self._stopping = False

    def init_process(self) -> None:
        return_large_blocks()
        super().init_process()

    def handle(self, conn: "TConn") -> Any:
        from playground import env
        from playground.upstream import alarm

        with ExitStack() as arriving:
            arriving.enter_context(
                alarm.clock().after(env.read("PLAYGROUND_ARRIVAL_SECONDS"), lambda: _hang_up(conn.sock))
            )
            conn.arriving = arriving
            return super().handle(conn)

    def handle_request(self, req: Any, conn: "TConn") -> Any:
        conn.arriving.close()
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        super().handle_error(req, _ErrorWriter(client), addr, exc)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if _reloads[0] != self._born_after:
            super().handle_exit(sig, frame)  # new workers answer: this one need not
        elif not self._stopping:
            self._stopping = True
            threading.Thread(target=self._stop_slowly, name="stop", daemon=True).start()

    def _stop_slowly(self) -> None:
        # Imported here: what the master has imported, a reload would not read anew.
        from playground import env
        from playground.exchange.failure import FailureKind
        from playground.upstream.running import running

        running.refuse_new()
        if not running.wait_until_none(env.read("PLAYGROUND_GRACE_SECONDS")):
            running.end_all(FailureKind.RESTARTED)
            running.wait_until_none(LAST_WORDS_SECONDS)
        self.method_queue.defer(self._stop_now)

    def _stop_now(self) -> None:
        super().handle_exit(0, None)


def _hang_up(sock: socket.socket) -> None:
    with suppress(OSError):  # it has left
        sock.shutdown(socket.SHUT_RDWR)
