"""A prompt: a request of a team under a name. Each time it is saved is a version, which never changes."""

import json
import secrets
import zlib
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from playground.prompts.content import Content
from playground.teams.models import Membership, Team


def _new_key() -> str:
    return secrets.token_urlsafe(9)


class Prompts(models.QuerySet["Prompt"]):
    def within(self, member: Membership | None) -> "Prompts":
        """Return the prompts of a member's team. Without accounts there are no members: all."""
        return self.filter(team_id=member.team_id) if member else self


class Prompt(models.Model):
    """`latest` is the number of its latest version; the other columns describe that version for lists.

    `key` names the prompt in its URL.
    """

    key = models.CharField(max_length=20, unique=True, default=_new_key)
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="prompts")
    name = models.CharField(_("name"), max_length=80)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    latest = models.PositiveIntegerField(default=0)
    changed = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    place = models.CharField(max_length=300)
    model = models.CharField(max_length=200)
    beginning = models.CharField(max_length=300)

    objects = Prompts.as_manager()

    class Meta:
        verbose_name = _("prompt")
        verbose_name_plural = _("prompts")
        indexes = [models.Index(fields=["team", "-changed"], name="prompts_of_a_team")]

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """What a prompt was from one save to the next. `packed` is the compressed JSON of its `Content`."""

    prompt = models.ForeignKey(Prompt, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    made = models.DateTimeField(default=timezone.now)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    note = models.CharField(_("note"), max_length=200, blank=True)
    size = models.PositiveIntegerField()
    packed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prompt", "number"], name="one_version_each")]

    def __str__(self) -> str:
        return f"{self.prompt} · {self.number}"

    @property
    def content(self) -> Content:
        return Content.of_text(zlib.decompress(bytes(self.packed)))

    @property
    def saved(self) -> Any:
        """The content as JSON."""
        return json.loads(zlib.decompress(bytes(self.packed)))
