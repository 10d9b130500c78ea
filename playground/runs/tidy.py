"""Retention: delete runs that are too old, and the oldest ones if all together take too much space.

The operator's limits are for all runs. A team can set lower ones for its own.
"""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate
from operator import sub

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from playground.database import in_turn
from playground.runs import reserve, search
from playground.runs.models import Hold, Run, Runs
from playground.teams.models import Team

# Runs written between two looks at the whole table.
_EVERY = 100
_BATCH = 500
# Batches that one look deletes: the caller whose run comes next waits for it.
_AT_ONCE = 4
MIB = 1024 * 1024
# On a full disk.
_PIECE, _PIECE_BYTES = 100, 2 * MIB
# How long runs must have been written at the clock's date before runs are deleted by it.
_TRUSTED_AFTER = timedelta(days=1)
# When space runs out, delete down to this share of it, so that not every new run has to delete one.
_LEFT = 0.95


@dataclass(frozen=True)
class Limits:
    """How long runs are kept, and how much space they may take: all runs, or those of a `team`."""

    days: int
    mib: int
    team: int | None = None

    @property
    def runs(self) -> Runs:
        return Run.objects.all() if self.team is None else Run.objects.filter(team_id=self.team)

    @property
    def bytes(self) -> int:
        return self.mib * MIB

    @property
    def oldest(self) -> datetime:
        return timezone.now() - timedelta(days=self.days)


def limits_of_all() -> Limits:
    return Limits(settings.CONFIG.runs_days, settings.CONFIG.runs_mib)


def limits_of(team: Team) -> Limits:
    """Return the limits of a team's runs: its own, as far as they are lower than the operator's."""
    most = limits_of_all()
    return Limits(
        min(team.runs_days or most.days, most.days), min(team.runs_mib or most.mib, most.mib), team.pk
    )


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


# Of all runs (None), and of each team with limits of its own.
_spaces: dict[int | None, _Space] = {}


def forget() -> None:
    """Look at the table before the next run is written."""
    for space in list(_spaces.values()):
        space.forget()


def make_room(size: int, team: Team | None = None) -> Limits | None:
    """Make room for a run of this size. Returns the limits that leave none, because of starred and held runs.

    Then no run is deleted for it. Raises `DatabaseError`.
    """
    if team and (team.runs_days or team.runs_mib) and not _has_room(limits_of(team), size):
        return limits_of(team)
    return None if _has_room(limits_of_all(), size) else limits_of_all()


def _has_room(limits: Limits, size: int) -> bool:
    space = _spaces.setdefault(limits.team, _Space())
    if space.takes(size, limits.bytes):
        return True
    taken, kept = in_turn(lambda: (_some_tidied(limits, size), _kept_by_people(limits)))
    in_turn(search.empty_log)
    with space.lock:
        space.used, space.writes = taken + size, 0
    reserve.hold()
    return kept + size <= limits.bytes


def begin(limits: Limits) -> None:
    """Delete the first runs that exceed new limits. The others follow with runs written later, and hourly.

    Somebody has seen how many there are, so those that are too old go even if the clock may be wrong.
    """
    in_turn(lambda: _tidied(limits, by_age=_AT_ONCE, by_size=_AT_ONCE))
    in_turn(search.empty_log)


def tidy(*, trusting: bool = True) -> int:
    """Delete runs that exceed a limit. Returns the bytes left.

    With `trusting`, even if the clock may be wrong.
    """
    left = 0
    limited = Team.objects.exclude(runs_days=None, runs_mib=None)
    for limits in (*map(limits_of, in_turn(lambda: list(limited))), limits_of_all()):
        left = in_turn(partial(_tidied_if_sure, limits, trusting=trusting))
    in_turn(search.empty_log)
    return left


def _tidied_if_sure(limits: Limits, *, trusting: bool) -> int:
    return _tidied(limits, by_age=sys.maxsize if trusting or _clock_is_trusted(limits) else 0)


