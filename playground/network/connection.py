"""The connections under `requests`: where a socket opens, the policy is asked and the call is recorded.

A single seam: `dial` opens the socket, the `Wire` of the running call learns what was really written, can
wait for what comes, and can be shut from another thread.
"""

import io
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
from playground.network.head import Head
from playground.network.limits import Limits
from playground.text.endpoint import Endpoint

# The usual 8 KiB are much for each of hundreds of streams that wait. Larger reads pass it by.
_BUFFER_BYTES = 2048
_END_OF_BROWSER = getattr(select, "POLLRDHUP", 0)
# Also bounds interim responses (1xx), of which any number may come first.
_HEAD_BYTES = 1 << 20
# What a body takes on the wire, chunked byte by byte. Empty blocks of gzip or trailers have no end otherwise.
_WIRE_FACTOR = 8


class TooMuchError(HTTPException):
    """More bytes came than any answer within the limit has."""


@dataclass
class Wire:
    """What one call does on its connection."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    sock: socket.socket | None = None
    ended: FailureKind | None = None
    # The buffer over the socket that the answer is read from.
    reader: Any = None
    # Whether the body comes in chunks, of which each has an end of its own.
    chunked: bool = False
    # To whom the answer is shown as it comes, until it has said all that it had to say.
    browser: socket.socket | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def attach(self, sock: socket.socket) -> None:
        """Raises `OSError` when the call was ended before it was connected."""
        with self._lock:
            if self.ended:
                raise OSError("the call was ended before it was connected")
            self.sock = sock

    def shutdown(self, kind: FailureKind) -> None:
        """Ends the call from any thread: a read that waits returns at once. The first reason counts."""
        with self._lock:
            self.ended = self.ended or kind
            if self.sock is None:
                return
            try:
                # Not SSLSocket's own: it drops the TLS state under a thread that is reading.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
            except OSError:
                return  # the other side closed first

    def close(self) -> None:
        """Gives the buffer up, which would hold the socket open."""
        if self.reader is not None:
            self.reader.close()

    def wait(self, seconds: float) -> bool:
        """Waits until something can be read, be it the end; whether it can, within that time.

        False at once when the browser may have left: what is shown to it next tells (see `watcher`).
        """
        deadline = time.monotonic() + seconds
        while not self._has_buffered():
            number = self.sock.fileno() if self.sock else -1
            if number < 0:
                break
            poll = select.poll()
            poll.register(number, select.POLLIN)
            if self.browser:
                poll.register(self.browser, _END_OF_BROWSER)
            ready = dict(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
            if number not in ready:
                self.browser = None if ready else self.browser
                return False
            # TLS has messages of its own, such as session tickets, which are nothing to read.
            if not isinstance(self.sock, ssl.SSLSocket) or self._fill(self.sock):
                break
        return True

    def _has_buffered(self) -> bool:
        """Whether bytes have left the socket that nobody has read: the poll would not tell of them."""
        if self.reader is None or self.reader.closed:
            return True
        # An empty buffer would be filled by a peek; from a source that has nothing now it stays empty.
        self.reader.raw.readinto = _nothing_now
        try:
            # The end of a chunk's line stays behind until the next chunk is asked for.
            ends = (b"\r", b"\r\n") if self.chunked else ()
            if self.reader.peek(1) not in (b"", *ends):
                return True
        finally:
            del self.reader.raw.readinto
        return isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() > 0

    def _fill(self, sock: ssl.SSLSocket) -> bool:
        """Reads what is there into the buffer, without waiting; whether that was anything, or the end."""
        patience = sock.gettimeout()
        sock.settimeout(0)
        try:
            self.reader.peek(1)
        except ssl.SSLWantReadError:
            return False
        except OSError:
            return True  # the read that follows says what it is
        finally:
            sock.settimeout(patience)
        return True


def _nothing_now(buffer: object) -> None:
    """`readinto` of a raw stream that would block (`io.RawIOBase`)."""
    del buffer


class _Counted(io.RawIOBase):
    """A socket's bytes, up to a limit: that of a head first, then that of a body of `body_bytes`."""

    def __init__(self, source: Any, body_bytes: int) -> None:
        self._source = source
        self._body_bytes = body_bytes
        self._left = _HEAD_BYTES
        self._in_head = True

    def head_is_read(self) -> None:
        self._left, self._in_head = _WIRE_FACTOR * self._body_bytes, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._left <= 0:
            raise (
                HTTPException(f"more than {_HEAD_BYTES} bytes of headers")
                if self._in_head
                else TooMuchError()
            )
        count: int | None = self._source.readinto(buffer)
        self._left -= count or 0
        return count

    def close(self) -> None:
        self._source.close()
        super().close()


class _Connection(HTTPConnection):
    """Connects to checked addresses only and tells the call's `Wire` what it writes."""

    def __init__(self, wire: Wire, endpoint: Endpoint, **options: Any) -> None:
        super().__init__(endpoint.host, endpoint.port, **options)
        self.wire, self._endpoint = wire, endpoint

    def _new_conn(self) -> socket.socket:
        sock = dial(self._endpoint, (self.host, self.port or 0), float(self.timeout or 0))
        self.wire.attach(sock)
        return sock

    def putheader(self, header: Any, *values: Any) -> None:
        self.wire.headers.append((_text(header), ", ".join(_text(value) for value in values)))
        super().putheader(header, *values)


class _SecureConnection(_Connection, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        # TLS has put a socket of its own over the first one, which is detached by now.
        self.wire.attach(self.sock)


class Adapter:
    """The transport in two halves, so that the time between them is ours. It keeps nothing of a call.

    No pool: a connection is one call's. No `Session` above it either: no cookies kept, no redirects, no
    proxies or netrc of this machine.
    """

    def __init__(self) -> None:
        # One context for all: reading the certificates anew costs more than 10 ms a call.
        self._tls = ssl.create_default_context(cafile=certifi.where())

    def start(
        self, request: requests.PreparedRequest, endpoint: Endpoint, wire: Wire, limits: Limits
    ) -> _Connection:
        """Connects to the endpoint and writes the request. The response is still to come."""
        timeout = limits.connect_seconds
        connection = (
            _SecureConnection(wire, endpoint, timeout=timeout, ssl_context=self._tls)
            if endpoint.scheme == "https"
            else _Connection(wire, endpoint, timeout=timeout)
        )
        connection.connect()
        connection.timeout = limits.silence_seconds
        connection.sock.settimeout(limits.silence_seconds)
        source = _Counted(connection.sock.makefile("rb", 0), limits.response_bytes)
        wire.reader = io.BufferedReader(source, _BUFFER_BYTES)
        # Who refuses a body while it is still being written may have said why.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(
                request.method or "",
                request.path_url,
                body=request.body,
                headers=dict(request.headers),
                preload_content=False,
                decode_content=False,
            )
        return connection

    def body(self, wire: Wire, head: Head, limits: Limits) -> Body:
        """The body behind the head, to be read while it comes."""
        wire.reader.raw.head_is_read()
        wire.chunked = "chunked" in head.values("transfer-encoding")
        return Body(wire.reader, head, _WIRE_FACTOR * limits.response_bytes)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
