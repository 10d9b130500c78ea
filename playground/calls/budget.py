"""Daily budgets of embeds (UTC): charged before a call is made, settled by what the call used (`ledger`).

Each visitor who spends from an account has a limit of their own.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone

from playground.calls.estimate import used, was_sent
from playground.calls.ledger import ALL, Amount, Charge, FullError, Line, charge
from playground.calls.models import Spent
from playground.database.rows import lock
from playground.exchange.record import Exchange

# Rows of single visitors are needed only on their own day.
_KEPT_DAYS = 2


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

    charged: Charge

    @property
    def day(self) -> date:
        return self.charged.lines[0].start

    def settle(self, exchange: Exchange) -> None:
        """Give back what the call did not use; everything if it was never sent."""
        tokens = used(exchange, self.charged.amount.tokens)
        self.charged.settle(Amount(int(was_sent(exchange)), tokens))

    def give_back(self) -> None:
        self.charged.settle(Amount())


def reserve(account: str, who: str, limits: Limits, tokens: int) -> Reservation:
    """Charge one call and its tokens to the visitor `who` and to all together.

    Raises `SpentError` if either has too little left, and `DatabaseError`.
    """
    now = timezone.now()
    of_all = Line(account, now.date(), ALL, {"calls": limits.calls, "tokens": limits.tokens})
    own = Line(account, now.date(), who, {"calls": limits.calls_each, "tokens": limits.tokens_each})
    try:
        return Reservation(charge((of_all, own), Amount(1, tokens), _forget_visitors))
    except FullError as full:
        seconds = _until_tomorrow(now)
        raise SpentError(own=full.line is own, calls=full.unit == "calls", seconds=seconds) from full


def _forget_visitors(new: Line) -> None:
    if new.who == ALL:
        old = Spent.objects.filter(account=new.account, day__lt=new.start - timedelta(_KEPT_DAYS))
        lock(old := old.exclude(who=ALL))
        old.delete()


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
    lock(spent := Spent.objects.filter(account=account))
    spent.delete()
