"""Whose turn it is: each pin that is due is claimed in the database, so that one of many replays it."""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from playground.database import in_turn
from playground.pinned import pinning
from playground.pinned.models import Pin, Pins
from playground.pinned.replaying import PausedError, replay
from playground.pinned.schedule import next_due
from playground.teams.access import Action, allows, membership
from playground.teams.models import Membership
from playground.text.sentence import gettext_noop, say
from playground.trouble import why

_logger = logging.getLogger(__name__)

# Replays at the same time, and how long new ones are begun before other tasks have their turn.
_AT_ONCE = 4
_SECONDS = 60.0
# Pins that are tried to be claimed, one after another.
_MOST = 50
_NOBODY = gettext_noop("Whoever its replays were made for has left the team. An admin can take the pin over.")
_MAY_NOT_SEND = gettext_noop("%(person)s may no longer send in this team. An admin can take the pin over.")


def replay_due(now: Callable[[], datetime] = timezone.now) -> None:
    """Replay the pins that are due, for about a minute. What is left is due the next time."""
    if not settings.CONFIG.runs:
        return
    if not in_turn(lambda: _due(now()).exists()):
        return
    until = time.monotonic() + _SECONDS
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pins") as threads:
        for work in [threads.submit(_work, now, until) for _ in range(_AT_ONCE)]:
            work.result()


def _work(now: Callable[[], datetime], until: float) -> None:
    while time.monotonic() < until and (pin := in_turn(partial(_claimed_next, now()))):
        _replay(pin, now())


def _claimed_next(now: datetime) -> Pin | None:
    """Return the first pin whose turn nobody else takes at the same time."""
    due = _due(now).order_by("due").select_related("team", "person")
    return next((pin for pin in due[:_MOST] if claim(pin, now)), None)


def _due(now: datetime) -> Pins:
    due = Pin.objects.filter(due__lte=now, paused=None, team__isnull=not settings.CONFIG.accounts)
    return due.exclude(busy__gt=_lost(now))


def claim(pin: Pin, now: datetime) -> bool:
    """Take a pin's turn. If the process is ended before the turn is, the pin stays due.

    Returns False if it is somebody else's turn, or it is not due when it was any more.
    """
    free = Pin.objects.filter(pk=pin.pk, due=pin.due).exclude(busy__gt=_lost(now))
    return free.update(busy=now) == 1


@contextmanager
def turn(pin: Pin, following: datetime | None) -> Iterator[None]:
    """End the turn that was claimed. The pin is due next at `following`, unless somebody changed that."""
    try:
        yield
    finally:
        in_turn(partial(_end, pin, following))


@transaction.atomic
def _end(pin: Pin, following: datetime | None) -> None:
    Pin.objects.filter(pk=pin.pk, due=pin.due).update(due=following)
    Pin.objects.filter(pk=pin.pk).update(busy=None)


def _lost(now: datetime) -> datetime:
    """Return the time before which no replay began that is still under way: its process was ended."""
    return now - timedelta(seconds=2 * settings.LIMITS.exchange_seconds)


def _replay(pin: Pin, now: datetime) -> None:
    try:
        with turn(pin, next_due(pin, now)):
            try:
                replay(pin, in_turn(lambda: _member(pin)))
            except PausedError as error:
                in_turn(partial(pinning.pause, pin, None, error.why))
    except DatabaseError as error:
        _logger.warning("The pin %s was not replayed: %s.", pin.pk, why(error))
    except Exception:  # it keeps no other pin from its turn
        _logger.exception("The pin %s was not replayed.", pin.pk)


def _member(pin: Pin) -> Membership | None:
    """Return who a pin is replayed for; None without accounts. Raises `PausedError`."""
    if pin.team is None:
        return None
    member = membership(pin.person, pin.team) if pin.person else None
    if member is None:
        raise PausedError(say(_NOBODY))
    if not allows(member.role, Action.SEND):
        raise PausedError(say(_MAY_NOT_SEND, person=str(pin.person)))
    return member
