"""The embeds in the database: the settings of each, and its saved answers."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from playground.calls import budget, caps
from playground.calls.draft import checked_request
from playground.calls.estimate import worst_case
from playground.catalogue.caps import Caps
from playground.catalogue.providers import LOCAL_MODEL, Provider, catalogue
from playground.dialects import DEFAULT, DIALECTS
from playground.dialects.spelling import all_names
from playground.embeds import policy
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.exchange.request import Request
from playground.forms.link import link_body
from playground.rendering.translate import translate
from playground.teams.models import Team
from playground.text import jsontext
from playground.text.sentence import Sentence, SentenceError, gettext_noop, say

_MOST_ORIGINS = 50
_CAPS = ("max_tokens", "n", "request_bytes")
_ACCOUNT = "embed:"
_LEAVE_EMPTY = gettext_noop("Leave empty to use the limit of the provider.")
_CHOOSE = gettext_noop("Use one of: %(known)s.")
# `Embed.account` as an expression, for a subquery in a query of embeds.
ACCOUNT_OF_OUTER = Concat(Value(_ACCOUNT), Cast(OuterRef("pk"), models.CharField()))


class Embed(models.Model):
    """A playground in other people's pages. Lists have one item per line; budgets are per UTC day.

    One of a `team` is paid for by the team's key `team_key` or, if that is "", by a key that the operator
    gave to the team.
    """

    class Key(models.TextChoices):
        """Whose key a reader's call uses."""

        READER = "reader", _("Reader’s own key")
        SERVER = "server", _("Server’s key")

    name = models.SlugField(
        _("name"), max_length=80, unique=True, help_text=_("The tags in your pages use this name.")
    )
    active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Turn off to stop all calls at once. Saved answers are still shown."),
    )
    origins = models.TextField(
        _("origins"),
        help_text=_("Sites that can show the embed, one per line, such as https://docs.example.org."),
    )
    provider = models.CharField(_("provider"), max_length=80)
    api = models.CharField(
        _("API"), max_length=40, default=DEFAULT.id, help_text=_("The API that the request is written for.")
    )
    request = models.TextField(
        _("request"),
        help_text=_("The request body, as JSON. A request in a page’s tag takes precedence."),
    )
    locked = models.TextField(
        _("locked fields"),
        blank=True,
        help_text=_("Fields of the request that readers can’t change, one per line, such as model."),
    )
    key = models.CharField(_("API key"), max_length=10, choices=Key.choices, default=Key.READER)
    replay_only = models.BooleanField(
        _("saved answers only"), default=False, help_text=_("Readers can’t make calls.")
    )
    max_tokens = models.PositiveIntegerField(
        _("output tokens per call"), null=True, blank=True, help_text=_(_LEAVE_EMPTY)
    )
    n = models.PositiveIntegerField(_("choices per call"), null=True, blank=True, help_text=_(_LEAVE_EMPTY))
    request_bytes = models.PositiveIntegerField(
        _("request size in bytes"), null=True, blank=True, help_text=_(_LEAVE_EMPTY)
    )
    reader_calls_a_day = models.PositiveIntegerField(_("daily calls per reader"), default=20)
    reader_tokens_a_day = models.PositiveIntegerField(_("daily tokens per reader"), default=20_000)
    calls_a_day = models.PositiveIntegerField(_("daily calls of all readers"), default=500)
    tokens_a_day = models.PositiveIntegerField(_("daily tokens of all readers"), default=200_000)

    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, editable=False, related_name="embeds"
    )
    team_key = models.CharField(max_length=80, blank=True, editable=False, db_default="")

    class Meta:
        verbose_name = _("embed")
        verbose_name_plural = _("embeds")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def allowed_origins(self) -> list[str]:
        """The valid origins: a line that was saved without validation allows nothing."""
        found = []
        for line in _items(self.origins):
            try:
                found.append(policy.allowed_origin(line))
            except policy.PolicyError:
                continue
        return found

    @property
    def dialect(self) -> Dialect:
        """The API in which `request` is written."""
        return DIALECTS.get(self.api, DEFAULT)

    @property
    def locked_names(self) -> frozenset[str]:
        """What readers can't change, including parameters within a field: `reasoning.effort`."""
        names = all_names(_items(self.locked), self.dialect.fields)
        parameters = (parameter.name for parameter in self.dialect.parameters)
        return names.union(name for name in parameters if name.partition(".")[0] in names)

    @property
    def locked_fields(self) -> frozenset[str]:
        """The form's fields that readers can't change: `thinking` includes `thinking.type`."""
        locked = self.locked_names
        parts = {each.name for each in self.dialect.parameters if each.name.partition(".")[0] in locked}
        return locked | parts

    @property
    def body(self) -> dict[str, Any]:
        """The author's request. Raises `InvalidRequestError` if it was saved without validation."""
        return link_body(self.request, self.dialect)

    def asked(self, tag: Mapping[str, Any]) -> dict[str, Any]:
        """Return a tag's request under these settings; for {} the embed's own. Raises as `body` does."""
        return policy.offered(self.body, self.locked_names, tag, self.dialect.fields)

    def speaks(self, api: str) -> bool:
        """Return whether the request of a tag with this `api` ("" if it has none) is for the embed's API."""
        return api in ("", self.dialect.id)

    def overruled(self, tag: Mapping[str, Any], provider: str = "", api: str = "") -> list[str]:
        """Return what the settings override in a tag: locked fields, provider, API. Raises as `body` does.

        A request for another API is not used at all, so its `tag` is {}.
        """
        fields = policy.overruled(self.body, self.locked_names, tag, self.dialect)
        others = ["provider"] if provider not in ("", self.provider) else []
        return [*others, *([] if self.speaks(api) else ["api", "request"]), *fields]

    def digest_of(self, body: Mapping[str, Any]) -> str:
        """Return the digest under which the answer to a request is saved."""
        return policy.digest(body, self.dialect)

    @property
    def account(self) -> str:
        """The account under which its readers' calls are counted."""
        return f"{_ACCOUNT}{self.pk}"

    @property
    def limits(self) -> budget.Limits:
        return budget.Limits(
            self.reader_calls_a_day, self.reader_tokens_a_day, self.calls_a_day, self.tokens_a_day
        )

    @property
    def digest(self) -> str:
        """A digest of all settings except `active`, which is checked on every send."""
        rules = [
            (field.name, field.value_from_object(self))
            for field in self._meta.concrete_fields
            if field.name not in ("id", "active")
        ]
        return hashlib.sha256(repr(rules).encode()).hexdigest()[:16]

    @property
    def caps(self) -> Caps:
        """The per-call limits: its own, but never above the provider's."""
        widest = catalogue()[self.provider].caps if self.provider in catalogue() else Caps(models=("",))
        own = {name: value for name in _CAPS if isinstance(value := getattr(self, name), int) and value}
        return replace(widest, **{name: min(value, getattr(widest, name)) for name, value in own.items()})

    def clean(self) -> None:
        """Raise `ValidationError` with a sentence for each invalid field."""
        super().clean()
        problems: dict[str, list[Sentence]] = {}
        provider = catalogue().get(self.provider)
        if provider is None:
            problems["provider"] = [_unknown(self.provider)]
        spoken = provider.dialects if provider else DIALECTS
        if self.api not in spoken:
            problems["api"] = [say(_CHOOSE, known=tuple(spoken))]
        self.origins, problems["origins"] = _checked(self.origins, policy.allowed_origin)
        if len(_items(self.origins)) > _MOST_ORIGINS:
            problems["origins"] = [say(gettext_noop("Enter at most %(most)s origins."), most=_MOST_ORIGINS)]
        self.locked, problems["locked"] = _checked(self.locked, policy.field_name)
        problems["locked"] += map(_named, policy.vain_locks(_items(self.locked), self.dialect, self.request))
        if provider:
            problems |= {name: self._cap_problems(name, provider.caps) for name in _CAPS}
        chat, problems["request"] = self._checked_request()
        if chat and provider and self._is_paid_for(provider) and not any(problems.values()):
            problems |= self._expense_problems(chat)
        problems = {name: found for name, found in problems.items() if found and getattr(self, name) != ""}
        if problems:  # without those of empty fields, which have their error from `clean_fields`
            raise ValidationError({name: [*map(translate, found)] for name, found in problems.items()})

    def _checked_request(self) -> tuple[Request | None, list[Sentence]]:
        if not self.request:
            return None, []  # reported as a required field
        try:
            return checked_request(self.dialect, jsontext.loads(self.request)), []
        except jsontext.JSONTextError as error:
            return None, [error.sentence]
        except InvalidRequestError as error:
            return None, [_named(item) for item in error.problems]

    def _is_paid_for(self, provider: Provider) -> bool:
        """Return whether the operator pays for calls: with a key, or with a machine that needs none."""
        is_own = provider.key_variable is None or provider.id == LOCAL_MODEL
        return not self.replay_only and (self.key == self.Key.SERVER or is_own)

    def _cap_problems(self, name: str, widest: Caps) -> list[Sentence]:
        own, most = getattr(self, name), getattr(widest, name)
        if own is None or 1 <= own <= most:
            return []
        return [
            say(
                gettext_noop("Enter a number from 1 to %(most)s, the limit for this provider."),
                most=f"{most:,}",
            )
        ]

    def _expense_problems(self, chat: Request) -> dict[str, list[Sentence]]:
        """Return why the author's own request could never be sent."""
        if beyond := caps.problems(chat, self.caps):
            return {"request": [_named(error) for error in beyond]}
        worst = worst_case(chat)
        too_low = say(
            gettext_noop("Enter at least %(worst)s: one call can use that many tokens."),
            worst=f"{worst:,}",
        )
        names = ("reader_tokens_a_day", "tokens_a_day")
        return {name: [too_low] for name in names if getattr(self, name) < worst}


