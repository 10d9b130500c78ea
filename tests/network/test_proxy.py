"""A configured proxy carries every call, and is then the policy."""

import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
import trustme
from django.conf import settings

from playground.config_types import SettingError
from playground.exchange.record import Exchange
from playground.explanations.explain import explain
from playground.network.connection import Adapter
from playground.network.limits import Limits
from playground.results.as_json import as_json
from playground.upstream import client
from playground.upstream.route import Route
from tests import chat
from tests.configuration import configure
from tests.upstreams.proxy import ConnectProxy
from tests.upstreams.scripted import ScriptedUpstream


@pytest.fixture
def inside() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as server:
        yield server


@pytest.fixture
def proxy(inside: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectProxy]:
    with ConnectProxy({"api.example:80": ("127.0.0.1", inside.port)}) as server:
        configure(PLAYGROUND_EGRESS_PROXY=f"http://{server.host_port}")
        yield server


def _send(url: str, **limits: Any) -> Exchange:
    request = chat.request({"model": "m", "messages": [{"role": "user", "content": "x"}]})
    route = Route(None, chat.endpoint(url), "sk-12345678", "API_KEY")
    return client.send(request, route, Limits(**limits))


def _kind(exchange: Exchange) -> str:
    assert explain(exchange)
    return explain(exchange).kind


def test_a_call_through_the_proxy_is_the_same_as_without(
    inside: ScriptedUpstream, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _only("127.0.0.1"))  # only the proxy looks names up

    exchange = _send("http://api.example/v1")

    assert explain(exchange) is None
    assert proxy.asked == [("CONNECT api.example:80 HTTP/1.1", ["Host: api.example:80"])]
    (received,) = inside.requests
    assert received.path == "/v1/chat/completions"
    assert received.header("Host") == "api.example"


def test_the_proxys_refusal_is_final_and_its_reason_is_not_shown(
    inside: ScriptedUpstream, proxy: ConnectProxy
) -> None:
    exchange = _send("http://10.0.0.5/v1")

    assert _kind(exchange) == "proxy"
    assert inside.requests == []
    shown = str({name: value for name, value in as_json(exchange).items() if name not in ("id", "timings")})
    for word in ("407", "Rejected", "resolved", "secret"):
        assert word not in shown


def test_an_unreachable_proxy_is_not_reported_as_an_unreachable_host(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        configure(PLAYGROUND_EGRESS_PROXY=f"http://127.0.0.1:{closed.getsockname()[1]}")

        assert _kind(_send("https://api.example/v1")) == "proxy"


def test_a_proxy_that_stays_silent_runs_into_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        configure(PLAYGROUND_EGRESS_PROXY=f"http://127.0.0.1:{silent.getsockname()[1]}")

        assert _kind(_send("https://api.example/v1", connect_seconds=0.1)) == "proxy"


def test_the_proxy_gets_its_credentials(
    inside: ScriptedUpstream, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(PLAYGROUND_EGRESS_PROXY=f"http://play:p%40ss@{proxy.host_port}")

    exchange = _send("http://api.example/v1")

    assert "Proxy-Authorization: Basic cGxheTpwQHNz" in proxy.asked[0][1]
    assert inside.requests[0].header("Proxy-Authorization") is None
    assert "cGxheTpwQHNz" not in str(exchange)
    assert "p@ss" not in repr(settings.CONFIG)


def test_a_private_upstream_that_was_allowed_by_name_needs_no_proxy(
    inside: ScriptedUpstream, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(PLAYGROUND_PRIVATE_UPSTREAMS=inside.host_port)

    assert explain(_send(inside.url)) is None
    assert proxy.asked == []


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "https_proxy"])
def test_a_proxy_of_the_environment_is_not_used(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with ConnectProxy({}) as other:
        monkeypatch.setenv(name, f"http://{other.host_port}")

        assert explain(_send(upstream.url)) is None
        assert other.asked == []


@pytest.mark.parametrize("certified", ["api.example", "other.example"])
def test_tls_checks_the_name_at_the_far_end(monkeypatch: pytest.MonkeyPatch, certified: str) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(certified).configure_cert(context)
    monkeypatch.setattr(client, "_adapter", Adapter())
    authority.configure_trust(client._adapter._tls)
    with (
        ScriptedUpstream(context) as far,
        ConnectProxy({"api.example:443": ("127.0.0.1", far.port)}) as proxy,
    ):
        configure(PLAYGROUND_EGRESS_PROXY=f"http://{proxy.host_port}")

        exchange = _send("https://api.example/v1")

    if certified == "api.example":
        assert explain(exchange) is None
    else:
        assert _kind(exchange) == "tls"
        assert far.requests == []


@pytest.mark.parametrize(
    "value",
    ["proxy.internal:4750", "https://proxy:1", "http://proxy", "http://:80", "http://proxy:x", "nonsense"],
)
def test_a_setting_that_names_no_proxy_fails_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    with pytest.raises(SettingError, match="PLAYGROUND_EGRESS_PROXY must be the address"):
        configure(PLAYGROUND_EGRESS_PROXY=value)


def _only(address: str) -> Any:
    real = socket.getaddrinfo

    def resolve(host: str, *rest: Any, **options: Any) -> Any:
        assert host == address, f"{host} was looked up here"
        return real(host, *rest, **options)

    return resolve
