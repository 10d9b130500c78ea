"""Rates, and limits on a client's running calls, through gunicorn as configured with several workers."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from tests.redis import RedisServer
from tests.served.conftest import Tab, eventually
from tests.site import Site, serving, workers
from tests.upstreams.scripted import STREAM_HEAD, Paused, ScriptedUpstream, completion, token

Serve = Callable[..., Site]
OpenTab = Callable[[Site], Tab]
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "x"}]}


def _send(tab: Tab, forwarded: str = "192.0.2.1") -> requests.Response:
    """Send a call as a client that a proxy names."""
    headers = {
        "X-CSRFToken": tab.token,
        "Cookie": f"csrftoken={tab.token}",
        "Accept": "application/json",
        "X-Forwarded-For": forwarded,
    }
    values = {"provider": "test", "request": REQUEST}
    return requests.post(f"{tab.site.address}send/", json=values, headers=headers, timeout=30)


def _race(tab: Tab, clients: list[str]) -> "Counter[tuple[str, int]]":
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda client: _send(tab, client).status_code, clients))
    return Counter(zip(clients, statuses, strict=True))


def test_several_workers_count_together(
    serve: Serve, upstream: ScriptedUpstream, open_tab: OpenTab, redis_server: RedisServer
) -> None:
    site = serve(
        WEB_CONCURRENCY="3",
        CACHE_URL=redis_server.url,
        PLAYGROUND_CLIENT_RATE="8/hour",
        PLAYGROUND_TOTAL_RATE="20/hour",
        PLAYGROUND_TRUSTED_PROXIES="127.0.0.1",
    )
    assert eventually(lambda: len(workers(site)) == 3)  # it listens before all have started
    one, other, third = "192.0.2.1", "2001:db8::1", "192.0.2.3"

    raced = _race(open_tab(site), [one, other] * 20)

    assert raced == {(one, 200): 8, (one, 429): 12, (other, 200): 8, (other, 429): 12}
    assert len(upstream.requests) == 16
    # Addresses in one /64 are one client. All clients together have 20 calls, of which 16 are used.
    assert _send(open_tab(site), "2001:db8::ffff").status_code == 429
    assert Counter(_send(open_tab(site), third).status_code for _ in range(6)) == {200: 4, 429: 2}


def test_several_machines_count_together(
    serve: Serve,
    upstream: ScriptedUpstream,
    open_tab: OpenTab,
    redis_server: RedisServer,
    tmp_path: Path,
) -> None:
    settings = {
        "CACHE_URL": redis_server.url.replace("redis://", "valkey://").replace("/0", "/1"),
        "PLAYGROUND_CLIENT_RATE": "3/hour",
    }
    one = serve(**settings)
    with serving(tmp_path, upstream.host_port, **settings) as other:
        statuses = [_send(open_tab(site)).status_code for site in (one, other) * 3]

    assert statuses == [200, 200, 200, 429, 429, 429]


def test_a_client_without_a_trusted_proxy_cannot_name_another_address(
    serve: Serve, upstream: ScriptedUpstream, open_tab: OpenTab
) -> None:
    site = serve(PLAYGROUND_CLIENT_RATE="2/hour")

    statuses = [_send(open_tab(site), f"192.0.2.{number}").status_code for number in range(4)]

    assert statuses == [200, 200, 429, 429]


def test_one_client_cannot_take_the_places_of_others(
    serve: Serve, upstream: ScriptedUpstream, open_tab: OpenTab
) -> None:
    site = serve(PLAYGROUND_CLIENT_CALLS="2", PLAYGROUND_TRUSTED_PROXIES="127.0.0.1")
    tab = open_tab(site)
    paused = Paused(STREAM_HEAD + token("so far"))
    upstream.reply(paused)
    threads = [threading.Thread(target=_send, args=(tab, "192.0.2.1")) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert eventually(lambda: len(upstream.requests) == 2)

    refused = _send(tab, "192.0.2.1")
    upstream.reply(completion())
    other = _send(tab, "192.0.2.2")

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "5"
    assert refused.json()["error"]["kind"] == "too_many_at_once"
    assert "2 calls from your address are still running" in refused.json()["error"]["advice"]
    assert other.status_code == 200
    paused.go.set()
    for thread in threads:
        thread.join()
    assert eventually(lambda: _send(tab, "192.0.2.1").status_code == 200)
