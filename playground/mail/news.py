"""News from the audit log for a team's admins and owners, by mail: a task of the scheduler."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import cast

from django.db.models import Max
from django.utils import timezone, translation
from django.utils.translation import gettext

from playground.database import in_turn
from playground.mail import letters
from playground.mail.models import Told
from playground.rendering.translate import translate
from playground.teams.access import Action, roles_that_may
from playground.teams.audit import readable
from playground.teams.labels import about_of
from playground.teams.models import Event, Kind, Subject, Team

# Numbers are given before a transaction ends: of two at once, the later number may be there first.
_SETTLED = timedelta(minutes=1)
# After that, it is no news.
_OLD = timedelta(days=1)
_AT_ONCE = 100

_LANGUAGES = ("en", "zh-hans")


def _budget(event: Event) -> str:
    told = gettext("The budget for %(name)s is used to %(percent)s%%.")
    if event.actor and event.details.get("subject") == Subject.EACH:  # each has a share of their own
        told = gettext("%(person)s has used %(percent)s%% of the budget for %(name)s.")
    return told % {
        "person": readable(event.actor),
        "name": translate(about_of(event)),
        "percent": event.details.get("percent", ""),
    }


def _pin(event: Event) -> str:
    return gettext("The pinned run %(name)s fails its checks.") % {"name": event.about}


# What is told, each with its sentence.
_NEWS: dict[str, Callable[[Event], str]] = {Kind.BUDGET_NEARLY_USED: _budget, Kind.PIN_FAILED: _pin}


def tell() -> None:
    """Mail what is new since the last time. What the mail server does not take now is tried again."""
    if not letters.is_on():
        return
    last, events = in_turn(_new)
    for event in events:
        if not in_turn(partial(Told.objects.filter(event=last).update, event=event.pk)):
            return  # another scheduler is telling it
        is_news = event.at > timezone.now() - _OLD
        if is_news and _mailed(event) is letters.Sent.LATER:
            in_turn(partial(Told.objects.filter(event=event.pk).update, event=last))
            return
        last = event.pk


def _new() -> tuple[int, list[Event]]:
    """Return the last event that was told, and those to tell."""
    told = Told.objects.first() or Told.objects.create(
        event=Event.objects.aggregate(last=Max("pk"))["last"] or 0
    )
    found = Event.objects.filter(
        pk__gt=told.event, kind__in=_NEWS, team__isnull=False, at__lt=timezone.now() - _SETTLED
    )
    return told.event, list(found.select_related("team").order_by("pk")[:_AT_ONCE])


def _mailed(event: Event) -> letters.Sent | None:
    team = cast("Team", event.team)
    managers = team.members.filter(role__in=roles_that_may(Action.MANAGE), person__is_active=True)
    found = managers.exclude(person__email="").values_list("person__email", flat=True)
    addresses: list[str] = in_turn(partial(list, found))
    if not addresses:
        return None
    # Nobody knows which language each of them reads.
    told = []
    for language in _LANGUAGES:
        with translation.override(language):
            told.append(_NEWS[event.kind](event))
    return letters.send(addresses, f"{team.name} · API Playground", "\n\n".join(told) + "\n")
