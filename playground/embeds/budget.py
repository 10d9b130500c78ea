"""The day's budget of an embed: counted before a call is made, settled by what it took.

A call that is cut off by a crash stays counted as the worst case that was reserved for it.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from playground.calls.estimate import used, was_sent, worst_case
from playground.database import in_turn
from playground.dialects.chat_completions.request import ChatRequest
from playground.embeds import refusals
from playground.embeds.models import Embed, Spent
from playground.exchange.record import Exchange
from playground.trouble import why

ALL = ""
# The rows of single readers are needed for their own day only.
_KEPT_DAYS = 2

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reservation:
    """So many tokens of a day, which no other call can take."""

    embed_id: int
    day: date
    reader: str
    tokens: int

    def settle(self, exchange: Exchange) -> None:
        """Gives back what the call did not take; all of it when it was never sent."""
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
        _lock(self.embed_id, self.day, self.reader)
        _rows(self.embed_id, self.day, self.reader).update(**changes)


def reserve(embed: Embed, reader: str, chat: ChatRequest) -> Reservation:
    """Counts a call, and the most that it can take, for its reader and for all.

    Raises `BudgetSpentError` when either has not that much left, and `EmbedRefusedError` when
    nothing can be counted.
    """
    now, worst = timezone.now(), worst_case(chat)
    reservation = Reservation(embed.pk, now.date(), reader, worst)
    try:
        taken, own, calls = in_turn(lambda: _reserve(embed, reservation))
    except DatabaseError as error:
        _logger.error("The budget cannot be counted: %s", why(error))
        raise refusals.no_database() from error
    if not taken:
        raise refusals.BudgetSpentError(own=own, calls=calls, seconds=_until_tomorrow(now))
    return reservation


def _reserve(embed: Embed, reservation: Reservation) -> tuple[bool, bool, bool]:
    """Whether it was reserved; if not, whether the reader's own budget is spent, and whether on calls."""
    with transaction.atomic():
        _make_rows(embed, reservation.day, reservation.reader)
        _lock(embed.pk, reservation.day, reservation.reader)
        if _take(embed, reservation):
            return True, False, False
        left = _left_for_all(embed, reservation.tokens)
        own = Spent.objects.filter(left, embed=embed, day=reservation.day).exists()
        return False, own, _is_without_calls(embed, reservation, own=own)


def _is_without_calls(embed: Embed, reservation: Reservation, *, own: bool) -> bool:
    most = embed.reader_calls_a_day if own else embed.calls_a_day
    rows = _rows(embed.pk, reservation.day, reservation.reader)
    return rows.filter(reader=reservation.reader if own else ALL, calls__gte=most).exists()


def _make_rows(embed: Embed, day: date, reader: str) -> None:
    _, is_new_day = Spent.objects.get_or_create(embed=embed, day=day, reader=ALL)
    if is_new_day:
        old = Spent.objects.filter(embed=embed, day__lt=day - timedelta(_KEPT_DAYS))
        old.exclude(reader=ALL).delete()
    Spent.objects.get_or_create(embed=embed, day=day, reader=reader)


def _take(embed: Embed, reservation: Reservation) -> bool:
    """Checks and charges both rows in one UPDATE, so that no concurrent call slips in. Undoes one alone."""
    fits = _left_for_all(embed, reservation.tokens) | Q(
        reader=reservation.reader,
        calls__lt=embed.reader_calls_a_day,
        tokens__lte=embed.reader_tokens_a_day - reservation.tokens,
    )
    rows = _rows(embed.pk, reservation.day, reservation.reader).filter(fits)
    with transaction.atomic():
        taken = rows.update(calls=F("calls") + 1, tokens=F("tokens") + reservation.tokens) == 2
        transaction.set_rollback(not taken)
    return taken


def _left_for_all(embed: Embed, worst: int) -> Q:
    return Q(reader=ALL, calls__lt=embed.calls_a_day, tokens__lte=embed.tokens_a_day - worst)


def _lock(embed_id: int, day: date, reader: str) -> None:
    """Locks both rows, always in this order: an UPDATE takes any, and two of them would wait for each other.

    SQLite has no such locks and needs none: a transaction has the whole file.
    """
    list(_rows(embed_id, day, reader).select_for_update().order_by("reader").values_list("pk"))


def _rows(embed_id: int, day: date, reader: str) -> QuerySet[Spent]:
    return Spent.objects.filter(embed_id=embed_id, day=day, reader__in=(ALL, reader))


def _until_tomorrow(now: datetime) -> int:
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    return int((tomorrow - now).total_seconds()) + 1


def spent_today(embed: Embed) -> Spent:
    today = timezone.now().date()
    return Spent.objects.filter(embed=embed, day=today, reader=ALL).first() or Spent(embed=embed, day=today)
