"""Malicious providers over real sockets: the worker's memory stays bounded, and it keeps serving."""

import gzip
import json
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.served.conftest import Tab
from tests.site import Site, serving, workers
from tests.upstreams.scripted import (
    CHUNKED_HEAD,
    STREAM_HEAD,
    Answer,
    Recorded,
    Reply,
    ScriptedUpstream,
    event_stream,
    http_chunk,
)

MIB = 1 << 20
LIMIT = 16 * MIB
# As JSON, 16 MiB of NULs take 96 MiB, which exist both as text and as bytes.
MOST_GROWTH = 320 * MIB
# What the allocator keeps, with a heap for each thread.
MOST_KEPT = 480 * MIB
JSON_HEAD = STREAM_HEAD.replace(b"text/event-stream", b"application/json")

Ask = Callable[[Tab], str]


def _json(tab: Tab) -> str:
    request = {"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": True}
    return tab.session.post(
        f"{tab.site.address}send/",
        json={"provider": "test", "request": request},
        headers={"X-CSRFToken": tab.token, "Accept": "application/json"},
        timeout=60,
    ).text


def _fragment(tab: Tab) -> str:
    return tab.send().text


def _live(tab: Tab) -> str:
    parts, response = [], tab.open().response
    while part := response.read(MIB):
        parts.append(part)
    return b"".join(parts).decode()


@dataclass(frozen=True)
class Served:
    """A running site, its one tab, and the provider it calls."""

    tab: Tab
    upstream: ScriptedUpstream
    resident: int

    def peak(self, ask: Ask, reply: Reply) -> tuple[str, int]:
        """Return the answer, and by how many bytes the worker's memory grew in the meantime."""
        self.upstream.reply(reply)
        worker = _worker(self.tab.site)
        Path(f"/proc/{worker}/clear_refs").write_text("5")
        before = _memory(worker, "VmRSS")
        answer = ask(self.tab)
        return answer, _memory(worker, "VmHWM") - before

    @property
    def kept(self) -> int:
        """By how many bytes the worker is larger than at the start."""
        return _memory(_worker(self.tab.site), "VmRSS") - self.resident


@contextmanager
def _serving(folder: Path, **environment: str) -> Iterator[Served]:
    with ScriptedUpstream() as upstream, serving(folder, upstream.host_port, **environment) as site:
        tab = Tab(site)
        tab.send()  # what loads with the first call is not growth
        yield Served(tab, upstream, _memory(_worker(site), "VmRSS"))
        tab.close()


@pytest.fixture(scope="module")
def served(static_folder: Path) -> Iterator[Served]:
    with _serving(static_folder, PLAYGROUND_LOG="0") as served:
        yield served


@pytest.fixture(scope="module")
def hurried(static_folder: Path) -> Iterator[Served]:
    with _serving(static_folder, PLAYGROUND_LOG="0", PLAYGROUND_EXCHANGE_SECONDS="0.5") as served:
        yield served


def _worker(site: Site) -> int:
    [worker] = workers(site)
    return worker


