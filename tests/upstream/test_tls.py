"""Waiting on TLS: its own messages after the handshake are nothing to read."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
import trustme

from playground.upstream import egress
from playground.upstream.connection import Adapter, Wire
from playground.upstream.limits import Limits

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


@contextmanager
def _provider(authority: trustme.CA, say: list[tuple[threading.Event, bytes]]) -> Iterator[int]:
    """Reads a request, then says each thing when its event is set."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def serve() -> None:
        connection, _ = listener.accept()
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(65_536)
            for when, data in say:
                when.wait(10)
                tls.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def adapter(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> Adapter:
    monkeypatch.setattr(egress, "addresses", lambda host, port: [host])
    adapter = Adapter()
    authority.configure_trust(adapter._tls)
    return adapter


def test_a_silent_provider_is_waited_for_and_then_read(authority: trustme.CA, adapter: Adapter) -> None:
    head, body = threading.Event(), threading.Event()
    wire, request = Wire(), requests.PreparedRequest()
    with _provider(authority, [(head, ANSWER), (body, b"data: 1\n\n" * 1000)]) as port:
        request.prepare(method="POST", url=f"https://127.0.0.1:{port}/v1/x", data=b"{}")
        connection = adapter.start(request, wire, Limits())
        assert isinstance(wire.sock, ssl.SSLSocket)

        assert not wire.wait(0.3)  # though session tickets have come
        head.set()
        assert wire.wait(5)
        raw = adapter.answer(request, connection).raw
        assert not wire.wait(0.3)
        body.set()
        read = b""
        while wire.wait(5) and (chunk := raw.read1(65_536)):
            read += chunk

        assert read == b"data: 1\n\n" * 1000
        connection.close()
        wire.close()