def _some_tidied(limits: Limits, needed: int = 0) -> int:
    by_age = _AT_ONCE if _clock_is_trusted(limits) else 0
    return _tidied(limits, needed, by_age=by_age, by_size=_AT_ONCE)


def too_many(limits: Limits) -> int:
    """Return how many runs exceed the limits."""
    disposable = limits.runs.disposable()
    old = disposable.filter(started__lt=limits.oldest)
    count = old.count()
    taken = used(limits.runs) - used(old)
    if taken > limits.bytes:
        enough = limits.bytes * _LEFT
        younger = disposable.filter(started__gte=limits.oldest).order_by("pk").values_list("size", flat=True)
        for size in younger.iterator():
            if taken <= enough:
                break
            taken -= size
            count += 1
    return count


def delete_in_pieces(runs: QuerySet[Run], about_to_go: Callable[[Runs], None] | None = None) -> int:
    """Delete runs in transactions that need little space in SQLite's journal. Returns how many there were.

    `about_to_go` is called with those of each transaction.
    """
    gone, rows = 0, runs.order_by("pk").values_list("pk", "size")
    while piece := list(rows[:_PIECE]):
        sizes = accumulate(size for _, size in piece)
        few = [pk for (pk, _), size in zip(piece, sizes, strict=True) if size <= _PIECE_BYTES]
        gone += in_turn(partial(_delete, few or [piece[0][0]], about_to_go))
    return gone


def used(runs: QuerySet[Run] | None = None) -> int:
    """Return how many bytes these runs take, or all."""
    taken: int = (Run.objects.all() if runs is None else runs).aggregate(all=Sum("size", default=0))["all"]
    return taken


def _clock_is_trusted(limits: Limits) -> bool:
    """Whether a run older than a day is not too old yet.

    If there is none, perhaps the clock jumped ahead: what looks too old may be from yesterday. A long pause
    looks the same, so deleting by age waits until the playground has been used at this date for a day.
    A jump too small for that deletes runs too early by as much as it jumped. Waiting longer after every
    pause would keep runs beyond what was promised wherever the playground is used only now and then.
    """
    now, keeps = timezone.now(), timedelta(days=limits.days)
    return Run.objects.filter(started__range=(now - keeps, now - min(_TRUSTED_AFTER, keeps / 2))).exists()


def _tidied(limits: Limits, needed: int = 0, *, by_age: int = sys.maxsize, by_size: int = sys.maxsize) -> int:
    """Delete runs that are too old, then the oldest until there are `needed` bytes, in so many batches.

    Deletes no run for these if that many can't be had. Returns the bytes that runs take.
    """
    most = limits.bytes
    old = limits.runs.disposable().filter(started__lt=limits.oldest).values_list("pk", flat=True)
    while by_age and _delete(list(old[:_BATCH])):
        by_age -= 1
    taken = used(limits.runs)
    if _kept_by_people(limits) + needed <= most:
        most -= needed
    oldest = limits.runs.disposable().order_by("pk").values_list("pk", "size")
    enough = most * _LEFT if taken > most else taken
    while by_size and taken > enough and (batch := list(oldest[:_BATCH])):
        by_size -= 1
        left = list(accumulate((size for _, size in batch), sub, initial=taken))[:-1]
        gone = [row for row, before in zip(batch, left, strict=True) if before > enough]
        _delete([pk for pk, _ in gone])
        taken -= sum(size for _, size in gone)
    return taken


def _kept_by_people(limits: Limits) -> int:
    """Return how many bytes starred runs take, by their index, and the few that are held besides."""
    starred = limits.runs.filter(starred=True)
    held = limits.runs.filter(starred=False, key__in=Hold.objects.values("run"))
    return used(starred) + used(held)


def _delete(pks: list[int], about_to_go: Callable[[Runs], None] | None = None) -> int:
    with transaction.atomic():
        if about_to_go:
            about_to_go(Run.objects.filter(pk__in=pks))
        return search.delete(pks)
