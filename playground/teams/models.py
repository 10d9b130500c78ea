"""Teams, their members, invitations, and what happened in them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from playground.teams.latency import nothing


class Role(models.TextChoices):
    """What a member is; `teams.access` decides what each may do. The later may do what the earlier may."""

    VIEWER = "viewer", _("Viewer")
    MEMBER = "member", _("Member")
    ADMIN = "admin", _("Admin")
    OWNER = "owner", _("Owner")


class Team(models.Model):
    """Its days and months begin at midnight in `time_zone`, an IANA name.

    It keeps its runs for `runs_days` and in `runs_mib`, as far as these are lower than the operator's.
    """

    name = models.CharField(_("name"), max_length=80)
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC", db_default="UTC")
    made = models.DateTimeField(default=timezone.now)
    runs_days = models.PositiveIntegerField(null=True)
    runs_mib = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in a team, once."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="members")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    joined = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [models.UniqueConstraint(fields=["team", "person"], name="once_in_a_team")]

    def __str__(self) -> str:
        return f"{self.person} · {self.team} · {self.get_role_display()}"


class Invitation(models.Model):
    """An invitation to a team. Its link works once; only a digest of the link's secret is kept.

    `email` is who it was made for, or "" for whoever has the link. It ends when it expires, is used (by
    `used_by`, even if that person is gone later), or is withdrawn.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="invitations")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    email = models.EmailField(_("email address"), blank=True)
    digest = models.CharField(max_length=64, unique=True)
    made = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    withdrawn = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return f"{self.team} · {self.email or '…'} · {self.get_role_display()}"


class Subject(models.TextChoices):
    """What a budget is for."""

    TEAM = "team", _("The whole team")
    EACH = "each", _("Each member")
    PERSON = "person", _("One member")
    KEY = "key", _("A key")
    MODEL = "model", _("A model")


class Period(models.TextChoices):
    DAY = "day", _("a day")
    MONTH = "month", _("a month")


