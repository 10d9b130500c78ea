"""What many streams at once cost, compared with the floor: `python -m benchmarks.streams`.

`WEB_CONCURRENCY` sets the number of workers, which is otherwise one; the figures are those of all together.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import requests

from benchmarks.servers import ROOT, environment, free_port, run_manage, server

TOKENS = 100
RATE = 50
COUNTS = (50, 200, 500)
IDLE, IDLE_TOKENS, IDLE_RATE = 1000, 10, 1


@dataclass(frozen=True)
class Figures:
    complete: int
    first_ms: list[float]
    late_ms: list[float]
    cpu_per_1000: float
    kib_per_stream: float


def report() -> None:
    _raise_file_limit()
    print(f"\nStreams of {TOKENS} tokens at {RATE}/s (ms; CPU seconds of the server; KiB)\n")
    print(
        f"{'':18}{'complete':>9}{'first p50':>10}{'p99':>8}{'late p50':>10}{'p99':>8}"
        f"{'CPU/1000':>10}{'KiB each':>10}"
    )
    with TemporaryDirectory() as folder:
        for count in COUNTS:
            for name in ("floor", "playground"):
                _line(f"{name} {count}", measure(name, count, TOKENS, RATE, Path(folder)))
        print(f"\n{IDLE} streams of {IDLE_TOKENS} tokens at {IDLE_RATE}/s\n")
        for name in ("floor", "playground"):
            _line(f"{name} {IDLE}", measure(name, IDLE, IDLE_TOKENS, IDLE_RATE, Path(folder)))


def _line(name: str, figures: Figures) -> None:
    first = statistics.quantiles(figures.first_ms, n=100)
    late = statistics.quantiles(figures.late_ms, n=100)
    print(
        f"{name:18}{figures.complete:9}{first[49]:10.1f}{first[98]:8.1f}{late[49]:10.1f}{late[98]:8.1f}"
        f"{figures.cpu_per_1000:10.3f}{figures.kib_per_stream:10.1f}",
        flush=True,
    )


def measure(name: str, count: int, tokens: int, rate: float, folder: Path) -> Figures:
    """Measure with fresh servers, because memory left by an earlier run would not count in the next."""
    with _servers(name, count, folder) as (port, process):
        workers = _workers(process)
        cpu, memory = _cpu(workers), _resident(workers)
        job = _job(name, port, count, tokens, rate)
        with _loading(job) as load:
            load.stdout.readline()  # all streams are open
            time.sleep((tokens / rate - job["ramp_seconds"]) / 2)
            held = _resident(workers) - memory
            result = json.loads(load.stdout.read())
        return Figures(
            result["complete"],
            result["first_ms"],
            result["late_ms"],
            (_cpu(workers) - cpu) * 1000 / max(1, result["tokens"]),
            held / 1024 / count,
        )


def _job(name: str, port: int, streams: int, tokens: int, rate: float) -> dict[str, Any]:
    return {
        "streams": streams,
        "tokens": tokens,
        "port": port,
        "request": _request(name, port, tokens, rate),
        "ramp_seconds": 1,
        "timeout": 60 + 4 * tokens / rate,
    }


@contextmanager
def _loading(job: dict[str, Any]) -> Iterator[Any]:
    command = [sys.executable, "-m", "benchmarks.load"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as load:
        json.dump(job, load.stdin)  # type: ignore[arg-type]
        load.stdin.close()  # type: ignore[union-attr]
        yield load


@contextmanager
def _servers(name: str, count: int, folder: Path) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    upstream, port = free_port(), free_port()
    variables = environment(folder, upstream)
    # An eighth is kept free of streams.
    variables["PLAYGROUND_THREADS"] = str(count * 8 // 7 + 16)
    run_manage("collectstatic", variables)
    application = "benchmarks.floor" if name == "floor" else "playground.wsgi"
    command = ["-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), f"--bind=127.0.0.1:{port}"]
    with (
        server(["-m", "benchmarks.mock_stream", str(upstream)], upstream, variables),
        server([*command, application], port, variables) as process,
    ):
        with _loading(_job(name, port, 1, 1, RATE)) as load:
            load.wait()  # what loads with the first stream does not count
        yield port, process


def _request(name: str, port: int, tokens: int, rate: float) -> str:
    """Return the whole HTTP request: the form with `stream` on, or for the floor the JSON body itself."""
    if name == "floor":
        body = json.dumps(
            {"model": "m", "messages": [], "max_tokens": tokens, "user": str(rate), "stream": True}
        )
        return _http("/stream", body, "application/json", "")
    token = requests.get(f"http://127.0.0.1:{port}/", timeout=60).cookies["csrftoken"]
    form = {
        "provider": "bench",
        "model": "m",
        "role": "user",
        "content": "Hello!",
        "tool_call_id": "",
        "extra": "",
        "max_tokens": tokens,
        "user": rate,
        "stream": "on",
    }
    headers = f"HX-Request: true\r\nX-CSRFToken: {token}\r\nCookie: csrftoken={token}\r\n"
    return _http("/send/", urlencode(form), "application/x-www-form-urlencoded", headers)


def _http(path: str, body: str, kind: str, headers: str) -> str:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nConnection: close\r\n{headers}"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )


def _workers(process: "subprocess.Popen[bytes]") -> list[int]:
    return [*map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())]


def _cpu(workers: list[int]) -> float:
    stats = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in workers)
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / os.sysconf("SC_CLK_TCK")


def _resident(workers: list[int]) -> int:
    pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in workers)
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")


def _raise_file_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    began = time.perf_counter()
    report()
    print(f"\n{time.perf_counter() - began:.0f} s in all")
