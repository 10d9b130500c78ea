"""TLS: the name is checked, and TLS's own messages after the handshake do not count as data."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
import trustme

from playground.exchange.failure import FailureKind
from playground.network import egress
from playground.network.connection import Adapter, Wire
from playground.network.limits import Limits
from playground.upstream import client
from playground.upstream.route import Route
from tests import chat
from tests.upstreams.scripted import ScriptedUpstream

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


@contextmanager
def _provider(authority: trustme.CA, say: list[tuple[threading.Event, bytes]]) -> Iterator[int]:
    """Read a request, then send each piece of data when its event is set."""
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
    begin, go_on = threading.Event(), threading.Event()
    wire, request = Wire(), requests.PreparedRequest()
    with _provider(authority, [(begin, ANSWER), (go_on, b"data: 1\n\n" * 1000)]) as port:
        request.prepare(method="POST", url=f"https://127.0.0.1:{port}/v1/x", data=b"{}")
        endpoint = chat.endpoint(f"https://127.0.0.1:{port}/v1")
        heads = adapter.start(request, endpoint, wire, Limits())
        assert isinstance(wire.sock, ssl.SSLSocket)

        assert not wire.wait(0.3)  # although session tickets have arrived
        begin.set()
        assert wire.wait(5)
        head = heads.read1()
        assert head
        answer = adapter.body(wire, head, Limits())
        assert not wire.wait(0.3)
        go_on.set()
        read = b""
        while wire.wait(5) and (chunk := answer.read1()):
            read += chunk

        assert read == b"data: 1\n\n" * 1000
        wire.close()


@pytest.mark.parametrize(
    ("certified", "trusted", "kind"),
    [
        ("provider.test", True, None),
        ("other.test", True, FailureKind.TLS),
        ("127.0.0.1", True, FailureKind.TLS),
        ("provider.test", False, FailureKind.TLS),
    ],
)
def test_the_certificate_must_match_the_name_not_its_address(
    monkeypatch: pytest.MonkeyPatch,
    authority: trustme.CA,
    certified: str,
    trusted: bool,
    kind: FailureKind | None,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(certified).configure_cert(context)
    monkeypatch.setattr(egress, "addresses", lambda host, port: ["127.0.0.1"])
    adapter = Adapter()
    (authority if trusted else trustme.CA()).configure_trust(adapter._tls)
    monkeypatch.setattr(client, "_adapter", adapter)
    with ScriptedUpstream(context) as provider:
        endpoint = chat.endpoint(f"https://provider.test:{provider.port}/v1")
        body = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
        request = chat.check(body, max_messages=1, max_bytes=1000)

        exchange = client.send(request, Route(None, endpoint, "sk-typed-1234", "API_KEY"), Limits())

    assert (exchange.failure.kind if exchange.failure else None) == kind
    assert len(provider.requests) == (kind is None)
