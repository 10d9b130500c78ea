"""gunicorn's threaded worker, changed in four ways.

It stops in two steps: it refuses new calls, then ends when the running ones have ended. gunicorn would close
the listener at once, so that new clients can't connect; a 503 with Retry-After tells load balancers and
people what is going on.

A connection that has sent nothing holds no thread, and closing one blocks nobody: gunicorn's threads wait up
to five seconds for the first byte, and its main loop up to two for each connection that it closes. When all
connections are taken, the one that was silent for longest is closed. Running out of open files does not end a
worker.

It limits the time for the head of a request: a client that sends a byte now and then would hold a thread
forever.

And gunicorn's own responses, to requests that no view can read, have the same headers as all others.
"""

import errno
import mmap
import socket
import sys
import threading
import time
from contextlib import ExitStack, suppress
from types import FrameType
from typing import Any

from gunicorn.arbiter import Arbiter
from gunicorn.http.errors import InvalidHeader
from gunicorn.workers.gthread import TConn, ThreadWorker

from playground.serving.memory import keep_what_is_loaded, return_large_blocks
from playground.serving.waiting import Waiting

# For the last event of a stream that was ended, and for gunicorn's own shutdown.
LAST_WORDS_SECONDS = 5
# Closing a connection with unread data may cost the client the end of its response (RFC 9112, 9.6).
_GOODBYE_SECONDS = 2
_GOODBYE_BYTES = 1 << 16
# There is no connection after all: the client has left, or another worker was faster.
_NO_CONNECTION = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED, errno.EINTR, errno.EPROTO)
_PAUSE_SECONDS = 0.5
_DROPPED_AT_ONCE = 8
_LOG_AGAIN_SECONDS = 60

# The number of reloads, shared by the master and its workers.
_reloads = mmap.mmap(-1, 1)


def on_reload(arbiter: Arbiter) -> None:
    """gunicorn's hook: old workers are about to end, and new ones take over the listener."""
    del arbiter
    _reloads[0] = (_reloads[0] + 1) % 256


