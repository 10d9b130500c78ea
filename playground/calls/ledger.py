"""What budgets have left: charged before a call with the most it can use, settled by what it used.

An account is anything with a budget; its key gives its kind and id: `embed:7`. It has a row for each period,
and one for each person who has a share of their own in it. A call that is cut off by a crash stays charged
with its worst case.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial

from django.db import DatabaseError

from playground.calls.models import Spent
from playground.database.rows import rows_with, save_each
from playground.database.together import Writing, begin
from playground.trouble import why

# Account, first day of the period, and who: one row.
Key = tuple[str, date, str]
ALL = ""
# Billionths of a US dollar: whole numbers add up exactly in every database.
NANO = 1_000_000_000
# A provider's numbers are bounded before they are added up.
_MOST = 10**15

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Amount:
    """What a call uses: 1 call, its tokens, and its cost in billionths of a US dollar."""

    calls: int = 0
    tokens: int = 0
    nanousd: int = 0

    def bounded(self) -> "Amount":
        return Amount(*(min(max(0, value), _MOST) for value in asdict(self).values()))


@dataclass(frozen=True, slots=True)
class Line:
    """A row: what `who` (or `ALL`) may use of an account in the period that begins on `start`.

    `most` has the limits by the names of `Amount`; what it does not name is counted without a limit.
    """

    account: str
    start: date
    who: str
    most: Mapping[str, int]

    @property
    def key(self) -> Key:
        return self.account, self.start, self.who


class FullError(Exception):
    """A line has too little left of `unit` for a call; `left` is that little."""

    def __init__(self, line: Line, unit: str, left: int) -> None:
        super().__init__(f"{line.account}: too few {unit} left")
        self.line, self.unit, self.left = line, unit, left


Rows = Mapping[Key, Spent]


def _nothing(_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount that is charged to lines, so that no other call can use it."""

    lines: tuple[Line, ...]
    amount: Amount

    def settle(
        self, amount: Amount, on_settled: Callable[[Rows], None] = _nothing, *, wait: bool = True
    ) -> None:
        """Charge this instead. If the database is unavailable, the charge stays as it is.

        `on_settled` is called, in the same transaction, with all rows as they are then. Without `wait`, it is
        settled by the time that what is written next is.
        """
        new, old = asdict(amount.bounded()), asdict(self.amount)
        change = _Change(self.lines, {unit: new[unit] - old[unit] for unit in new}, on_settled=on_settled)
        try:
            settling = begin(_store, change)
            if wait:
                settling.result()
            else:
                settling.written.add_done_callback(lambda settled: _log(settled.exception()))
        except DatabaseError as error:
            _log(error)


def _log(error: BaseException | None) -> None:
    if error:
        reason = why(error) if isinstance(error, DatabaseError) else type(error).__name__
        _logger.error("A reservation of the budget stays as it is: %s", reason)


def _take_back(made: Charge, written: Future[FullError | None]) -> None:
    """Give back what was charged after all: the call was refused, because the database took too long."""
    if not written.cancelled() and not written.exception() and not written.result():
        made.settle(Amount(), wait=False)


def charge(lines: Sequence[Line], amount: Amount, on_new: Callable[[Line], None] = _nothing) -> Charge:
    """Charge an amount to all lines, or to none: then raise `FullError` for the first without room.

    `on_new` is called, in the same transaction, for a line whose row is made. Raises `DatabaseError`.
    """
    made = Charge(tuple(lines), amount.bounded())
    writing: Writing[_Change, FullError | None] | None = None
    try:
        writing = begin(_store, _Change(made.lines, asdict(made.amount), is_charge=True, on_new=on_new))
        full = writing.result()
    except DatabaseError as error:
        _logger.error("The budget cannot be counted: %s", why(error))
        if writing:
            writing.written.add_done_callback(partial(_take_back, made))
        raise
    if full:
        raise full
    return made


@dataclass(frozen=True, slots=True)
class _Change:
    """What is added to lines; a charge only if all of them have room."""

    lines: tuple[Line, ...]
    added: Mapping[str, int]
    is_charge: bool = False
    on_new: Callable[[Line], None] = _nothing
    on_settled: Callable[[Rows], None] = _nothing

    def apply(self, rows: Rows) -> FullError | None:
        # A budget that was deleted since has no row.
        there = [(line, rows[line.key]) for line in self.lines if line.key in rows]
        if self.is_charge:
            for line, row in there:
                for unit, most in line.most.items():
                    left = most - getattr(row, unit)
                    if self.added[unit] > left:
                        return FullError(line, unit, max(0, left))
        for _, row in there:
            for unit, value in self.added.items():
                setattr(row, unit, getattr(row, unit) + value)
        self.on_settled(rows)
        return None


def _store(changes: Sequence[_Change]) -> list[FullError | None]:
    lines = [line for change in changes for line in change.lines]
    new = {line.key: (line, change.on_new) for change in changes if change.is_charge for line in change.lines}
    if not new.keys() <= _known:
        _make(new)
    rows = rows_of(lines, lock=True)
    if gone := new.keys() - rows.keys():
        _make({key: new[key] for key in gone})
        rows = rows_of(lines, lock=True)
    results = [change.apply(rows) for change in changes]
    save_each(rows.values(), [*asdict(Amount()), "warned"])
    return results


# Whose rows were there once, so that they need not be looked for before each call.
_known: set[Key] = set()
_MOST_KNOWN = 10_000


def _make(new: Mapping[Key, tuple[Line, Callable[[Line], None]]]) -> None:
    """Make the rows that are missing.

    Nothing is locked before they are there, so that locks are always taken in the same order.
    """
    there = rows_of(line for line, _ in new.values())
    for account, day, who in sorted(new.keys() - there.keys()):
        line, on_new = new[account, day, who]
        _, is_new = Spent.objects.get_or_create(account=account, day=day, who=who)
        if is_new:
            on_new(line)
    if len(_known) > _MOST_KNOWN:
        _known.clear()
    _known.update(new)


def rows_of(lines: Iterable[Line], *, lock: bool = False) -> dict[Key, Spent]:
    """Return the rows of the lines, as far as they exist."""
    rows = rows_with(Spent, ("account", "day", "who"), {line.key for line in lines}, lock=lock)
    return {(row.account, row.day, row.who): row for row in rows}
