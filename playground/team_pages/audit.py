"""The audit log of a team, as people read it in their language."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from playground.keys.models import Audience
from playground.people.asked import of_team
from playground.pinned.checks import Check
from playground.pinned.models import Every
from playground.rendering.translate import translate
from playground.teams.access import Action
from playground.teams.audit import readable
from playground.teams.labels import about_of
from playground.teams.models import Event, Membership, Period, Role
from playground.text.numbers import number_in
from playground.text.sentence import gettext_noop

_SHOWN = 100
# What the details of a line are called. A name that is not here is shown as it is stored.
_NAMES = {
    "address": gettext_noop("address"),
    "audience": gettext_noop("for"),
    "before": gettext_noop("before"),
    "blacked_out": gettext_noop("blacked out"),
    "bytes": gettext_noop("bytes"),
    "calls": gettext_noop("calls"),
    "checks": gettext_noop("checks"),
    "days": gettext_noop("days"),
    "days_before": gettext_noop("days before"),
    "every": gettext_noop("replayed"),
    "expires": gettext_noop("expires"),
    "fields": gettext_noop("fields"),
    "fingerprint": gettext_noop("fingerprint"),
    "mib": gettext_noop("MiB"),
    "mib_before": gettext_noop("MiB before"),
    "models": gettext_noop("models"),
    "most_tokens": gettext_noop("most tokens"),
    "name": gettext_noop("name"),
    "percent": gettext_noop("percent"),
    "period": gettext_noop("period"),
    "role": gettext_noop("role"),
    "run": gettext_noop("run"),
    "runs": gettext_noop("runs"),
    "tokens": gettext_noop("tokens"),
    "until": gettext_noop("until"),
    "usd": gettext_noop("USD"),
    "version": gettext_noop("version"),
}
# Of which choices a detail is one, or several.
_CHOICES = {
    "audience": (Audience,),
    "before": (Role, Audience),
    "checks": (Check,),
    "every": (Every,),
    "period": (Period,),
    "role": (Role,),
}
# Told elsewhere in the line.
_ELSEWHERE = {"subject", "embed"}


@never_cache
@require_safe
@of_team(Action.AUDIT)
def audit(request: HttpRequest, own: Membership) -> HttpResponse:
    """Show who did what in a team, the latest first."""
    before = number_in(request.GET.get("before", "")) or None
    events = own.team.events.order_by("-pk")
    if before:
        events = events.filter(pk__lt=before)
    shown = list(events[: _SHOWN + 1])
    more = shown[_SHOWN - 1].pk if len(shown) > _SHOWN else None
    context = {"own": own, "team": own.team, "lines": map(_line, shown[:_SHOWN]), "more": more}
    return render(request, "people/audit.html", context)


def _line(event: Event) -> dict[str, Any]:
    return {
        "event": event,
        "about": readable(translate(about_of(event))),
        "details": list(_details(event.details)),
    }


def _details(details: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in details.items():
        if name not in _ELSEWHERE:
            yield gettext(_NAMES.get(name, name)), ", ".join(_words(name, str(value)))


def _words(name: str, value: str) -> Iterator[str]:
    for word in value.split(", "):
        labels = [choices(word).label for choices in _CHOICES.get(name, ()) if word in choices.values]
        yield str(labels[0]) if labels else word
