"""The page of a member's API tokens in a team."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from playground.catalogue.providers import dialect_of
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.forms.posted import name_in
from playground.people import tokens as kept
from playground.people.asked import of_team
from playground.people.models import Token
from playground.teams.access import Action, allows
from playground.teams.models import Membership
from playground.text.numbers import number_in
from playground.text.sentence import gettext_noop, say

# How long a token works.
DAYS = (7, 30, 90, 365)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@of_team(Action.SEE)
def tokens(request: HttpRequest, own: Membership) -> HttpResponse:
    """List the person's tokens in the team. POST makes one, or revokes one."""
    if request.method != "POST":
        return _page(request, own)
    if "revoke" in request.POST:
        kept.revoke(own, number_in(request.POST["revoke"]))
        return HttpResponseRedirect(reverse("team-tokens", args=[own.team_id]))
    days = number_in(request.POST.get("days", ""))
    sends = "sends" in request.POST and allows(own.role, Action.SEND)
    reads = "reads" in request.POST
    if days not in DAYS:
        raise InvalidRequestError(FieldProblem("days", say(gettext_noop("Choose how long the token works."))))
    if not (sends or reads):
        raise InvalidRequestError(FieldProblem("reads", say(gettext_noop("Choose what the token allows."))))
    made, secret = kept.make(own, name_in(request), days, sends=sends, reads=reads)
    return _page(request, own, made, secret)


def _page(request: HttpRequest, own: Membership, made: Token | None = None, secret: str = "") -> HttpResponse:
    context = {
        "own": own,
        "team": own.team,
        "tokens": own.tokens.filter(expires__gt=timezone.now()).order_by("-pk"),
        "may_send": allows(own.role, Action.SEND),
        "days": DAYS,
        "made": made,
        "secret": secret,
        "limit": dialect_of(None, None).fields.tokens[0],
        "address": request.build_absolute_uri(reverse("send")),
    }
    return render(request, "people/tokens.html", context)
