"""What a person may do in a team. No other module compares roles."""

from enum import StrEnum

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from playground.teams.models import Membership, Role, Team

Person = AbstractBaseUser | AnonymousUser
_RANK = {role: rank for rank, role in enumerate(Role.values)}


class Action(StrEnum):
    """What can be done in a team, each with the lowest role that may."""

    SEE = "see"  # the team's runs, prompts, and people
    SEND = "send"  # make calls, keep their runs, and save prompts
    SHARE = "share"  # make public links to runs, and comment on runs
    INVITE = "invite"  # people to roles below one's own, and withdraw such invitations
    MANAGE = "manage"  # people below one's own role, keys, budgets, prompts, embeds
    AUDIT = "audit"  # read the audit log
    OWN = "own"  # owners, and the team itself


_LOWEST = {
    Action.SEE: Role.VIEWER,
    Action.SEND: Role.MEMBER,
    Action.SHARE: Role.MEMBER,
    Action.INVITE: Role.ADMIN,
    Action.MANAGE: Role.ADMIN,
    Action.AUDIT: Role.ADMIN,
    Action.OWN: Role.OWNER,
}


def member_of(request: HttpRequest) -> Membership | None:
    """Return who asks, in the team in use; None without accounts. Raises `PermissionDenied` for strangers."""
    if not settings.CONFIG.accounts:
        return None
    member: Membership | None = getattr(request, "membership", None)
    if member is None:
        raise PermissionDenied
    return member


def membership(person: Person, team: Team) -> Membership | None:
    """Return the person's membership; None for strangers, and for people who may not sign in."""
    if not person.is_authenticated or not person.is_active:
        return None
    return Membership.objects.filter(person_id=person.pk, team=team).first()


def allows(role: str, action: Action) -> bool:
    return _RANK[role] >= _RANK[_LOWEST[action]]


def roles_that_may(action: Action) -> list[str]:
    return [role for role in Role.values if allows(role, action)]


def may(person: Person, action: Action, team: Team) -> bool:
    """Tell whether the person may do this in the team."""
    found = membership(person, team)
    return found is not None and allows(found.role, action)


def may_give(own: str, role: str) -> bool:
    """Tell whether somebody with the role `own` may give `role` to others, take it from them, or promise it.

    An owner may give and take all; an admin only roles below admin, so that no admin can remove another.
    """
    return own == Role.OWNER or (allows(own, Action.MANAGE) and _RANK[role] < _RANK[own])


def may_delete_of(own: Membership, person_id: int | None) -> bool:
    """Tell whether somebody may delete what a member of their team made: their own, or as an admin any."""
    return allows(own.role, Action.MANAGE) or (allows(own.role, Action.SEND) and own.person_id == person_id)
