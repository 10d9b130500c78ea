"""Only what was checked is dialled: the host and port of every rule are those of the socket's peer."""

import socket
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from playground.network import egress
from playground.network.limits import Limits
from playground.text.endpoint import BaseURLError, Endpoint
from playground.upstream import client
from playground.upstream.route import Route
from tests import chat
from tests.upstreams.scripted import ScriptedUpstream, _Server

Judged = list[tuple[str, int]]
# Hosts as typed, as checked and as dialled.
LITERALS = [
    ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
    ("127.1", "127.1", "127.0.0.1"),
    ("2130706433", "2130706433", "127.0.0.1"),
    ("0x7f000001", "0x7f000001", "127.0.0.1"),
    ("0177.0.0.1", "0177.0.0.1", "127.0.0.1"),
    ("127.0.0.1.", "127.0.0.1", "127.0.0.1"),
    ("localhost", "localhost", "127.0.0.1"),
    ("LOCALHOST", "localhost", "127.0.0.1"),
    ("localhost.", "localhost", "127.0.0.1"),
    ("１２７.0.0.1", "127.0.0.1", "127.0.0.1"),
    ("[::1]", "::1", "::1"),
    ("[0:0:0:0:0:0:0:1]", "::1", "::1"),
    ("[::0001]", "::1", "::1"),
    ("[::ffff:127.0.0.1]", "::ffff:7f00:1", "127.0.0.1"),
    ("[::FFFF:7F00:1]", "::ffff:7f00:1", "127.0.0.1"),
]
by_literal = pytest.mark.parametrize(("typed", "host", "address"), LITERALS)


class _Server6(_Server):
    address_family = socket.AF_INET6


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Judged:
    """The hosts and ports that the policy was asked about; it allows everything."""
    asked: Judged = []

    def addresses(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return egress._resolve(host, port)

    monkeypatch.setattr(egress, "addresses", addresses)
    return asked


@pytest.fixture
def server6(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedUpstream]:
    monkeypatch.setattr("tests.upstreams.scripted._Server", _Server6)
    with ScriptedUpstream(address=("::1", 0)) as server:
        yield server


def _send(endpoint: Endpoint) -> None:
    request = chat.request({"model": "m", "messages": [{"role": "user", "content": "x"}]})
    client.send(request, Route(None, endpoint, "sk-12345678", "API_KEY"), Limits())


@by_literal
def test_with_a_port(
    upstream: ScriptedUpstream,
    server6: ScriptedUpstream,
    judged: Judged,
    typed: str,
    host: str,
    address: str,
) -> None:
    server = server6 if address == "::1" else upstream
    endpoint = chat.endpoint(f"http://{typed}:{server.port}/v1")

    _send(endpoint)

    assert judged == [(endpoint.host, endpoint.port)] == [(_canonical(host), server.port)]
    (request,) = server.requests
    name = f"[{endpoint.host}]" if ":" in host else host
    assert request.header("Host") == f"{name}:{server.port}"
    assert endpoint.base_url == f"http://{name}:{server.port}/v1"


def _canonical(host: str) -> str:
    """Normalize IPv4 inside IPv6, which Python's releases write in two ways."""
    return chat.endpoint(f"http://[{host}]").host if ":" in host else host


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> Judged:
    """The addresses for which a socket was asked; none opens."""
    asked: Judged = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    return asked


@pytest.mark.parametrize("scheme", ["http", "https"])
@by_literal
def test_without_a_port(
    judged: Judged, dialled: Judged, scheme: str, typed: str, host: str, address: str
) -> None:
    port = {"http": 80, "https": 443}[scheme]

    _send(chat.endpoint(f"{scheme}://{typed}/v1"))

    assert judged == [(_canonical(host), port)]
    assert {dialled_port for _, dialled_port in dialled} == {port}
    assert address in {name.removeprefix("::ffff:") for name, _ in dialled}


@pytest.mark.parametrize(
    "typed",
    [
        "[::1%lo]",
        "[v1.::1]",
        "[127.0.0.1]",
        "[::1",
        "::1",
        "[::1]9381",
        "[[::1]]:80",
        "a@127.0.0.1",
        "127.0.0.1:80@127.0.0.2",
        "127.0.0.1:80:81",
        "127.0.0.1:8o",
        "127.0.0.1:65536",
        "127.0.0.1:0",
        "127.0.0.1:-1",
    ],
)
def test_an_ambiguous_host_is_rejected(typed: str) -> None:
    with pytest.raises(BaseURLError):
        chat.endpoint(f"http://{typed}/v1")


def test_a_port_inside_the_brackets_is_part_of_the_address(
    server6: ScriptedUpstream, judged: Judged, dialled: Judged
) -> None:
    """`http://[::1:9381]` used to reach port 9381 of ::1 under another host's name."""

    _send(chat.endpoint("http://[::1:9381]/v1"))

    assert judged == [("::1:9381", 80)]
    assert [(ip_address(host), port) for host, port in dialled] == [(ip_address("::1:9381"), 80)]


def test_an_address_with_a_port_inside_the_brackets_is_not_public() -> None:
    with pytest.raises(egress.AddressRefusedError):
        _send(chat.endpoint("http://[::1:9381]/v1"))


def test_a_host_that_a_library_reads_differently_is_not_called(
    upstream: ScriptedUpstream, judged: Judged
) -> None:
    endpoint = Endpoint(f"{upstream.url}", "http", "localhost.", upstream.port)

    with pytest.raises(egress.AddressRefusedError):
        _send(endpoint)

    assert upstream.connections == 0
    assert judged == []


def test_a_socket_to_another_address_is_closed_before_a_byte_is_sent(
    monkeypatch: pytest.MonkeyPatch, upstream: ScriptedUpstream
) -> None:
    connect = socket.create_connection
    with ScriptedUpstream() as elsewhere:
        monkeypatch.setattr(
            socket,
            "create_connection",
            lambda address, timeout: connect(("127.0.0.1", elsewhere.port), timeout),
        )

        with pytest.raises(egress.AddressRefusedError):
            _send(chat.endpoint(upstream.url))

        assert elsewhere.requests == []
