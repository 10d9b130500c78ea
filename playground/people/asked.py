"""What the pages of people and teams have in common: who asks in which team, and what is refused."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from playground.exchange.refusal import RefusedError
from playground.people import refusals
from playground.teams import people
from playground.teams.access import Action, allows
from playground.teams.models import Membership
from playground.web.refusals import refuse

View = Callable[..., HttpResponseBase]
# Databases take no such number.
_NO_ROW = 2**63


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


def of_team(action: Action) -> Callable[[View], View]:
    """Make a page of the team that the URL names, for its people whose role allows `action`.

    The view is called with the person's membership instead of the team's number.
    """

    def page(view: View) -> View:
        @refusing
        @wraps(view)
        def checked(request: HttpRequest, number: int, *arguments: Any, **named: Any) -> HttpResponseBase:
            own = member_in(request, number)
            need(own, action)
            return view(request, own, *arguments, **named)

        return checked

    return page


def member_in(request: HttpRequest, number: int) -> Membership:
    """Return the person's membership of the team. Raises `RefusedError`: 404, as if it did not exist."""
    mine = Membership.objects.filter(person_id=request.user.pk).select_related("team")
    found = mine.filter(team_id=number).first() if number < _NO_ROW else None
    if found is None:
        raise RefusedError(refusals.NO_TEAM_HERE)
    return found


def need(own: Membership, action: Action) -> None:
    if not allows(own.role, action):
        raise RefusedError(refusals.NOT_ALLOWED)
