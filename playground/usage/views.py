"""The page of a team's usage: tables and charts, and the same as CSV."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from unicodedata import normalize
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from playground import amounts
from playground.calls.ledger import NANO
from playground.catalogue.providers import catalogue
from playground.exchange.refusal import FieldProblem, InvalidRequestError, Refusal
from playground.people.asked import of_team
from playground.teams.access import Action, allows
from playground.teams.audit import note
from playground.teams.models import Kind, Membership
from playground.teams.uses import OTHER
from playground.text.numbers import number_in
from playground.text.sentence import gettext_noop, say
from playground.usage import sums
from playground.usage.charts import Chart, chart
from playground.usage.sums import Asked, By, Sums, Times
from playground.web.refusals import sentences

_PERIODS = {
    "7": _("Last 7 days"),
    "30": _("Last 30 days"),
    "90": _("Last 90 days"),
    "month": _("This month"),
    "custom": _("From–to"),
}
_USUAL = "30"
_MOST_DAYS = _MOST_LINES = 366
_MOST_BARS = 10
# With these, also in full width, a spreadsheet would take a cell for a formula.
_FORMULA = frozenset("=+-@\t\r\n")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table. `query` leads to what is behind it, if anything is."""

    name: str
    sums: Sums
    query: str = ""


@never_cache
@require_safe
@of_team(Action.SEE)
def show(request: HttpRequest, own: Membership) -> HttpResponse:
    """Show what the team used or, to those who don't manage it, what they used themselves."""
    refusal = None
    today = timezone.now().astimezone(ZoneInfo(own.team.time_zone)).date()
    try:
        first, last = _days(request, today)
    except InvalidRequestError as error:
        refusal = error.refusal
        first, last = _last_days(today, int(_USUAL))
    person: int | None = own.person_id
    if allows(own.role, Action.MANAGE):
        person = number_in(request.GET.get("person", "")) or None
    asked = Asked(own.team, first, last, person)
    if request.GET.get("format") == "csv" and not refusal:
        return _csv(request, own, asked)
    return _page(request, own, asked, refusal)


def _days(request: HttpRequest, today: date) -> tuple[date, date]:
    """Return the first day and the last. Raises `InvalidRequestError`."""
    period = request.GET.get("period", _USUAL)
    if period == "month":
        return today.replace(day=1), today
    if period != "custom":
        return _last_days(today, int(period if period in _PERIODS else _USUAL))
    first, last = (_day(request, name) for name in ("from", "to"))
    if not first <= last < first + timedelta(days=_MOST_DAYS):
        sentence = gettext_noop("Choose at most %(most)s days, the first day first.")
        raise InvalidRequestError(FieldProblem("from", say(sentence, most=_MOST_DAYS)))
    return first, last


def _last_days(today: date, count: int) -> tuple[date, date]:
    return today - timedelta(days=count - 1), today


def _day(request: HttpRequest, name: str) -> date:
    try:
        day = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        day = date.min
    if not 2000 <= day.year < 3000:
        raise InvalidRequestError(
            FieldProblem(name, say(gettext_noop("Enter the first and the last day, such as 2026-01-31.")))
        )
    return day


def _page(request: HttpRequest, own: Membership, asked: Asked, refusal: Refusal | None) -> HttpResponse:
    manages = allows(own.role, Action.MANAGE)
    offered = [by for by in By if by != By.PERSON or manages]
    by = next((by for by in offered if by == request.GET.get("by")), By.DAY)
    typed = {"period": request.GET.get("period", _USUAL), "by": by.value}
    typed |= {name: request.GET[name] for name in ("from", "to", "person") if request.GET.get(name)}
    found = sums.sums_by(by, asked)
    names = _names(by, found)
    lines = [Line(names[value], each, _behind(by, value, typed)) for value, each in found.items()]
    context = {
        "own": own,
        "team": own.team,
        "manages": manages,
        "asked": asked,
        "by": by,
        "offered": offered,
        "periods": _PERIODS.items(),
        "typed": typed,
        "members": own.team.members.select_related("person").order_by("pk") if manages else [],
        "lines": lines[:_MOST_LINES],
        "left_out": max(0, len(lines) - _MOST_LINES),
        "total": sums.total_of(found.values()),
        "charts": _charts(by, asked, lines, found),
        "times": [_shown(time) for time in sums.times(asked)[: _MOST_LINES + 1]],
        "csv": urlencode(typed | {"format": "csv"}),
        "problems": sentences(refusal) if refusal else {},
    }
    return render(request, "people/usage.html", context, status=refusal.status if refusal else 200)


