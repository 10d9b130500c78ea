"""The timeline of a call."""

import pytest

from playground.exchange.record import Timings
from playground.results.timeline import timeline


@pytest.mark.parametrize(
    ("timings", "bars"),
    [
        (
            Timings(first_byte_ms=100, first_token_ms=250, last_token_ms=900, total_ms=1000),
            [("First byte", 0, 10), ("First token", 10, 15), ("Answer", 25, 65), ("Total time", 0, 100)],
        ),
        (
            Timings(first_byte_ms=500, first_token_ms=None, total_ms=2000),
            [("First byte", 0, 25), ("Total time", 0, 100)],
        ),
        (Timings(first_byte_ms=None, first_token_ms=None, total_ms=0), [("Total time", 0, 100)]),
    ],
    ids=["a stream", "no stream", "no response"],
)
def test_each_step_begins_where_the_one_before_ended(
    timings: Timings, bars: list[tuple[str, float, float]]
) -> None:
    assert [(bar.label, bar.start, bar.length) for bar in timeline(timings)] == bars
