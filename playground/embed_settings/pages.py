"""Pages of a team's embeds, for its admins: the list, one with its tag, usage, and saved answers."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.calls import budget
from playground.embed_settings.team_form import TeamEmbedForm
from playground.embeds import recordings
from playground.embeds.models import Embed
from playground.exchange.refusal import Refusal, RefusedError
from playground.forms.posted import unknown
from playground.people.asked import of_team
from playground.rendering.translate import translate
from playground.teams.access import Action
from playground.teams.audit import note
from playground.teams.models import Kind, Membership, Team
from playground.text.numbers import number_in
from playground.text.sentence import gettext_noop, say

_CHANGES = ("on", "off", "delete", "record", "forget", "forget-stale")
_DAYS = 14
NO_EMBED = Refusal(
    404,
    "no_embed",
    say(gettext_noop("Embed not found")),
    say(gettext_noop("Check the address. Someone may have deleted the embed.")),
)
_FULL = Refusal(
    409,
    "too_many_embeds",
    say(gettext_noop("No room for another embed")),
    say(gettext_noop("Delete an embed first. (Administrators can raise PLAYGROUND_TEAM_EMBEDS.)")),
)


@never_cache
@require_safe
@of_team(Action.MANAGE)
def embeds(request: HttpRequest, own: Membership) -> HttpResponse:
    """List the team's embeds with what was used of them today."""
    listed = [(embed, budget.spent_today(embed.account)) for embed in own.team.embeds.all()]
    context = {"own": own, "team": own.team, "embeds": listed, "most": settings.CONFIG.team_embeds}
    return render(request, "people/embeds.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@of_team(Action.MANAGE)
def new(request: HttpRequest, own: Membership) -> HttpResponse:
    """Show the form of a new embed; POST makes it."""
    form = TeamEmbedForm(own.team, request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, own, form)
    made = form.instance
    with transaction.atomic():
        Team.objects.select_for_update(no_key=True).get(pk=own.team_id)
        if own.team.embeds.count() >= settings.CONFIG.team_embeds:
            raise RefusedError(_FULL)
        made.save()
        note(Kind.EMBED_MADE, own.team, own.person, made.name)
    return _to(made)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@of_team(Action.MANAGE)
def embed(request: HttpRequest, own: Membership, name: str) -> HttpResponse:
    """Show an embed: its tag, settings, usage, and saved answers. POST changes the settings."""
    found = _named(own, name)
    form = TeamEmbedForm(own.team, request.POST if request.method == "POST" else None, instance=found)
    if request.method != "POST" or not form.is_valid():
        return _page(request, own, form)
    if columns := form.changed_columns:
        with transaction.atomic():
            # Only what was changed: someone may have turned it off in the meantime.
            found.save(update_fields=columns)
            note(Kind.EMBED_CHANGED, own.team, own.person, found.name, fields=", ".join(columns))
    return _to(found)


@never_cache
@require_POST
@of_team(Action.MANAGE)
def change(request: HttpRequest, own: Membership, name: str) -> HttpResponse:
    """Turn an embed on or off, delete it, or save and delete its answers, by the button that was clicked."""
    found = _named(own, name)
    match request.POST.get("change"):
        case "on" | "off" as switch:
            with transaction.atomic():
                if Embed.objects.filter(pk=found.pk, active=switch == "off").update(active=switch == "on"):
                    kind = Kind.EMBED_ON if switch == "on" else Kind.EMBED_OFF
                    note(kind, own.team, own.person, found.name)
        case "delete":
            with transaction.atomic():
                note(Kind.EMBED_DELETED, own.team, own.person, found.name)
                found.delete()
            return HttpResponseRedirect(reverse("team-embeds", args=[own.team_id]))
        case "record":
            return _page(request, own, TeamEmbedForm(own.team, instance=found), _record(found))
        case "forget":
            found.recordings.filter(pk=number_in(request.POST.get("answer", ""))).delete()
        case "forget-stale":
            recordings.forget_stale(found)
        case _:
            raise unknown("change", _CHANGES)
    return _to(found)


def _record(embed: Embed) -> str:
    """Save the answer to the embed's own request, and return what to tell."""
    try:
        _, problem = recordings.record(embed)
    except recordings.NotKeptError as error:
        return translate(error.sentence)
    if problem:
        told = (translate(problem.title), problem.message or "", translate(problem.advice))
        return " · ".join(filter(None, told))
    return gettext("Answer saved.")


def _named(own: Membership, name: str) -> Embed:
    found = own.team.embeds.select_related("team").filter(name=name).first()
    if found is None:
        raise RefusedError(NO_EMBED)
    return found


def _to(embed: Embed) -> HttpResponse:
    return HttpResponseRedirect(reverse("team-embed", args=[embed.team_id, embed.name]))


def _page(request: HttpRequest, own: Membership, form: TeamEmbedForm, told: str = "") -> HttpResponse:
    shown = form.instance if form.instance.pk else None
    context: dict[str, Any] = {
        "own": own,
        "team": own.team,
        "form": form,
        "embed": shown,
        "told": told,
        "script": request.build_absolute_uri(reverse("embed.js")),
    }
    if shown:
        context |= {
            "spent": budget.spent_today(shown.account),
            "days": budget.recent(shown.account, _DAYS),
            "answers": recordings.listed(shown),
        }
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "people/embed.html", context, status=status)
