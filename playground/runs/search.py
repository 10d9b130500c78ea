"""Finding runs by their words: FTS5 in SQLite, a GIN index in PostgreSQL.

SQLite's index is a table of its own, kept here by hand: triggers would be lost whenever Django rebuilds the
table of runs for a migration.
"""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from playground.runs.models import Run
from playground.runs.words import asked, audience, label
from playground.teams.models import Membership

_A_PAGE = 50
# The latest runs, whose models and tags a search suggests.
_SUGGESTING = 300
_LONGEST_CALL = timedelta(days=1)
# PostgreSQL: how many runs are read in order, and in how many a word that is not rare is often enough.
_LATEST, _RECENT = 3_000, 200_000
# By the index of the team, even if it has most runs: its last ones may be older than all of the others.
_IN_ORDER = "SET LOCAL seq_page_cost = 0; SET LOCAL random_page_cost = 0"
# By the index of words, not through all runs. It needs memory for the places of all that have a word.
_BY_INDEX = """SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off;
    SET LOCAL seq_page_cost = 1; SET LOCAL random_page_cost = 4;
    SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL work_mem = '64MB'"""
_INDEXED = "array_to_tsvector(string_to_array(r.words, ' ')) @@ %s::tsquery"
_FREQUENT = """SELECT word FROM pg_stats,
    unnest(most_common_elems::text::text[], most_common_elem_freqs) AS counted (word, share)
    WHERE schemaname = current_schema AND tablename = 'runs_words' AND share > 0.25 AND word = ANY (%s)"""
_MOST_TO_REWRITE = 20_000
# In SQL, each with its value.
_Conditions = list[tuple[str, Any]]


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
    latest = Run.objects.filter(pk__in=_ids(Query(), None, _SUGGESTING, within))
    rows = list(latest.values_list("model", "provider", "host", "tags"))
    return Suggested(
        sorted({model for model, *_ in rows if model}),
        sorted({provider or host for _, provider, host, _ in rows}),
        sorted({tag for *_, tags in rows for tag in tags.split()}),
    )


def _ids(query: Query, before: int | None, most: int, within: Membership | None) -> list[int]:
    # A row is written when its call ends. So of two calls that started further apart than the longest call
    # takes, the earlier one has the smaller id, unless the clock was wrong for one of them.
    bounds: _Conditions = []
    if query.since:
        bounds.append(("r.id > %s", _last_before(query.since - _LONGEST_CALL)))
        bounds.append(("r.started >= %s", _value(query.since)))
    if query.until:
        if after := _first_since(query.until + _LONGEST_CALL):
            before = min(after, before or after)
        bounds.append(("r.started < %s", _value(query.until)))
    if before is not None:
        bounds.append(("r.id < %s", before))
    if not query.words:
        return _numbers(*_latest(bounds, most, within), _IN_ORDER)
    if connection.vendor == "postgresql":
        return _by_words(query.words, bounds, before, most, within)
    matched = ("f.runs_words MATCH %s", _each(_needed(query.words, within), '"', " AND ", " OR "))
    bounds = [(sql.replace("r.id", "f.rowid"), value) for sql, value in bounds]
    # CROSS JOIN keeps the order of the tables: newest words first, without sorting.
    tables = "runs_words f CROSS JOIN runs_run r ON r.id = f.rowid"
    return _numbers(*_select("f.rowid", tables, [matched, *bounds], most))


def _latest(
    bounds: _Conditions, most: int, within: Membership | None, columns: str = "r.id"
) -> tuple[str, list[Any]]:
    """Write a query for the latest runs that the member may see: the team's, and their own private ones."""
    seen: list[_Conditions] = [[]]
    if within:
        team = ("r.team_id = %s", within.team_id)
        own = ("r.private AND r.person_id = %s", within.person_id)
        seen = [[("NOT r.private AND r.team_id = %s", within.team_id)], [team, own]]
    parts = [_select("r.id", "runs_run r", [*conditions, *bounds], most, columns) for conditions in seen]
    both = " UNION ALL ".join(f"SELECT * FROM ({sql}) r" for sql, _ in parts)  # noqa: S608 -- no values
    return f"{both} ORDER BY id DESC LIMIT {most}", [value for _, values in parts for value in values]


