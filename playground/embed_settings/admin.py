"""The embeds in Django's admin. Content from providers and pages is shown as text, never as HTML."""

# ruff: noqa: ARG002 -- Django passes arguments that these methods do not need

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import F, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from playground.calls import budget
from playground.embed_settings.admin_form import EmbedForm, names
from playground.embeds import recordings
from playground.embeds.models import ACCOUNT_OF_OUTER, Embed, RecordedAnswer
from playground.exchange.refusal import RefusedError
from playground.rendering.translate import translate
from playground.results.as_json import as_json
from playground.web.refusals import sentences

_DAYS = 14
# Bytes of an answer; characters of its question.
_LONGEST_SHOWN = 20_000
_LONGEST_QUESTION = 200
_MOST_ORIGINS = 5
_TAG = """<script src="{script}" defer></script>

<api-playground embed="{name}"></api-playground>"""

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Embed]
    _RecordedAnswerAdmin = admin.ModelAdmin[RecordedAnswer]
else:
    _ModelAdmin = _RecordedAnswerAdmin = admin.ModelAdmin
admin.site.site_header = admin.site.site_title = "API Playground"


class _Named(admin.AllValuesFieldListFilter):
    """A filter that shows names instead of IDs."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            shown = str(choice["display"])
            yield {**choice, "display": names(self.field_path).get(shown, shown)}


@admin.register(Embed)
class EmbedAdmin(_ModelAdmin):
    form = EmbedForm
    list_display = [
        *["name", "active", "today", "left", "recorded"],
        *["provider_named", "api_named", "key", "origins_listed"],
    ]
    list_filter = ["active", ("provider", _Named), ("api", _Named), "key"]
    search_fields = ["name", "origins"]
    actions = ["turn_off", "turn_on", "record_now", "forget_stale"]
    readonly_fields = ["tag", "recent_days", "recordings"]
    fieldsets = [
        (None, {"fields": ["name", "active", "origins"]}),
        (_("Calls"), {"fields": ["provider", "api", "request", "locked", "key", "replay_only"]}),
        (_("Per-call limits, with the server’s key"), {"fields": ["max_tokens", "n", "request_bytes"]}),
        (
            _("Daily budget, with the server’s key"),
            {"fields": ["reader_calls_a_day", "reader_tokens_a_day", "calls_a_day", "tokens_a_day"]},
        ),
        (_("Usage and saved answers"), {"fields": ["recent_days", "recordings"]}),
    ]

    class Media:
        css = {"all": ["css/admin.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: Embed | None = None) -> Any:
        """For an embed that exists, show its tag below its name and origins."""
        first, *others = super().get_fieldsets(request, obj)
        return [first, (_("Tag"), {"fields": ["tag"]}), *others] if obj else [first, *others]

    def get_object(self, request: HttpRequest, *args: Any) -> Any:
        """Return the embed with the address of its script, which is that of this request."""
        embed: Any = super().get_object(request, *args)
        if embed:
            embed.script = request.build_absolute_uri(reverse("embed.js"))
        return embed

    def get_queryset(self, request: HttpRequest) -> QuerySet[Embed]:
        today = budget.recent(ACCOUNT_OF_OUTER, 1)
        return (
            super()
            .get_queryset(request)
            .annotate(
                calls_today=Coalesce(Subquery(today.values("calls")), Value(0)),
                tokens_today=Coalesce(Subquery(today.values("tokens")), Value(0)),
            )
            .annotate(
                # A provider can report more usage than was left.
                calls_left=Greatest(F("calls_a_day") - F("calls_today"), Value(0)),
                tokens_left=Greatest(F("tokens_a_day") - F("tokens_today"), Value(0)),
            )
        )

    def save_model(self, request: HttpRequest, obj: Embed, form: Any, change: bool) -> None:
        """Save only the changed fields: someone may have turned the embed off in the meantime."""
        obj.save(update_fields=form.changed_data if change else None)
        if change and form.kept:
            words = gettext("Someone else changed “%(field)s”, so this field was not overwritten.")
            for name in form.kept:
                label = form.fields[name].label
                self.message_user(request, words % {"field": label}, messages.WARNING)

    @admin.display(description=_("tag to paste"))
    def tag(self, embed: Any) -> SafeString:
        tag = _TAG.format(script=escape(embed.script), name=escape(embed.name))
        words = gettext("Paste this into the HTML of pages at these origins:")
        return format_html("{}<pre>{}</pre>", words, tag)

    @admin.display(description=_("provider"), ordering="provider")
    def provider_named(self, embed: Embed) -> str:
        return names("provider").get(embed.provider, embed.provider)

    @admin.display(description=_("API"), ordering="api")
    def api_named(self, embed: Embed) -> str:
        return names("api").get(embed.api, embed.api)

    @admin.display(description=_("origins"))
    def origins_listed(self, embed: Embed) -> SafeString:
        first, others = (listed := embed.origins.split())[:_MOST_ORIGINS], listed[_MOST_ORIGINS:]
        return format_html_join(mark_safe("<br>"), "{}", ([one] for one in (*first, *["…"][: len(others)])))

    @admin.display(description=_("today"))
    def today(self, embed: Any) -> str:
        return _calls_and_tokens(embed.calls_today, embed.tokens_today)

    @admin.display(description=_("left today"))
    def left(self, embed: Any) -> str:
        return _calls_and_tokens(embed.calls_left, embed.tokens_left)

    @admin.display(description=_("Recent usage"))
    def recent_days(self, embed: Embed) -> str | SafeString:
        days = budget.recent(embed.account, _DAYS)
        rows = [(spent.day.isoformat(), _calls_and_tokens(spent.calls, spent.tokens)) for spent in days]
        if not rows:
            return gettext("No calls in the last %(days)s days.") % {"days": _DAYS}
        return format_html("<table>{}</table>", format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", rows))

    @admin.display(description=_("saved answers"))
    def recorded(self, embed: Embed) -> SafeString:
        matching = list(recordings.matching(embed).values())
        words = str(len(matching))
        if not all(matching):
            stale = matching.count(False)
            words = ngettext(
                "%(all)s, of which %(count)s no longer matches",
                "%(all)s, of which %(count)s no longer match",
                stale,
            ) % {"all": len(matching), "count": stale}
        address = reverse("admin:embeds_recordedanswer_changelist")
        return format_html('<a href="{}?embed__id__exact={}">{}</a>', address, embed.pk, words)

    @admin.display(description=_("saved answers"))
    def recordings(self, embed: Embed) -> str | SafeString:
        if not embed.recordings.exists():
            return gettext(
                "None yet. To save one, select this embed in the list and run the action “Save an answer”."
            )
        return self.recorded(embed)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Count the saved answers; Django would load them all, up to 64 MiB for one embed."""
        answers = RecordedAnswer.objects.filter(embed__in=objs).count()
        counts = {
            Embed._meta.verbose_name_plural: len(objs),
            RecordedAnswer._meta.verbose_name_plural: answers,
        }
        return [str(embed) for embed in objs], counts, set(), []

    @admin.action(description=_("Delete saved answers that no longer match"), permissions=["change"])
    def forget_stale(self, request: HttpRequest, embeds: QuerySet[Embed]) -> None:
        for embed in embeds:
            if count := recordings.forget_stale(embed):
                self.log_change(request, embed, gettext("Deleted saved answers."))
            words = ngettext(
                "“%(name)s”: %(count)s saved answer deleted.",
                "“%(name)s”: %(count)s saved answers deleted.",
                count,
            )
            self.message_user(request, words % {"name": embed.name, "count": count})

    @admin.action(description=_("Turn off (stops all calls)"), permissions=["change"])
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
        done = (
            ngettext("Turned on %(count)s embed.", "Turned on %(count)s embeds.", len(embeds))
            if active
            else ngettext("Turned off %(count)s embed.", "Turned off %(count)s embeds.", len(embeds))
        )
        self.message_user(request, done % {"count": len(embeds)})

    @admin.action(description=_("Save an answer (makes one call)"), permissions=["change"])
    def record_now(self, request: HttpRequest, embeds: QuerySet[Embed]) -> HttpResponse | None:
        """Save an answer for each embed. The browser downloads what was paid for but could not be saved."""
        lost = {}
        for embed in embeds:
            try:
                _exchange, problem = recordings.record(embed)
            except recordings.NotKeptError as error:
                lost[embed.name] = as_json(error.exchange, translate)
                words = [translate(error.sentence), gettext("The answer is in the downloaded file.")]
                self.message_user(request, " · ".join(words), messages.ERROR)
                continue
            except RefusedError as error:
                title, advice = translate(error.refusal.title), translate(error.refusal.advice)
                words = [title, *sentences(error.refusal).values(), advice]
                self.message_user(request, f"“{embed.name}”: {' · '.join(words)}", messages.ERROR)
                continue
            if problem:
                words = [translate(problem.title), problem.message or "", translate(problem.advice)]
                text = " · ".join(word for word in words if word)
                self.message_user(request, f"“{embed.name}”: {text}", messages.ERROR)
            else:
                self.log_change(request, embed, gettext("Saved an answer."))
                self.message_user(request, gettext("“%(name)s”: answer saved.") % {"name": embed.name})
        if not lost:
            return None
        file = JsonResponse(lost, json_dumps_params={"ensure_ascii": False, "indent": 2})
        file["Content-Disposition"] = 'attachment; filename="saved-answers.json"'
        return file