@receiver(post_delete, sender=Embed)
def _forget_spent(instance: Embed, **_: Any) -> None:
    budget.forget(instance.account)


class JSONText(models.TextField):  # type: ignore[type-arg]
    """A JSON value, stored as text.

    PostgreSQL's own JSON type sorts an object's fields, rewrites numbers and rejects U+0000.
    """

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        del expression, connection
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else json.dumps(value)

    def to_python(self, value: Any) -> Any:
        return value


class RecordedAnswer(models.Model):
    """A saved Exchange, shown when no call is made: its archive, and the answer's body.

    `question`, `status` and `content_type` are for lists. `tag` is the request of a page's tag, {} for the
    embed's own; `digest` is that of the resulting request. `size` is in bytes.
    """

    embed = models.ForeignKey(Embed, models.CASCADE, related_name="recordings", verbose_name=_("embed"))
    digest = models.CharField(max_length=32)
    tag = JSONText(default=dict)
    size = models.PositiveBigIntegerField(default=0)
    at = models.DateTimeField()
    provider = models.CharField(max_length=80)
    question = models.TextField()
    status = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=200)
    archive = JSONText()
    body = models.BinaryField()

    class Meta:
        verbose_name = _("saved answer")
        verbose_name_plural = _("saved answers")
        constraints = [models.UniqueConstraint(fields=["embed", "digest"], name="one_recording_a_request")]
        ordering = ["at"]

    def __str__(self) -> str:
        return f"{self.embed_id} {self.at:%Y-%m-%d %H:%M}"

    def matches(self, embed: Embed) -> bool:
        """Return whether the tag still results in the same request. Raises as `Embed.body` does."""
        return self.provider == embed.provider and self.digest == embed.digest_of(embed.asked(self.tag))


def _items(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _checked(text: str, check: Any) -> tuple[str, list[Sentence]]:
    """Return the items without duplicates, one per line, and what is wrong with them."""
    kept, problems = [], []
    for item in _items(text):
        try:
            kept.append(check(item))
        except SentenceError as error:
            kept.append(item)
            problems.append(error.sentence)
    return "\n".join(dict.fromkeys(kept)), problems


def _unknown(provider: str) -> Sentence:
    if provider == LOCAL_MODEL:
        return say(
            gettext_noop(
                "The local model is available only while scripts/play runs. Edit the embed in its /admin/."
            )
        )
    return say(_CHOOSE, known=tuple(catalogue()))


def _named(error: FieldProblem) -> Sentence:
    return say("%(name)s: %(problem)s", name=error.field, problem=error.sentence)
