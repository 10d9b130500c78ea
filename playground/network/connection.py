"""Connections under `requests` that apply the egress policy and record the call.

There is one seam: `dial` opens the socket, and the call's `Wire` records what was really written, waits for
data, and can be shut down from another thread.
"""

import io
import os
import select
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

import certifi
import requests
from urllib3.connection import HTTPConnection, HTTPSConnection

from playground.exchange.failure import FailureKind
from playground.network.body import Body
from playground.network.dial import dial
from playground.network.head import Head, HeadReader
from playground.network.limits import Limits
from playground.network.public import shown_host, target
from playground.text.endpoint import Endpoint

# Holds what some ten events take, which arrive between two updates. Larger reads bypass the buffer.
_BUFFER_BYTES = 4096
_END_OF_BROWSER = getattr(select, "POLLRDHUP", 0)
# Also bounds interim responses (1xx), of which any number may come first.
_HEAD_BYTES = 1 << 20
# A body that is chunked byte by byte takes up to this many times its size on the wire. Without a bound, empty
# gzip blocks or chunk extensions could go on forever.
_WIRE_FACTOR = 8


class TooMuchError(HTTPException):
    """More bytes arrived than any response within the limit can have."""


@dataclass
class Wire:
    """The connection of one call: what was written to it, and whether and why we ended it."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    sock: socket.socket | None = None
    ended: FailureKind | None = None
    # The buffered reader over the socket; the response is read from it, first its heads.
    reader: Any = None
    heads: HeadReader | None = None
    # Whether the body is chunked: each chunk then ends with a line break of its own.
    chunked: bool = False
    # Whether the last read took all there was. With TLS that is unknown: a read returns one record at most.
    drained: bool = False
    # The browser that sees the answer as it arrives, until it has closed its sending half.
    browser: socket.socket | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def attach(self, sock: socket.socket) -> None:
        """Take over the socket. Raises `OSError` if the call was ended before it was connected."""
        with self._lock:
            if self.ended:
                raise OSError("the call was ended before it was connected")
            self.sock = sock

    def shutdown(self, kind: FailureKind) -> None:
        """End the call, from any thread: a waiting read returns at once. The first reason is kept."""
        with self._lock:
            self.ended = self.ended or kind
            if self.sock is None:
                return
            try:
                # Not `SSLSocket.shutdown`, which drops the TLS state under a thread that is reading.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
            except OSError:
                return  # the other side closed first

    def close(self) -> None:
        """Close the connection, and the buffered reader, which would otherwise keep the socket open."""
        if self.sock is not None:
            self.sock.close()
        if self.reader is not None:
            self.reader.close()

    def wait(self, seconds: float, *, likely: bool = False) -> bool:
        """Wait until there is something to read, the end included; return whether there is, within that time.

        If that is `likely`, it is read without asking the system first. Returns False at once when the
        browser may have left: the next write to it will tell (see `watcher`).
        """
        deadline = time.monotonic() + seconds
        while not self._has_buffered(fill=likely):
            likely = False
            if seconds <= 0 and self.drained:  # then it was read just now, and the system need not be asked
                self.drained = False
                return False
            number = self.sock.fileno() if self.sock else -1
            if number < 0:
                break
            poll = select.poll()
            poll.register(number, select.POLLIN)
            self.drained = False
            if self.browser:
                poll.register(self.browser, _END_OF_BROWSER)
            ready = dict(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
            if number not in ready:
                self.browser = None if ready else self.browser
                return False
            # TLS has messages of its own, such as session tickets, that carry no data.
            if not isinstance(self.sock, ssl.SSLSocket) or self._fill(self.sock):
                break
        return True

    def _has_buffered(self, *, fill: bool = False) -> bool:
        """Whether unread bytes are already in our buffers, which `poll` does not report."""
        if self.reader is None or self.reader.closed:
            return True
        # `peek` would refill an empty buffer, but finds nothing if the source has nothing right now.
        fills = fill and not isinstance(self.sock, ssl.SSLSocket)
        self.reader.raw.readinto = self.reader.raw.read_now if fills else _nothing_now
        try:
            # The line break after a chunk stays in the buffer until the next chunk is read.
            ends = (b"\r", b"\r\n") if self.chunked else ()
            if self.reader.peek(1) not in (b"", *ends):
                return True
        finally:
            del self.reader.raw.readinto
        return isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() > 0

    def _fill(self, sock: ssl.SSLSocket) -> bool:
        """Read what is available without waiting, and return whether that was data or the end."""
        patience = sock.gettimeout()
        sock.settimeout(0)
        try:
            self.reader.peek(1)
        except ssl.SSLWantReadError:
            return False
        except OSError:
            return True  # the read that follows reports it
        finally:
            sock.settimeout(patience)
        return True


def _nothing_now(buffer: object) -> None:
    """Stand in for `readinto` of a raw stream that would block (`io.RawIOBase`)."""
    del buffer


class _Counted(io.RawIOBase):
    """A socket's bytes up to a limit: first that of a head, then that of a body of `body_bytes`."""

    def __init__(self, wire: Wire, body_bytes: int) -> None:
        self._wire = wire
        self._source: Any = wire.sock.makefile("rb", 0)  # type: ignore[union-attr]
        self._body_bytes = body_bytes
        self._left = _HEAD_BYTES
        self._in_head = True

    def head_is_read(self) -> None:
        self._left, self._in_head = _WIRE_FACTOR * self._body_bytes, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        return self._read(buffer, waits=True)

    def read_now(self, buffer: Any) -> int | None:
        """Read what is there, None if nothing is. Not for TLS."""
        return self._read(buffer, waits=False)

    def _read(self, buffer: Any, *, waits: bool) -> int | None:
        if self._left <= 0:
            raise (
                HTTPException(f"more than {_HEAD_BYTES} bytes of headers")
                if self._in_head
                else TooMuchError()
            )
        count = None
        if not (is_tls := isinstance(self._wire.sock, ssl.SSLSocket)):
            count = self._now(buffer)
        if count is None and waits:
            count = self._source.readinto(buffer)
        self._wire.drained = 0 < (count or 0) < len(buffer) and not is_tls
        self._left -= count or 0
        return count

    def _now(self, buffer: Any) -> int | None:
        # A socket with a timeout asks the system before it reads, and so lets go of the interpreter twice.
        try:
            return os.readv(self._source.fileno(), [buffer])
        except BlockingIOError:
            return None

    def close(self) -> None:
        self._source.close()
        super().close()


