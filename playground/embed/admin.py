"""The embeds in Django's admin. What comes from outside is shown as text."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from playground.embed import budget, recorded
from playground.embed.models import Embed, RecordedAnswer, Spent
from playground.pages.reasons import REFUSED, refusal_of
from playground.pages.translate import translate
from playground.upstream.providers import catalogue

_DAYS = 14
_LONGEST_SHOWN = 20_000

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Embed]
    _ModelForm = forms.ModelForm[Embed]
else:
    _ModelAdmin, _ModelForm = admin.ModelAdmin, forms.ModelForm


class EmbedForm(_ModelForm):
    """A provider is chosen from the catalogue; lists and the request are texts of several lines."""

    class Meta:
        model = Embed
        fields = "__all__"
        widgets = {
            "origins": forms.Textarea(attrs={"rows": 4, "cols": 60}),
            "request": forms.Textarea(attrs={"rows": 14, "cols": 80, "spellcheck": "false"}),
            "locked": forms.Textarea(attrs={"rows": 4, "cols": 40}),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "provider" in self.fields:
            known = [(provider.id, provider.label) for provider in catalogue().values()]
            self.fields["provider"].widget = forms.Select(choices=known)


@admin.register(Embed)
class EmbedAdmin(_ModelAdmin):
    form = EmbedForm
    list_display = ["name", "active", "origins_listed", "provider", "key", "today", "left"]
    list_filter = ["active", "provider", "key"]
    search_fields = ["name", "origins"]
    actions = ["turn_off", "turn_on", "record_now"]
    readonly_fields = ["recent_days", "recorded_answer"]
    fieldsets = [
        (None, {"fields": ["name", "active", "origins"]}),
        (_("The call"), {"fields": ["provider", "request", "locked", "key", "replay_only"]}),
        (_("Caps of a call"), {"fields": ["max_tokens", "n", "request_bytes"]}),
        (
            _("Budgets a day, with the server’s key"),
            {"fields": ["reader_calls_a_day", "reader_tokens_a_day", "calls_a_day", "tokens_a_day"]},
        ),
        (_("So far"), {"fields": ["recent_days", "recorded_answer"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Embed]:
        today = Spent.objects.filter(embed=OuterRef("pk"), day=timezone.now().date(), reader=budget.ALL)
        return (
            super()
            .get_queryset(request)
            .annotate(
                calls_today=Coalesce(Subquery(today.values("calls")), Value(0)),
                tokens_today=Coalesce(Subquery(today.values("tokens")), Value(0)),
            )
            .annotate(
                # What a provider reports can be more than was left.
                calls_left=Greatest(F("calls_a_day") - F("calls_today"), Value(0)),
                tokens_left=Greatest(F("tokens_a_day") - F("tokens_today"), Value(0)),
            )
        )

    @admin.display(description=_("origins"))
    def origins_listed(self, embed: Embed) -> str:
        return ", ".join(embed.origins.split())

    @admin.display(description=_("today"))
    def today(self, embed: Any) -> str:
        return _calls_and_tokens(embed.calls_today, embed.tokens_today)

    @admin.display(description=_("left today"))
    def left(self, embed: Any) -> str:
        return _calls_and_tokens(embed.calls_left, embed.tokens_left)

    @admin.display(description=_("Recent days"))
    def recent_days(self, embed: Embed) -> str | SafeString:
        since = timezone.now().date() - timedelta(days=_DAYS)
        days = Spent.objects.filter(embed=embed, day__gt=since, reader=budget.ALL).order_by("-day")
        rows = [(spent.day.isoformat(), _calls_and_tokens(spent.calls, spent.tokens)) for spent in days]
        if not rows:
            return gettext("Nothing was spent in the last %(days)s days.") % {"days": _DAYS}
        return format_html("<table>{}</table>", format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", rows))

    @admin.display(description=_("Recorded answer"))
    def recorded_answer(self, embed: Embed) -> str | SafeString:
        answer = RecordedAnswer.objects.filter(embed=embed).first()
        if answer is None:
            return gettext("None yet. Choose the embed in the list, and the action that records one.")
        text = bytes(answer.body).decode("utf-8", "replace")
        return format_html(
            "<p>{} UTC · {} · {}</p><pre>{}</pre>",
            answer.at.strftime("%Y-%m-%d %H:%M"),
            answer.received["status"],
            answer.content_type,
            text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + " …",
        )

    @admin.action(description=_("Turn off: readers' calls are refused from now on"), permissions=["change"])
    def turn_off(self, request: HttpRequest, embeds: QuerySet[Embed]) -> None:
        self._switch(request, embeds, active=False)

    @admin.action(description=_("Turn on"), permissions=["change"])
    def turn_on(self, request: HttpRequest, embeds: QuerySet[Embed]) -> None:
        self._switch(request, embeds, active=True)

    def _switch(self, request: HttpRequest, embeds: QuerySet[Embed], *, active: bool) -> None:
        for embed in embeds:
            Embed.objects.filter(pk=embed.pk).update(active=active)
            words = gettext("Turned on.") if active else gettext("Turned off.")
            self.log_change(request, embed, words)
        done = ngettext("%(count)s embed was switched.", "%(count)s embeds were switched.", len(embeds))
        self.message_user(request, done % {"count": len(embeds)})

    @admin.action(description=_("Record the answer now: makes the call once"), permissions=["change"])
    def record_now(self, request: HttpRequest, embeds: QuerySet[Embed]) -> None:
        for embed in embeds:
            try:
                _exchange, problem = recorded.record(embed)
            except REFUSED as error:
                refusal = refusal_of(error)
                sentences = [translate(refusal.title), *refusal.sentences.values(), translate(refusal.advice)]
                self.message_user(request, f"“{embed.name}”: {' · '.join(sentences)}", messages.ERROR)
                continue
            if problem:
                words = [translate(problem.title), problem.message or "", translate(problem.advice)]
                text = " · ".join(word for word in words if word)
                self.message_user(request, f"“{embed.name}”: {text}", messages.ERROR)
            else:
                self.log_change(request, embed, gettext("Recorded an answer."))
                self.message_user(request, gettext("“%(name)s”: recorded.") % {"name": embed.name})


def _calls_and_tokens(calls: int, tokens: int) -> str:
    return gettext("%(calls)s calls, %(tokens)s tokens") % {"calls": calls, "tokens": tokens}
