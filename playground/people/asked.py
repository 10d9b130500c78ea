"""What the pages of people and teams ask of a request: who asks in which team, and what the form names."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from playground.exchange.refusal import FieldProblem, InvalidRequestError, RefusedError
from playground.people import refusals
from playground.teams import people
from playground.teams.access import Action, allows
from playground.teams.models import Membership, Team
from playground.text.sentence import gettext_noop, say
from playground.web.refusals import refuse

View = Callable[..., HttpResponseBase]


def refusing(view: View) -> View:
    """Show what was refused."""

    @wraps(view)
    def checked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        try:
            return view(request, *arguments, **named)
        except people.LastOwnerError:
            return refuse(request, refusals.LAST_OWNER)
        except people.ReservedNameError:
            return refuse(request, refusals.RESERVED_NAME)
        except RefusedError as error:
            return refuse(request, error.refusal)

    return checked


def member_in(request: HttpRequest, number: int) -> Membership:
    """Return the person's membership of the team. Raises `RefusedError`: 404, as if it did not exist."""
    found = (
        Membership.objects.filter(person_id=request.user.pk, team_id=number).select_related("team").first()
    )
    if found is None:
        raise RefusedError(refusals.NO_TEAM_HERE)
    return found


def need(own: Membership, action: Action) -> None:
    if not allows(own.role, action):
        raise RefusedError(refusals.NOT_ALLOWED)


def name_in(request: HttpRequest) -> str:
    """Return the name of a team or a key in the form."""
    name = " ".join(request.POST.get("name", "").split())
    if not name or "\0" in name or len(name) > Team._meta.get_field("name").max_length:  # type: ignore[operator]
        raise InvalidRequestError(
            FieldProblem("name", say(gettext_noop("Enter a name of at most 80 characters.")))
        )
    return name


def number_in(text: str) -> int:
    """Return a row's number from a form; 0, which no row has, if it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
