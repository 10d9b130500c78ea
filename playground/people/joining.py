"""An invitation on its way through a session: from its link to the account that uses it."""

from django.http import HttpRequest

from playground.teams.models import Invitation
from playground.teams.people import invitation_of

_KEY = "invitation"


def remember(request: HttpRequest, secret: str) -> None:
    request.session[_KEY] = secret


def invitation_in(request: HttpRequest) -> Invitation | None:
    """Return the invitation whose link was opened in this session, if it still works."""
    secret = request.session.get(_KEY)
    return invitation_of(secret) if secret else None


def forget(request: HttpRequest) -> None:
    request.session.pop(_KEY, None)
