"""Pages of a team's settings and of one's own data: retention, exports, and deletion."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.exchange.refusal import FieldProblem, InvalidRequestError, Refusal, collect
from playground.forms.incoming import Shape, shape_of
from playground.forms.posted import unknown
from playground.leaving import deletion, export
from playground.leaving.refusals import NOT_TYPED
from playground.people.asked import need, of_team, refusing
from playground.people.models import User
from playground.people.wall import sign_in_first
from playground.runs import tidy
from playground.runs.models import Run
from playground.teams.access import Action, allows
from playground.teams.audit import note
from playground.teams.models import Kind, Membership
from playground.text.numbers import number_in
from playground.text.sentence import gettext_noop, say
from playground.web.refusals import sentences
from playground.web.sending import Download

_CHANGES = ("retention", "delete")


@never_cache
@require_safe
@of_team(Action.MANAGE)
def settings(request: HttpRequest, own: Membership) -> HttpResponse:
    """Show how long a team keeps its runs, and offer to export it and, to owners, to delete it."""
    return _page(request, own)


@never_cache
@require_POST
@of_team(Action.MANAGE)
def change(request: HttpRequest, own: Membership) -> HttpResponse:
    """Change how long runs are kept, or delete the team, by the button that was clicked."""
    try:
        match request.POST.get("change"):
            case "retention":
                return _retain(request, own)
            case "delete":
                need(own, Action.OWN)
                if request.POST.get("typed", "").strip() != own.team.name:
                    raise InvalidRequestError(NOT_TYPED)
                deletion.delete_team(own.team, own.person)
                return HttpResponseRedirect(reverse("teams") + "?deleted")
            case _:
                raise unknown("change", _CHANGES)
    except InvalidRequestError as error:
        if shape_of(request) is not Shape.PAGE:
            raise
        return _page(request, own, error.refusal)


@never_cache
@require_POST
@of_team(Action.MANAGE)
def export_team(request: HttpRequest, own: Membership) -> HttpResponseBase:
    """Stream everything of the team that the person sees."""
    download = _download(request, export.zipped(export.of_team(own)), f"team-{own.team_id}")
    note(Kind.TEAM_EXPORTED, own.team, own.person, own.team.name)
    return download


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_first
@refusing
def account(request: HttpRequest) -> HttpResponseBase:
    """Show what is kept of a person; POST exports it or, if they typed their address, deletes it."""
    person: Any = request.user
    match request.POST.get("change"):
        case "export":
            download = _download(request, export.zipped(export.of_person(person)), f"account-{person.pk}")
            for member in person.memberships.select_related("team"):
                note(Kind.ACCOUNT_EXPORTED, member.team, person)
            return download
        case "delete":
            if request.POST.get("typed", "").strip().casefold() != str(person).casefold():
                return _account(request, person, InvalidRequestError(NOT_TYPED).refusal)
            me = User.objects.get(pk=person.pk)
            deletion.delete_person(me, me)
            request.session.flush()
            request.user = AnonymousUser()
            return HttpResponseRedirect(reverse(django_settings.LOGIN_URL) + "?deleted")
        case _:
            return _account(request, person)


def _account(request: HttpRequest, person: Any, refusal: Refusal | None = None) -> HttpResponse:
    context = {
        "person": person,
        "runs": Run.objects.filter(person_id=person.pk).count(),
        "alone": deletion.owned_alone(person),
        "problems": sentences(refusal) if refusal else {},
    }
    return render(request, "people/account.html", context, status=refusal.status if refusal else 200)


def _retain(request: HttpRequest, own: Membership) -> HttpResponse:
    """Change the limits; if runs exceed them, only once the person has seen how many."""
    most, problems = tidy.limits_of_all(), list[FieldProblem]()
    days = collect(problems, None, _limit, request, "days", most.days)
    mib = collect(problems, None, _limit, request, "mib", most.mib)
    if problems:
        raise InvalidRequestError(*problems)
    team = own.team
    before = {"days_before": team.runs_days, "mib_before": team.runs_mib}
    team.runs_days, team.runs_mib = days, mib
    limits = tidy.limits_of(team)
    if "confirmed" not in request.POST and (exceeding := tidy.too_many(limits)):
        return _page(request, own, exceeding=exceeding)
    with transaction.atomic():
        team.save(update_fields=["runs_days", "runs_mib"])
        details = {"days": days, "mib": mib, **before}
        told = {name: value for name, value in details.items() if value is not None}
        note(Kind.RETENTION_CHANGED, team, own.person, **told)
    tidy.begin(limits)
    return HttpResponseRedirect(f"{reverse('team-settings', args=[team.pk])}?saved=1#retention")


def _limit(request: HttpRequest, field: str, most: int) -> int | None:
    """Return a limit that is lower than the operator's; None if the form has none."""
    text = request.POST.get(field, "").replace(",", "").strip()
    number = number_in(text)
    if text and not 1 <= number <= most:
        sentence = say(gettext_noop("Enter a whole number from 1 to %(most)s, or nothing."), most=most)
        raise InvalidRequestError(FieldProblem(field, sentence))
    return number if text and number < most else None


def _page(
    request: HttpRequest, own: Membership, refusal: Refusal | None = None, exceeding: int = 0
) -> HttpResponse:
    most, team = tidy.limits_of_all(), own.team
    runs = Run.objects.filter(team_id=team.pk)
    typed = request.POST if request.POST.get("change") == "retention" else None
    context = {
        "own": own,
        "team": team,
        "owns": allows(own.role, Action.OWN),
        "runs": runs.count(),
        "bytes": tidy.used(runs),
        "most": most,
        "days": typed.get("days", "") if typed else team.runs_days or "",
        "mib": typed.get("mib", "") if typed else team.runs_mib or "",
        "exceeding": exceeding,
        "saved": "saved" in request.GET,
        "left": tidy.too_many(tidy.limits_of(team)) if "saved" in request.GET else 0,
        "problems": sentences(refusal) if refusal else {},
    }
    return render(request, "people/settings.html", context, status=refusal.status if refusal else 200)


def _download(request: HttpRequest, data: Iterator[bytes], name: str) -> StreamingHttpResponse:
    file = f"{name}-{timezone.now():%Y-%m-%d}.zip"
    return StreamingHttpResponse(
        Download(request, f"p{request.user.pk}", data),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{file}"', "X-Accel-Buffering": "no"},
    )
