"""Daily budgets: no two calls get the same tokens, whoever makes them and however many at once."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from playground.calls import budget
from playground.calls.models import Spent
from tests.at_once import in_threads

ACCOUNT = "embed:1"
COST = 100


def _limits(**changes: int) -> budget.Limits:
    return budget.Limits(**{"calls_each": 20, "tokens_each": 2000, "calls": 100, "tokens": 10_000, **changes})


def _reserve(who: str = "somebody", *, account: str = ACCOUNT, **limits: int) -> budget.Reservation:
    return budget.reserve(account, who, _limits(**limits), COST)


def _fits(who: str = "somebody", **limits: int) -> bool:
    try:
        _reserve(who, **limits)
    except budget.SpentError:
        return False
    return True


def _spent(who: str = budget.ALL, account: str = ACCOUNT) -> tuple[int, int]:
    """Return the calls and tokens of all days."""
    rows = Spent.objects.filter(account=account, who=who)
    return sum(row.calls for row in rows), sum(row.tokens for row in rows)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("limits", "own", "calls"),
    [
        ({"calls_each": 2}, True, True),
        ({"calls": 2}, False, True),
        ({"tokens_each": 3 * COST - 1}, True, False),
        ({"tokens": 3 * COST - 1}, False, False),
    ],
)
def test_what_is_spent_is_said_and_nothing_is_taken(limits: dict[str, int], own: bool, calls: bool) -> None:
    _reserve(**limits)
    _reserve(**limits)

    with pytest.raises(budget.SpentError) as spent:
        _reserve(**limits)

    assert (spent.value.own, spent.value.calls) == (own, calls)
    assert 0 < spent.value.seconds <= 86_400
    assert _spent() == _spent("somebody") == (2, 2 * COST)


@pytest.mark.django_db
def test_accounts_have_budgets_of_their_own() -> None:
    _reserve(calls=1)
    _reserve(calls=1, account="embed:2")

    assert _spent() == _spent(account="embed:2") == (1, COST)


@pytest.mark.django_db
def test_a_new_day_is_a_new_budget_and_yesterdays_persons_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert [_fits("one", calls=1), _fits("two", calls=1)] == [True, False]

    later = datetime.now(UTC) + timedelta(days=4)
    monkeypatch.setattr(timezone, "now", lambda: later)

    assert _reserve("two", calls=1).day == later.date()
    assert set(Spent.objects.values_list("who", flat=True)) == {budget.ALL, "two"}
    assert [row.day for row in budget.recent(ACCOUNT, 5)] == [later.date(), later.date() - timedelta(days=4)]
    assert [row.day for row in budget.recent(ACCOUNT, 4)] == [later.date()]


@pytest.mark.django_db
def test_a_call_that_ends_tomorrow_is_settled_on_its_own_day(monkeypatch: pytest.MonkeyPatch) -> None:
    reserved = _reserve()

    monkeypatch.setattr(timezone, "now", lambda: datetime.now(UTC) + timedelta(days=1))
    reserved.give_back()

    assert _spent() == _spent("somebody") == (0, 0)


@pytest.mark.django_db
def test_an_account_that_is_no_more_is_forgotten() -> None:
    _reserve()
    _reserve(account="embed:11")

    budget.forget(ACCOUNT)

    assert set(Spent.objects.values_list("account", flat=True)) == {"embed:11"}


@pytest.mark.django_db(transaction=True)
def test_two_hundred_persons_never_overspend_the_last_of_a_budget() -> None:
    def reserve(number: int) -> bool:
        return _fits(f"person-{number}", tokens=7 * COST + 5, tokens_each=COST)

    taken = in_threads(200, reserve)

    assert Counter(taken) == {True: 7, False: 193}
    assert _spent() == (7, 7 * COST)


@pytest.mark.django_db(transaction=True)
def test_one_person_in_many_tabs_has_one_budget() -> None:
    def reserve_and_settle(number: int) -> Any:
        try:
            reserved = _reserve(calls_each=5)
        except budget.SpentError:
            return
        if number % 2:
            reserved.give_back()

    in_threads(40, reserve_and_settle)

    calls, tokens = _spent("somebody")
    assert calls <= 5
    assert tokens == calls * COST
    assert _spent() == (calls, tokens)
