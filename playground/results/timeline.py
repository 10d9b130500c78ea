"""The timeline of a call: its steps as bars on one scale."""

from dataclasses import dataclass

from django.utils.translation import gettext

from playground import amounts
from playground.exchange.record import Timings


@dataclass(frozen=True)
class Bar:
    """A step of the call: its start and length in hundredths of the whole, and the time at which it ended."""

    label: str
    start: float
    length: float
    value: str


def timeline(timings: Timings) -> list[Bar]:
    """Return a bar for each step that happened, which begins where the one before ended, and one for all."""
    steps = [
        (gettext("First byte"), timings.first_byte_ms),
        (gettext("First token"), timings.first_token_ms),
        (gettext("Answer"), timings.last_token_ms),
    ]
    whole = timings.total_ms or 1
    bars, start = [], 0.0
    for label, end in steps:
        if end is not None:
            bars.append(
                Bar(label, 100 * start / whole, 100 * max(0, end - start) / whole, amounts.duration(end))
            )
            start = end
    return [*bars, Bar(gettext("Total time"), 0, 100, amounts.duration(timings.total_ms))]