class _Connection(HTTPConnection):
    """A connection to checked addresses only, which tells the call's `Wire` what it writes."""

    def __init__(self, wire: Wire, endpoint: Endpoint, **options: Any) -> None:
        super().__init__(endpoint.host, endpoint.port, **options)
        self.wire, self._endpoint = wire, endpoint

    def _new_conn(self) -> socket.socket:
        sock = dial(self._endpoint, (self.host, self.port or 0), float(self.timeout or 0))
        self.wire.attach(sock)
        return sock

    def putheader(self, header: Any, *values: Any) -> None:
        value = ", ".join(_text(value) for value in values)
        if self._endpoint.public and _text(header).lower() == "host":
            value = shown_host(self._endpoint)
        self.wire.headers.append((_text(header), value))
        super().putheader(header, *values)


class _SecureConnection(_Connection, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        # TLS has wrapped the first socket in one of its own and detached it.
        self.wire.attach(self.sock)


class Adapter:
    """The transport in two halves, so that we control the time between them. It keeps no state of a call.

    There is no pool: each call has its own connection. There is no `Session` either, so no cookies, no
    redirects, and none of this machine's proxies or netrc.
    """

    def __init__(self) -> None:
        # Shared by all calls, because loading the certificates takes more than 10 ms.
        self._tls = ssl.create_default_context(cafile=certifi.where())

    def start(
        self, request: requests.PreparedRequest, endpoint: Endpoint, wire: Wire, limits: Limits
    ) -> HeadReader:
        """Connect to the endpoint and write the request; return a reader for the heads of the response."""
        timeout = limits.connect_seconds
        connection = (
            _SecureConnection(wire, endpoint, timeout=timeout, ssl_context=self._tls)
            if endpoint.scheme == "https"
            else _Connection(wire, endpoint, timeout=timeout)
        )
        connection.connect()
        connection.timeout = limits.silence_seconds
        connection.sock.settimeout(limits.silence_seconds)
        source = _Counted(wire, limits.response_bytes)
        wire.reader = io.BufferedReader(source, _BUFFER_BYTES)
        wire.heads = HeadReader(wire.reader)
        # A server that rejects a body while it is still being written may have said why.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(
                request.method or "",
                target(endpoint, request.path_url),
                body=request.body,
                headers=dict(request.headers),
                preload_content=False,
                decode_content=False,
            )
        return wire.heads

    def body(self, wire: Wire, head: Head, limits: Limits) -> Body:
        """Return a reader for the body that follows the head."""
        wire.reader.raw.head_is_read()
        wire.chunked = "chunked" in head.values("transfer-encoding")
        return Body(wire.reader, head, _WIRE_FACTOR * limits.response_bytes)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
