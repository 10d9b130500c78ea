"""Files and texts built to take long or much memory: both grow linearly, and a file has a limit."""

import contextlib
import tracemalloc
from collections.abc import Callable

import pytest

from playground.proof.blackout import MOST_BYTES, BlackoutError, black_out
from playground.proof.file import ProofError, read
from tests.growth import is_linear
from tests.proof.made import called, script, signed_elsewhere

SIZE = 50_000
FILES: dict[str, Callable[[int], str]] = {
    "quotes": lambda size: '"' * size,
    "backslashes": lambda size: '"' + "\\" * size,
    "open strings": lambda size: '"\\' * (size // 2),
    "brackets": lambda size: "[" * size,
    "empty lists": lambda size: "[" + "[]," * (size // 3) + "0],",
    "names": lambda size: "{" + ",".join(f'"{number}":0' for number in range(size // 8)) + "},",
    "a long string": lambda size: '"' + "a" * size + '",',
}


def _read(data: bytes) -> None:
    with contextlib.suppress(ProofError):
        read(data)


def _file(text: str) -> bytes:
    return signed_elsewhere(script().replace('"exchange":', f'"more":{text}"exchange":', 1))


@pytest.mark.parametrize("name", FILES)
def test_the_time_to_read_a_file_is_linear(name: str) -> None:
    files = {size: _file(FILES[name](size)) for size in (SIZE, 2 * SIZE, 4 * SIZE)}

    assert is_linear(lambda size: _read(files[size]), SIZE)


@pytest.mark.parametrize("name", FILES)
def test_the_memory_to_read_a_file_is_bounded(name: str) -> None:
    data = _file(FILES[name](8_000_000))

    tracemalloc.start()
    try:
        _read(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Of the million values that a file may have, each takes about a hundred bytes.
    assert peak < 12 * len(data) + 150_000_000


TEXTS: dict[str, Callable[[int], tuple[str, str]]] = {
    "many lines": lambda size: ("\n".join(f"line {line} of many" for line in range(size // 20)), "x" * size),
    "nearly the text": lambda size: ("a" * 500 + "b", "a" * size),
    "escapes": lambda size: ("A secret of mine", "\\u0041" * (size // 6)),
    "escaped escapes": lambda size: ("A secret of mine", "\\" * size),
    "entities": lambda size: ("A secret of mine", "&#x41;" * (size // 6)),
    "percent signs": lambda size: ("A secret of mine", "%25" * (size // 3)),
}  # fmt: skip


@pytest.mark.thorough
@pytest.mark.parametrize("name", TEXTS)
def test_the_time_to_black_out_is_linear(name: str) -> None:
    def work(size: int) -> None:
        question, answer = TEXTS[name](size)
        with contextlib.suppress(BlackoutError):
            black_out(called([{"role": "user", "content": question}], answer), ["messages.0"])

    assert is_linear(work, 20_000)
    assert MOST_BYTES < 100 * 20_000 * 2
