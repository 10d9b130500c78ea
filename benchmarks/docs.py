"""What a docs page costs on the server, warm and after a change: `python -m benchmarks.docs`."""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from benchmarks.servers import ROOT, environment, free_port, run_manage, server

PAGES = 300
ROUNDS = 200
AIM = 20
_PAGE = (ROOT / "docs" / "api" / "chat-completions.md").read_text(encoding="utf-8")


def report() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(PAGES):
            path = folder / "docs" / f"part-{number // 20}" / f"page-{number}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"# Page {number}\n\nneedle{number}\n\n{_PAGE}", encoding="utf-8")
        port = free_port()
        variables = environment(folder, port) | {"PLAYGROUND_DOCS": str(folder / "docs")}
        run_manage("collectstatic", variables)
        command = ["-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), f"--bind=127.0.0.1:{port}"]
        with server([*command, "playground.wsgi"], port, variables):
            _report(f"http://127.0.0.1:{port}", folder / "docs" / "part-0" / "page-0.md")


def _report(address: str, changed: Path) -> None:
    session = requests.Session()

    def get(path: str) -> Callable[[], None]:
        return lambda: session.get(address + path, timeout=60).raise_for_status()

    def touch() -> None:
        os.utime(changed)
        get("/docs/part-0/page-0")()

    first = _milliseconds(get("/docs/?q=needle7"))
    ways = {
        "floor: /healthz": get("/healthz"),
        "the playground": get("/"),
        "a docs page": get("/docs/part-0/page-1"),
        "a search": get("/docs/?q=needle7+model"),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS + 5):
        for name, call in ways.items():
            taken = _milliseconds(call)
            if number >= 5:
                times[name].append(taken)
    # Last, because every page is rendered again after it.
    times["a page that has just changed"] = [_milliseconds(touch) for _ in range(ROUNDS)]
    print(f"\nDocs, a folder of {PAGES} pages (milliseconds, {ROUNDS} rounds)\n")
    print(f"{'':30}{'p50':>8}{'p99':>8}")
    for name, values in times.items():
        print(f"{name:30}{statistics.median(values):8.2f}{statistics.quantiles(values, n=100)[98]:8.2f}")
    print(f"{'the first search of all':30}{first:8.2f}")
    print(f"\nAim: a docs page under {AIM}")


def _milliseconds(call: Callable[[], None]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    report()