class _ErrorWriter:
    """A connection that adds our headers to gunicorn's own responses to unreadable requests."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def sendall(self, data: bytes) -> None:
        from playground.serving.headers import OF_AN_ERROR

        lines = "".join(f"\r\n{name}: {value}" for name, value in OF_AN_ERROR.items())
        status, rest = data.split(b"\r\n", 1)
        self._client.sendall(status + lines.encode() + b"\r\n" + rest)


class HostError(InvalidHeader):  # type: ignore[misc]
    """A request has more than one Host, or none in HTTP/1.1 or later (RFC 9112, 3.2)."""


class _Connection(TConn):  # type: ignore[misc]
    """A connection whose graceful close does not block the thread that closes it."""

    def __init__(self, worker: "Worker", *args: Any) -> None:
        super().__init__(worker.cfg, *args)
        self._take_leave = worker.take_leave
        self.drained = 0

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self._take_leave(self)
        else:
            super().close()


class Worker(ThreadWorker):  # type: ignore[misc]
    """On SIGTERM refuses new calls, and lets running ones go on for `PLAYGROUND_GRACE_SECONDS`.

    A connection may be silent for `PLAYGROUND_ARRIVAL_SECONDS`, and then a request's head may take that long;
    for its body see `BodyMiddleware`.
    """

    sockets: list[socket.socket]
    _silent: Waiting
    _leaving: Waiting

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._reloads_at_start = _reloads[0]
        self._stopping = False
        self._accepts_from = self._logs_from = 0.0

    def init_process(self) -> None:
        return_large_blocks()
        super().init_process()

    def load_wsgi(self) -> None:
        from playground.config_types import SettingError

        try:
            super().load_wsgi()
        except SettingError as error:
            print(error, file=sys.stderr, flush=True)
            sys.exit(Arbiter.APP_LOAD_ERROR)  # a retry would not help
        _share_what_runs()
        keep_what_is_loaded()

    def run(self) -> None:
        from django.conf import settings

        self._silent = Waiting(self.poller, settings.CONFIG.arrival_seconds)
        self._leaving = Waiting(self.poller, _GOODBYE_SECONDS)
        super().run()

    def accept(self, listener: socket.socket) -> bool:
        """Accept a connection. Return False if there is none."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in _NO_CONNECTION:
                self._accept_failed(error)
            return False
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections:
            self._make_room()
        self._silent.add(_Connection(self, client, address, listener.getsockname()), self._on_data)
        return True

    def _on_data(self, conn: TConn) -> None:
        if conn in self._silent:  # it may have been closed a moment ago to make room
            self._silent.remove(conn)
            conn.data_ready = True
            self.enqueue_req(conn)

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        if client.fileno() >= 0:  # closed to make room, as above
            super().on_client_socket_readable(conn, client)

    def _make_room(self) -> bool:
        """Close the connection that was silent for longest, or else one between two requests."""
        if conn := self._silent.oldest():
            self._silent.remove(conn)
        elif self.keepalived_conns:
            conn = self.keepalived_conns.popleft()
            self.poller.unregister(conn.sock)
        else:
            return False
        self._drop(conn)
        return True

    def _drop(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()

    def _accept_failed(self, error: OSError) -> None:
        """Handle a failed accept: out of open files, or of memory."""
        now = time.monotonic()
        if now >= self._logs_from:
            self._logs_from = now + _LOG_AGAIN_SECONDS
            self.log.error("Can't accept more connections (%s). Raise `ulimit -n`.", error.strerror)
        # Several at once: a call needs a file too.
        if not sum(self._make_room() for _ in range(_DROPPED_AT_ONCE)):
            self._accepts_from = now + _PAUSE_SECONDS
            self.set_accept_enabled(False)

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled and time.monotonic() >= self._accepts_from)

    def take_leave(self, conn: _Connection) -> None:
        """Close our half of the connection, and wait in the main loop for the client to close its own."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            self._leaving.add(conn, self._drain)
        except (OSError, ValueError, KeyError):
            conn.close()  # the client has left
        else:
            self.nr_conns += 1

    def _drain(self, conn: _Connection) -> None:
        try:
            size = len(conn.sock.recv(_GOODBYE_BYTES))
        except BlockingIOError:
            return
        except OSError:
            size = 0
        conn.drained += size
        if not size or conn.drained > _GOODBYE_BYTES:
            self._leaving.remove(conn)
            self._drop(conn)

    def murder_pending(self) -> None:
        """Close connections that have waited too long; gunicorn calls this regularly."""
        for waiting in (self._silent, self._leaving):
            for conn in waiting.late():
                self._drop(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        super()._cap_keepalive(deadline)
        self._silent.hurry(deadline)

    def handle(self, conn: TConn) -> Any:
        from django.conf import settings

        from playground.network import alarm

        with ExitStack() as arriving:
            arriving.enter_context(
                alarm.clock().after(settings.CONFIG.arrival_seconds, lambda: _hang_up(conn.sock))
            )
            conn.arriving = arriving
            return super().handle(conn)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        conn.arriving.close()
        hosts = sum(name == "HOST" for name, _ in req.headers)
        if hosts > 1 or (not hosts and req.version >= (1, 1)):
            raise HostError("Host", req=req)
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        super().handle_error(req, _ErrorWriter(client), addr, exc)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if _reloads[0] != self._reloads_at_start:
            super().handle_exit(sig, frame)  # new workers take over, so this one need not answer
        elif not self._stopping:
            self._stopping = True
            threading.Thread(target=self._stop_slowly, name="stop", daemon=True).start()

    def _stop_slowly(self) -> None:
        # Imported here, because a reload does not read again what the master has imported.
        from django.conf import settings

        from playground.exchange.failure import FailureKind
        from playground.network.running import running

        running.refuse_new()
        if not running.wait_until_none(settings.CONFIG.grace_seconds):
            running.end_all(FailureKind.RESTARTED)
            running.wait_until_none(LAST_WORDS_SECONDS)
        self.method_queue.defer(self._stop_now)

    def _stop_now(self) -> None:
        self._close_listeners()
        super().handle_exit(0, None)

    def _close_listeners(self) -> None:
        """Accept who is waiting, then close at once; gunicorn waits for its connections in between.

        Whoever connects then would be reset, and a proxy sends only requests again that were refused.
        """
        self.set_accept_enabled(False)
        for listener in self.sockets:
            while self.accept(listener):
                pass
            listener.close()
        self.sockets = []


def _share_what_runs() -> None:
    from playground.calls.leases import share
    from playground.network.running import running

    share(running)


def _hang_up(sock: socket.socket) -> None:
    with suppress(OSError):  # the client has left
        sock.shutdown(socket.SHUT_RDWR)
