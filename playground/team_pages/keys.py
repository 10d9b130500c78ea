"""The page of a team's keys: list, add, replace, share, turn off, delete. A key itself is never shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from playground.catalogue.providers import catalogue
from playground.dialects import DIALECTS
from playground.exchange.call import AUTHS
from playground.exchange.refusal import InvalidRequestError, Refusal, RefusedError
from playground.forms.incoming import Shape, shape_of
from playground.forms.posted import name_in, one_of, unknown
from playground.keys import keeping, lending, sealing
from playground.keys.models import Audience, Key, Use, lent_to
from playground.people import refusals
from playground.people.asked import need, of_team
from playground.teams.access import Action, allows
from playground.teams.models import Membership
from playground.text.numbers import number_in
from playground.web.refusals import sentences

# For how many days a key that was replaced can still be used; "" until somebody turns it off.
OVERLAPS = (
    ("0", _("Turn the old key off now")),
    ("1", _("The old key works for another day")),
    ("7", _("The old key works for another 7 days")),
    ("", _("The old key works until you turn it off")),
)
_CHANGES = ("add", "replace", "share", "limit", "off", "on", "delete")
_MOST_PEOPLE = 5


@dataclass(frozen=True)
class Shown:
    """A key as the page lists it."""

    key: Key
    place: str
    readable: bool
    ended: bool
    replaced: bool
    chosen: list[str]
    used_by: list[str] = field(default_factory=list)
    further: int = 0


@never_cache
@require_safe
@of_team(Action.SEND)
def keys(request: HttpRequest, own: Membership) -> HttpResponse:
    """List the keys that the person may change, and those of the team that they may use."""
    return _page(request, own)


@never_cache
@require_POST
@of_team(Action.SEND)
def change(request: HttpRequest, own: Membership) -> HttpResponse:
    """Add or change a key by the button that was clicked."""
    asked = request.POST.get("change", "")
    if asked in ("add", "replace") and not sealing.is_on():
        raise RefusedError(refusals.NO_DATA_KEYS)
    if asked == "add":
        try:
            _add(request, own)
        except InvalidRequestError as error:
            if shape_of(request) is not Shape.PAGE:
                raise
            return _page(request, own, error.refusal, request.POST)
    elif asked in _CHANGES:
        _change(request, own, asked)
    else:
        raise unknown("change", _CHANGES)
    return HttpResponseRedirect(reverse("team-keys", args=[own.team_id]))


@transaction.atomic
def _change(request: HttpRequest, own: Membership, asked: str) -> None:
    key = _key(request, own)
    match asked:
        case "replace":
            secret = keeping.clean(request.POST.get("api_key", ""))
            keeping.replace(key, secret, own, _ends(request, key))
        case "share" if key.member is None:
            audience = _audience(request, own)
            if audience == Audience.OWN:  # it would leave the team without a trace in its list
                raise RefusedError(refusals.NOT_ALLOWED)
            keeping.share(key, audience, _people(request, own), own.person)
        case "limit" if key.member is None:
            keeping.limit(key, _limits(request), own.person)
        case "off":
            keeping.turn_off(key, own.person)
        case "on":
            keeping.turn_on(key, own.person)
        case "delete":
            keeping.delete(key, own.person)
        case _:
            raise RefusedError(refusals.NOT_ALLOWED)


def _add(request: HttpRequest, own: Membership) -> None:
    post = request.POST
    audience = _audience(request, own)
    place = keeping.place_of(
        post.get("provider", ""), post.get("base_url", ""), post.get("dialect", ""), post.get("auth", "")
    )
    secret = keeping.clean(post.get("api_key", ""))
    people = _people(request, own)
    keeping.add(own, name_in(request), place, secret, audience, people, _limits(request))


def _limits(request: HttpRequest) -> keeping.Limits:
    return keeping.limits_of(request.POST.get("only_models", ""), request.POST.get("most_tokens", ""))


def _audience(request: HttpRequest, own: Membership) -> str:
    """Return who may use the key. Only admins give one to others."""
    audience = one_of(request, "audience", Audience.values)
    if audience != Audience.OWN:
        need(own, Action.MANAGE)
    return audience


def _people(request: HttpRequest, own: Membership) -> list[Membership]:
    chosen = [number_in(text) for text in request.POST.getlist("people")]
    return list(own.team.members.filter(pk__in=chosen))


def _ends(request: HttpRequest, key: Key) -> datetime | None:
    overlap = request.POST.get("overlap", "0")
    if not _is_readable(key):
        overlap = "0"
    if overlap not in dict(OVERLAPS):
        raise unknown("overlap", dict(OVERLAPS))
    return timezone.now() + timedelta(days=int(overlap)) if overlap else None


def _key(request: HttpRequest, own: Membership) -> Key:
    """Return the key that the form names, if the person may change it: the team's, or their own.

    Nobody else changes or deletes it until the transaction ends.
    """
    mine = Key.objects.shown_to(own).select_related("team", "member").select_for_update(of=("self",))
    found = mine.filter(pk=number_in(request.POST.get("key", ""))).first()
    if found is None:
        raise RefusedError(refusals.NO_KEY)
    return found


def _page(
    request: HttpRequest,
    own: Membership,
    refusal: Refusal | None = None,
    filled: Mapping[str, str] | None = None,
) -> HttpResponse:
    manages = allows(own.role, Action.MANAGE)
    found = Key.objects.shown_to(own).select_related("team", "member", "made_by")
    totals = {"last": Max("uses__last"), "calls": Sum("uses__calls"), "failures": Sum("uses__failures")}
    found = found.prefetch_related("people__person").annotate(**totals)
    listed = list(found.order_by(F("member").asc(nulls_first=True), "since", "-pk"))
    lent = [] if manages else [key for key in lent_to(own) if not key.member_id]
    context = {
        "own": own,
        "team": own.team,
        "manages": manages,
        "can_save": sealing.is_on(),
        "keys": _shown(listed),
        "lent": [(key, lending.place_name(key)) for key in lent],
        "providers": [known for known in catalogue().values() if known.key_variable and known.id != "local"],
        "dialects": DIALECTS.values(),
        "auths": AUTHS.values(),
        "audiences": Audience.choices if manages else [(Audience.OWN.value, Audience.OWN.label)],
        "own_audience": Audience.OWN,
        "chosen_audience": Audience.PEOPLE,
        "people": [m for m in own.team.members.select_related("person") if allows(m.role, Action.SEND)],
        "overlaps": OVERLAPS,
        "refusal": refusal,
        "errors": sentences(refusal) if refusal else {},
        "filled": filled or {},
    }
    return render(request, "people/keys.html", context, status=refusal.status if refusal else 200)


def _shown(listed: Iterable[Key]) -> list[Shown]:
    used: dict[int, list[str]] = {}
    uses = Use.objects.filter(key__in=[key.pk for key in listed]).values_list("key", "person__email")
    for pk, person, _last in uses.annotate(latest=Max("last")).order_by("-latest"):
        used.setdefault(pk, []).append(person or gettext("Readers of embeds"))
    now, replaced = timezone.now(), {key.replaces_id for key in listed}
    return [
        Shown(
            key,
            lending.place_name(key),
            _is_readable(key),
            bool(key.ends and key.ends <= now),
            key.pk in replaced,
            [str(member.person) for member in key.people.all()],
            used.get(key.pk, [])[:_MOST_PEOPLE],
            max(0, len(used.get(key.pk, [])) - _MOST_PEOPLE),
        )
        for key in listed
    ]


def _is_readable(key: Key) -> bool:
    try:
        lending.open_key(key)
    except sealing.UnreadableError:
        return False
    return True
