"""API tokens: a program acts for a member by `Authorization: Bearer apg_…`."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from playground.database import in_turn
from playground.database.rows import row_with
from playground.people.models import Token, User
from playground.teams.audit import note
from playground.teams.models import Kind, Membership, Team

# By which a leaked one is recognized.
PREFIX = "apg_"
_SCHEME = "bearer "
_TAIL = 4
# How often it is written that a token is used.
_USED_EVERY = timedelta(minutes=1)


def secret_in(request: HttpRequest) -> str:
    """Return the token of a request, or "". Other credentials are none of ours."""
    header = request.headers.get("Authorization", "")
    secret = header[len(_SCHEME) :].strip() if header[: len(_SCHEME)].lower() == _SCHEME else ""
    return secret if secret.startswith(PREFIX) else ""


def find(secret: str) -> Token | None:
    """Return a token that works, and note that it is used."""
    return in_turn(lambda: _find(secret))


def _find(secret: str) -> Token | None:
    now = timezone.now()
    token = row_with(Token, "digest", _digest(secret))
    member = token and row_with(Membership, "id", token.member_id)
    team = member and row_with(Team, "id", member.team_id)
    person = member and row_with(User, "id", member.person_id)
    if not (token and member and team and person) or token.expires <= now or not person.is_active:
        return None
    token.member, member.team, member.person = member, team, person
    if token.used is None or token.used < now - _USED_EVERY:
        Token.objects.filter(pk=token.pk).update(used=now)
    return token


@transaction.atomic
def make(member: Membership, name: str, days: int, *, sends: bool, reads: bool) -> tuple[Token, str]:
    """Make a token; return it with its secret, which is told only here."""
    secret = PREFIX + secrets.token_urlsafe(32)
    expires = timezone.now() + timedelta(days=days)
    token = Token.objects.create(
        member=member,
        name=name,
        digest=_digest(secret),
        tail=secret[-_TAIL:],
        sends=sends,
        reads=reads,
        expires=expires,
    )
    note(Kind.TOKEN_MADE, member.team, member.person, name, expires=f"{expires:%Y-%m-%d}")
    return token, secret


@transaction.atomic
def revoke(member: Membership, number: int) -> None:
    token = Token.objects.filter(pk=number, member=member).first()
    if token:
        note(Kind.TOKEN_REVOKED, member.team, member.person, token.name)
        token.delete()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
