"""What budgets have left: charged before a call with the most it can use, settled by what it used.

An account is anything with a budget; its key gives its kind and id: `embed:7`. It has a row for each period,
and one for each person who has a share of their own in it. A call that is cut off by a crash stays charged
with its worst case.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet

from playground.calls.models import Spent
from playground.database import in_turn
from playground.trouble import why

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

    def row(self) -> Q:
        return Q(account=self.account, day=self.start, who=self.who)


class FullError(Exception):
    """A line has too little left of `unit` for a call; `left` is that little."""

    def __init__(self, line: Line, unit: str, left: int) -> None:
        super().__init__(f"{line.account}: too few {unit} left")
        self.line, self.unit, self.left = line, unit, left


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount that is charged to lines, so that no other call can use it."""

    lines: tuple[Line, ...]
    amount: Amount

    def settle(self, amount: Amount) -> None:
        """Charge this instead. If the database is unavailable, the charge stays as it is."""
        new, old = asdict(amount.bounded()), asdict(self.amount)
        changes = {name: F(name) + new[name] - old[name] for name in new if new[name] != old[name]}
        if not changes:
            return
        try:
            in_turn(lambda: self._write(changes))
        except DatabaseError as error:
            _logger.error("A reservation of the budget stays as it is: %s", why(error))

    @transaction.atomic
    def _write(self, changes: Mapping[str, object]) -> None:
        _locked(self.lines)
        rows_of(self.lines).update(**changes)


def charge(lines: Sequence[Line], amount: Amount, on_new: Callable[[Line], None] = lambda _: None) -> Charge:
    """Charge an amount to all lines, or to none: then raise `FullError` for the first without room.

    `on_new` is called, in the same transaction, for a line whose row is made. Raises `DatabaseError`.
    """
    made = Charge(tuple(lines), amount.bounded())
    try:
        in_turn(lambda: _charge(made, on_new))
    except DatabaseError as error:
        _logger.error("The budget cannot be counted: %s", why(error))
        raise
    return made


@transaction.atomic
def _charge(made: Charge, on_new: Callable[[Line], None]) -> None:
    # Nothing is locked before all rows are there, so that locks are always taken in the same order.
    there = set(rows_of(made.lines).values_list("account", "day", "who"))
    for line in _in_order(made.lines):
        if (line.account, line.start, line.who) in there:
            continue
        _, is_new = Spent.objects.get_or_create(account=line.account, day=line.start, who=line.who)
        if is_new:
            on_new(line)
    rows = _locked(made.lines)
    amount = asdict(made.amount)
    for line in made.lines:
        row = rows[line.account, line.start, line.who]
        for unit, most in line.most.items():
            left = most - getattr(row, unit)
            if amount[unit] > left:
                raise FullError(line, unit, max(0, left))
    rows_of(made.lines).update(**{name: F(name) + value for name, value in amount.items() if value})


def _locked(lines: Iterable[Line]) -> dict[tuple[str, date, str], Spent]:
    """Lock the rows, always in one order: an UPDATE locks them in any order, so two could deadlock.

    SQLite has no row locks and needs none: a transaction locks the whole file.
    """
    rows = rows_of(lines).select_for_update().order_by("account", "day", "who")
    return {(row.account, row.day, row.who): row for row in rows}


def rows_of(lines: Iterable[Line]) -> QuerySet[Spent]:
    """Return the rows of the lines, as far as they exist."""
    wanted = Q(pk__in=[])
    for line in lines:
        wanted |= line.row()
    return Spent.objects.filter(wanted)


def _in_order(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (line.account, line.start, line.who))