def _memory(pid: int, name: str) -> int:
    """Read a size in bytes from the kernel's status of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def _endless(piece: bytes, head: bytes = STREAM_HEAD) -> Reply:
    block = piece * max(1, 65_536 // len(piece))

    def script(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(block)

    return script


def _packed(body: bytes, encoding: str, kind: str = "application/json") -> Answer:
    return Answer(body=body, headers={"Content-Type": kind, "Content-Encoding": encoding})


def _many(*parts: str, size: int = LIMIT - 100) -> bytes:
    """Build JSON text of about `size` bytes: a beginning, a repeated part, and an end."""
    first, part, last = (text.encode() for text in parts)
    return first + part * (size // len(part)) + last


def _event(data: str) -> bytes:
    return f"data:{data}\n\n".encode()


def _numbered(template: str, size: int = LIMIT) -> bytes:
    """Build events that differ by a number."""
    parts, length, number = [], 0, 0
    while length < size:
        parts.append(_event(template.replace("#", str(number))))
        length += len(parts[-1])
        number += 1
    return b"".join(parts)


TOO_LARGE = "The response exceeded 16 MiB"
TOO_MANY = "events, lines, choices, tool calls, or other values"
TOO_MANY_VALUES = "more than 1,000,000 values"
NOT_HTTP = "Invalid HTTP response"
ANY = ""

ATTACKS: dict[str, tuple[Callable[[], Reply], str]] = {
    "gzip bomb": (lambda: _packed(gzip.compress(bytes(64 * MIB)), "gzip"), TOO_LARGE),
    "deflate bomb": (lambda: _packed(zlib.compress(bytes(64 * MIB)), "deflate"), TOO_LARGE),
    "gzip in gzip": (
        lambda: _packed(gzip.compress(gzip.compress(bytes(256 * MIB), 1)), "gzip, gzip"),
        TOO_LARGE,
    ),
    "gzip of nothing": (
        lambda: _endless(
            b"\0\0\0\xff\xff",
            JSON_HEAD[:-2] + b"Content-Encoding: gzip\r\n\r\n" + b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
        ),
        TOO_LARGE,
    ),
    "endless body": (lambda: _endless(b"x" * 1000, JSON_HEAD), TOO_LARGE),
    "endless events": (lambda: _endless(b"data:{}\n\n"), TOO_MANY),
    "endless comments": (lambda: _endless(b":\n\n"), TOO_MANY),
    "endless comment lines": (lambda: _endless(b":\n"), TOO_MANY),
    "endless data lines": (lambda: _endless(b"data:\n"), TOO_MANY),
    "endless blank lines": (lambda: _endless(b"\n"), TOO_MANY),
    "endless line": (lambda: _endless(b"data: x"), TOO_LARGE),
    "endless first chunk size": (lambda: _endless(b"1", CHUNKED_HEAD), TOO_LARGE),  # taken for the body
    "endless chunk size": (lambda: _endless(b"1", CHUNKED_HEAD + http_chunk(b":\n")), NOT_HTTP),
    "endless trailers": (
        lambda: _endless(b"a: " + b"b" * 1000 + b"\r\n", CHUNKED_HEAD + b"0\r\n"),
        "The stream is empty",
    ),
    "many headers": (lambda: _endless(b"A: b\r\n", STREAM_HEAD[:-2]), NOT_HTTP),
    "huge headers": (lambda: _endless(b"A: " + b"b" * 65_000 + b"\r\n", STREAM_HEAD[:-2]), NOT_HTTP),
    "endless interim answers": (lambda: _endless(b"HTTP/1.1 100 Continue\r\n\r\n", b""), NOT_HTTP),
    "endless status": (lambda: _endless(b"HTTP/1.1 200 O", b""), NOT_HTTP),
    "brackets": (lambda: Answer(body=b"[" * LIMIT), TOO_MANY_VALUES),
    "deep JSON": (lambda: Answer(body=b"[" * 900_000), "The response isn"),
    "deep arrays": (lambda: Answer(body=_many("[", "[" * 90 + "]" * 90 + ",", "1]", size=900_000)), ANY),
    "arrays": (lambda: Answer(body=_many("[", "[],", "1]")), TOO_MANY_VALUES),
    "choices": (lambda: Answer(body=_many('{"choices":[', "{},", "{}]}")), TOO_MANY_VALUES),
    "nearly too many choices": (
        lambda: Answer(body=_many('{"choices":[', "{},", "{}]}", size=1_490_000)),
        ANY,
    ),
    "nearly too many objects": (
        lambda: Answer(
            body=_many('{"choices":[],"a":[', '{"a":{"a":{"a":{"a":{}}}}},', '"\\ud800"]}', size=4_400_000)
        ),
        ANY,
    ),
    "error of arrays": (
        lambda: Answer(500, body=_many('{"error":[', "[],", "1]}")),
        "The provider had an internal error",
    ),
    "a distant choice": (
        lambda: event_stream(_event('{"choices":[{"index":1000000000,"delta":{"content":"x"}}]}')),
        ANY,
    ),
    "choices in an event": (
        lambda: event_stream(_event(_many('{"choices":[', "{},", "{}]}", size=MIB - 99).decode())),
        TOO_MANY,
    ),
    "choices in events": (lambda: event_stream(_numbered('{"choices":[{"index":#}]}')), TOO_MANY),
    "calls": (
        lambda: event_stream(_numbered('{"choices":[{"delta":{"tool_calls":[{"index":#,"id":"a"}]}}]}')),
        TOO_MANY,
    ),
    "names": (lambda: event_stream(_numbered('{"n#":1}')), TOO_MANY),
    "logprobs": (
        lambda: event_stream(
            _event(
                '{"choices":[{"logprobs":{"content":[' + "{}," * 300_000 + '{}]},"delta":{"content":"x"}}]}'
            )
            * 16
        ),
        TOO_MANY,
    ),
    "enormous ids": (
        lambda: event_stream(
            _event(
                json.dumps({"id": "i" * (MIB - 200), "choices": [{"delta": {"tool_calls": [{"id": "x"}]}}]})
            )
            * 17
        ),
        TOO_LARGE,
    ),
    "escapes": (
        lambda: event_stream(
            _event('{"choices":[{"delta":{"content":"' + "\\\\u0073%2573" * 40_000 + '"}}]}') * 4
        ),
        "ended early",
    ),
}


# These keep a worker busy for seconds.
_LONG = {
    "deflate bomb",
    "endless blank lines",
    "endless comments",
    "endless comment lines",
    "endless data lines",
    "endless events",
    "enormous ids",
    "error of arrays",
    "escapes",
    "gzip in gzip",
    "logprobs",
    "nearly too many choices",
    "nearly too many objects",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.thorough] * (name in _LONG)) for name in ATTACKS]
)
def test_no_response_fills_the_memory(served: Served, name: str) -> None:
    make, words = ATTACKS[name]
    reply = make()

    for ask in (_json, _fragment, _live):
        answer, growth = served.peak(ask, reply)

        assert words in answer, ask
        assert growth < MOST_GROWTH, ask

    assert served.kept < MOST_KEPT
    assert requests.get(f"{served.tab.site.address}healthz", timeout=5).text == "ok"


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 OK\r\nA: ", CHUNKED_HEAD, STREAM_HEAD],
    ids=["status", "header", "chunk", "event"],
)
def test_dripping_responses_end_when_the_time_is_up(hurried: Served, said: bytes) -> None:
    def drip(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(said)
        while True:
            connection.sendall(b"1")
            time.sleep(0.01)

    for ask in (_json, _fragment, _live):
        answer, _ = hurried.peak(ask, drip)

        assert "after 500 ms." in answer, ask

    assert requests.get(f"{hurried.tab.site.address}healthz", timeout=5).text == "ok"