@admin.register(RecordedAnswer)
class RecordedAnswerAdmin(_RecordedAnswerAdmin):
    """Saved answers, to view and delete. Rows are loaded without the answers, which can be large."""

    list_display = ["asked", "embed", "facts", "matches"]
    list_filter = ["embed"]
    readonly_fields = ["embed", "asked", "facts", "matches", "answer"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RecordedAnswer]:
        return super().get_queryset(request).only("embed", "at").select_related("embed")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # reached through their embed

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: RecordedAnswer | None = None) -> bool:
        return request.user.has_perm("embeds.view_embed") or request.user.has_perm("embeds.change_embed")

    def has_change_permission(self, request: HttpRequest, obj: RecordedAnswer | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RecordedAnswer | None = None) -> bool:
        return request.user.has_perm("embeds.change_embed")

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        super().response_delete(request, obj_display, obj_id)  # adds the success message
        return redirect("admin:embeds_recordedanswer_changelist")

    @admin.display(description=_("request"))
    def asked(self, answer: RecordedAnswer) -> str:
        return _load(answer).question[:_LONGEST_QUESTION] or gettext("This saved answer can’t be read.")

    @admin.display(description=_("answer"))
    def facts(self, answer: RecordedAnswer) -> str:
        return _load(answer).facts

    @admin.display(description=_("matches the settings"), boolean=True)
    def matches(self, answer: RecordedAnswer) -> bool:
        return _load(answer).matches

    @admin.display(description=_("Answer"))
    def answer(self, answer: RecordedAnswer) -> SafeString:
        start = recordings.start_of_answer(answer.pk, _LONGEST_SHOWN + 1)
        text = start[:_LONGEST_SHOWN].decode("utf-8", "replace")
        return format_html("<pre>{}</pre>", text if len(start) <= _LONGEST_SHOWN else text + " …")


def _load(answer: Any) -> recordings.Recording:
    """Read the recording once for all columns of its row."""
    if not hasattr(answer, "read"):
        answer.read = recordings.read(answer.pk, answer.embed)
    read: recordings.Recording = answer.read
    return read


def _calls_and_tokens(calls: int, tokens: int) -> str:
    return gettext("Calls: %(calls)s, tokens: %(tokens)s") % {"calls": f"{calls:,}", "tokens": f"{tokens:,}"}
