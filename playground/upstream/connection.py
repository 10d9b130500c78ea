"""The connections under `requests`: where a socket opens, the policy is asked and the call is recorded.

A single seam: `egress` decides on addresses, the `Wire` of the running call learns what was really
written, and its socket can be shut from another thread.
"""

import socket
import ssl
import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import certifi
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from playground.exchange.failure import FailureKind
from playground.upstream import egress


class ConnectError(Exception):
    """No connection: `kind` says in which way, the text is the system's own words."""

    def __init__(self, kind: FailureKind, detail: str = "") -> None:
        super().__init__(detail)
        self.kind = kind


@dataclass
class Wire:
    """What one call does on its connection."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    sock: socket.socket | None = None
    ended: FailureKind | None = None
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


wire: ContextVar[Wire] = ContextVar("wire")


class _Connection(HTTPConnection):
    """Connects to checked addresses only and tells the call's `Wire` what it writes."""

    def _new_conn(self) -> socket.socket:
        sock = _connect(self.host, self.port or self.default_port, float(self.timeout or 0))
        wire.get().attach(sock)
        return sock

    def putheader(self, header: Any, *values: Any) -> None:
        wire.get().headers.append((_text(header), ", ".join(_text(value) for value in values)))
        super().putheader(header, *values)


class _SecureConnection(_Connection, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        # TLS has put a socket of its own over the first one, which is detached by now.
        wire.get().attach(self.sock)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class Adapter(HTTPAdapter):
    """`requests`' transport over these connections. One serves all threads; it keeps nothing of a call."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        # One context for all: reading the certificates anew costs more than 10 ms a call.
        context = ssl.create_default_context(cafile=certifi.where())
        self.poolmanager = PoolManager(
            num_pools=connections, maxsize=maxsize, block=block, ssl_context=context, **options
        )
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def cert_verify(self, *args: Any, **options: Any) -> None:
        """Nothing to add: the context demands a valid certificate and the right name."""


def _connect(host: str, port: int, timeout: float) -> socket.socket:
    """A socket to the first checked address that answers. `timeout` in seconds is for all of them."""
    host = host.strip("[]")
    try:
        addresses = egress.addresses(host, port)
    except egress.UnknownHostError as error:
        raise ConnectError(FailureKind.UNKNOWN_HOST) from error
    deadline = time.monotonic() + timeout
    for position, address in enumerate(addresses):
        share = (deadline - time.monotonic()) / (len(addresses) - position)
        try:
            sock = socket.create_connection((address, port), timeout=max(share, 0.001))
        except OSError as error:
            failed = error
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    raise ConnectError(_kind(failed), failed.strerror or "") from failed


def _kind(error: OSError) -> FailureKind:
    match error:
        case TimeoutError():
            return FailureKind.CONNECT_TIMEOUT
        case ConnectionRefusedError():
            return FailureKind.REFUSED
    return FailureKind.UNREACHABLE


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
