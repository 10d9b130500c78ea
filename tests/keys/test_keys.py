"""Keys are encrypted for one team and origin, lent to those who may use them, and each change is noted."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from playground.calls.draft import Draft
from playground.dialects import DEFAULT
from playground.exchange.refusal import InvalidRequestError
from playground.keys import keeping, lending, rotation, sealing
from playground.keys.models import Audience, Key, Use
from playground.people.models import User
from playground.teams import people
from playground.teams.models import Kind, Membership, Role, Team
from playground.upstream.client import NOBODY
from tests.configuration import configure

SECRET = "sk-canary-of-a-team-1234567890"
BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}


@pytest.fixture(autouse=True)
def data_key() -> str:
    key = sealing.new_key()
    configure(PLAYGROUND_DATA_KEYS=key)
    return key


@pytest.fixture
def team(db: None) -> Team:
    return people.make_team("One", User.objects.create(username="owner", email="owner@example.org"))


@pytest.fixture
def owner(team: Team) -> Membership:
    return team.members.get()


def _member(team: Team, role: str, name: str = "") -> Membership:
    person = User.objects.create(username=name or role, email=f"{name or role}@example.org")
    return Membership.objects.create(team=team, person=person, role=role)


def _add(member: Membership, audience: str = Audience.TEAM, secret: str = SECRET, **place: str) -> Key:
    held = keeping.place_of(
        place.get("provider", "openai"),
        place.get("base_url", ""),
        place.get("dialect", ""),
        place.get("auth", ""),
    )
    chosen = [member] if audience == Audience.PEOPLE else []
    return keeping.add(member, "Research", held, secret, audience, chosen)


def _lent(member: Membership, wanted: str = "", **draft: Any) -> Draft:
    asked = Draft(**{"provider": "openai", "base_url": None, "key": None, "body": BODY, **draft})
    return lending.lend(asked, wanted, member, NOBODY)[0]


def _sent(member: Membership) -> None:
    asked = Draft("openai", None, None, BODY)
    lending.lend(asked, "", member, NOBODY)[1].begins()


def _kinds(team: Team) -> list[str]:
    return [kind for kind in team.events.order_by("pk").values_list("kind", flat=True) if "key" in kind]


@pytest.mark.parametrize("secret", ["only-for-tests-" * 5])
@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        (["nonsense"], "key 1 is malformed"),
        (["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="], "key 1 is not random"),
        (["A" * 43 + "="], "key 1 is not random"),
        (sorted(sealing.KNOWN)[:1], "key 1 is an example that everybody knows"),
        (["b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtb24="], "key 1 is made from PLAYGROUND_SECRET_KEY"),
        (["", "x"], "key 1 is malformed"),
    ],
)
def test_a_weakdata_key_is_refused(keys: list[str], wrong: str, secret: str) -> None:
    told = sealing.problem(keys, secret)

    assert told == wrong


def test_a_newdata_key_is_good_alone_and_not_twice() -> None:
    key = sealing.new_key()

    assert sealing.problem([key], "only-for-tests-" * 5) is None
    assert sealing.problem([key, key], "only-for-tests-" * 5) == "the same key occurs twice"
    assert "PLAYGROUND_SECRET_KEY" in str(sealing.problem([key], key))


def test_a_key_goes_to_its_provider_and_nowhere_else(owner: Membership) -> None:
    _add(owner)

    assert _lent(owner).route().key == SECRET
    assert not _lent(owner).route().at_servers_expense
    for other in ({"provider": "claude"}, {"provider": None, "base_url": "https://evil.example/v1"}):
        draft = _lent(owner, **other)
        assert not draft.lent.key
    # Even if something lent it.
    stolen = Draft(None, "https://evil.example/v1", None, BODY, lent=_lent(owner).lent)
    with pytest.raises(InvalidRequestError):
        stolen.route()


def test_a_key_for_a_base_url_goes_to_its_origin_with_its_authentication(owner: Membership) -> None:
    _add(owner, provider="", base_url="https://gate.example/team/v1", auth="x-api-key")

    route = _lent(owner, provider=None, base_url="https://gate.example/team/v1").route()
    assert (route.key, route.call(DEFAULT, BODY).auth.header) == (SECRET, "x-api-key")
    for other in (
        "http://gate.example/v1",
        "https://gate.example:444/v1",
        "https://gate.example.evil.org/v1",
    ):
        assert not _lent(owner, provider=None, base_url=other).lent.key


def test_a_typed_key_comes_first_and_no_saved_one_is_opened(owner: Membership) -> None:
    _add(owner)

    assert _lent(owner, key="sk-typed-by-a-person").route().key == "sk-typed-by-a-person"
    assert not Use.objects.exists()


@pytest.mark.parametrize(
    ("audience", "may"),
    [
        (Audience.TEAM, {Role.MEMBER, Role.ADMIN, Role.OWNER}),
        (Audience.ADMINS, {Role.ADMIN, Role.OWNER}),
        (Audience.PEOPLE, {Role.OWNER}),
        (Audience.OWN, {Role.OWNER}),
    ],
)
def test_who_may_use_a_key(team: Team, owner: Membership, audience: str, may: set[str]) -> None:
    key = _add(owner, audience)
    others = [_member(team, role) for role in (Role.VIEWER, Role.MEMBER, Role.ADMIN)]
    stranger = people.make_team("Two", User.objects.create(username="x", email="x@example.org")).members.get()

    used = {one.role for one in (owner, *others) if _lent(one).lent.key}
    assert used == may
    for one in [stranger, *(one for one in others if one.role not in may)]:
        with pytest.raises(InvalidRequestError):
            _lent(one, str(key.pk))
        assert not lending.held_by(one).saved


def test_the_new_key_comes_first_and_the_old_one_works_until_its_day(owner: Membership) -> None:
    old = _add(owner)
    new = keeping.replace(old, "sk-the-next-one-0987654321", owner, timezone.now() + timedelta(days=1))

    assert _lent(owner).route().key == "sk-the-next-one-0987654321"
    assert _lent(owner, str(old.pk)).route().key == SECRET
    Key.objects.filter(pk=old.pk).update(ends=timezone.now())
    with pytest.raises(InvalidRequestError):
        _lent(owner, str(old.pk))
    keeping.turn_off(new, owner.person)
    assert not _lent(owner).lent.key
    keeping.turn_on(old, owner.person)
    assert _lent(owner).route().key == SECRET


def test_a_replaced_key_keeps_its_place_before_others(owner: Membership) -> None:
    first = _add(owner)
    _add(owner, secret="sk-another-key-of-the-team-1")
    keeping.replace(first, "sk-the-next-one-0987654321", owner, None)

    assert _lent(owner).route().key == "sk-the-next-one-0987654321"


def test_a_personal_key_comes_before_the_teams_and_goes_with_its_person(
    team: Team, owner: Membership
) -> None:
    _add(owner)
    member = _member(team, Role.MEMBER)
    own = _add(member, Audience.OWN, "sk-canary-of-one-person-1")

    assert _lent(member).route().key == "sk-canary-of-one-person-1"
    assert list(Key.objects.shown_to(owner).filter(member=None)) == list(Key.objects.shown_to(owner))
    people.remove(member, owner.person)
    assert not Key.objects.filter(pk=own.pk).exists()


def test_each_change_is_noted_and_the_first_use_of_a_day(team: Team, owner: Membership) -> None:
    key = _add(owner)
    _lent(owner)  # is not a use: a budget may refuse the call
    assert Kind.KEY_USED not in _kinds(team)
    for _ in range(3):
        _sent(owner)
    new = keeping.replace(key, "sk-the-next-one-0987654321", owner, None)
    keeping.share(new, Audience.ADMINS, (), owner.person)
    for _ in range(2):
        keeping.turn_off(key, owner.person)
    keeping.delete(key, owner.person)

    assert Use.objects.count() == 0  # it went with its key
    assert _kinds(team) == [
        Kind.KEY_MADE,
        Kind.KEY_USED,
        Kind.KEY_REPLACED,
        Kind.KEY_SHARED,
        Kind.KEY_OFF,
        Kind.KEY_DELETED,
    ]


def test_a_key_moved_to_another_team_or_person_cannot_be_read(team: Team, owner: Membership) -> None:
    key = _add(owner)
    admin = _member(team, Role.ADMIN)
    other = people.make_team("Two", owner.person)

    for stolen in ({"team": other}, {"member": admin}, {"provider": "claude"}):
        Key.objects.filter(pk=key.pk).update(
            **({"team": team, "member": None, "provider": "openai"} | stolen)
        )
        with pytest.raises(sealing.UnreadableError):
            lending.open_key(Key.objects.get(pk=key.pk))


def test_a_key_that_cannot_be_read_breaks_nothing(owner: Membership) -> None:
    lost = _add(owner)
    configure(PLAYGROUND_DATA_KEYS=sealing.new_key())

    for wanted in ("", str(lost.pk)):
        with pytest.raises(InvalidRequestError, match="decrypted"):
            _lent(owner, wanted)
    with pytest.MonkeyPatch.context() as operators:
        operators.setenv("OPENAI_API_KEY", "sk-of-the-operator-1")
        assert _lent(owner).route().at_servers_expense
    _add(owner, secret="sk-entered-again-1234567")
    assert _lent(owner).route().key == "sk-entered-again-1234567"


def test_all_is_encrypted_again_under_the_firstdata_key(owner: Membership, data_key: str) -> None:
    key, new = _add(owner), sealing.new_key()
    configure(PLAYGROUND_DATA_KEYS=f"{new},{data_key}")

    assert rotation.rotate() == rotation.Rotated(1, 0)
    configure(PLAYGROUND_DATA_KEYS=new)
    assert lending.open_key(Key.objects.get(pk=key.pk))[0] == SECRET
    configure(PLAYGROUND_DATA_KEYS=data_key)
    assert rotation.rotate() == rotation.Rotated(0, 1)


def test_a_servers_key_is_for_the_teams_that_the_setting_names(
    team: Team, owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-operator-1")
    assert _lent(owner).route().at_servers_expense

    configure(PLAYGROUND_KEY_TEAMS="openai:Two")
    with pytest.raises(InvalidRequestError):
        _lent(owner).route()
    with pytest.raises(InvalidRequestError):
        _lent(owner, lending.SERVERS).route()
    with pytest.raises(people.ReservedNameError):
        people.rename(team, "two", owner.person)
    with pytest.raises(people.ReservedNameError):
        people.make_team("Two", owner.person)
    configure(PLAYGROUND_KEY_TEAMS="openai:Two,openai:One")
    assert _lent(owner).route().key == "sk-of-the-operator-1"


def test_no_table_holds_the_key(owner: Membership) -> None:
    keeping.replace(_add(owner), f"{SECRET}-next", owner, None)
    _sent(owner)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            assert "canary" not in repr(cursor.fetchall()), table


def test_a_key_that_is_deleted_meanwhile_is_not_used(
    team: Team, owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add(owner)
    opened = sealing.open_key

    def while_deleting(*arguments: Any) -> tuple[str, frozenset[str]]:
        Key.objects.all().delete()
        return opened(*arguments)

    monkeypatch.setattr(sealing, "open_key", while_deleting)
    with pytest.raises(InvalidRequestError, match="can’t use this key"):
        _sent(owner)
    assert Kind.KEY_USED not in _kinds(team)


@pytest.mark.django_db(transaction=True)
def test_its_tables_can_go_back_to_before_embeds_used_keys(owner: Membership) -> None:
    key, now = _add(owner), timezone.now()
    for person in (owner.person_id, None):
        Use.objects.create(key=key, person_id=person, day=now.date(), last=now)

    try:
        call_command("migrate", "keys", "0002_limits", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)

    assert Use.objects.get().person_id == owner.person_id
