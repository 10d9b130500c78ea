"""What calls write at the same time shares a transaction: in one order, and each gets its own result."""

import threading
import time
from collections.abc import Sequence
from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from playground.calls import ledger
from playground.calls.ledger import Amount, Charge, FullError, Line
from playground.calls.models import Spent
from playground.database import together
from playground.database.rows import rows_with, save_each
from playground.database.together import Store, Writing, begin

TODAY = date(2026, 11, 1)


def _in_one_batch(*jobs: tuple[Store[object, object], object]) -> list[object]:
    """Hold the writer until all wait, and return their results."""
    held, go = threading.Event(), threading.Event()

    def hold(jobs: Sequence[object]) -> Sequence[object]:
        held.set()
        assert go.wait(20)
        return jobs

    holding = begin(hold, None)
    assert held.wait(20)
    waiting: list[Writing[object, object]] = [begin(store, job) for store, job in jobs]
    go.set()
    holding.result()
    return [one.result() for one in waiting]


@pytest.mark.django_db(transaction=True)
def test_stores_come_in_one_order_and_jobs_in_theirs() -> None:
    stored = list[tuple[str, list[object]]]()

    def a(jobs: Sequence[object]) -> list[object]:
        stored.append(("a", list(jobs)))
        return [f"a{job}" for job in jobs]

    def b(jobs: Sequence[object]) -> list[object]:
        stored.append(("b", list(jobs)))
        return [f"b{job}" for job in jobs]

    assert _in_one_batch((b, 1), (a, 2), (b, 3), (a, 4)) == ["b1", "a2", "b3", "a4"]
    assert stored == [("a", [2, 4]), ("b", [1, 3])]


@pytest.mark.django_db(transaction=True)
def test_of_calls_that_are_charged_together_only_those_with_room_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line, batches = Line("team:1", TODAY, "", {"calls": 3}), list[int]()
    store = ledger._store

    def counted(changes: Sequence[ledger._Change]) -> list[FullError | None]:
        batches.append(len(changes))
        return store(changes)

    monkeypatch.setattr(ledger, "_store", counted)
    change = ledger._Change((line,), {"calls": 1, "tokens": 5, "nanousd": 0}, is_charge=True)
    back = ledger._Change((line,), {"calls": -1, "tokens": -5, "nanousd": 0})

    results = _in_one_batch(*[(counted, one) for one in (change, change, back, change, change, change)])

    assert batches == [6]
    assert [result is None for result in results] == [True] * 5 + [False]
    assert Spent.objects.values_list("calls", "tokens").get() == (3, 15)


@pytest.mark.django_db
def test_a_budget_that_was_deleted_meanwhile_begins_anew() -> None:
    """Rows that were there once are not looked for again."""
    line = Line("team:2", TODAY, "", {"calls": 2})
    first = ledger.charge([line], Amount(1))
    Spent.objects.all().delete()

    first.settle(Amount())
    assert not Spent.objects.exists()
    assert isinstance(ledger.charge([line], Amount(1)), Charge)
    assert Spent.objects.get().calls == 1


@pytest.mark.django_db
def test_rows_are_found_by_exact_keys_and_saved_by_field() -> None:
    for account in ("a", "b"):
        for who in ("", "one"):
            Spent.objects.create(account=account, day=TODAY, who=who)

    keys = [("b", TODAY, "one"), ("a", TODAY, ""), ("c", TODAY, "")]
    rows = rows_with(Spent, ("account", "day", "who"), keys)
    for row in rows:
        row.tokens, row.calls, row.warned = 7, 9, True
    save_each(rows, ["tokens", "warned"])

    assert [(row.account, row.who) for row in rows] == [("a", ""), ("b", "one")]
    saved = Spent.objects.filter(tokens=7, warned=True, calls=0)
    assert [(row.account, row.who) for row in saved.order_by("pk")] == [("a", ""), ("b", "one")]
    assert (
        len(rows_with(Spent, ("account", "day", "who"), [*keys, *((str(n), TODAY, "") for n in range(3000))]))
        == 2
    )
    assert not rows_with(Spent, ["account"], [])
    save_each([], ["tokens"])


@pytest.mark.django_db
def test_reading_by_key_takes_a_fraction_of_what_django_takes() -> None:
    """The reason for plain SQL: if this no longer holds, use Django's queries."""
    Spent.objects.create(account="a", day=TODAY)
    connection.ensure_connection()

    def plain() -> object:
        return rows_with(Spent, ("account", "day", "who"), [("a", TODAY, "")])

    def django() -> object:
        return list(Spent.objects.filter(account="a", day=TODAY, who="").order_by("pk"))

    took = {plain: float("inf"), django: float("inf")}
    for _ in range(10):
        for read in took:
            began = time.thread_time()
            for _ in range(20):
                read()
            took[read] = min(took[read], time.thread_time() - began)

    assert took[plain] < 0.7 * took[django]


@pytest.mark.django_db(transaction=True)
def test_a_charge_that_was_refused_is_given_back_if_it_is_written_after_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, begun, go = ledger._store, threading.Event(), threading.Event()

    def slow(changes: Sequence[ledger._Change]) -> list[FullError | None]:
        if not begun.is_set():
            begun.set()
            assert go.wait(20)
        return store(changes)

    monkeypatch.setattr(ledger, "_store", slow)
    monkeypatch.setattr(together, "_PATIENCE_SECONDS", 0.05)
    with pytest.raises(DatabaseError):
        ledger.charge([Line("team:3", TODAY, "", {"calls": 5})], Amount(1, 7))
    assert begun.is_set()
    monkeypatch.setattr(together, "_PATIENCE_SECONDS", 20)
    go.set()
    together.write(lambda jobs: jobs, None)  # after it, what gives it back
    together.write(lambda jobs: jobs, None)

    assert Spent.objects.values_list("calls", "tokens").get() == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_the_writer_holds_no_connection() -> None:
    connection.ensure_connection()

    together.write(lambda jobs: jobs, None)

    assert connection.connection is None


def _lost(sqlstate: str | None) -> OperationalError:
    error, cause = OperationalError("gone"), Exception()
    cause.sqlstate = sqlstate  # type: ignore[attr-defined]
    error.__cause__ = cause
    return error


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("vendor", "error", "times"),
    [
        ("postgresql", _lost(None), 1),  # its answer may have been lost
        ("postgresql", _lost("57P01"), 1),
        ("postgresql", _lost("40P01"), 2),
        ("postgresql", IntegrityError("a person is gone"), 2),
        ("sqlite", _lost(None), 2),
    ],
)
def test_what_may_be_committed_is_not_written_again(
    monkeypatch: pytest.MonkeyPatch, vendor: str, error: Exception, times: int
) -> None:
    tried, commit = list[int](), BaseDatabaseWrapper.commit

    def store(jobs: Sequence[object]) -> Sequence[object]:
        tried.append(1)
        return jobs

    def failing(database: BaseDatabaseWrapper) -> None:
        monkeypatch.setattr(BaseDatabaseWrapper, "commit", commit)
        database.rollback()
        raise error

    monkeypatch.setattr(type(connections["default"]), "vendor", vendor)
    monkeypatch.setattr(BaseDatabaseWrapper, "commit", failing)
    if times == 1:
        with pytest.raises(OperationalError):
            together.write(store, None)
    else:
        together.write(store, None)

    assert len(tried) == times
