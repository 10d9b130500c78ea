"""An invitation on its way through a session: from its link to the account that uses it."""

from django.http import HttpRequest

from playground.teams.models import Invitation
from playground.teams.people import open_invitations

_KEY = "invited_by"


def remember(request: HttpRequest, invitation: Invitation) -> None:
    # Not the link's secret: sessions are in the database, which has only a digest of it.
    request.session[_KEY] = invitation.pk


def invitation_in(request: HttpRequest) -> Invitation | None:
    """Return the invitation whose link was opened in this session, if it still works."""
    number: int | None = request.session.get(_KEY)
    return open_invitations().filter(pk=number).first() if number else None


def forget(request: HttpRequest) -> None:
    request.session.pop(_KEY, None)
