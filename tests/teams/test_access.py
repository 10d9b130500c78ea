"""What each role may do, and to whom."""

import pytest
from django.contrib.auth.models import AnonymousUser

from playground.people.models import User
from playground.teams.access import Action, allows, may, may_give
from playground.teams.models import Membership, Role, Team

_ALLOWED = {
    Role.VIEWER: {Action.SEE},
    Role.MEMBER: {Action.SEE, Action.SEND, Action.SHARE},
    Role.ADMIN: {Action.SEE, Action.SEND, Action.SHARE, Action.INVITE, Action.MANAGE, Action.AUDIT},
    Role.OWNER: set(Action),
}


@pytest.mark.parametrize("role", Role)
def test_a_role_allows_what_the_table_says(role: Role) -> None:
    assert {action for action in Action if allows(role, action)} == _ALLOWED[role]


@pytest.mark.parametrize(
    ("own", "given"),
    [
        (Role.VIEWER, set()),
        (Role.MEMBER, set()),
        (Role.ADMIN, {Role.VIEWER, Role.MEMBER}),
        (Role.OWNER, set(Role)),
    ],
)
def test_nobody_gives_a_role_that_is_not_below_their_own(own: Role, given: set[Role]) -> None:
    assert {role for role in Role if may_give(own, role)} == given


@pytest.mark.django_db
def test_a_person_may_act_in_their_own_team_only() -> None:
    person = User.objects.create(username="a", email="a@example.org")
    own, other = Team.objects.create(name="One"), Team.objects.create(name="Two")
    Membership.objects.create(team=own, person=person, role=Role.OWNER)

    assert all(may(person, action, own) for action in Action)
    assert not any(may(person, action, other) for action in Action)
    assert not may(AnonymousUser(), Action.SEE, own)
    person.is_active = False
    assert not may(person, Action.SEE, own)
