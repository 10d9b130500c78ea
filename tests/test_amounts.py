"""Counts, sizes and times as people read them."""

import pytest

from playground import amounts
from playground.text.sentence import say


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(0, "0 ms"), (7.4, "7 ms"), (999.4, "999 ms"), (999.6, "1.0 s"), (1234, "1.2 s"), (75_000, "75.0 s")],
)
def test_a_time_is_in_milliseconds_below_one_second(milliseconds: float, shown: str) -> None:
    assert amounts.duration(milliseconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 B"),
        (1023, "1,023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (1_048_570, "1 MiB"),
        (1_048_576, "1 MiB"),
        (16 << 20, "16 MiB"),
        (5 << 40, "5,120 GiB"),
    ],
)
def test_a_size_has_binary_units(number: int, shown: str) -> None:
    assert amounts.size(number) == shown


def test_large_counts_have_separators() -> None:
    assert (amounts.count(1253), amounts.rate(1253.04)) == ("1,253", "1,253.0")


def test_whole_numbers_in_a_sentence_have_separators() -> None:
    assert str(say("%(count)s of %(id)s", count=1_048_576, id="1048576")) == "1,048,576 of 1048576"
