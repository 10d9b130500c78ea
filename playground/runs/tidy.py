"""Retention: delete runs that are too old, and the oldest ones if all together take too much space."""

import sys
import threading
from datetime import timedelta
from functools import partial
from itertools import accumulate
from operator import sub

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from playground.database import in_turn
from playground.runs import reserve, search
from playground.runs.models import Hold, Run

# Runs written between two looks at the whole table.
_EVERY = 100
_BATCH = 500
# Batches of old runs that one look deletes: the caller whose run comes next waits for it.
_AT_ONCE = 4
MIB = 1024 * 1024
# On a full disk.
_PIECE, _PIECE_BYTES = 100, 2 * MIB
# How long runs must have been written at the clock's date before runs are deleted by it.
_TRUSTED_AFTER = timedelta(days=1)
# When space runs out, delete down to this share of it, so that not every new run has to delete one.
_LEFT = 0.95


class _Space:
    """How much of the space is used: as found at the last look, plus what this process has written since."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.used, self.writes = 0, _EVERY

    def takes(self, size: int, most: int) -> bool:
        """Count a run. Returns False if it is time to look at the table."""
        with self.lock:
            self.used += size
            self.writes += 1
            return self.writes <= _EVERY and self.used <= most


space = _Space()


def make_room(size: int) -> bool:
    """Make room for a run of this size. Returns False if starred and held runs leave none.

    Then no run is deleted for it. Raises `DatabaseError`.
    """
    most = settings.CONFIG.runs_mib * MIB
    if space.takes(size, most):
        return True
    taken = in_turn(lambda: _tidied(most, size, _AT_ONCE if _clock_is_trusted() else 0))
    with space.lock:
        space.used, space.writes = taken + size, 0
    reserve.hold()
    return taken + size <= most


def tidy() -> int:
    """Delete runs that exceed a limit, even if the clock may be wrong. Returns the bytes left."""
    return in_turn(lambda: _tidied(settings.CONFIG.runs_mib * MIB))


def delete_in_pieces(runs: QuerySet[Run]) -> int:
    """Delete runs in transactions that need little space in SQLite's journal. Returns how many there were."""
    gone, rows = 0, runs.order_by("pk").values_list("pk", "size")
    while piece := list(rows[:_PIECE]):
        sizes = accumulate(size for _, size in piece)
        few = [pk for (pk, _), size in zip(piece, sizes, strict=True) if size <= _PIECE_BYTES]
        gone += in_turn(partial(_delete, few or [piece[0][0]]))
    return gone


def used(runs: QuerySet[Run] | None = None) -> int:
    """Return how many bytes these runs take, or all."""
    taken: int = (Run.objects.all() if runs is None else runs).aggregate(all=Sum("size", default=0))["all"]
    return taken


def _clock_is_trusted() -> bool:
    """Whether a run older than a day is not too old yet.

    If there is none, perhaps the clock jumped ahead: what looks too old may be from yesterday. A long pause
    looks the same, so deleting by age waits until the playground has been used at this date for a day.
    A jump too small for that deletes runs too early by as much as it jumped. Waiting longer after every
    pause would keep runs beyond what was promised wherever the playground is used only now and then.
    """
    now, keeps = timezone.now(), timedelta(days=settings.CONFIG.runs_days)
    return Run.objects.filter(started__range=(now - keeps, now - min(_TRUSTED_AFTER, keeps / 2))).exists()


def _tidied(most: int, needed: int = 0, batches: int = sys.maxsize) -> int:
    """Delete runs that are too old, in so many batches, then the oldest until there are `needed` bytes.

    Deletes no run for these if that many can't be had. Returns the bytes left.
    """
    too_old = timezone.now() - timedelta(days=settings.CONFIG.runs_days)
    old = Run.objects.disposable().filter(started__lt=too_old).values_list("pk", flat=True)
    while batches and _delete(list(old[:_BATCH])):
        batches -= 1
    taken = used()
    if _kept_by_people() + needed <= most:
        most -= needed
    oldest = Run.objects.disposable().order_by("pk").values_list("pk", "size")
    enough = most * _LEFT if taken > most else taken
    while taken > enough and (batch := list(oldest[:_BATCH])):
        left = list(accumulate((size for _, size in batch), sub, initial=taken))[:-1]
        gone = [row for row, before in zip(batch, left, strict=True) if before > enough]
        _delete([pk for pk, _ in gone])
        taken -= sum(size for _, size in gone)
    return taken


def _kept_by_people() -> int:
    """Return how many bytes starred runs take, by their index, and the few that are held besides."""
    starred = Run.objects.filter(starred=True)
    held = Run.objects.filter(starred=False, key__in=Hold.objects.values("run"))
    return used(starred) + used(held)


def _delete(pks: list[int]) -> int:
    with transaction.atomic():
        return search.delete(pks)
