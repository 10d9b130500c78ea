"""What a call costs through the playground, compared with a direct call and the floor."""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests

from benchmarks.servers import Servers

ROUNDS = 300
WARM_UP = 30
CLIENTS = 8
REQUEST = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": 'It\'s "quoted"; what now?'},
    ],
    "temperature": 0.7,
    "max_tokens": 150,
}
# The same in the words of the other APIs.
DIALECTS = {
    "messages": {
        "model": "m",
        "anthropic-version": "2023-06-01",
        "system": "You are a helpful assistant.",
        "messages": [{"role": "user", "content": 'It\'s "quoted"; what now?'}],
        "temperature": 0.7,
        "max_tokens": 150,
    },
    "responses": {
        "model": "m",
        "instructions": "You are a helpful assistant.",
        "input": 'It\'s "quoted"; what now?',
        "temperature": 0.7,
        "max_output_tokens": 150,
        "store": False,
    },
}
FORM = {
    "provider": "bench",
    "model": "m",
    "role": ["system", "user"],
    "content": ["You are a helpful assistant.", 'It\'s "quoted"; what now?'],
    "call": ["", ""],
    "extra": ["", ""],
    "temperature": "0.7",
    "max_tokens": "150",
}
Call = Callable[[], requests.Response]


def calls(servers: Servers) -> dict[str, Call]:
    """Return each way to make the same request; each keeps its connection to the server."""
    direct, floor, playground = requests.Session(), requests.Session(), requests.Session()
    playground.get(servers.playground, timeout=60)
    token = {"X-CSRFToken": playground.cookies["csrftoken"]}
    send = f"{servers.playground}send/"
    json = {"provider": "bench", "request": REQUEST}

    def in_dialect(name: str) -> Call:
        asked = {"provider": "bench", "dialect": name, "request": DIALECTS[name]}
        return lambda: playground.post(send, json=asked, headers=token, timeout=60)

    return {
        "direct": lambda: direct.post(servers.upstream, json=REQUEST, timeout=60),
        "floor": lambda: floor.post(servers.floor, json=REQUEST, timeout=60),
        "json": lambda: playground.post(send, json=json, headers=token, timeout=60),
        "fragment": lambda: playground.post(
            send, data=FORM, headers=token | {"HX-Request": "true", "Accept": "text/html"}, timeout=60
        ),
        **{name: in_dialect(name) for name in DIALECTS},
    }


def measure(servers: Servers) -> dict[str, list[float]]:
    """Time each call in milliseconds, alternating between the ways so that noise hits all alike."""
    ways = calls(servers)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(WARM_UP + ROUNDS):
        for name, call in ways.items():
            began = time.perf_counter()
            call().raise_for_status()
            if number >= WARM_UP:
                times[name].append((time.perf_counter() - began) * 1000)
    return times


def report(servers: Servers) -> None:
    times = measure(servers)
    floor = statistics.median(times["floor"])
    print(f"\nOne call, {ROUNDS} rounds (milliseconds)\n")
    print(f"{'':10}{'p50':>8}{'p99':>8}{'p50 over direct':>18}{'p50 / floor':>14}")
    for name, values in times.items():
        median = statistics.median(values)
        slow = statistics.quantiles(values, n=100)[98]
        added = median - statistics.median(times["direct"])
        print(f"{name:10}{median:8.2f}{slow:8.2f}{added:18.2f}{median / floor:14.2f}")
    more = statistics.median(times["fragment"]) - statistics.median(times["json"])
    print(f"\njson / floor: {statistics.median(times['json']) / floor:.2f} (aim: at most 2)")
    print(f"fragment − json: {more:.2f} ms (aim: at most 10)")
    for name in DIALECTS:
        ratio = statistics.median(times[name]) / statistics.median(times["json"])
        print(f"{name} / json: {ratio:.2f} (aim: at most 1.1)")
    print(f"\nCalls a second, {CLIENTS} clients\n")
    for name in ("floor", "json"):
        print(f"{name:10}{throughput(servers, name):8.0f}")


def throughput(servers: Servers, name: str, each: int = 60) -> float:
    """Return calls per second of `CLIENTS` parallel clients, each with its own connection."""

    def client(_: int) -> None:
        call = calls(servers)[name]
        for _ in range(each):
            call().raise_for_status()

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    return CLIENTS * each / (time.perf_counter() - began)
