"""Budgets of a team: which apply, what a call may use, and when they begin anew."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from playground.calls import cost
from playground.calls.cost import worst_usd
from playground.calls.models import Spent
from playground.catalogue.prices import Price
from playground.dialects.chat_completions.dialect import CHAT_COMPLETIONS
from playground.dialects.messages.dialect import MESSAGES
from playground.dialects.responses.dialect import RESPONSES
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import InvalidRequestError, RefusedError
from playground.exchange.request import Request
from playground.exchange.usage import Usage
from playground.people.models import User
from playground.teams import budgets, people
from playground.teams.models import Kind, Membership, Period, Role, Subject, Team
from playground.teams.terms import TeamTerms, no_room
from playground.text import jsontext
from playground.upstream.route import Route
from tests import chat
from tests.at_once import in_threads

pytestmark = pytest.mark.django_db

OPENAI = "https://api.openai.com/v1"
ROUTE = Route("openai", chat.endpoint(OPENAI), "k", "OPENAI_API_KEY", at_servers_expense=True)
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 100}
REQUEST = chat.request(BODY)
NEW_YORK = "America/New_York"
WORST = 100 + len(REQUEST.encoded)


@pytest.fixture
def team() -> Team:
    return people.make_team("Team", None)


@pytest.fixture
def member(team: Team) -> Membership:
    return _member(team, "one")


def _member(team: Team, name: str) -> Membership:
    person = User.objects.create(username=name, email=f"{name}@example.org")
    return Membership.objects.create(team=team, person=person, role=Role.MEMBER)


def _budget(team: Team, subject: Subject, name: str = "", **limits: Any) -> None:
    team.budgets.create(subject=subject, name=name, **{"period": Period.DAY} | limits)


def _reserve(member: Membership, **changes: Any) -> budgets.Reservation | None:
    return budgets.reserve(member, chat.request(BODY | changes), ROUTE)


def _at(monkeypatch: pytest.MonkeyPatch, now: str) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime.fromisoformat(now).replace(tzinfo=UTC))


def _fits(member: Membership) -> bool:
    try:
        _reserve(member)
    except budgets.NoRoomError:
        return False
    return True


def _spent() -> list[tuple[int, int]]:
    return sorted(Spent.objects.values_list("calls", "tokens"))


def test_without_a_budget_nothing_is_counted(member: Membership) -> None:
    assert _reserve(member) is None
    assert not Spent.objects.exists()


@pytest.mark.parametrize(
    ("subject", "name"),
    [(Subject.TEAM, ""), (Subject.EACH, ""), (Subject.KEY, "OPENAI_API_KEY"), (Subject.MODEL, "gpt-4o")],
)
def test_each_budget_that_applies_has_to_have_room(
    team: Team, member: Membership, subject: Subject, name: str
) -> None:
    _budget(team, Subject.TEAM, calls=50, period=Period.MONTH)
    _budget(team, subject, name, calls=1)
    _budget(team, Subject.MODEL, "another", calls=0)
    _budget(people.make_team("Another", None), Subject.TEAM, calls=0)

    assert [_fits(member), _fits(member)] == [True, False]
    assert _spent() == [(1, WORST)] * 2  # what was refused took nothing


def test_a_persons_own_budget_takes_the_place_of_each_members(team: Team, member: Membership) -> None:
    other = _member(team, "two")
    _budget(team, Subject.EACH, calls=1)
    _budget(team, Subject.PERSON, str(member.person_id), calls=2)

    assert [_fits(member) for _ in range(3)] == [True, True, False]
    assert [_fits(other) for _ in range(2)] == [True, False]  # each member has their own share


def test_what_a_call_used_is_charged_in_the_end(
    team: Team, member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    _budget(team, Subject.TEAM, tokens=1000, usd=Decimal(1))
    reserved = _reserve(member)
    assert reserved
    worst = Decimal(len(REQUEST.encoded)) * Decimal("2.5") / 10**6 + Decimal(100) * 10 / 10**6
    assert reserved.charged.amount.nanousd == budgets.nano(worst)
    monkeypatch.setattr(budgets, "used", lambda *_: 30)
    monkeypatch.setattr(budgets, "used_usd", lambda _: Decimal("0.0000001234"))
    monkeypatch.setattr(budgets, "was_sent", lambda _: True)

    reserved.settle(None)  # type: ignore[arg-type]

    assert Spent.objects.values_list("calls", "tokens", "nanousd").get() == (1, 30, 124)


@pytest.mark.parametrize(
    ("usd", "charged"), [(None, None), (Decimal(10) ** 30, 10**15)], ids=["unknown", "absurd"]
)
def test_a_cost_that_is_unknown_or_absurd_is_bounded(
    team: Team, member: Membership, monkeypatch: pytest.MonkeyPatch, usd: Decimal | None, charged: int | None
) -> None:
    _budget(team, Subject.TEAM, usd=Decimal(1))
    reserved = _reserve(member)
    assert reserved
    for name, value in {"used": 30, "used_usd": usd, "was_sent": True}.items():
        monkeypatch.setattr(budgets, name, lambda *_, value=value: value)

    reserved.settle(None)  # type: ignore[arg-type]

    assert Spent.objects.get().nanousd == (charged or reserved.charged.amount.nanousd)


@pytest.mark.parametrize(
    ("failure", "counted", "charged"),
    [(None, 5, "0.00000700"), ("stopped", 1, "0.00004200"), (None, 0, "0.00004200")],
    ids=["whole", "stopped", "zeros"],
)
def test_what_was_not_counted_to_the_end_is_estimated(
    monkeypatch: pytest.MonkeyPatch, failure: str | None, counted: int, charged: str
) -> None:
    price = Price(Decimal(1))
    monkeypatch.setattr(cost, "prices_for", lambda *_: {"input": price, "output": price})
    monkeypatch.setattr(cost, "estimated_usage", lambda _: Usage(2, 40, 42))
    exchange = SimpleNamespace(
        provider="openai",
        usage=Usage(2, counted, 2 + counted),
        failure=failure,
        started=datetime.now(UTC),
        call=SimpleNamespace(base_url=OPENAI),
        demands=SimpleNamespace(model="m"),
        answer=SimpleNamespace(model="m", tier=""),
    )

    assert cost.used_usd(exchange) == Decimal(charged)  # type: ignore[arg-type]


def test_a_call_that_was_never_made_is_given_back(team: Team, member: Membership) -> None:
    _budget(team, Subject.TEAM, calls=1)
    reserved = _reserve(member)
    assert reserved

    reserved.give_back()

    assert _spent() == [(0, 0)]


def test_the_most_that_a_call_can_use_has_to_be_known(team: Team, member: Membership) -> None:
    _budget(team, Subject.TEAM, usd=Decimal(1))

    with pytest.raises(budgets.NoLimitError):
        _reserve(member, max_tokens=None)
    with pytest.raises(budgets.NoPriceError):
        _reserve(member, model="nobody-knows")
    others: dict[str, Any] = {"MAX_TOKENS": 50_000, "max_new_tokens": "9e9", "N": None, "models": ["gpt-5"]}
    with pytest.raises(InvalidRequestError) as refused:
        TeamTerms(member).reserve(chat.request(BODY | others | {"user": "x"}), ROUTE, "visitor")
    assert [problem.field for problem in refused.value.problems] == list(others)
    assert not Spent.objects.exists()
    assert worst_usd("local", "", "any", 10, 10) == 0


@pytest.mark.parametrize(
    ("dialect", "sent"),
    [
        (CHAT_COMPLETIONS, {"tools": [{"type": "web_search"}], "web_search_options": {}, "plugins": [{}]}),
        (MESSAGES, {"tools": [{"type": "web_search_20250305"}], "mcp_servers": [{}], "container": "c"}),
        (
            RESPONSES,
            {"background": True, "previous_response_id": "r", "conversation": "c", "prompt": {"id": "p"}}
            | {"tools": [{"type": "mcp"}], "input": [{"role": "user", "content": [{"type": "input_file"}]}]},
        ),
    ],
)
def test_what_may_use_more_than_its_bytes_is_refused_by_name(
    team: Team, member: Membership, dialect: Dialect, sent: dict[str, Any]
) -> None:
    _budget(team, Subject.TEAM, tokens=10**9)
    fine = {"model": "m", dialect.fields.prompt: [], dialect.fields.tokens[0]: 100} | {
        "tools": [{"type": "function"} if dialect is not MESSAGES else {"name": "f"}],
        **dict.fromkeys(dialect.fields.tiers, "dear"),  # it has no more tokens
    }

    def reserve(body: dict[str, Any]) -> object:
        encoded = jsontext.dumps(body)
        return TeamTerms(member).reserve(
            Request(dialect, body, encoded, dialect.demands(body)), ROUTE, "visitor"
        )

    assert reserve(fine)
    with pytest.raises(InvalidRequestError) as refused:
        reserve(fine | sent)
    fields = {problem.field.partition(".")[0] for problem in refused.value.problems}
    assert fields == set(sent)
    _budget(team, Subject.TEAM, usd=Decimal(1), period=Period.MONTH)
    with pytest.raises(InvalidRequestError) as dearer:
        reserve(fine)
    assert [problem.field for problem in dearer.value.problems] == list(dialect.fields.tiers)


def test_calls_alone_need_neither_limit_nor_price(team: Team, member: Membership) -> None:
    _budget(team, Subject.TEAM, calls=1)

    assert _reserve(member, max_tokens=None, model="nobody-knows")


def test_counting_tokens_is_one_call_without_tokens(team: Team, member: Membership) -> None:
    _budget(team, Subject.TEAM, calls=1, tokens=1, usd=Decimal(1))
    request = chat.request(BODY | {"max_tokens": None, "model": "nobody-knows"})

    reserved = TeamTerms(member).count(request, ROUTE, "visitor")

    assert _spent() == [(1, 0)]
    with pytest.raises(RefusedError) as refused:
        TeamTerms(member).count(request, ROUTE, "visitor")
    assert refused.value.refusal.kind == "budget_spent"
    assert reserved
    reserved.give_back()
    assert TeamTerms(member).count(request, ROUTE, "visitor")


def test_the_refusal_says_what_is_left_and_until_when(team: Team, member: Membership) -> None:
    _budget(team, Subject.EACH, tokens=WORST + 20)
    _reserve(member)

    with pytest.raises(budgets.NoRoomError) as short:
        _reserve(member)

    told = no_room(short.value, "max_tokens")
    assert f"can use up to {WORST} tokens" in str(told.advice)
    assert f"budget for you has 20 of {WORST + 20} tokens left" in str(told.advice)
    assert told.retry_seconds
    assert 0 < told.retry_seconds <= 86_401


@pytest.mark.parametrize("changes", [{}, {"max_tokens": None}])
def test_a_budget_that_is_used_up_is_said_before_what_the_request_lacks(
    team: Team, member: Membership, changes: dict[str, Any]
) -> None:
    _budget(team, Subject.TEAM, tokens=0)

    with pytest.raises(budgets.NoRoomError) as short:
        _reserve(member, **changes)

    told = str(no_room(short.value, "max_tokens").advice)
    assert "Today’s budget for your team is used up (0 tokens). Try again in" in told
    assert "max_tokens" not in told


@pytest.mark.parametrize(
    ("zone", "now", "day", "day_ends", "month_ends"),
    [
        # In New York it is still the evening before, and the last of the month.
        (NEW_YORK, "2026-12-01T04:59:59", "2026-11-30", "2026-12-01T05:00", "2026-12-01T05:00"),
        (NEW_YORK, "2026-12-01T05:00:00", "2026-12-01", "2026-12-02T05:00", "2027-01-01T05:00"),
        # The day on which clocks go forward has 23 hours, and in Santiago no midnight; one back has 25.
        (NEW_YORK, "2026-03-08T12:00:00", "2026-03-08", "2026-03-09T04:00", "2026-04-01T04:00"),
        (NEW_YORK, "2026-11-01T12:00:00", "2026-11-01", "2026-11-02T05:00", "2026-12-01T05:00"),
        ("America/Santiago", "2026-09-06T03:59:59", "2026-09-05", "2026-09-06T04:00", "2026-10-01T03:00"),
        ("America/Santiago", "2026-09-06T04:00:00", "2026-09-06", "2026-09-07T03:00", "2026-10-01T03:00"),
        # The first to see the new year, and February in a leap year, at an odd quarter of an hour.
        ("Pacific/Kiritimati", "2026-12-31T10:00:00", "2027-01-01", "2027-01-01T10:00", "2027-01-31T10:00"),
        ("Asia/Kathmandu", "2028-02-28T18:15:00", "2028-02-29", "2028-02-29T18:15", "2028-02-29T18:15"),
    ],
)
def test_days_and_months_begin_at_the_teams_midnight(
    team: Team, monkeypatch: pytest.MonkeyPatch, zone: str, now: str, day: str, day_ends: str, month_ends: str
) -> None:
    team.time_zone = zone
    team.save()
    _budget(team, Subject.TEAM, calls=1)
    _budget(team, Subject.TEAM, calls=1, period=Period.MONTH)
    _at(monkeypatch, now)

    of_day, of_month = budgets.listed(Membership(team=team))

    assert str(of_day.line.start) == day
    assert str(of_month.line.start) == f"{day[:7]}-01"
    ends = [left.ends.astimezone(ZoneInfo("UTC")).isoformat()[:16] for left in (of_day, of_month)]
    assert ends == [day_ends, month_ends]


def test_at_midnight_the_day_begins_anew_and_at_the_end_of_the_month_both(
    team: Team, member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.time_zone = NEW_YORK
    team.save()
    _budget(team, Subject.TEAM, calls=1)
    _budget(team, Subject.TEAM, calls=2, period=Period.MONTH)

    fits = []
    for now in ("11-29T12:00:00", "11-30T04:59:59", "11-30T05:00:00", "12-01T04:59:59", "12-01T05:00:00"):
        _at(monkeypatch, f"2026-{now}")
        fits.append(_fits(member))

    assert fits == [True, False, True, False, True]


def test_a_call_that_ends_in_the_next_month_is_settled_in_its_own(
    team: Team, member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    _budget(team, Subject.TEAM, calls=1)
    _budget(team, Subject.TEAM, calls=1, period=Period.MONTH)
    _at(monkeypatch, "2026-11-30T23:59:59")
    before = _reserve(member)
    assert before
    _at(monkeypatch, "2026-12-01T00:00:00")
    assert _fits(member)

    before.give_back()

    charged = Spent.objects.order_by("day").values_list("day", "calls")
    assert [(f"{day:%m-%d}", calls) for day, calls in charged] == [
        ("11-01", 0),
        ("11-30", 0),
        ("12-01", 1),
        ("12-01", 1),
    ]


def test_the_team_is_told_once_when_little_is_left(
    team: Team, member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    _budget(team, Subject.TEAM, calls=5)
    monkeypatch.setattr(budgets, "used", lambda *_: 1)
    monkeypatch.setattr(budgets, "used_usd", lambda _: None)
    monkeypatch.setattr(budgets, "was_sent", lambda _: True)
    told = []
    for _ in range(5):
        reserved = _reserve(member)
        assert reserved
        reserved.settle(None)  # type: ignore[arg-type]
        told.append(team.events.filter(kind=Kind.BUDGET_NEARLY_USED).count())

    assert told == [0, 0, 0, 1, 1]
    line = team.events.get(kind=Kind.BUDGET_NEARLY_USED)
    assert (line.actor, line.person_id) == ("one@example.org", member.person_id)
    assert line.details == {"percent": 80, "subject": "team"}


def test_the_warning_names_no_account_that_was_deleted_meanwhile_and_the_embed_of_a_reader(
    team: Team, member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    _budget(team, Subject.EACH, calls=1)
    _budget(team, Subject.TEAM, calls=2)
    for name, value in {"used": 1, "used_usd": None, "was_sent": True}.items():
        monkeypatch.setattr(budgets, name, lambda *_, value=value: value)
    reserved = _reserve(member)
    assert reserved
    User.objects.filter(pk=member.person_id).delete()

    reserved.settle(None)  # type: ignore[arg-type]

    reserved = budgets.reserve(Membership(team=team), REQUEST, ROUTE, "Docs")
    assert reserved
    reserved.settle(None)  # type: ignore[arg-type]

    of_nobody, of_reader = team.events.filter(kind=Kind.BUDGET_NEARLY_USED).order_by("pk")
    assert (of_nobody.actor, of_nobody.person_id) == (of_reader.actor, of_reader.person_id) == ("", None)
    assert (of_nobody.about, of_nobody.details) == ("", {"percent": 100, "subject": "each"})
    assert of_reader.details == {"percent": 100, "subject": "team", "embed": "Docs"}


@pytest.mark.django_db(transaction=True)
def test_calls_at_once_never_overspend(team: Team, member: Membership) -> None:
    _budget(team, Subject.TEAM, tokens=7 * WORST + 5)
    _budget(team, Subject.EACH, calls=60)
    _budget(team, Subject.MODEL, "gpt-4o", usd=Decimal(1), period=Period.MONTH)

    taken = in_threads(60, lambda _: _fits(Membership.objects.select_related("team").get(pk=member.pk)))

    assert Counter(taken) == {True: 7, False: 53}
    assert _spent() == [(7, 7 * WORST)] * 3


def test_a_key_of_ones_own_has_no_budget(team: Team, member: Membership) -> None:
    _budget(team, Subject.TEAM, calls=0)
    own = replace(ROUTE, at_servers_expense=False)

    assert TeamTerms(member).reserve(REQUEST, own, "visitor") is None
    with pytest.raises(RefusedError):
        TeamTerms(member).reserve(REQUEST, replace(own, teams_key="Shared"), "visitor")


def test_what_is_left_has_as_many_digits_as_its_limit() -> None:
    assert budgets.rest_of("nanousd", 9_999_000, 10**7) == ("$0.0099", "$0.0100")
    assert budgets.rest_of("nanousd", 10**7, 10**7) == ("$0.01", "$0.01")
    assert budgets.rest_of("tokens", 257, 1500) == ("257", "1,500")
