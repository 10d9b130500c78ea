"""Lists of runs take as long over twice as many. `python -m benchmarks.runs` measures a million."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client

from benchmarks.runs import ask, fill, people, searches
from playground.runs import search
from playground.runs.models import Run
from playground.runs.search import Query
from playground.runs.words import audience
from playground.teams.models import Membership
from tests.configuration import configure
from tests.growth import seconds

pytestmark = pytest.mark.django_db
_COUNT = 5_000
_TRIES = 5


def _times(client: Client) -> dict[str, float]:
    """Return the CPU time of each search, the best of a few tries."""
    return {
        name: min(seconds(lambda asked=asked: ask(client, asked)) for _ in range(_TRIES))  # type: ignore[misc]
        for name, asked in searches(_COUNT).items()
    }


@pytest.mark.thorough
def test_twice_as_many_runs_take_no_longer(client: Client) -> None:
    configure(PLAYGROUND_RUNS="1")
    people()
    fill(_COUNT)
    once = _times(client)

    fill(_COUNT)

    twice, tries = _times(client), 3
    while (slower := _slower(once, twice)) and tries:  # or the machine was busy
        tries -= 1
        twice = {name: min(twice[name], taken) for name, taken in _times(client).items()}
    assert slower == {}


def _slower(once: dict[str, float], twice: dict[str, float]) -> dict[str, tuple[float, float]]:
    both = {name: (once[name], taken) for name, taken in twice.items()}
    return {name: times for name, times in both.items() if times[1] > 1.5 * times[0] + 0.005}


def test_a_member_waits_for_no_other_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for more of their own nor for later ones: private ones of others, and another team's."""
    configure(PLAYGROUND_RUNS="1")
    monkeypatch.setattr(search, "_LATEST", 100)
    people()
    member, other, stranger = Membership.objects.order_by("pk")
    other.team = member.team
    work = list[list[int]]()
    for size in (100, 1_000):
        for whose, private in ((member, True), (member, False), (other, True), (stranger, False)):
            _write(size, whose, private=private)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE runs_run")
        work.append([_work(query, member) for query in (Query(), Query(text="same"))])

    once, more = work
    assert all(taken <= 1.2 * before for before, taken in zip(once, more, strict=True)), work


def _write(count: int, member: Membership, *, private: bool) -> None:
    words = f"same {audience(member.team_id, member.person_id if private else None)}"
    last = Run.objects.count()
    runs = [
        Run(
            key=f"{last + number}",
            team=member.team,
            person=member.person,
            private=private,
            started=datetime(2026, 1, 1, tzinfo=UTC),
            total_ms=1.0,
            size=1,
            words=words,
            record=b"",
        )
        for number in range(count)
    ]
    for run in Run.objects.bulk_create(runs):
        search.add(run.pk, run.words)


def _work(query: Query, member: Membership) -> int:
    """Return how many rows of runs PostgreSQL reads, or how many steps SQLite takes."""
    if connection.vendor == "postgresql":
        before = _rows_read()
        assert len(search.find(query, within=member).runs) == 50
        return _rows_read() - before
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.connection.set_progress_handler(step, 10)
    try:
        assert len(search.find(query, within=member).runs) == 50
    finally:
        connection.connection.set_progress_handler(None, 0)
    return steps


def _rows_read() -> int:
    sql = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'runs_run'"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        (count,) = cursor.fetchone()
        return int(count)