def _charts(by: By, asked: Asked, lines: list[Line], by_day: Mapping[Any, Sums]) -> list[Chart]:
    """Return the charts of what was spent and of tokens: of each day, or of the dearest ones."""
    shown = [(line.name, line.sums) for line in lines[:_MOST_BARS]]
    if by == By.DAY:
        days = [asked.first + timedelta(days=n) for n in range((asked.last - asked.first).days + 1)]
        shown = [(str(day), by_day.get(day, Sums())) for day in days]
    drawn = (
        chart(gettext("Cost"), [(n, s.nanousd, s.usd) for n, s in shown]),
        chart(gettext("Number of tokens"), [(n, s.tokens, amounts.count(s.tokens)) for n, s in shown]),
    )
    return [one for one in drawn if one]


def _names(by: By, values: Mapping[Any, Sums]) -> dict[Any, str]:
    match by:
        case By.PERSON:
            people = sums.people_of([who for who in values if isinstance(who, int)])
            return {who: _name_of_person(who, people) for who in values}
        case By.MODEL:
            return {model: _name_of_model(model) for model in values}
        case By.KEY:
            return {key: key or gettext("Own key, or none") for key in values}
        case By.PROVIDER:
            known = catalogue()
            labels = {name: gettext(known[name].label) if name in known else name for name in values}
            return {name: label or gettext("Custom base URL") for name, label in labels.items()}
        case _:
            return {day: str(day) for day in values}


def _name_of_person(who: int | str | None, people: Mapping[int, str]) -> str:
    if isinstance(who, str):
        return gettext("Embed %(name)s") % {"name": who}
    return people.get(who or 0) or gettext("Deleted account")


def _shown(time: Times) -> tuple[Times, str, list[str]]:
    """Return the times of a model with its name and, for each column, the text."""
    taken = (time.first_p50, time.first_p95, time.p50, time.p95)
    texts = ["–" if one is None else amounts.duration(one) for one in taken]
    return time, _name_of_model(time.model), texts


def _name_of_model(model: str) -> str:
    return gettext("Other models") if model == OTHER else model or gettext("No model")


def _behind(by: By, value: Any, typed: Mapping[str, str]) -> str:
    """Return the query for the models of a person."""
    if by != By.PERSON or not isinstance(value, int):
        return ""
    return urlencode({**typed, "person": value, "by": By.MODEL.value})


def _csv(request: HttpRequest, own: Membership, asked: Asked) -> HttpResponse:
    """Return every row of the days asked for. The audit log says who took it."""
    name = f"usage-{asked.first}-{asked.last}.csv"
    response = HttpResponse(
        "\ufeff",  # without it, Excel doesn't read UTF-8
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    if request.method == "HEAD":
        return response
    note(Kind.USAGE_EXPORTED, own.team, own.person, f"{asked.first}/{asked.last}")
    rows = list(sums.lines(asked))
    people = sums.people_of({row[1] for row in rows if isinstance(row[1], int)})
    writer = csv.writer(response)
    *counts, _nanousd = sums.COLUMNS
    writer.writerow([*sums.PLACE, *counts, "usd"])
    for day, person, *named, model, in_all, failed, stopped, unpriced, prompt, completion, nanousd in rows:
        who = f"embed {person}" if isinstance(person, str) else people.get(person, "")
        texts = [_cell(text) for text in (who, *named, model)]
        usd = f"{nanousd // NANO}.{nanousd % NANO:09}"
        writer.writerow([day, *texts, in_all, failed, stopped, unpriced, prompt, completion, usd])
    return response


def _cell(text: str) -> str:
    return f"'{text}" if normalize("NFKC", text[:1]) in _FORMULA else text
