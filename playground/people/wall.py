"""With accounts, a page is shown to people who may see it: signed in, in a team, with the role it needs.

Each URL has its line here, by its name; a test compares them. Views of one team check the role in that team.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from playground.forms.incoming import Shape, shape_of
from playground.people import proxy_header, refusals, tokens
from playground.people.middleware import EMBEDS, without_database
from playground.people.models import Token
from playground.teams.access import Action, allows
from playground.teams.models import Membership
from playground.web.refusals import refuse

# For everybody. Embeds have a policy of their own; the admin and django-allauth check people themselves.
OPEN = {
    "embed.js",
    "embed",
    "embed-send",
    "embed-stop",
    "embed-edit",
    "embed-fill",
    "embed-snippets",
    "invitation",
    "language",
    "public-key",
    "public-link",
    "public-link-file",
}
# For people who are signed in, with or without a team.
FOR_PEOPLE = {
    "teams",
    "team",
    "team-change",
    "team-audit",
    "team-keys",
    "team-keys-change",
    "team-budgets",
    "team-budgets-change",
    "team-links",
    "team-tokens",
    "team-usage",
    "team-embeds",
    "team-embed-new",
    "team-embed",
    "team-embed-change",
    "team-settings",
    "team-settings-change",
    "team-export",
}
# In the team that is in use.
NEEDED = {
    "index": Action.SEE,
    "edit": Action.SEE,
    "snippets": Action.SEE,
    "docs": Action.SEE,
    "docs_page": Action.SEE,
    "runs": Action.SEE,
    "run": Action.SEE,
    "prompts": Action.SEE,
    "prompt": Action.SEE,
    "prompt-versions": Action.SEE,
    "runs-compare": Action.SEE,
    "runs-export": Action.SEE,
    "run-proof": Action.SEE,
    "proof": Action.SEE,
    "proof-open": Action.SEE,
    "pins": Action.SEE,
    "pin": Action.SEE,
    "budget-left": Action.SEE,
    "send": Action.SEND,
    "stop": Action.SEND,
    "models": Action.SEND,
    "count": Action.SEND,
    "detect": Action.SEND,
    "run-change": Action.SEND,
    "runs-selected": Action.SEND,
    "run-pin": Action.SEND,
    "pin-edit": Action.SEND,
    "pin-change": Action.SEND,
    "prompt-new": Action.SEND,
    "prompt-change": Action.SEND,
    "run-link": Action.SHARE,
    "run-comments": Action.SHARE,
}
# What a program may ask for by an API token, by the token's field that allows it.
BY_TOKEN = {
    "sends": {"send", "models", "count", "detect", "snippets"},
    "reads": {"runs", "run", "runs-export", "prompts", "prompt"},
}
_TEAM = "team"
_SEEN = "seen"
# Between two notes of when a person was seen, which are shown with the minute.
_SEEN_SECONDS = 300

View = Callable[..., HttpResponseBase]


class SignInMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not (secret := tokens.secret_in(request)):
            return self.get_response(request)
        request.token = None  # type: ignore[attr-defined]
        try:
            token = tokens.find(secret)
        except Error as error:
            return without_database(request, error)
        if token is None:
            return refuse(request, refusals.NO_TOKEN)
        request.token, request.user = token, token.member.person  # type: ignore[attr-defined]
        # A page of another site can send cookies, but no such header.
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponseBase | None:
        """Return what to show instead of the view, if anything.

        Sets `request.signed_in` and `request.membership`.
        """
        del view
        try:
            return self._checked(request)
        except Error as error:
            return without_database(request, error)

    def _checked(self, request: HttpRequest) -> HttpResponseBase | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if token := getattr(request, "token", None):
            return _by_token(request, token, name)
        if not request.path.startswith(EMBEDS) and (refusal := proxy_header.sign_in(request)):
            return refuse(request, refusal)
        if name in OPEN or request.path.startswith("/admin/"):
            if name == "language" and request.user.is_authenticated:  # it shows the form again
                request.membership = in_use(request)  # type: ignore[attr-defined]
            return None
        # For the head of the page.
        request.signed_in = request.user.is_authenticated  # type: ignore[attr-defined]
        if request.path.startswith("/accounts/"):
            return None
        if hasattr(request, "vouched"):
            return refuse(request, refusals.NOT_INVITED)
        if not request.user.is_authenticated:
            return _sign_in(request)
        stay(request)
        request.membership = in_use(request)  # type: ignore[attr-defined]
        if name in FOR_PEOPLE:
            return None
        member: Membership | None = request.membership  # type: ignore[attr-defined]
        if member is None:
            return refuse(request, refusals.NO_TEAM)
        # A URL without a line is for nobody.
        needed = NEEDED.get(name)
        return None if needed and allows(member.role, needed) else refuse(request, refusals.NOT_ALLOWED)


def _by_token(request: HttpRequest, token: Token, name: str) -> HttpResponseBase | None:
    allowed = any(getattr(token, field) and name in names for field, names in BY_TOKEN.items())
    if not (allowed and allows(token.member.role, NEEDED[name])):
        return refuse(request, refusals.NOT_FOR_TOKEN)
    request.membership = token.member  # type: ignore[attr-defined]
    return None


def stay(request: HttpRequest) -> None:
    """Put off the end of an idle session. It is written now and then only, not for each request."""
    now = time.time()
    if now - request.session.get(_SEEN, 0) < min(_SEEN_SECONDS, settings.SESSION_COOKIE_AGE / 20):
        return
    request.session[_SEEN] = int(now)
    _note_seen(request)


def _note_seen(request: HttpRequest) -> None:
    from allauth.usersessions.models import UserSession  # there are none without accounts

    UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=timezone.now())


def sign_in_first(view: View) -> View:
    """For views below /accounts/, which the middleware leaves to django-allauth."""

    @wraps(view)
    def checked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        return view(request, *arguments, **named) if request.user.is_authenticated else _sign_in(request)

    return checked


def in_use(request: HttpRequest) -> Membership | None:
    """Return the person's membership of the team in use: the one chosen last, else the oldest."""
    mine = Membership.objects.filter(person_id=request.user.pk).select_related("team").order_by("pk")
    chosen = request.session.get(_TEAM)
    return (chosen and mine.filter(team_id=chosen).first()) or mine.first()


def use(request: HttpRequest, member: Membership) -> None:
    request.session[_TEAM] = member.team_id


def _sign_in(request: HttpRequest) -> HttpResponseBase:
    """Lead to the sign-in page, and back to this page afterwards."""
    shape, address = shape_of(request), reverse(settings.LOGIN_URL)
    if shape is Shape.PAGE and request.method in ("GET", "HEAD"):
        return HttpResponseRedirect(f"{address}?{urlencode({'next': request.get_full_path()})}")
    response: HttpResponse = refuse(request, refusals.SIGN_IN)
    if shape is Shape.FRAGMENT:
        response["HX-Redirect"] = address
    return response
