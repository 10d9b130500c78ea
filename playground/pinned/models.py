"""Pins, and what their replays found."""

from typing import Any

from django.conf import settings
from django.db import models
from django.dispatch import receiver
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from playground.people.models import taken_over
from playground.pinned.checks import Check
from playground.pinned.telling import told
from playground.teams.models import Membership, Team
from playground.text.sentence import Sentence


class Every(models.TextChoices):
    NEVER = "never", _("Only by hand")
    HOUR = "hour", _("Every hour")
    DAY = "day", _("Every day")
    WEEK = "week", _("Every week")


class Outcome(models.TextChoices):
    PASSED = "passed", _("Passed")
    FAILED = "failed", _("Failed")
    UNSENT = "unsent", _("Couldn’t be sent")


class Pins(models.QuerySet["Pin"]):
    def within(self, member: Membership | None) -> "Pins":
        """Return the pins that a member of a team may see: the team's, without those of others' private runs.

        Without accounts there are no members, and no pins of teams.
        """
        if member is None:
            return self.filter(team=None)
        visible = models.Q(private=False) | models.Q(person_id=member.person_id)
        return self.filter(visible, team_id=member.team_id)


class Pin(models.Model):
    """A run, by its key, that is replayed `every` so often: at the `hour`, on the `weekday` (0 is Monday).

    The pin of a `private` run is shown to its person only. `checks` has the value of each check by its name.
    `person` is who its replays are made for, on a schedule. It is `due` next then, in UTC; while a replay is
    under way, it is still due, and `busy` since then. Once it is `paused`, `why` says why, unless a person
    did it.
    """

    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="pins")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=80)
    run = models.CharField(max_length=64, db_index=True)
    private = models.BooleanField(default=False)
    checks = models.JSONField()
    every = models.CharField(max_length=10, choices=Every.choices)
    hour = models.PositiveSmallIntegerField(default=0)
    weekday = models.PositiveSmallIntegerField(default=0)
    made = models.DateTimeField(default=timezone.now)
    due = models.DateTimeField(null=True, db_index=True)
    busy = models.DateTimeField(null=True)
    paused = models.DateTimeField(null=True)
    why = models.JSONField(null=True)

    objects = Pins.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def holder(self) -> str:
        """The name under which it holds its run."""
        return f"pin:{self.pk}"

    @property
    def reason(self) -> Sentence | None:
        return told(self.why) if self.why else None

    @property
    def day(self) -> str:
        return str(WEEKDAYS[self.weekday])

    @property
    def zone(self) -> str:
        return self.team.time_zone if self.team else "UTC"


class Attempt(models.Model):
    """A replay of a pin that was tried. `run` is the key of its run, or "".

    `verdicts` has what each check found, and may quote the answer, so it is not kept longer than the run;
    `failed` has the names of the checks that failed. `broke`: it failed, and the one before passed.
    `why` says why it was not sent.
    """

    pin = models.ForeignKey(Pin, models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    run = models.CharField(max_length=64, db_index=True)
    model = models.CharField(max_length=200)
    status = models.PositiveSmallIntegerField(null=True)
    total_ms = models.FloatField(null=True)
    verdicts = models.JSONField(default=list)
    failed = models.JSONField(default=list)
    broke = models.BooleanField(default=False)
    why = models.JSONField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.pin} · {self.at:%Y-%m-%d %H:%M} · {self.outcome}"

    @property
    def reason(self) -> Sentence | None:
        return told(self.why) if self.why else None

    @property
    def found(self) -> list[tuple[str, bool, Sentence]]:
        """For each check its label, whether it passed, and the sentence."""
        return [(str(Check(v["check"]).label), v["passed"], told(v["said"])) for v in self.verdicts]

    @property
    def failed_labels(self) -> list[str]:
        return [str(Check(name).label) for name in self.failed]


@receiver(taken_over)
def _end(person: Any, **_: Any) -> None:
    """Make no more replays for somebody who did not ask for them. The scheduler pauses these pins."""
    Pin.objects.filter(person=person).update(person=None)
