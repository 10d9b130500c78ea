"""Counts, sizes, rates, times, prices as people read them: `1,253`, `1 MiB`, `412 ms`, `1.2 s`, `$0.00010`.

Pages, errors and live updates all use these; `duration` in `static/js/result.js` is the only copy. English
and Chinese write them alike. For times in sentences (“20 seconds”) see `playground.text.durations`.
"""

from decimal import Decimal

_SECOND_MS = 1000
_LEAST_USD = Decimal("0.0000001")
_UNITS = ("B", "KiB", "MiB", "GiB")


def readable(value: object) -> object:
    """Format a whole number as a count, and leave other values as they are."""
    return count(value) if isinstance(value, int) else value


def count(number: int) -> str:
    return f"{number:,}"


def rate(number: float) -> str:
    """Format a rate such as tokens per second, with one decimal."""
    return f"{number:,.1f}"


def dollars(amount: Decimal) -> str:
    """Format USD with two significant digits below a dime, else with cents."""
    if 0 < amount < _LEAST_USD:
        return f"< ${_LEAST_USD:f}"
    return f"${amount:,.{places(amount)}f}"


def places(amount: Decimal) -> int:
    """Return how many decimals an amount of USD has."""
    return 2 if amount == 0 or amount >= Decimal("0.1") else 1 - amount.adjusted()


def duration(milliseconds: float) -> str:
    """Format as whole milliseconds below one second, else as seconds with one decimal."""
    if round(milliseconds) < _SECOND_MS:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / _SECOND_MS:,.1f} s"


def size(number: int) -> str:
    """Format a number of bytes in binary units, with one decimal unless that is zero."""
    amount, unit = float(number), 0
    while round(amount, 1) >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:,.1f}".removesuffix(".0") + f" {_UNITS[unit]}"
