"""A run: one call, kept with its whole Exchange."""

import json
import zlib
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from playground.calls.cost import Cost
from playground.dialects import DIALECTS
from playground.exchange import archive
from playground.exchange.archive import ArchiveError
from playground.exchange.failure import FailureKind
from playground.exchange.record import Exchange
from playground.teams.models import Membership, Team

# Level 1: a stream repeats itself so much that it shrinks to a tenth anyway.
_LEVEL = 1


class Runs(models.QuerySet["Run"]):
    def named(self, keys: Iterable[str]) -> "Runs":
        """Return the runs with these keys, which come from outside: PostgreSQL takes no NUL."""
        return self.filter(key__in=[key for key in keys if "\0" not in key])

    def within(self, member: Membership | None) -> "Runs":
        """Return the runs that a member of a team may see: the team's, without the private ones of others.

        Without accounts there are no members, and everybody sees all.
        """
        if member is None:
            return self
        visible = models.Q(private=False) | models.Q(person_id=member.person_id)
        return self.filter(visible, team_id=member.team_id)

    def disposable(self) -> "Runs":
        """Return the runs that retention may delete: those that are neither starred nor held."""
        return self.filter(starred=False).exclude(key__in=Hold.objects.values("run"))

    def without_record(self) -> "Runs":
        """Return the runs as lists read them: without their largest columns."""
        return self.defer("record", "words")


class Run(models.Model):
    """One call. `record` is the compressed archive of its Exchange and never changes.

    The other columns are derived from the record so that lists and searches don't read it; only `starred`,
    `tags` and what follows from them can change. `key` is the exchange's id and names the run to people.
    `parent` is the key of the run that this one repeats or continues, if any, even if that was deleted.
    `words` is what `runs.words` finds in it, `parameters` what tells calls with the same messages apart.
    `size` is in bytes. With accounts, a run belongs to a `team` and the `person` who sent it; only that
    person sees a `private` one.
    """

    key = models.CharField(max_length=64, unique=True)
    started = models.DateTimeField(db_index=True)
    who = models.CharField(max_length=64)
    provider = models.CharField(max_length=80)
    host = models.CharField(max_length=300)
    dialect = models.CharField(max_length=40)
    model = models.CharField(max_length=200)
    # Null in older runs: a column that can be null is added without rewriting every row.
    parameters = models.CharField(max_length=300, null=True)  # noqa: DJ001
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=60)
    question = models.CharField(max_length=300)
    answer = models.CharField(max_length=300)
    prompt_tokens = models.PositiveBigIntegerField(null=True)
    completion_tokens = models.PositiveBigIntegerField(null=True)
    cost_usd = models.DecimalField(max_digits=24, decimal_places=12, null=True)
    prices_of = models.DateField(null=True)
    first_token_ms = models.FloatField(null=True)
    total_ms = models.FloatField()
    parent = models.CharField(max_length=64, db_index=True)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    private = models.BooleanField(default=False)
    starred = models.BooleanField(default=False)
    tags = models.CharField(max_length=300)
    size = models.PositiveBigIntegerField()
    words = models.TextField()
    record = models.BinaryField()

    objects = Runs.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        indexes = [
            models.Index(fields=["starred", "size"], name="kept_bytes"),
            models.Index(fields=["team", "started", "starred", "size"], name="kept_of_a_team"),
            # Each run is in one of these: see `Runs.within`.
            models.Index(fields=["team", "id"], name="seen_by_a_team", condition=models.Q(private=False)),
            models.Index(
                fields=["team", "person", "id"], name="seen_by_a_person", condition=models.Q(private=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.started:%Y-%m-%d %H:%M}"

    @property
    def stopped(self) -> bool:
        """Whether a person stopped the call, which is no fault of anyone's."""
        return self.error == FailureKind.STOPPED

    @property
    def cost(self) -> Cost | None:
        """The estimate from when the run was written; None if no price was known."""
        return None if self.cost_usd is None else Cost(self.cost_usd, self.prices_of)

    @cached_property
    def archive(self) -> dict[str, Any]:
        """The archive as it was written. Raises `ArchiveError` if the record is damaged."""
        try:
            value: dict[str, Any] = json.loads(zlib.decompress(bytes(self.record)))
        except (zlib.error, ValueError, RecursionError) as error:
            raise ArchiveError(f"a damaged record: {type(error).__name__}") from error
        return value

    @cached_property
    def exchange(self) -> Exchange:
        """The Exchange, exactly as it was recorded. Raises `ArchiveError`."""
        return archive.load(self.archive, DIALECTS)

    @property
    def short(self) -> str:
        """The beginning of the key, by which people tell runs apart."""
        return self.key[:8]


class Hold(models.Model):
    """Keeps a run, by its key, from retention for a `holder` that needs it, as a star does for people."""

    run = models.CharField(max_length=64, db_index=True)
    holder = models.CharField(max_length=40, unique=True)

    def __str__(self) -> str:
        return f"{self.holder} · {self.run}"


def packed(exchange: Exchange) -> bytes:
    """Return the exchange as `Run.record` keeps it."""
    return zlib.compress(json.dumps(archive.dump(exchange)).encode(), _LEVEL)
