"""What a deleted account or team takes with it, what stays, and how long a team keeps its runs."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from playground.calls.models import Spent
from playground.leaving import deletion
from playground.people.models import User
from playground.pinned import replaying
from playground.pinned.models import Attempt, Outcome, Pin
from playground.runs import keep, search, tidy
from playground.runs.models import Run
from playground.runs.search import Query
from playground.teams import people
from playground.teams.audit import note
from playground.teams.models import Budget, Event, Kind, Membership, Role, Team, Used
from playground.teams.people import LastOwnerError
from tests.configuration import configure

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _runs_are_on() -> None:
    configure(PLAYGROUND_RUNS="1")
    tidy.forget()


@pytest.fixture
def owner() -> User:
    return User.objects.create(username="o", email="owner@example.org")


@pytest.fixture
def team(owner: User) -> Team:
    return people.make_team("One", owner)


def _member(team: Team, email: str, role: str = Role.MEMBER) -> User:
    person = User.objects.create(username=email, email=email)
    Membership.objects.create(team=team, person=person, role=role)
    return person


def _run(key: str, team: Team | None = None, person: User | None = None, **columns: Any) -> Run:
    values = {
        "started": datetime.now(UTC) - timedelta(days=columns.pop("days", 0)),
        "total_ms": 1.0,
        "words": f"word{key}",
        "record": b"x",
        "size": 1000,
        **columns,
    }
    run = Run.objects.create(key=key, team=team, person=person, **values)
    search.add(run.pk, run.words)
    return run


def _keys() -> list[str]:
    return sorted(Run.objects.values_list("key", flat=True))


def test_each_team_is_told_which_of_its_runs_a_command_deleted_in_pieces_too(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(PLAYGROUND_ACCOUNTS="1", PLAYGROUND_RUNS="1")
    other = people.make_team("Two", None)
    for key in ("one", "two"):
        _run(key, team)
    _run("three-of-another", other)
    _run("of-nobody")
    monkeypatch.setattr(tidy, "_PIECE", 1)
    monkeypatch.setattr(keep.search, "delete", _full_once(search.delete))

    keep.forget(["one", "two", "three-of-another"])
    keep.forget(None)

    told = Event.objects.filter(kind=Kind.RUNS_DELETED).values_list("team", "actor", "about", "details__runs")
    assert sorted(told) == [
        (team.pk, "", "one", 1),
        (team.pk, "", "two", 1),
        (other.pk, "", "three-of", 1),
    ]
    configure(PLAYGROUND_ACCOUNTS="0", PLAYGROUND_RUNS="1")
    _run("four", team)
    assert keep.forget(None) == 1
    assert len(told.all()) == 3


def _full_once(delete: Callable[[Sequence[int]], int]) -> Callable[[Sequence[int]], int]:
    """Return `delete` on a disk that is full until room is made."""
    waiting = [OperationalError("database or disk is full")]

    def attempt(pks: Sequence[int]) -> int:
        if waiting:
            raise waiting.pop()
        return delete(pks)

    return attempt


def test_a_person_goes_with_what_is_theirs(owner: User, team: Team) -> None:
    other = people.make_team("Two", User.objects.create(username="t", email="two@example.org"))
    ada, nada = _member(team, "ada@example.org"), _member(team, "nada@example.org")
    Membership.objects.create(team=other, person=ada, role=Role.VIEWER)
    _run("hers", team, ada, private=True)
    _run("starred", other, ada, starred=True)
    _run("of-nada", team, nada)
    Used.objects.create(team=team, day="2026-01-01", person=ada, model="m", calls=3)
    budget = Budget.objects.create(
        team=team, subject="person", person=ada, name=str(ada.pk), period="day", calls=1
    )
    for account, who in ((budget.account, ""), ("budget:77", f"p{ada.pk}"), ("budget:77", f"p{nada.pk}")):
        Spent.objects.create(account=account, day="2026-01-01", who=who)
    people.invite(team, Role.MEMBER, "ADA@example.org", owner)
    people.invite(other, Role.MEMBER, "", ada)
    note(Kind.BUDGET_SET, team, owner, "the member ada@example.org", of="nobody")
    note(Kind.REMOVED, team, owner, "nada@example.org", of="ada@example.org.uk")
    note(Kind.REMOVED, team, owner, "somebody", to="Ada@example.org")

    mark = f"deleted:{ada.pk}"

    assert deletion.delete_person(ada, owner) == 2

    assert _keys() == ["of-nada"]
    assert not search.find(Query(text="wordhers")).runs
    used = Used.objects.get(team=team)
    assert (used.person, used.calls) == (None, 3)
    assert [row.who for row in Spent.objects.all()] == [f"p{nada.pk}"]
    assert not team.invitations.exists()
    assert not people.open_invitations().exists()
    assert not team.budgets.exists()
    told = [(line.actor, line.about, line.details) for line in team.events.order_by("-pk")[:5]]
    assert told == [
        ("owner@example.org", mark, {}),
        ("owner@example.org", "somebody", {"to": mark}),
        ("owner@example.org", "nada@example.org", {"of": "ada@example.org.uk"}),
        ("owner@example.org", f"the member {mark}", {"of": "nobody"}),
        ("owner@example.org", mark, {"role": "member"}),
    ]
    assert other.events.filter(kind=Kind.ACCOUNT_DELETED, about=mark).exists()
    assert not User.objects.filter(email=ada.email).exists()


def test_the_last_owner_who_may_sign_in_stays(owner: User, team: Team) -> None:
    second = _member(team, "second@example.org", Role.OWNER)
    User.objects.filter(pk=second.pk).update(is_active=False)
    _run("kept", team, owner)

    with pytest.raises(LastOwnerError):
        deletion.delete_person(owner, owner)

    assert _keys() == ["kept"]
    User.objects.filter(pk=second.pk).update(is_active=True)
    mark = f"deleted:{owner.pk}"
    deletion.delete_person(owner, owner)
    line = team.events.get(kind=Kind.ACCOUNT_DELETED)
    assert line.actor == line.about == mark


def test_a_team_goes_and_others_stay(owner: User, team: Team) -> None:
    other = people.make_team("Two", owner)
    for key, of in (("one", team), ("two", other), ("none", None)):
        _run(key, of, owner)
    Used.objects.create(team=team, day="2026-01-01", model="m")

    assert deletion.delete_team(team, owner) == 1

    assert _keys() == ["none", "two"]
    assert list(Team.objects.all()) == [other]
    assert not Event.objects.filter(team=team.pk).exists()
    line = Event.objects.get(team=None)
    assert (line.kind, line.about, line.actor) == (Kind.TEAM_DELETED, "One", "owner@example.org")
    assert User.objects.filter(pk=owner.pk).exists()


def test_a_team_keeps_its_runs_for_fewer_days(owner: User, team: Team) -> None:
    other = people.make_team("Two", owner)
    Team.objects.filter(pk=team.pk).update(runs_days=10)
    team.refresh_from_db()
    for key, of, days in (("old", team, 11), ("new", team, 9), ("of-others", other, 11), ("late", None, 366)):
        _run(key, of, owner, days=days)
    _run("starred", team, owner, days=11, starred=True)

    assert tidy.too_many(tidy.limits_of(team)) == 1
    assert tidy.make_room(10, team) is None
    assert _keys() == ["new", "of-others", "starred"]


@pytest.mark.parametrize("trusting", [True, False])
def test_a_scheduled_look_waits_if_the_clock_may_be_wrong(team: Team, *, trusting: bool) -> None:
    Team.objects.filter(pk=team.pk).update(runs_days=10)
    _run("old", team, days=11)
    _run("today", team)

    tidy.tidy(trusting=trusting)

    assert ("old" in _keys()) is not trusting


def test_a_team_keeps_its_runs_in_less_space(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidy, "_BATCH", 1)
    monkeypatch.setattr(tidy, "_AT_ONCE", 2)
    Team.objects.filter(pk=team.pk).update(runs_mib=1)
    team.refresh_from_db()
    for number in range(6):
        _run(str(number), team, size=400_000, starred=number == 0)
    _run("of-others", size=400_000)

    assert tidy.too_many(tidy.limits_of(team)) == 4
    assert tidy.make_room(10, team) is None  # it deletes some only: a caller waits for it
    assert _keys() == ["0", "3", "4", "5", "of-others"]
    tidy.tidy()
    assert _keys() == ["0", "5", "of-others"]
    keep.change("5", starred=True)
    tidy.forget()
    assert tidy.make_room(400_000, team) == tidy.limits_of(team)


def test_an_address_goes_from_json_with_escapes_and_from_the_reason_of_a_pin(owner: User, team: Team) -> None:
    leaver = _member(team, "ada@bücher.example")
    note(Kind.PIN_TAKEN_OVER, team, owner, "Greeting", to=str(leaver))
    why = {"text": "%(person)s may no longer send.", "values": {"person": str(leaver)}}
    pin = Pin.objects.create(team=team, name="Greeting", run="x", checks={}, every="never", why=why)

    deletion.delete_person(leaver, None)

    pin.refresh_from_db()
    assert "bücher" not in str(pin.why)
    assert "bücher" not in str([*team.events.values_list("about", "details", "actor")])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("leaves", ["person", "team"])
def test_what_a_call_writes_meanwhile_keeps_nobody_waiting_for_each_other(
    owner: User, team: Team, monkeypatch: pytest.MonkeyPatch, leaves: str
) -> None:
    member = team.members.get(person=_member(team, "ada@example.org"))
    pin = Pin.objects.create(
        team=team, person=member.person, name="Greeting", run="x", checks={}, every="never"
    )
    has_pin, has_team = threading.Event(), threading.Event()

    def note_later(*line: Any, **details: Any) -> Event:
        has_pin.set()
        assert has_team.wait(10)
        return note(*line, **details)

    def noted() -> None:
        attempt = Attempt(at=timezone.now(), outcome=Outcome.FAILED, failed=["status"])
        replaying.noted(pin, member, attempt)

    def tell(execute: Any, sql: str, *arguments: Any) -> Any:
        done = execute(sql, *arguments)
        if '"teams_team"' in sql and " FOR " in sql:
            has_team.set()
        return done

    monkeypatch.setattr(replaying, "note", note_later)
    with ThreadPoolExecutor(1) as call, connection.execute_wrapper(tell):
        writing = call.submit(noted)
        assert has_pin.wait(10)
        if leaves == "team":
            deletion.delete_team(team, owner)
        else:
            deletion.delete_person(member.person, owner)
        writing.result(10)

    assert team.events.filter(kind=Kind.PIN_FAILED).exists() is (leaves == "person")
