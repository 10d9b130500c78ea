"""There is no way into the server's network, tried from outside with names that lie."""

import json
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.served.conftest import Tab
from tests.site import SERVER_KEY, Site, serving
from tests.upstreams.scripted import Answer, ScriptedUpstream, completion

# Separate addresses on this machine: the canary's, an allowed upstream's, and one where nothing listens.
CANARY, ALLOWED, NOBODY = "127.0.0.3", "127.0.0.4", "127.0.0.5"


@pytest.fixture(scope="module")
def canary() -> Iterator[ScriptedUpstream]:
    """Must never be touched: it listens where every attack in these tests leads."""
    with ScriptedUpstream(address=(CANARY, 0)) as server:
        yield server
        assert server.requests == []
        assert server.connections == 0


@pytest.fixture(scope="module")
def private_upstream(canary: ScriptedUpstream) -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(address=(ALLOWED, canary.port)) as server:
        yield server


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as server:
        yield server


@pytest.fixture(scope="module")
def site(
    static_folder: Path,
    canary: ScriptedUpstream,
    private_upstream: ScriptedUpstream,
    provider: ScriptedUpstream,
) -> Iterator[Site]:
    zone = {
        "inside.test": [[CANARY]],
        "mixed-first.test": [[CANARY, "192.31.196.1"]],
        "mixed-last.test": [["192.31.196.1", CANARY]],
        "mixed-six.test": [["192.31.196.1", f"::ffff:{CANARY}"]],
        "allowed.test": [[ALLOWED], [CANARY]],
        "failover.test": [[NOBODY, ALLOWED]],
        "gone.test": [[]],
    }
    allowed = [f"allowed.test:{canary.port}", f"failover.test:{canary.port}", provider.host_port]
    with serving(
        static_folder,
        provider.host_port,
        TEST_ZONE=json.dumps(zone),
        PLAYGROUND_PORTS=f"80,443,{canary.port},1",
        PLAYGROUND_PRIVATE_UPSTREAMS=",".join(allowed),
        PLAYGROUND_CONNECT_SECONDS="2",
    ) as running:
        yield running


@pytest.fixture
def tab(site: Site, open_tab: Callable[[Site], Tab]) -> Tab:
    return open_tab(site)


def _call(tab: Tab, base_url: str | None = None, **changes: object) -> requests.Response:
    values = {
        "provider": None,
        "base_url": base_url,
        "api_key": "sk-typed-12345678",
        "request": {"model": "m", "messages": [{"role": "user", "content": "x"}]},
    }
    headers = {"X-CSRFToken": tab.token, "Accept": "application/json"}
    return tab.session.post(f"{tab.site.address}send/", json=values | changes, headers=headers, timeout=20)


@pytest.mark.parametrize(
    "host",
    [
        CANARY,
        "inside.test",
        "INSIDE.test",
        "inside.test.",
        "mixed-first.test",
        "mixed-last.test",
        "mixed-six.test",
        "127.3",
        "2130706435",
        "0x7f000003",
        "0x7f.0.0.3",
        "0177.0.0.3",
        "017700000003",
        "127.0.0.3.",
        "１２７.０.０.３",
        "127。0。0。3",
        "①②⑦.⓪.⓪.③",
        "[::ffff:127.0.0.3]",
        "[::ffff:7f00:3]",
        "[::127.0.0.3]",
        "[64:ff9b::7f00:3]",
        "[64:ff9b:1::7f00:3]",
        "[2002:7f00:3::]",
        "[2001:0:7f00:3::]",
        "[fe80::5efe:127.0.0.3]",
        "[::1]",
        "0",
        "0.0.0.0",
        "[::]",
        "localhost",
        "localhost.",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "168.63.129.16",
        "100.100.100.200",
    ],
)
def test_nothing_inside_is_reached(tab: Tab, canary: ScriptedUpstream, host: str) -> None:
    answer = _call(tab, f"http://{host}:{canary.port}/v1")

    assert answer.status_code in (400, 403), answer.text
    assert answer.json()["error"]["kind"] in ("invalid_request", "address_refused")
    assert canary.connections == 0


def test_a_closed_port_an_open_one_and_an_unknown_name_look_alike(tab: Tab, canary: ScriptedUpstream) -> None:
    """Same text, same time: the caller learns nothing about the internal network."""
    hosts = {
        "open": f"inside.test:{canary.port}",
        "closed": "inside.test:1",
        "unknown": f"gone.test:{canary.port}",
        "literal": f"{CANARY}:{canary.port}",
    }
    words, times = set(), {name: list[float]() for name in hosts}
    for _ in range(3):
        for name, host_port in hosts.items():
            started = time.monotonic()
            answer = _call(tab, f"http://{host_port}/v1")
            times[name].append(time.monotonic() - started)
            assert answer.status_code == 403
            words.add(answer.text.replace(host_port.rpartition(":")[0], "HOST"))

    assert len(words) == 1
    medians = [statistics.median(taken) for taken in times.values()]
    assert max(medians) < 2 * min(medians)
    assert canary.connections == 0


