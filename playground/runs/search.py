"""Finding runs by their words: FTS5 in SQLite, a GIN index in PostgreSQL.

SQLite's index is a table of its own, kept here by hand: triggers would be lost whenever Django rebuilds the
table of runs for a migration.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction

from playground.runs.models import Run
from playground.runs.words import asked, audience, label
from playground.teams.models import Membership

_A_PAGE = 50
# The latest runs, whose models and tags a search suggests.
_SUGGESTING = 300
_LONGEST_CALL = timedelta(days=1)
# In which a word that is not rare is found often enough for a page.
_LATEST = 20_000
_MOST_TO_REWRITE = 20_000


@dataclass(frozen=True)
class Query:
    """What to look for. Every part that is given must match; `since` and `until` bound the start."""

    text: str = ""
    model: str = ""
    provider: str = ""
    status: str = ""
    tag: str = ""
    starred: bool = False
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it finds all runs."""
        return self == Query()

    @property
    def words(self) -> list[str]:
        """The words that a run must have, those that mark its properties included."""
        marks = {"m": self.model, "p": self.provider, "s": self.status, "t": self.tag}
        marked = [label(letter, value) for letter, value in marks.items() if value]
        return [*asked(self.text), *marked, *([label("x", "starred")] if self.starred else [])]


@dataclass(frozen=True)
class Found:
    """A page of runs, the latest first. `more` is the `before` of the next page; None at the end."""

    runs: list[Run] = field(default_factory=list)
    more: int | None = None


def find(
    query: Query, before: int | None = None, most: int = _A_PAGE, *, within: Membership | None = None
) -> Found:
    """Return the runs that match and that the member `within` may see, without their records.

    `before` is an earlier `Found.more`.
    """
    if query.text.strip() and not asked(query.text):
        return Found()  # only punctuation
    ids = _ids(query, before, most + 1, within)
    runs = Run.objects.without_record().filter(pk__in=ids[:most]).order_by("-pk")
    return Found(list(runs), ids[most - 1] if len(ids) > most else None)


@dataclass(frozen=True)
class Suggested:
    """What recent runs can be filtered by, in alphabetical order."""

    models: list[str]
    providers: list[str]
    tags: list[str]


def suggested(within: Membership | None = None) -> Suggested:
    latest = (
        Run.objects.within(within)
        .order_by("-pk")
        .values_list("model", "provider", "host", "tags")[:_SUGGESTING]
    )
    rows = list(latest)
    return Suggested(
        sorted({model for model, *_ in rows if model}),
        sorted({provider or host for _, provider, host, _ in rows}),
        sorted({tag for *_, tags in rows for tag in tags.split()}),
    )


def _ids(query: Query, before: int | None, most: int, within: Membership | None) -> list[int]:
    conditions, values = list[str](), list[int | str]()
    tables = "runs_run r"
    needed = [[word] for word in query.words]
    if within:
        needed.append([audience(within.team_id), audience(within.team_id, within.person_id)])
    if needed:
        if connection.vendor == "sqlite":
            # CROSS JOIN keeps the order of the tables: newest words first, without sorting.
            tables = "runs_words f CROSS JOIN runs_run r ON r.id = f.rowid"
            conditions.append("f.runs_words MATCH %s")
            values.append(_all_of(needed, '"', " AND ", " OR "))
        else:
            conditions.append("array_to_tsvector(string_to_array(r.words, ' ')) @@ %s::tsquery")
            values.append(_all_of(needed, "'", " & ", " | "))
    row = "r.id" if tables == "runs_run r" else "f.rowid"
    # A row is written when its call ends. So of two calls that started further apart than the longest call
    # takes, the earlier one has the smaller id, unless the clock was wrong for one of them.
    if query.since:
        conditions += [f"{row} > %s", "r.started >= %s"]
        values += [_last_before(query.since - _LONGEST_CALL), _value(query.since)]
    if query.until:
        if after := _first_since(query.until + _LONGEST_CALL):
            before = min(after, before or after)
        conditions.append("r.started < %s")
        values.append(_value(query.until))
    if before is not None:
        conditions.append(f"{row} < %s")
        values.append(before)
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    sql = f"SELECT {row} FROM {tables} {where}"  # noqa: S608 -- no values
    last = f"ORDER BY {row} DESC LIMIT {most}"
    if needed and connection.vendor == "postgresql":
        return _by_words(sql, last, values, before, most)
    with connection.cursor() as cursor:
        cursor.execute(sql + last, values)
        return [pk for (pk,) in cursor.fetchall()]


