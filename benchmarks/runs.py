"""What a member's list of runs costs on the server: `python -m benchmarks.runs [COUNT [COUNT]]`.

The counts are those of runs in SQLite (a million) and in PostgreSQL (as many). It fills an SQLite file and a
PostgreSQL server of its own, and removes both. Ten million runs in PostgreSQL take 20 GB and half an hour.
"""

import os
import random
import statistics
import sys
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.postgresql import running_postgresql

COUNT = 1_000_000
ROUNDS = 10
AIM = 200
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
# Between two runs.
APART = timedelta(seconds=30)
_BATCH = 10_000
# Further runs are copies of these, with other keys and times.
_GENERATED = 100_000
_TEAMS = 3
_VOCABULARY = [f"w{number:x}" for number in range(50_000)]
# As in any language: the second word is half as frequent as the first one, the third a third.
_WEIGHTS = [*accumulate(1 / (number + 1) for number in range(len(_VOCABULARY)))]
# Not a search: opens the list, with all that it can be filtered by.
PAGE = dict[str, str]()
_MODELS, _MODEL_WEIGHTS = ["large", "small", "other", "rare"], [60, 30, 10, 0.01]


def fill(count: int) -> None:
    """Write generated runs into Django's database, each with 60 words; every thousandth is starred."""
    from django.db import connection, transaction

    from playground.runs.models import Run

    index = import_module("playground.runs.migrations.0002_words").POSTGRESQL
    columns = [str(field.column) for field in Run._meta.concrete_fields]
    places = ", ".join(["%s"] * len(columns))
    sql = f"INSERT INTO runs_run ({', '.join(columns)}) VALUES ({places})"
    first = (Run.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    end = first + count
    for start in range(first, first + min(count, _GENERATED), _BATCH):
        runs = [*_runs(range(start, min(start + _BATCH, end)))]
        rows = [[_value(connection, run, field) for field in Run._meta.concrete_fields] for run in runs]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(sql, rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # in a transaction, an index can't wait for them
            cursor.execute("DROP INDEX runs_words")  # made at once, it takes a fraction of the time
        for start in range(first + _GENERATED, end, _GENERATED):
            _copy(cursor, columns, first, min(_GENERATED, end - start), start - first)
        if connection.vendor == "postgresql":
            cursor.execute("SET maintenance_work_mem = '2GB'")
            cursor.execute(index)
            cursor.execute("ANALYZE runs_run" if connection.in_atomic_block else "VACUUM ANALYZE runs_run")
        else:
            found = "INSERT INTO runs_words(rowid, words) SELECT id, words FROM runs_run WHERE id >= %s"
            cursor.execute(found, [first])


def _copy(cursor: Any, columns: list[str], first: int, count: int, further: int) -> None:
    """Copy the first runs as runs that came `further` rows later."""
    seconds = int(further * APART.total_seconds())
    later = (
        f"started + interval '{seconds} seconds'"
        if cursor.db.vendor == "postgresql"
        else f"datetime(started, '+{seconds} seconds')"
    )
    # As many characters as a key has.
    other = {"id": f"id + {further}", "key": f"'{further:016x}' || substr(key, 17)", "started": later}
    values = ", ".join(other.get(column, column) for column in columns)
    cursor.execute(
        f"INSERT INTO runs_run ({', '.join(columns)}) SELECT {values} FROM runs_run "
        f"WHERE id >= {first} AND id < {first + count}"
    )


def _value(connection: Any, run: Any, field: Any) -> Any:
    return field.get_db_prep_save(getattr(run, field.attname), connection)


def _runs(numbers: range) -> Iterator[Any]:
    from playground.runs.models import Run
    from playground.runs.words import audience, label

    record = zlib.compress(os.urandom(300))
    for number in numbers:
        chance = random.Random(number)
        model, failed = chance.choices(_MODELS, _MODEL_WEIGHTS)[0], chance.random() < 0.07
        marks = [label("m", model), label("p", "bench"), label("s", "failed" if failed else "ok")]
        starred = number % 1000 == 1
        # The last team has a thousandth of the runs.
        team = _TEAMS if number % 1000 == 7 else 1 + (number % 10 == 0)
        marks.append(audience(team))
        words = {*chance.choices(_VOCABULARY, cum_weights=_WEIGHTS, k=60), *marks}
        yield Run(
            pk=number,
            key=f"{number:032x}",
            started=FIRST + number * APART,
            provider="bench",
            host="127.0.0.1",
            dialect="chat_completions",
            model=model,
            status=429 if failed else 200,
            error="rate_limited" if failed else "",
            question=" ".join(chance.sample(_VOCABULARY, 8)),
            answer=" ".join(chance.sample(_VOCABULARY, 30)),
            prompt_tokens=30,
            completion_tokens=120,
            total_ms=1200.0,
            starred=starred,
            team_id=team,
            person_id=team,
            size=len(record),
            words=" ".join(sorted(words | ({label("x", "starred")} if starred else set()))),
            record=record,
        )


def searches(count: int) -> dict[str, dict[str, str]]:
    """Return what people may ask, as the fields of the form; `count` is the number of runs."""

    def day(share: float) -> str:
        return f"{FIRST + count * share * APART:%Y-%m-%d}"

    return {
        "all": {},
        "the page of them": PAGE,
        "the deepest page": {"before": "60"},
        "the most frequent word": {"text": "w0"},
        "three frequent words": {"text": "w0 w1 w2"},
        "a rare word": {"text": "wc000"},
        "a frequent and a rare word": {"text": "w0 wc000"},
        "a word in every hundredth run": {"text": "w20d"},
        "a word in every thousandth run": {"text": "w148b"},
        "a word that is nowhere": {"text": "nowhere"},
        "a rare model": {"model": "rare"},
        "failed": {"status": "failed"},
        "starred, with a word": {"starred": "on", "text": "w3"},
        "a day in the middle": {"since": day(0.5), "until": day(0.5)},
        "a word on the first day": {"text": "w0", "since": day(0), "until": day(0)},
        "until an early day": {"text": "w5", "until": day(0.1)},
        "since tomorrow": {"since": day(1.1)},
    }


def report(count: int = COUNT, in_postgresql: int | None = None) -> None:
    found, more = {}, count if in_postgresql is None else in_postgresql
    if count:
        with TemporaryDirectory() as folder:
            found["SQLite"] = _alone(count, {"PLAYGROUND_DATABASE": str(Path(folder) / "runs.sqlite3")})
    if more:
        with running_postgresql() as server:
            found["PostgreSQL"] = _alone(more, {"DATABASE_URL": server.url()})
    print(f"\n{count:,} runs in SQLite, {more:,} in PostgreSQL\n")
    print(f"{'milliseconds':30}" + "".join(f"{name:>12} p50   worst     CPU" for name in found))
    for search in next(iter(found.values())):
        rows = [figures[search] for figures in found.values()]
        print(f"{search:30}" + "".join("{:16.1f}{:8.1f}{:8.1f}".format(*row) for row in rows))
    print(f"\nAim: p50 under {AIM}, the page included. CPU is the playground’s, without PostgreSQL’s own.")


def _alone(count: int, database: dict[str, str]) -> dict[str, tuple[float, float, float]]:
    """Measure in a process of its own: Django has one configuration in each."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        return processes.submit(measure, count, database).result()


def measure(count: int, database: dict[str, str]) -> dict[str, tuple[float, float, float]]:
    """Fill an empty database. Returns the milliseconds of each search: median, worst, and median CPU time."""
    os.environ |= database | {
        "DJANGO_SETTINGS_MODULE": "playground.settings",
        "PLAYGROUND_SECRET_KEY": "only-for-benchmarks-" * 3,
        "PLAYGROUND_ALLOWED_HOSTS": "testserver",
        "PLAYGROUND_HTTPS": "0",
        "PLAYGROUND_RUNS": "1",
        "PLAYGROUND_ACCOUNTS": "1",
    }
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    owners, found = people(), {}
    fill(count)
    asked = [(name, fields, owners[0]) for name, fields in searches(count).items()]
    asked += [
        ("all of a team with few", {}, owners[-1]),
        ("the page of few", PAGE, owners[-1]),
        ("a frequent word in it", {"text": "w0"}, owners[-1]),
        ("a rare word in it", {"text": "wc000"}, owners[-1]),
    ]
    for name, fields, person in asked:
        client = Client()
        client.force_login(person, "django.contrib.auth.backends.ModelBackend")
        times, cpu = zip(*(_milliseconds(client, fields) for _ in range(ROUNDS + 1)), strict=True)
        found[name] = statistics.median(times), max(times[1:]), statistics.median(cpu)
    connection.close()
    return found


def people() -> list[Any]:
    """Make the teams, each with an owner of the same number."""
    from playground.people.models import User
    from playground.teams.models import Membership, Team

    made = []
    for number in range(1, _TEAMS + 1):
        person = User.objects.create(pk=number, username=f"p{number}", email=f"p{number}@example.org")
        team = Team.objects.create(pk=number, name="Bench")
        Membership.objects.create(team=team, person=person, role="owner")
        made.append(person)
    return made


def ask(client: Any, asked: dict[str, str]) -> None:
    """Search as htmx does while one types, or open the list."""
    headers = {"Accept": "text/html"} if asked is PAGE else {"HX-Request": "true", "Accept": "text/html"}
    assert client.post("/runs/", asked, headers=headers).status_code == 200


def _milliseconds(client: Any, asked: dict[str, str]) -> tuple[float, float]:
    """Return the time and the CPU time of a search."""
    began, cpu = time.perf_counter(), time.process_time()
    ask(client, asked)
    return (time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000


if __name__ == "__main__":
    report(*map(int, sys.argv[1:3]))