def test_a_private_upstream_is_called_where_its_name_was_checked_to_lead(
    tab: Tab, canary: ScriptedUpstream, private_upstream: ScriptedUpstream
) -> None:
    """There is one lookup per call: a second one would give the canary's address."""
    before = len(private_upstream.requests)

    assert _call(tab, f"http://allowed.test:{canary.port}/v1").json()["error"] is None

    assert len(private_upstream.requests) == before + 1
    assert canary.connections == 0


def test_a_private_upstream_is_for_its_own_name_only(tab: Tab, canary: ScriptedUpstream) -> None:
    for host_port in (
        f"{ALLOWED}:{canary.port}",
        f"x.allowed.test:{canary.port}",
        "allowed.test:80",
        "allowed.test:1",
    ):
        assert _call(tab, f"http://{host_port}/v1").status_code == 403


def test_the_next_address_is_tried_when_one_is_dead(
    tab: Tab, canary: ScriptedUpstream, private_upstream: ScriptedUpstream
) -> None:
    assert _call(tab, f"http://failover.test:{canary.port}/v1").json()["response"]["status"] == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(
    tab: Tab, canary: ScriptedUpstream, provider: ScriptedUpstream, status: int
) -> None:
    there = f"http://{CANARY}:{canary.port}/v1"
    provider.reply(Answer(status, headers={"Location": there, "Refresh": f"0; url={there}"}))
    try:
        answer = _call(tab, provider="test", api_key=None)
    finally:
        provider.reply(completion())

    assert answer.json()["error"]["kind"] == "redirect"
    assert canary.connections == 0


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"provider": "test", "base_url": "http://{canary}/v1"}, 400),
        ({"provider": "", "base_url": "http://{canary}/v1"}, 403),
        ({"provider": None, "base_url": "http://{canary}/v1"}, 403),
        ({"provider": "test", "base_url": None, "request": {"base_url": "http://{canary}/v1"}}, 400),
        ({"provider": "test@{canary}"}, 400),
        ({"provider": "http://{canary}/v1"}, 400),
        ({"base_url": "http://{provider}@{canary}/v1"}, 400),
        ({"base_url": "http://{provider}\\@{canary}/v1"}, 400),
        ({"base_url": "http://{provider}#@{canary}/v1"}, 400),
        ({"base_url": "http://{provider}/v1/../../@{canary}"}, 400),
        ({"base_url": "http://{provider}/%2e%2e/v1"}, 400),
        ({"base_url": "http://{provider}\r\nHost: {canary}"}, 400),
        ({"base_url": "http://{provider}/v1?x="}, 400),
        ({"base_url": "http://{provider}/@{canary}/v1"}, 200),
        ({"base_url": "http://{provider}/v1"}, 200),
    ],
)
def test_the_servers_key_goes_to_its_providers_origin_and_nowhere_else(
    tab: Tab,
    canary: ScriptedUpstream,
    provider: ScriptedUpstream,
    changes: dict[str, object],
    status: int,
) -> None:
    """Whatever the request says, with headers to match, and no key typed."""
    before = len(provider.requests)
    text = json.dumps(changes).replace("{canary}", f"{CANARY}:{canary.port}")
    text = text.replace("{provider}", provider.host_port)
    tab.session.headers.update(
        {
            "X-Forwarded-Host": f"{CANARY}:{canary.port}",
            "Forwarded": f"host={CANARY}:{canary.port}",
            "X-Original-URL": f"http://{CANARY}:{canary.port}/",
            "Authorization": "Bearer of-the-browser",
        }
    )

    answer = _call(tab, api_key=None, **json.loads(text))

    assert answer.status_code == status
    assert canary.connections == 0
    assert SERVER_KEY not in answer.text
    for request in provider.requests[before:]:
        # A custom base URL gets no key but a typed one, even if it is the provider's own address.
        assert request.header("Authorization") is None
        assert request.header("X-Forwarded-Host") is None
        assert request.header("Cookie") is None
        assert request.header("Host") == provider.host_port


def test_nothing_of_the_browsers_request_is_sent_along(tab: Tab, provider: ScriptedUpstream) -> None:
    tab.session.headers.update(
        {"X-Own": "1", "User-Agent": "a browser", "Referer": "http://x/", "Via": "1.1 x"}
    )

    _call(tab, provider="test", api_key=None)

    request = provider.requests[-1]
    assert request.header("Authorization") == f"Bearer {SERVER_KEY}"
    assert {name for name, _ in request.headers} == {
        "Host", "Accept", "Accept-Encoding", "Connection", "User-Agent", "Content-Type", "Content-Length",
        "Authorization",
    }  # fmt: skip
    assert "browser" not in (request.header("User-Agent") or "")


def test_the_canary_can_be_touched(canary: ScriptedUpstream) -> None:
    """Proves that the other tests mean something. Counts from zero again after that."""
    with socket.create_connection((CANARY, canary.port)) as touching:
        touching.sendall(b"x")
    deadline = time.monotonic() + 5
    while not canary.connections and time.monotonic() < deadline:
        time.sleep(0.01)

    assert canary.connections == 1
    canary.forget()
