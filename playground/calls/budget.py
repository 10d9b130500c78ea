"""Daily budgets (UTC): charged before a call is made, settled by what the call used.

An account is anything with a budget; its key gives its kind and id: `embed:7`. Each visitor who spends from
it has a limit of their own. A call that is cut off by a crash stays charged with its worst case.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone

from playground.calls.estimate import used, was_sent
from playground.calls.models import Spent
from playground.database import in_turn
from playground.exchange.record import Exchange
from playground.trouble import why

ALL = ""
# Rows of single visitors are needed only on their own day.
_KEPT_DAYS = 2

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that each visitor, and all visitors of an account together, may use in a day."""

    calls_each: int
    tokens_each: int
    calls: int
    tokens: int


class SpentError(Exception):
    """Too little is left for a call; whoever set the limits words the refusal.

    `own`: the visitor's own limit is reached, not that of all. `calls`: no call is left, so a smaller one
    would not help. The next day begins in `seconds`.
    """

    def __init__(self, *, own: bool, calls: bool, seconds: int) -> None:
        super().__init__("spent by one" if own else "spent by all")
        self.own, self.calls, self.seconds = own, calls, seconds


@dataclass(frozen=True, slots=True)
class Reservation:
    """One call and its tokens, charged to a day so that no other call can use them."""

    account: str
    day: date
    who: str
    tokens: int

    def settle(self, exchange: Exchange) -> None:
        """Give back what the call did not use; everything if it was never sent."""
        self._change(int(was_sent(exchange)), used(exchange, self.tokens))

    def give_back(self) -> None:
        self._change(0, 0)

    def _change(self, calls: int, tokens: int) -> None:
        changes = {"calls": F("calls") + calls - 1, "tokens": F("tokens") + tokens - self.tokens}
        try:
            in_turn(lambda: self._write(changes))
        except DatabaseError as error:
            _logger.error("A reservation of the budget stays as it is: %s", why(error))

    @transaction.atomic
    def _write(self, changes: dict[str, Any]) -> None:
        _lock(self)
        _rows(self).update(**changes)


def reserve(account: str, who: str, limits: Limits, tokens: int) -> Reservation:
    """Charge one call and its tokens to the visitor `who` and to all together.

    Raises `SpentError` if either has too little left, and `DatabaseError`.
    """
    now = timezone.now()
    reservation = Reservation(account, now.date(), who, tokens)
    try:
        in_turn(lambda: _reserve(reservation, limits, _until_tomorrow(now)))
    except DatabaseError as error:
        _logger.error("The budget cannot be counted: %s", why(error))
        raise
    return reservation


@transaction.atomic
def _reserve(reservation: Reservation, limits: Limits, seconds: int) -> None:
    _make_rows(reservation)
    _lock(reservation)
    if not _charge(reservation, limits):
        own = _rows(reservation).filter(_enough_for_all(reservation, limits)).exists()
        most = limits.calls_each if own else limits.calls
        row = _rows(reservation).filter(who=reservation.who if own else ALL, calls__gte=most)
        raise SpentError(own=own, calls=row.exists(), seconds=seconds)


def _make_rows(of: Reservation) -> None:
    _, is_new_day = Spent.objects.get_or_create(account=of.account, day=of.day, who=ALL)
    if is_new_day:
        old = Spent.objects.filter(account=of.account, day__lt=of.day - timedelta(_KEPT_DAYS))
        old.exclude(who=ALL).delete()
    Spent.objects.get_or_create(account=of.account, day=of.day, who=of.who)


def _charge(reservation: Reservation, limits: Limits) -> bool:
    """Check and charge both rows in one UPDATE, so that no call slips in. If only one has room, roll back."""
    fits = _enough_for_all(reservation, limits) | Q(
        who=reservation.who,
        calls__lt=limits.calls_each,
        tokens__lte=limits.tokens_each - reservation.tokens,
    )
    with transaction.atomic():
        charges = {"calls": F("calls") + 1, "tokens": F("tokens") + reservation.tokens}
        charged = _rows(reservation).filter(fits).update(**charges) == 2
        transaction.set_rollback(not charged)
    return charged


def _enough_for_all(reservation: Reservation, limits: Limits) -> Q:
    return Q(who=ALL, calls__lt=limits.calls, tokens__lte=limits.tokens - reservation.tokens)


def _lock(of: Reservation) -> None:
    """Lock both rows, always in this order: an UPDATE locks them in any order, so two could deadlock.

    SQLite has no row locks and needs none: a transaction locks the whole file.
    """
    list(_rows(of).select_for_update().order_by("who").values_list("pk"))


def _rows(of: Reservation) -> QuerySet[Spent]:
    return Spent.objects.filter(account=of.account, day=of.day, who__in=(ALL, of.who))


def _until_tomorrow(now: datetime) -> int:
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    return int((tomorrow - now).total_seconds()) + 1


def spent_today(account: str) -> Spent:
    """Return what all visitors together spent today."""
    today = timezone.now().date()
    return recent(account, 1).first() or Spent(account=account, day=today)


def recent(account: str | Combinable, days: int) -> QuerySet[Spent]:
    """Return what all visitors together spent in the last `days`: a row per day with calls, latest first."""
    since = timezone.now().date() - timedelta(days=days)
    return Spent.objects.filter(account=account, day__gt=since, who=ALL).order_by("-day")


def forget(account: str) -> None:
    """Delete the rows of an account that no longer exists."""
    Spent.objects.filter(account=account).delete()