class Budget(models.Model):
    """The most that may be used in each day or month: calls, tokens, and USD, as far as they are set.

    A budget of one `person` takes the place of that of each member for the same period; all others apply
    together. `name` is the model, the key as `budgets.key_of` names it, or the number of the `person`. Only
    calls that the team or the operator pays for count.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="budgets")
    subject = models.CharField(max_length=10, choices=Subject.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=200, blank=True)
    period = models.CharField(max_length=10, choices=Period.choices)
    calls = models.PositiveBigIntegerField(null=True, blank=True)
    tokens = models.PositiveBigIntegerField(null=True, blank=True)
    usd = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            models.UniqueConstraint(fields=["team", "subject", "name", "period"], name="one_budget_each")
        ]

    def __str__(self) -> str:
        return f"{self.team} · {self.get_subject_display()} · {self.get_period_display()}"

    @property
    def account(self) -> str:
        """The account under which it is charged."""
        return f"budget:{self.pk}"


class Used(models.Model):
    """What a person used on a day of their team with one key and model. Written after each call.

    `day` began at midnight in the team's time zone. `key` is a team's key or the operator's variable, or ""
    if neither pays. `provider` is "" for a base URL that was typed, and `model` is `uses.OTHER` for those
    beyond the first ones of a day. `person` is None once the account is deleted, and for readers of an
    `embed`. `unpriced` calls used tokens whose price is unknown: their cost is missing in `nanousd`.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="used")
    day = models.DateField()
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    embed = models.CharField(max_length=80, blank=True, default="", db_default="")
    key = models.CharField(max_length=200, blank=True)
    provider = models.CharField(max_length=100, blank=True)
    model = models.CharField(max_length=100, blank=True)
    calls = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    stopped = models.PositiveBigIntegerField(default=0)
    unpriced = models.PositiveBigIntegerField(default=0)
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    completion_tokens = models.PositiveBigIntegerField(default=0)
    nanousd = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "day", "person", "key", "provider", "model"], name="one_use_a_day"
            ),
            # Databases take all that have no person for different ones.
            models.UniqueConstraint(
                fields=["team", "day", "embed", "key", "provider", "model"],
                condition=~models.Q(embed=""),
                name="one_use_of_an_embed_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team} · {self.day} · {self.person} · {self.model}"


class Timed(models.Model):
    """How long a team's successful calls to a model took on a day: how many are in each bucket of `latency`.

    `first` is the time to the first token.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="timed")
    day = models.DateField()
    model = models.CharField(max_length=100, blank=True)
    total = models.JSONField(default=nothing)
    first = models.JSONField(default=nothing)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "day", "model"], name="one_time_a_day")]

    def __str__(self) -> str:
        return f"{self.team} · {self.day} · {self.model}"


class Kind(models.TextChoices):
    """What the audit log tells."""

    TEAM_MADE = "team_made", _("made the team")
    TEAM_RENAMED = "team_renamed", _("renamed the team")
    INVITED = "invited", _("invited")
    INVITATION_WITHDRAWN = "invitation_withdrawn", _("withdrew the invitation of")
    JOINED = "joined", _("joined")
    ROLE_CHANGED = "role_changed", _("changed the role of")
    REMOVED = "removed", _("removed")
    LEFT = "left", _("left")
    BUDGET_SET = "budget_set", _("set the budget")
    BUDGET_REMOVED = "budget_removed", _("removed the budget")
    BUDGET_NEARLY_USED = "budget_nearly_used", _("nearly used up the budget")
    TIME_ZONE_CHANGED = "time_zone_changed", _("changed the time zone")
    RETENTION_CHANGED = "retention_changed", _("changed how long runs are kept")
    TEAM_EXPORTED = "team_exported", _("exported the team")
    TEAM_DELETED = "team_deleted", _("deleted the team")
    ACCOUNT_EXPORTED = "account_exported", _("exported the account")
    ACCOUNT_DELETED = "account_deleted", _("deleted the account")
    TOKEN_MADE = "token_made", _("made the API token")
    TOKEN_REVOKED = "token_revoked", _("revoked the API token")
    USAGE_EXPORTED = "usage_exported", _("exported the usage")
    RUNS_EXPORTED = "runs_exported", _("exported runs")
    RUNS_DELETED = "runs_deleted", _("deleted runs")
    RUN_PINNED = "run_pinned", _("pinned a run as")
    PIN_CHANGED = "pin_changed", _("changed the pin")
    PIN_FAILED = "pin_failed", _("saw a check fail at the pin")
    PIN_PAUSED = "pin_paused", _("paused the pin")
    PIN_RESUMED = "pin_resumed", _("resumed the pin")
    PIN_TAKEN_OVER = "pin_taken_over", _("took over the pin")
    PIN_DELETED = "pin_deleted", _("deleted the pin")
    PROMPT_MADE = "prompt_made", _("saved the prompt")
    PROMPT_CHANGED = "prompt_changed", _("changed the prompt")
    PROMPT_RENAMED = "prompt_renamed", _("renamed the prompt")
    PROMPT_DELETED = "prompt_deleted", _("deleted the prompt")
    EMBED_MADE = "embed_made", _("made the embed")
    EMBED_CHANGED = "embed_changed", _("changed the embed")
    EMBED_OFF = "embed_off", _("turned off the embed")
    EMBED_ON = "embed_on", _("turned on the embed")
    EMBED_DELETED = "embed_deleted", _("deleted the embed")
    SIGNED_IN = "signed_in", _("signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("failed to sign in")
    SIGNED_OUT = "signed_out", _("signed out")
    KEY_MADE = "key_made", _("added the key")
    KEY_USED = "key_used", _("used the key")
    KEY_REPLACED = "key_replaced", _("replaced the key")
    KEY_SHARED = "key_shared", _("changed who may use the key")
    KEY_LIMITED = "key_limited", _("changed the limits of the key")
    KEY_OFF = "key_off", _("turned off the key")
    KEY_ON = "key_on", _("turned on the key")
    LINK_MADE = "link_made", _("made a public link to the run")
    LINK_REVOKED = "link_revoked", _("revoked a public link to the run")
    KEY_DELETED = "key_deleted", _("deleted the key")


def kinds() -> list[tuple[str, Any]]:
    """A function, so that a new kind needs no migration."""
    return Kind.choices


class Event(models.Model):
    """One line of the audit log: who did what to what. Written once, in the transaction of what it tells.

    `actor` and `about` are names as they were then, so that the line outlives what it names; `actor` is ""
    for a command. It never holds content or keys.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="events", null=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    actor = models.CharField(max_length=254)
    kind = models.CharField(max_length=40, choices=kinds)
    about = models.CharField(max_length=300)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [models.Index(fields=["team", "-at"], name="events_of_a_team")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.kind} {self.about}"
