"""The page of a team's budgets: what is left, and for admins to set and remove them."""

from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import available_timezones

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from playground.catalogue.providers import catalogue
from playground.exchange.refusal import FieldProblem, InvalidRequestError, Refusal, collect
from playground.forms.incoming import Shape, shape_of
from playground.forms.posted import one_of, unknown
from playground.keys.models import Key
from playground.people.asked import of_team
from playground.teams import budgets
from playground.teams.access import Action, allows, member_of
from playground.teams.labels import label
from playground.teams.models import Membership, Period, Subject
from playground.text.numbers import number_in
from playground.text.sentence import Sentence, gettext_noop, say
from playground.web.refusals import sentences

_CHANGES = ("set", "remove", "zone")
_MOST_COUNT = 10**12
_MOST_USD = 10**9
_CENT = Decimal("0.01")


@never_cache
@require_safe
@of_team(Action.SEE)
def budget(request: HttpRequest, own: Membership) -> HttpResponse:
    """Show what is left for the person and, to admins, all budgets of the team."""
    return _page(request, own)


@never_cache
@require_POST
@of_team(Action.MANAGE)
def change(request: HttpRequest, own: Membership) -> HttpResponse:
    """Set or remove a budget, or change the team's time zone, by the button that was clicked."""
    try:
        match request.POST.get("change"):
            case "set":
                _set(request, own)
            case "remove":
                budgets.remove(own.team, number_in(request.POST.get("budget", "")), own.person)
            case "zone":
                budgets.use_zone(own.team, _zone(request), own.person)
            case _:
                raise unknown("change", _CHANGES)
    except InvalidRequestError as error:
        if shape_of(request) is not Shape.PAGE:
            raise
        return _page(request, own, error.refusal)
    return HttpResponseRedirect(reverse("team-budgets", args=[own.team_id]))


@never_cache
@require_safe
def left(request: HttpRequest) -> HttpResponse:
    """Show what is left for whatever the person sends next."""
    member = member_of(request)
    return render(request, "people/_left.html", {"left": budgets.left_for(member) if member else []})


def _set(request: HttpRequest, own: Membership) -> None:
    problems: list[FieldProblem] = []
    subject = collect(problems, "", one_of, request, "subject", Subject.values)
    period = collect(problems, "", one_of, request, "period", Period.values)
    name = collect(problems, "", _name, request, own, subject)
    limits = {
        unit: collect(problems, None, read, request.POST.get(unit, ""), unit)
        for unit, read in (("calls", _count), ("tokens", _count), ("usd", _usd))
    }
    if not problems and all(limit is None for limit in limits.values()):
        problems.append(FieldProblem("calls", say(gettext_noop("Enter at least one limit."))))
    if problems:
        raise InvalidRequestError(*problems)
    budgets.put(own.team, subject, period, name, limits, own.person)


def _name(request: HttpRequest, own: Membership, subject: str) -> str:
    """Return what the budget's subject is called: the model, the key, or the number of the person."""
    match subject:
        case Subject.PERSON:
            found = own.team.members.filter(pk=number_in(request.POST.get("member", ""))).first()
            if found is None:
                raise _problem("member", gettext_noop("Choose a member of the team."))
            return str(found.person_id)
        case Subject.KEY:
            name = request.POST.get("key", "")
            if name not in _keys(own):
                raise _problem("key", gettext_noop("Choose a key."))
            return name
        case Subject.MODEL:
            name = request.POST.get("model", "").strip()
            if not name or len(name) > 200 or not name.isprintable():
                raise _problem("model", gettext_noop("Enter the name of a model."))
            return name
        case _:
            return ""


def _count(text: str, field: str) -> int | None:
    digits = "".join(text.replace(",", "").split())
    if not digits:
        return None
    if not digits.isascii() or not digits.isdigit() or len(digits) > 20 or int(digits) > _MOST_COUNT:
        raise _problem(field, gettext_noop("Enter a whole number up to %(most)s."), most=_MOST_COUNT)
    return int(digits)


def _usd(text: str, field: str) -> Decimal | None:
    digits = "".join(text.replace(",", "").removeprefix("$").split())
    if not digits:
        return None
    try:
        usd = Decimal(digits) if len(digits) <= 20 else Decimal(-1)
    except InvalidOperation:
        usd = Decimal(-1)
    if not (usd.is_finite() and 0 <= usd <= _MOST_USD) or usd != usd.quantize(_CENT):
        raise _problem(field, gettext_noop("Enter an amount in US dollars, such as 25 or 7.50."))
    return usd


def _zone(request: HttpRequest) -> str:
    zone = request.POST.get("zone", "")
    if zone not in available_timezones():
        raise _problem("zone", gettext_noop("Choose a time zone, such as Europe/Berlin."))
    return zone


def _problem(field: str, sentence: str, **params: Any) -> InvalidRequestError:
    return InvalidRequestError(FieldProblem(field, say(sentence, **params)))


def _keys(own: Membership) -> list[str]:
    """Return the names under which keys have budgets: the team's, and the operator's."""
    saved = Key.objects.filter(team=own.team, member=None).values_list("name", flat=True)
    servers = (provider.key_variable or "" for provider in catalogue().values() if provider.server_key)
    return sorted({*saved, *servers})


def _page(request: HttpRequest, own: Membership, refusal: Refusal | None = None) -> HttpResponse:
    manages = allows(own.role, Action.MANAGE)
    members = list(own.team.members.select_related("person").order_by("pk")) if manages else []
    listed = budgets.listed(own) if manages else []
    nearly = budgets.nearly(listed, members)
    context = {
        "own": own,
        "team": own.team,
        "manages": manages,
        "left": budgets.left_for(own),
        "budgets": [(left, _who(left), nearly.get(left.budget.pk, [])) for left in listed],
        "subjects": Subject.choices,
        "periods": Period.choices,
        "members": members,
        "keys": _keys(own) if manages else [],
        "zones": sorted(available_timezones()) if manages else [],
        "problems": sentences(refusal) if refusal else {},
        "typed": request.POST,
    }
    status = refusal.status if refusal else 200
    return render(request, "people/budgets.html", context, status=status)


def _who(left: budgets.Left) -> Sentence:
    return label(left.budget)
