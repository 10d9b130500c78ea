"""Invitations work once; a team always has an owner; each change is in the audit log."""

from datetime import timedelta

import pytest
from django.utils import timezone

from playground.people.models import User
from playground.teams import people
from playground.teams.models import Event, Invitation, Kind, Membership, Role, Team
from tests.configuration import configure

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return User.objects.create(username="owner", email="owner@example.org")


@pytest.fixture
def team(owner: User) -> Team:
    return people.make_team("Team", owner)


def _person(name: str) -> User:
    return User.objects.create(username=name, email=f"{name}@example.org")


def _kinds(team: Team) -> list[str]:
    return list(team.events.order_by("pk").values_list("kind", flat=True))


def test_an_invitation_lets_one_person_join(team: Team, owner: User) -> None:
    invitation, secret = people.invite(team, Role.MEMBER, "", owner)
    first, second = _person("first"), _person("second")

    assert people.invitation_of(secret) == invitation
    assert people.join(invitation, first)
    assert not people.join(invitation, second)
    assert people.invitation_of(secret) is None
    assert Membership.objects.get(team=team, person=first).role == Role.MEMBER
    assert not Membership.objects.filter(person=second).exists()
    assert _kinds(team) == [Kind.TEAM_MADE, Kind.INVITED, Kind.JOINED]


def test_the_database_does_not_hold_the_secret(team: Team, owner: User) -> None:
    _, secret = people.invite(team, Role.MEMBER, "", owner)

    assert all(secret not in str(row) for row in [*Invitation.objects.values(), *Event.objects.values()])


def test_a_link_ends_when_it_expires_or_is_withdrawn(team: Team, owner: User) -> None:
    expired, late = people.invite(team, Role.MEMBER, "", owner)
    Invitation.objects.filter(pk=expired.pk).update(expires=timezone.now() - timedelta(seconds=1))
    withdrawn, taken = people.invite(team, Role.MEMBER, "", owner)
    people.withdraw(withdrawn, owner)

    for invitation, secret in ((expired, late), (withdrawn, taken)):
        assert people.invitation_of(secret) is None
        assert not people.join(invitation, _person(f"late-{invitation.pk}"))


def test_an_invitation_raises_a_role_and_never_lowers_it(team: Team, owner: User) -> None:
    member = _person("member")
    for role, expected in ((Role.MEMBER, Role.MEMBER), (Role.ADMIN, Role.ADMIN), (Role.VIEWER, Role.ADMIN)):
        assert people.join(people.invite(team, role, "", owner)[0], member)
        assert Membership.objects.get(team=team, person=member).role == expected


def test_the_last_owner_stays(team: Team, owner: User) -> None:
    own = Membership.objects.get(team=team, person=owner)
    people.join(people.invite(team, Role.OWNER, "", owner)[0], gone := _person("gone"))
    User.objects.filter(pk=gone.pk).update(is_active=False)

    with pytest.raises(people.LastOwnerError):
        people.change_role(own, Role.ADMIN, owner)
    own.refresh_from_db()
    with pytest.raises(people.LastOwnerError):
        people.remove(own, owner)
    assert Membership.objects.get(team=team, person=owner).role == Role.OWNER
    assert Kind.LEFT not in _kinds(team)


def test_who_is_in_a_team_without_an_owner_may_leave() -> None:
    team, member = people.make_team("Waits", None), _person("member")
    people.join(people.invite(team, Role.MEMBER, "", None)[0], member)

    people.remove(Membership.objects.get(team=team), member)

    assert not team.members.exists()


def test_roles_change_and_people_leave(team: Team, owner: User) -> None:
    people.join(people.invite(team, Role.OWNER, "", owner)[0], _person("second"))
    own = Membership.objects.get(team=team, person=owner)

    people.change_role(own, Role.VIEWER, owner)
    people.remove(Membership.objects.get(pk=own.pk), owner)

    assert _kinds(team)[-2:] == [Kind.ROLE_CHANGED, Kind.LEFT]
    assert team.events.order_by("-pk").first().about == "owner@example.org"  # type: ignore[union-attr]


def test_who_is_removed_or_demoted_leaves_no_invitation_beyond_their_role(team: Team, owner: User) -> None:
    second = Membership.objects.create(team=team, person=_person("second"), role=Role.OWNER)
    links = {role: people.invite(team, role, "", second.person)[1] for role in (Role.OWNER, Role.MEMBER)}

    people.change_role(second, Role.ADMIN, owner)
    assert people.invitation_of(links[Role.OWNER]) is None
    assert people.invitation_of(links[Role.MEMBER])

    people.remove(second, owner)
    assert people.invitation_of(links[Role.MEMBER]) is None


def test_nobody_gives_a_team_the_name_of_the_one_that_people_join_by_themselves(
    team: Team, owner: User
) -> None:
    configure(PLAYGROUND_SSO_TEAM="Everybody")

    with pytest.raises(people.ReservedNameError):
        people.rename(team, "everybody", owner)
    with pytest.raises(people.ReservedNameError):
        people.make_team("Everybody", owner)
    people.admit("Everybody", owner)
    assert Team.objects.filter(name="Everybody").count() == 1
