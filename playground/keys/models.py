"""A key that the playground keeps, and who used it when."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from playground.database.rows import rows_with
from playground.teams.access import Action, allows
from playground.teams.models import Membership, Team


class Audience(models.TextChoices):
    """Who may use a key, of those whose role allows calls."""

    TEAM = "team", _("Everyone in the team who can send")
    ADMINS = "admins", _("Admins and owners")
    PEOPLE = "people", _("Chosen people")
    OWN = "own", _("Only me")


class Keys(models.QuerySet["Key"]):
    def shown_to(self, member: Membership) -> "Keys":
        """Return what a member sees in the list: their own keys, and for admins the team's."""
        seen = Q(member=member)
        if allows(member.role, Action.MANAGE):
            seen |= Q(member=None)
        return self.filter(seen, team_id=member.team_id)


class Key(models.Model):
    """A key of a team or, with `member`, of one person in it.

    It is for a `provider`, or else for the origin of `base_url`, where `dialect` and `auth` are the first
    choice. `sealed` is its ciphertext (see `sealing`); `tail` and `fingerprint` are all that is ever shown of
    it. A call with it may use `only_models`, if there are any, and at most `most_tokens` for its answer. It
    can be used until it is turned `off` or `ends`. A key that replaces another one takes over its
    place in the order: `since` is when the first of them was made.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="keys")
    member = models.ForeignKey(Membership, models.CASCADE, null=True, related_name="own_keys")
    name = models.CharField(_("name"), max_length=80)
    provider = models.CharField(_("provider"), max_length=80)
    base_url = models.CharField(_("base URL"), max_length=500)
    dialect = models.CharField(max_length=40)
    auth = models.CharField(max_length=20)
    sealed = models.TextField()
    tail = models.CharField(max_length=4)
    fingerprint = models.CharField(max_length=16)
    audience = models.CharField(max_length=10, choices=Audience.choices)
    people = models.ManyToManyField(Membership, related_name="+")
    only_models = models.JSONField(default=list, db_default=[])
    most_tokens = models.PositiveBigIntegerField(null=True)
    made = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    replaces = models.ForeignKey("self", models.SET_NULL, null=True, related_name="replaced_by")
    since = models.DateTimeField(default=timezone.now)
    ends = models.DateTimeField(null=True)
    off = models.DateTimeField(null=True)

    objects = Keys.as_manager()

    class Meta:
        verbose_name = _("key")
        verbose_name_plural = _("keys")
        ordering = ["name", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} …{self.tail}" if self.tail else self.name

    @property
    def is_in_use(self) -> bool:
        """Whether it is neither turned off nor past its last day."""
        return self.off is None and (self.ends is None or self.ends > timezone.now())

    def is_for(self, member: Membership) -> bool:
        """Whether a member of its team may use it."""
        match Audience(self.audience):
            case Audience.TEAM:
                return True
            case Audience.ADMINS:
                return allows(member.role, Action.MANAGE)
            case Audience.PEOPLE:
                return self.people.filter(pk=member.pk).exists()
            case Audience.OWN:
                return self.member_id == member.pk


def lent_to(member: Membership, provider: str | None = None) -> list[Key]:
    """Return the keys that a member may use now, the first choice first; with `provider`, those for it.

    A personal key comes before the team's, a new key before the one that it replaces.
    """
    if not allows(member.role, Action.SEND):
        return []
    of_team: dict[str, object] = {"team": member.team_id}
    of_team |= {} if provider is None else {"provider": provider}
    keys = rows_with(Key, list(of_team), [tuple(of_team.values())])
    found = [key for key in keys if key.is_in_use and key.is_for(member)]
    for key in found:
        key.team, key.member = member.team, member if key.member_id else None
    return sorted(found, key=lambda key: (key.member_id is None, key.since, -key.pk))


class Use(models.Model):
    """That a person used a key on a day (in UTC): how many calls, and how many of them it was rejected in.

    `person` is None for readers of the team's embeds.
    """

    key = models.ForeignKey(Key, models.CASCADE, related_name="uses")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    day = models.DateField()
    last = models.DateTimeField()
    calls = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("use of a key")
        verbose_name_plural = _("uses of keys")
        constraints = [models.UniqueConstraint(fields=["key", "person", "day"], name="once_a_day")]

    def __str__(self) -> str:
        return f"{self.key} · {self.person} · {self.day}"
