"""Two texts compared: right, and in bounded time whatever they are."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.history import diff
from playground.history.diff import difference
from tests.growth import is_linear

texts = st.text(st.sampled_from("ab \n.多")) | st.text()


def _texts(pieces: tuple[diff.Piece, ...], *, same: bool | None = None) -> str:
    return "".join(piece.text for piece in pieces if same is None or piece.same == same)


@given(texts, texts)
def test_both_texts_are_whole_and_what_is_the_same_is_in_both(one: str, other: str) -> None:
    found = difference(one, other)

    assert (_texts(found.one), _texts(found.other)) == (one, other)
    assert found.same == (one == other)
    if found.is_whole:
        # A space between two changes is marked in both, too.
        assert _texts(found.one, same=True) == _texts(found.other, same=True)


@pytest.mark.parametrize(
    ("one", "other", "gone", "new"),
    [
        ("The quick fox jumps", "The slow fox jumps", ["quick"], ["slow"]),
        ("a quick fox", "a slow dog", ["quick fox"], ["slow dog"]),
        ("one\ntwo\nthree\n", "one\nthree\n", ["two\n"], []),
        ("x x x x", "x x y x x", [], ["y "]),
        ("多瑙河发源于德国", "多瑙河源于德国", ["发"], []),
        ("", "new", [], ["new"]),
    ],
)
def test_words_are_marked(one: str, other: str, gone: list[str], new: list[str]) -> None:
    found = difference(one, other)

    assert [piece.text for piece in found.one if not piece.same] == gone
    assert [piece.text for piece in found.other if not piece.same] == new
    assert found.is_whole


def _words(count: int, vocabulary: int, seed: int, between: str = " ") -> str:
    choose = random.Random(seed)
    return between.join(str(choose.randrange(vocabulary)) for _ in range(count))


HARD: dict[str, Callable[[int], tuple[str, str]]] = {
    "one word again and again": lambda n: ("a " * n, "a b " * n),
    "few words": lambda n: (_words(n, 3, 1), _words(n, 3, 2)),
    "few lines": lambda n: (_words(n, 3, 1, "\n"), _words(n, 3, 2, "\n")),
    "punctuation": lambda n: ("!?" * n, "?!." * n),
    "the other way round": lambda n: (
        "\n".join(map(str, range(n))),
        "\n".join(map(str, reversed(range(n)))),
    ),
    "shuffled": lambda n: (_words(n, 10 * n, 1), _words(n, 10 * n, 2)),
    "a change in each line": lambda n: (
        "\n".join(f"same {i} old" for i in range(n)),
        "\n".join(f"same {i} new" for i in range(n)),
    ),
    "stretches as long as are compared": lambda n: (
        "\n".join(f"{_words(200, 2, i)} end{i}" for i in range(n // 200)),
        "\n".join(f"{_words(200, 2, -1 - i)} end{i}" for i in range(n // 200)),
    ),
}


@pytest.mark.parametrize("make", HARD.values(), ids=HARD)
def test_time_grows_with_the_length(monkeypatch: pytest.MonkeyPatch, make: Callable[[int], object]) -> None:
    monkeypatch.setattr(diff, "_MOST_PAIRS", 50_000)  # reached early, so that the growth beyond it shows
    made = {size: make(size) for size in (4_000, 8_000, 16_000)}

    assert is_linear(lambda size: difference(*made[size]), 4_000)  # type: ignore[arg-type]


def test_long_texts_are_compared_to_the_end() -> None:
    words = _words(20_000, 5_000, 1).split()
    changed = [word if place % 100 else "new" for place, word in enumerate(words)]

    found = difference(" ".join(words), " ".join(changed))

    assert found.is_whole
    assert sum(not piece.same for piece in found.other) == 200