def _all_of(needed: list[list[str]], quote: str, both: str, either: str) -> str:
    """Write a condition: one of the words of each list."""
    return both.join(f"({either.join(f'{quote}{word}{quote}' for word in words)})" for words in needed)


def _by_words(sql: str, last: str, values: list[int | str], before: int | None, most: int) -> list[int]:
    """Search in PostgreSQL: among the latest runs in order, and if these are too few, among all by the index.

    Left alone, it also looks for a rare word in order, through all runs, because it takes the word to be less
    rare and reading the words of a run to cost nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL cpu_operator_cost = 1; SET LOCAL max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT max(id) + 1 FROM runs_run")
        (end,) = cursor.fetchone()
        cursor.execute(f"{sql} AND r.id > %s {last}", [*values, (before or end or 0) - _LATEST])
        found = cursor.fetchall()
        if len(found) < most:
            every = f"WITH r AS MATERIALIZED ({sql}) SELECT r.id FROM r {last}"  # noqa: S608 -- no values
            cursor.execute(every, values)
            found = cursor.fetchall()
        return [pk for (pk,) in found]


def _first_since(when: datetime) -> int | None:
    latest = Run.objects.order_by("-pk").values_list("started", flat=True).first()
    if latest is None or latest < when:
        return None
    return Run.objects.filter(started__gte=when).order_by("started").values_list("pk", flat=True).first()


def _last_before(when: datetime) -> int:
    first = Run.objects.order_by("pk").values_list("started", flat=True).first()
    if first is None or first >= when:
        return 0
    earlier = Run.objects.filter(started__lt=when).order_by("-started")
    return earlier.values_list("pk", flat=True).first() or 0


def _value(when: datetime) -> str:
    return str(connection.ops.adapt_datetimefield_value(when))


def add(pk: int, words: str) -> None:
    """Make a new run found by its words."""
    if connection.vendor == "sqlite":
        _execute("INSERT INTO runs_words(rowid, words) VALUES (%s, %s)", pk, words)


def replace(pk: int, before: str, words: str) -> None:
    """Make a run found by other words than `before`, which must be exactly those it was added with."""
    if connection.vendor == "sqlite" and before != words:
        _execute("INSERT INTO runs_words(runs_words, rowid, words) VALUES ('delete', %s, %s)", pk, before)
        add(pk, words)


def delete_all() -> int:
    """Delete all runs. Returns how many there were."""
    if connection.vendor == "sqlite":
        _execute("INSERT INTO runs_words(runs_words) VALUES ('delete-all')")
    for relation in Run._meta.related_objects:  # Django, not the database, deletes what goes with a run
        relation.related_model._base_manager.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM runs_run")
        count: int = cursor.rowcount
        return count


def delete(pks: Sequence[int]) -> int:
    """Delete runs and what finds them. Returns how many there were."""
    if connection.vendor == "sqlite":
        for batch in _batches(pks):
            places = ", ".join(["%s"] * len(batch))
            old = f"SELECT 'delete', id, words FROM runs_run WHERE id IN ({places})"  # noqa: S608
            _execute(f"INSERT INTO runs_words(runs_words, rowid, words) {old}", *batch)
    return sum(
        # Only keys, because Django reads the runs to delete what goes with them.
        Run.objects.filter(pk__in=batch).only("pk").delete()[1].get(Run._meta.label, 0)
        for batch in _batches(pks)
    )


def erase() -> None:
    """Leave nothing of deleted runs in SQLite's files: words stay in its index until their part is rewritten.

    Rewriting it takes a second for 20,000 runs. With more, that is left to the index's own merges.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    if not Run.objects.order_by("pk")[_MOST_TO_REWRITE:].exists():
        _execute("INSERT INTO runs_words(runs_words) VALUES ('optimize')")
    _execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _batches(pks: Sequence[int]) -> list[Collection[int]]:
    return [pks[start : start + 500] for start in range(0, len(pks), 500)]


def _execute(sql: str, *values: int | str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
