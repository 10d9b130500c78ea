"""What calls add to a team's usage, and how it is read."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError
from hypothesis import given
from hypothesis import strategies as st

from playground.database import together
from playground.exchange.failure import Failure, FailureKind
from playground.exchange.record import Exchange, Timings
from playground.people.models import User
from playground.teams import people, tally, uses
from playground.teams.latency import bucket_of, nothing, percentile
from playground.teams.models import Membership, Role, Team, Timed, Used
from playground.teams.tally import Tally
from playground.teams.terms import TeamTerms
from playground.upstream.route import Route
from playground.usage import sums as usage
from playground.usage.sums import Asked, By, Sums
from tests import chat, growth
from tests.at_once import in_threads
from tests.proof.made import called

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 27)
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def member() -> Membership:
    return _member(people.make_team("Team", None), "one")


def _member(team: Team, name: str) -> Membership:
    person = User.objects.create(username=name, email=f"{name}@example.org")
    return Membership.objects.create(team=team, person=person, role=Role.MEMBER)


def _call(model: str = "m", timings: Timings | None = None, **changes: Any) -> Exchange:
    """Return a call with 9 tokens in its prompt and 3 in its answer."""
    made = called()
    timings = timings or Timings(5.0, 100.0, 1000.0)
    call = replace(made.call, body=dict(made.call.body) | {"model": model})
    return replace(made, **{"call": call, "started": NOON, "timings": timings, "provider": "test"} | changes)


def _count(member: Membership, *calls: Exchange, key: str = "") -> None:
    for call in calls:
        counted = Tally(member)
        counted.key = key
        counted.write(call)


def _by(by: By, member: Membership, **changes: Any) -> dict[Any, Sums]:
    return usage.sums_by(by, replace(Asked(member.team, DAY - timedelta(days=9), DAY), **changes))


def test_calls_add_up_by_whatever_they_have_in_common(member: Membership) -> None:
    other = _member(member.team, "two")
    _count(member, _call(), _call("n"), key="Shared")
    _count(other, _call(), _call(started=NOON - timedelta(days=3)))
    _count(_member(people.make_team("Another", None), "three"), _call())

    one, two, three = (Sums(count, unpriced=count, prompt_tokens=9 * count, completion_tokens=3 * count)
                       for count in (1, 2, 3))  # fmt: skip
    assert _by(By.DAY, member) == {DAY: three, DAY - timedelta(days=3): one}
    assert list(_by(By.MODEL, member).items()) == [("m", three), ("n", one)]
    assert _by(By.PERSON, member) == {member.person_id: two, other.person_id: two}
    assert _by(By.KEY, member) == {"": two, "Shared": two}
    assert _by(By.PROVIDER, member, person=other.person_id, first=DAY) == {"test": one}


@pytest.mark.parametrize(
    ("changes", "sums"),
    [
        ({"failure": Failure(FailureKind.STOPPED, "h")}, Sums(stopped=1, unpriced=1)),
        ({"failure": Failure(FailureKind.REFUSED, "h"), "received": None}, Sums(failed=1)),
        ({"received": replace(called().received, status=429)}, Sums(failed=1)),  # type: ignore[type-var]
        ({"provider": "local"}, Sums()),
    ],
    ids=["stopped", "never sent", "rejected", "free"],
)
def test_what_a_call_came_to(member: Membership, changes: dict[str, Any], sums: Sums) -> None:
    _count(member, replace(_call(), **changes))

    (found,) = _by(By.DAY, member).values()
    assert found._replace(prompt_tokens=0, completion_tokens=0) == sums._replace(calls=1)
    assert bool(found.tokens) == (not sums.failed)
    assert Timed.objects.exists() == (sums == Sums())


def test_a_cost_is_added_up_exactly(member: Membership) -> None:
    call = _call("gpt-4o")
    call = replace(call, provider="openai", call=replace(call.call, base_url="https://api.openai.com/v1"))
    _count(member, call, call)

    assert _by(By.MODEL, member)["gpt-4o"].nanousd == 2 * (9 * 2500 + 3 * 10_000)


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", DAY), ("Pacific/Auckland", DAY + timedelta(days=1)), ("Asia/Tokyo", DAY)]
)
def test_a_call_belongs_to_the_day_of_its_team(member: Membership, zone: str, day: date) -> None:
    member.team.time_zone = zone
    _count(member, _call())

    assert Used.objects.get().day == Timed.objects.values_list("day", flat=True).distinct().get() == day


@pytest.mark.parametrize(
    ("route", "key"),
    [
        ({"at_servers_expense": True}, "TEST_API_KEY"),
        ({"teams_key": "Shared"}, "Shared"),
        ({}, ""),
    ],
)
def test_only_a_key_that_the_team_or_the_operator_pays_for_is_named(
    member: Membership, route: dict[str, Any], key: str
) -> None:
    counted, request = Tally(member), chat.request({"model": "m", "messages": []})
    way = Route("test", chat.endpoint("https://example.org/v1"), "k", "TEST_API_KEY", **route)
    TeamTerms(member, counted).reserve(request, way, "visitor")

    assert counted.key == key


def test_made_up_models_take_a_bounded_number_of_rows(member: Membership) -> None:
    other = _member(member.team, "two")
    _count(member, *(_call(f"m{number}" + "x" * 200) for number in range(uses._MOST_MODELS + 5)))
    _count(other, _call("\0\ud800"))

    found = _by(By.MODEL, member)
    assert found.pop(uses.OTHER).calls == 5
    assert found.pop("\ufffd?").calls == 1
    assert len(found) == uses._MOST_MODELS
    assert {len(name) for name in found} == {100}


def test_calls_that_are_written_together_make_rows_in_one_order_and_share_the_last(
    member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uses, "_MOST_MODELS", 2)
    uses.store([Tally(member)._use(_call(model)) for model in "dbac"])

    assert list(Used.objects.order_by("pk").values_list("model", "calls")) == [("a", 1), ("b", 1), ("*", 2)]


def test_an_absurd_cost_is_bounded(member: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "used_usd", lambda _: Decimal(10) ** 30)
    _count(member, _call())

    assert _by(By.DAY, member)[DAY].usd == "$10,000.00"


def test_a_database_that_fails_does_not_break_the_answer(
    member: Membership, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(together, "begin", fail)
    _count(member, _call())

    assert "missing in the usage" in caplog.text


def test_the_sums_of_a_deleted_account_stay(member: Membership) -> None:
    other = _member(member.team, "two")
    _count(member, _call())
    _count(other, _call())
    for one in (member, other):
        one.person.delete()

    assert _by(By.PERSON, member)[None].calls == 2


@pytest.mark.django_db(transaction=True)
def test_a_call_that_ends_after_its_account_was_deleted_is_counted(member: Membership) -> None:
    _count(member, _call())
    User.objects.filter(pk=member.person_id).get().delete()
    _count(member, _call(), _call("n"))

    assert _by(By.PERSON, member)[None].calls == 3
    assert _by(By.MODEL, member)["m"].calls == 2


@pytest.mark.django_db(transaction=True)
def test_calls_that_end_at_once_are_all_counted(member: Membership) -> None:
    people = [member, _member(member.team, "two")]

    in_threads(30, lambda number: _count(people[number % 2], _call(f"m{number % 3}")))

    assert {sums.calls for sums in _by(By.MODEL, member).values()} == {10}
    assert [time.calls for time in usage.times(Asked(member.team, DAY, DAY))] == [30, 10, 10, 10]


def test_times_are_shown_for_all_and_by_model(member: Membership) -> None:
    slow, other = Timings(5.0, None, 60_000.0), _member(member.team, "two")
    _count(member, *[_call()] * 18, _call(timings=slow))
    _count(other, _call("n"))

    everything, m, n = usage.times(Asked(member.team, DAY, DAY))
    assert (everything.calls, m.model, m.calls, n.model, n.calls) == (20, "m", 19, "n", 1)
    assert m.first_p50 == pytest.approx(100, rel=0.12)
    assert (m.p50, m.p95) == (pytest.approx(1000, rel=0.12), pytest.approx(60_000, rel=0.12))
    assert [time.model for time in usage.times(Asked(member.team, DAY, DAY, other.person_id))] == ["", "n"]


@given(st.lists(st.floats(11, 500_000), min_size=1, max_size=50), st.sampled_from([50, 95]))
def test_a_percentile_is_exact_to_an_eighth(times: list[float], percent: int) -> None:
    counts = nothing()
    for time in times:
        counts[bucket_of(time)] += 1

    exact = sorted(times)[-(-len(times) * percent // 100) - 1]
    assert percentile(counts, percent) == pytest.approx(exact, rel=0.125)


def test_the_page_takes_time_by_the_rows(member: Membership) -> None:
    teams = {}
    for count in (1000, 2000, 4000):
        teams[count] = people.make_team(f"of {count}", None)
        place = [(DAY - timedelta(days=n % 200), f"m{n // 200}") for n in range(count)]
        Used.objects.bulk_create(
            Used(team=teams[count], day=day, person=member.person, model=model, calls=3)
            for day, model in place
        )
        Timed.objects.bulk_create(
            Timed(team=teams[count], day=day, model=model, total=[3, *nothing()[1:]]) for day, model in place
        )

    def read(count: int) -> None:
        asked = Asked(teams[count], DAY - timedelta(days=300), DAY)
        assert usage.total_of(usage.sums_by(By.MODEL, asked).values()).calls == 3 * count
        assert usage.times(asked)[0].calls == 3 * count

    assert growth.is_linear(read, 1000)