def _by_words(
    words: list[str], bounds: _Conditions, before: int | None, most: int, within: Membership | None
) -> list[int]:
    """Search in PostgreSQL: some of the latest runs in order, then recent ones by the index, then all.

    Left alone, it also looks for a rare word in order, through all runs, because it takes the word to be less
    rare and reading the words of a run to cost nothing. The index goes through the lists of all words: that
    of a frequent one takes longer than to look for it in the recent runs that have the others.
    """
    needed = _needed(words, within)
    has = [("' ' || r.words || ' ' LIKE ANY (%s)", [f"% {word} %" for word in each]) for each in needed]
    latest, values = _latest(bounds, _LATEST, within, "r.id, r.words")
    sql, more = _select("r.id", f"({latest}) r", has[: len(words)], most)
    found = _numbers(sql, [*values, *more], _IN_ORDER)
    recent = [*has, ("r.id > %s", (before or _end()) - _RECENT)]
    for looked_up, checked in ((_rarer(needed), recent), (needed, [])):
        if len(found) < most:
            indexed = (_INDEXED, _each(looked_up, "'", " & ", " | "))
            found = _numbers(*_select("r.id", "runs_run r", [indexed, *checked, *bounds], most), _BY_INDEX)
    return found


def _needed(words: list[str], within: Membership | None) -> list[list[str]]:
    """Return the words of a run that has `words` and that the member may see, as lists of alternatives."""
    needed = [[word] for word in words]
    if within:
        needed.append([audience(within.team_id), audience(within.team_id, within.person_id)])
    return needed


def _rarer(needed: list[list[str]]) -> list[list[str]]:
    """Leave out the words of many runs, as of PostgreSQL's last ANALYZE, unless all of them are."""
    with connection.cursor() as cursor:
        cursor.execute(_FREQUENT, [[word for words in needed for word in words]])
        frequent = {word for (word,) in cursor.fetchall()}
    return [words for words in needed if frequent.isdisjoint(words)] or needed


def _each(needed: list[list[str]], quote: str, both: str, either: str) -> str:
    return both.join(f"({either.join(f'{quote}{word}{quote}' for word in words)})" for words in needed)


def _select(
    row: str, tables: str, conditions: _Conditions, most: int, columns: str = ""
) -> tuple[str, list[Any]]:
    """Write a query for the latest `most` rows, with its values."""
    where = " AND ".join(sql for sql, _ in conditions) or "TRUE"
    sql = f"SELECT {columns or row} FROM {tables} WHERE {where} ORDER BY {row} DESC LIMIT {most}"  # noqa: S608
    return sql, [value for _, value in conditions]


def _numbers(sql: str, values: list[Any], planned: str = "") -> list[int]:
    """Return the first column. In PostgreSQL, the query is planned by these settings."""
    planned = planned if connection.vendor == "postgresql" else ""
    with transaction.atomic() if planned else nullcontext(), connection.cursor() as cursor:
        if planned:
            cursor.execute(planned)
        cursor.execute(sql, values)
        return [number for (number,) in cursor.fetchall()]


def _end() -> int:
    latest = Run.objects.order_by("-pk").values_list("pk", flat=True).first()
    return (latest or 0) + 1


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
    empty_log()


def empty_log() -> None:
    """Empty SQLite's log, which otherwise holds what was deleted as long as a connection is open."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        _execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _batches(pks: Sequence[int]) -> list[Collection[int]]:
    return [pks[start : start + 500] for start in range(0, len(pks), 500)]


def _execute(sql: str, *values: int | str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
