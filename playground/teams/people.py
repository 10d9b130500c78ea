"""Teams and their people: make, invite, join, change, remove. Each change is noted in the audit log.

Callers check with `teams.access` who may do so; what would leave a team without an owner raises
`LastOwnerError` for everybody.
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from playground.teams.access import Person, may_give
from playground.teams.audit import note
from playground.teams.models import Invitation, Kind, Membership, Role, Team

INVITATION_DAYS = 7


class LastOwnerError(Exception):
    """A team needs an owner."""


class ReservedNameError(Exception):
    """Only the operator gives a team this name.

    PLAYGROUND_KEY_TEAMS gives it a server's key, or PLAYGROUND_SSO_TEAM lets people join it.
    """


@transaction.atomic
def make_team(name: str, person: Person | None) -> Team:
    """Make a team. `person` becomes its owner; None if an owner is invited.

    Raises `ReservedNameError`.
    """
    if person:
        _check_name(name)
    team = Team.objects.create(name=name)
    note(Kind.TEAM_MADE, team, person, name)
    if person:
        Membership.objects.create(team=team, person_id=person.pk, role=Role.OWNER)  # type: ignore[misc]
    return team


@transaction.atomic
def rename(team: Team, name: str, person: Person) -> None:
    """Rename a team. Raises `ReservedNameError`."""
    if name != team.name:
        _check_name(name)
    note(Kind.TEAM_RENAMED, team, person, name, before=team.name)
    team.name = name
    team.save(update_fields=["name"])


@transaction.atomic
def invite(team: Team, role: str, email: str, person: Person | None) -> tuple[Invitation, str]:
    """Make an invitation; return it with the secret of its link, which is told only here."""
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        team=team,
        role=role,
        email=email,
        digest=_digest(secret),
        made_by_id=person.pk if person else None,
        expires=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    note(Kind.INVITED, team, person, email, role=role)
    return invitation, secret


def open_invitations() -> QuerySet[Invitation]:
    """Return the invitations whose links still work."""
    return Invitation.objects.filter(
        used=None, withdrawn=None, expires__gt=timezone.now(), team__isnull=False
    ).select_related("team", "made_by")


def invitation_of(secret: str) -> Invitation | None:
    """Return the invitation of a link that still works."""
    return open_invitations().filter(digest=_digest(secret)).first()


@transaction.atomic
def withdraw(invitation: Invitation, person: Person) -> None:
    """Withdraw an invitation; nothing happens if it has been used."""
    if open_invitations().filter(pk=invitation.pk).update(withdrawn=timezone.now()):
        note(Kind.INVITATION_WITHDRAWN, invitation.team, person, invitation.email)


@transaction.atomic
def join(invitation: Invitation, person: Person) -> bool:
    """Use an invitation: one person joins by it. Return False if it no longer works.

    A member who uses it keeps a higher role.
    """
    used = open_invitations().filter(pk=invitation.pk)
    if not used.update(used=timezone.now(), used_by_id=person.pk):
        return False
    member, is_new = Membership.objects.get_or_create(
        team=invitation.team, person_id=person.pk, defaults={"role": invitation.role}
    )
    if not is_new and Role.values.index(invitation.role) > Role.values.index(member.role):
        member.role = invitation.role
        member.save(update_fields=["role"])
    note(Kind.JOINED, invitation.team, person, str(person), role=member.role)
    return True


@transaction.atomic
def admit(name: str, person: Person) -> None:
    """Let a person join the team of this name as a member; it is made if there is none."""
    team = Team.objects.filter(name=name).first() or make_team(name, None)
    _, is_new = Membership.objects.get_or_create(
        team=team, person_id=person.pk, defaults={"role": Role.MEMBER}
    )
    if is_new:
        note(Kind.JOINED, team, person, str(person), role=Role.MEMBER)


@transaction.atomic
def change_role(member: Membership, role: str, person: Person) -> None:
    """Change a member's role. Raises `LastOwnerError`."""
    before, member.role = member.role, role
    if before == role:
        return
    with _keeping_owner(member.team):
        member.save(update_fields=["role"])
    _end_invitations(member, role)
    note(Kind.ROLE_CHANGED, member.team, person, str(member.person), before=before, role=role)


@transaction.atomic
def remove(member: Membership, person: Person) -> None:
    """Remove a member, or let one leave. Raises `LastOwnerError`."""
    team, about = member.team, str(member.person)
    leaves = member.person_id == person.pk
    _end_invitations(member, None)
    with _keeping_owner(team):
        member.delete()
    note(Kind.LEFT if leaves else Kind.REMOVED, team, person, about)


def end_invitations(person: Person) -> None:
    """Withdraw what a person has handed out in all teams."""
    for member in Membership.objects.filter(person_id=person.pk).select_related("team", "person"):
        _end_invitations(member, None)


def _end_invitations(member: Membership, role: str | None) -> None:
    """Withdraw what a member has handed out but could no longer give, in their role now or without one."""
    own = open_invitations().filter(team=member.team, made_by_id=member.person_id)
    beyond = [given for given in Role.values if role is None or not may_give(role, given)]
    for invitation in own.filter(role__in=beyond):
        withdraw(invitation, member.person)


def _check_name(name: str) -> None:
    reserved = {team.casefold() for teams in settings.CONFIG.key_teams.values() for team in teams}
    if name.casefold() in reserved | {settings.CONFIG.sso_team.casefold()}:
        raise ReservedNameError


@contextmanager
def _keeping_owner(team: Team) -> Iterator[None]:
    """Raise `LastOwnerError`, which undoes the transaction, if the block takes the last active owner."""
    # Locks the team, so that two owners who leave at once don't both see the other.
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    owners = team.members.filter(role=Role.OWNER, person__is_active=True)
    was_owned = owners.exists()
    yield
    if was_owned and not owners.exists():
        raise LastOwnerError


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
