"""Pages of pinned runs: the list, the form, a pin with its history, and what its buttons do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.calls.who import pseudonym_of
from playground.database import in_turn, let_go
from playground.exchange.archive import ArchiveError
from playground.exchange.refusal import InvalidRequestError, Refusal, RefusedError
from playground.forms.posted import unknown
from playground.history import refusals as history
from playground.history.views import if_runs_are_on
from playground.people import refusals
from playground.people.asked import need
from playground.pinned import asked, pinning, turns
from playground.pinned.checks import LONGEST_SCHEMA, LONGEST_TEXT, Check
from playground.pinned.models import Attempt, Every, Outcome, Pin
from playground.pinned.replaying import GONE, MOST_ATTEMPTS, PausedError, refusal_of, replay
from playground.runs.models import Run
from playground.teams.access import Action, allows, member_of
from playground.teams.models import Membership
from playground.text.numbers import number_in
from playground.text.sentence import Sentence, gettext_noop, say
from playground.web.refusals import sentences

_MOST_PINS = 200
_SHOWN = 50
_IN_STRIP = 30
_IN_LIST = 12
# After this, no scheduler seems to run.
_LATE = timedelta(minutes=15)
_CHANGES = ("run", "pause", "resume", "accept", "take-over", "delete")
# What is chosen at first.
_USUAL = {"check": [Check.STATUS.value, Check.FINISH.value], "every": Every.DAY, "hour": "6"}

NO_PIN = Refusal(
    404,
    "no_pin",
    say(gettext_noop("Pin not found")),
    say(gettext_noop("Check the address. Someone may have deleted the pin.")),
)
_TOO_MANY = Refusal(
    409,
    "too_many_pins",
    say(gettext_noop("Too many pins")),
    say(gettext_noop("Delete a pin first. There can be at most %(most)s."), most=_MOST_PINS),
)
_BUSY = gettext_noop("A replay of this pin is under way. Its result will appear here.")
_NOT_THERE = gettext_noop("That run was deleted, so it can’t be pinned.")


@dataclass(frozen=True)
class Listed:
    """A pin with its latest attempts, the latest first."""

    pin: Pin
    attempts: list[Attempt]

    @property
    def last(self) -> Attempt | None:
        return self.attempts[0] if self.attempts else None

    @property
    def is_failing(self) -> bool:
        tried = (one for one in self.attempts if one.outcome != Outcome.UNSENT)
        latest = next(tried, None)
        return latest is not None and latest.outcome == Outcome.FAILED

    @property
    def strip(self) -> list[Attempt]:
        return self.attempts[::-1]


@never_cache
@require_safe
@if_runs_are_on
def pins(request: HttpRequest) -> HttpResponse:
    """List the pins, those that fail first."""
    own = member_of(request)
    found = list(Pin.objects.within(own).select_related("team", "person")[:_MOST_PINS])
    latest: dict[int, list[Attempt]] = {pin.pk: [] for pin in found}
    number = Window(RowNumber(), partition_by=F("pin"), order_by=F("pk").desc())
    attempts = Attempt.objects.filter(pin__in=found).defer("verdicts")
    for attempt in attempts.annotate(number=number).filter(number__lte=_IN_LIST).order_by("-pk"):
        latest[attempt.pin_id].append(attempt)
    listed = sorted((Listed(pin, latest[pin.pk]) for pin in found), key=lambda one: not one.is_failing)
    failing = sum(one.is_failing for one in listed)
    context = {"own": own, "listed": listed, "failing": failing, "is_late": any(map(_is_late, found))}
    return render(request, "pinned/list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@if_runs_are_on
def new(request: HttpRequest, key: str) -> HttpResponse:
    """Show the form that pins a run; POST pins it."""
    own = member_of(request)
    run = Run.objects.within(own).named([key]).first()
    if run is None:
        raise RefusedError(history.gone())
    if request.method != "POST":
        return _form(request, run, None, {**_USUAL, "name": (run.model or run.short)[:80]})
    if Pin.objects.filter(team=own.team if own else None).count() >= _MOST_PINS:
        raise RefusedError(_TOO_MANY)
    try:
        wanted = asked.read(request)
    except InvalidRequestError as error:
        return _form(request, run, None, _typed(request), error.refusal)
    pin = pinning.make(run, wanted, own)
    return HttpResponseRedirect(reverse("pin", args=[pin.pk]))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@if_runs_are_on
def edit(request: HttpRequest, pin: int) -> HttpResponse:
    """Show the form of a pin; POST changes it."""
    found, own = _found(request, pin), member_of(request)
    _need_manager(found, own)
    run = Run.objects.within(own).filter(key=found.run).first()
    if request.method != "POST":
        return _form(request, run, found, asked.filled_from(found))
    try:
        wanted = asked.read(request)
    except InvalidRequestError as error:
        return _form(request, run, found, _typed(request), error.refusal)
    pinning.change(found, wanted, own)
    return HttpResponseRedirect(reverse("pin", args=[pin]))


def _typed(request: HttpRequest) -> dict[str, Any]:
    return {**request.POST.dict(), "check": request.POST.getlist("check")}


def _form(
    request: HttpRequest,
    run: Run | None,
    pin: Pin | None,
    filled: Mapping[str, Any],
    refusal: Refusal | None = None,
) -> HttpResponse:
    own = member_of(request)
    is_own = pin is None or own is None or pin.person_id == own.person_id
    try:
        unsendable = refusal_of(run.exchange, own) if run and is_own else None
    except ArchiveError as error:
        raise RefusedError(history.unreadable(error)) from error
    context = {
        "own": own,
        "is_own": is_own,
        "shown_run": run,
        "pin": pin,
        "filled": filled,
        "checks": Check,
        "everies": Every.choices,
        "hours": [(str(hour), f"{hour:02}:00") for hour in range(24)],
        "weekdays": [(str(day), name) for day, name in WEEKDAYS.items()],
        "zone": pin.zone if pin else own.team.time_zone if own else "UTC",
        "errors": sentences(refusal) if refusal else {},
        "unsendable": sentences(unsendable).values() if unsendable and unsendable.fields else (),
        "unsendable_advice": unsendable.advice if unsendable and not unsendable.fields else None,
        "longest_text": LONGEST_TEXT,
        "longest_schema": LONGEST_SCHEMA,
    }
    return render(request, "pinned/form.html", context, status=refusal.status if refusal else 200)


@never_cache
@require_safe
@if_runs_are_on
def show(request: HttpRequest, pin: int) -> HttpResponse:
    """Show a pin and its history."""
    return _page(request, _found(request, pin))


def _page(request: HttpRequest, pin: Pin, told: Sentence | None = None, status: int = 200) -> HttpResponse:
    own = member_of(request)
    attempts = list(pin.attempts.all()[:MOST_ATTEMPTS])
    before = number_in(request.GET.get("before", ""))
    shown = [attempt for attempt in attempts if not before or attempt.pk < before]
    named = Run.objects.within(own).named([pin.run, *(one.run for one in shown[:_SHOWN] if one.run)])
    there = set(named.values_list("key", flat=True))
    manages = _manages(pin, own)
    context = {
        "own": own,
        "pin": pin,
        "listed": Listed(pin, attempts[:_IN_STRIP]),
        "attempts": shown[:_SHOWN],
        "more": shown[_SHOWN - 1].pk if len(shown) > _SHOWN else None,
        "there": there,
        "checks": [(Check(name).label, pin.checks[name]) for name in Check.values if name in pin.checks],
        "sends": own is None or allows(own.role, Action.SEND),
        "manages": manages,
        "takes_over": _takes_over(pin, own),
        "most": MOST_ATTEMPTS,
        "is_late": _is_late(pin),
        # Its next replay pauses it, and says the same.
        "told": told or (say(GONE) if pin.run not in there and not pin.reason else None),
    }
    return render(request, "pinned/pin.html", context, status=status)


@never_cache
@require_POST
@if_runs_are_on
def change(request: HttpRequest, pin: int) -> HttpResponse:
    """Replay, pause, resume, take over, or delete a pin by the button that was clicked."""
    found, own = _found(request, pin), member_of(request)
    do = request.POST.get("change", "")
    if do == "run":
        return _run(request, found, own)
    if do not in _CHANGES:
        raise unknown("change", _CHANGES)
    _need_manager(found, own)
    match do:
        case "pause":
            pinning.pause(found, own)
        case "resume":
            pinning.resume(found, own)
        case "accept":
            attempt = found.attempts.filter(pk=number_in(request.POST.get("attempt", ""))).first()
            if attempt is None or not pinning.accept(found, attempt, own):
                return _page(request, found, say(_NOT_THERE), 409)
        case "take-over":
            if own is None or not _takes_over(found, own):
                raise RefusedError(refusals.NOT_ALLOWED)
            pinning.take_over(found, own)
        case "delete":
            pinning.delete(found, own)
            return HttpResponseRedirect(reverse("pins"))
    return HttpResponseRedirect(reverse("pin", args=[pin]))


def _run(request: HttpRequest, pin: Pin, own: Membership | None) -> HttpResponse:
    """Replay the pin now, on the terms of who asks: nobody spends what is another's."""
    if not in_turn(lambda: turns.claim(pin, timezone.now())):
        return _page(request, pin, say(_BUSY), 409)
    let_go()
    with turns.turn(pin, pin.due):
        try:
            replay(pin, own, pseudonym_of(request))
        except PausedError as error:
            pinning.pause(pin, None, error.why)
    return HttpResponseRedirect(reverse("pin", args=[pin.pk]))


def _found(request: HttpRequest, number: int) -> Pin:
    # A larger number is none of a row.
    pins = Pin.objects.within(member_of(request)).select_related("team", "person")
    pin = pins.filter(pk=number).first() if number < 2**63 else None
    if pin is None:
        raise RefusedError(NO_PIN)
    return pin


def _manages(pin: Pin, own: Membership | None) -> bool:
    """Tell whether somebody may change a pin: who pinned it, and admins."""
    if own is None:
        return True
    is_own = pin.person_id == own.person_id and allows(own.role, Action.SEND)
    return is_own or allows(own.role, Action.MANAGE)


def _need_manager(pin: Pin, own: Membership | None) -> None:
    if own and not _manages(pin, own):
        need(own, Action.MANAGE)


def _takes_over(pin: Pin, own: Membership | None) -> bool:
    """Whether replays can be made for whoever asks from now on: only for themselves, as they pay for them."""
    return own is not None and pin.person_id != own.person_id and _manages(pin, own)


def _is_late(pin: Pin) -> bool:
    return bool(pin.due and not pin.paused and not pin.busy and pin.due < timezone.now() - _LATE)
