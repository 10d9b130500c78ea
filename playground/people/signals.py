"""Sign-ins in the audit log, of the admin too."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from playground.calls.who import pseudonym_of
from playground.people.addresses import person_of
from playground.teams.audit import note
from playground.teams.models import Kind, Membership, Team


def _noted(kind: Kind, request: HttpRequest | None, user: Any) -> None:
    """Write a line for each team of the person, so that its admins see it."""
    details = {"address": pseudonym_of(request)} if request else {}
    teams: list[Team | None] = [
        member.team for member in Membership.objects.filter(person_id=user.pk).select_related("team")
    ]
    for team in teams or [None]:
        note(kind, team, user, str(user), **details)


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: Any, **_: Any) -> None:
    _noted(Kind.SIGNED_IN, request, user)


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: Any, **_: Any) -> None:
    if user:
        _noted(Kind.SIGNED_OUT, request, user)


@receiver(user_login_failed)
def failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Note a failure of a person who exists. What a stranger types may be a password: it is not kept."""
    email = credentials.get("email") or credentials.get("username") or ""
    person = person_of(email)
    if person:
        _noted(Kind.SIGN_IN_FAILED, request, person)
