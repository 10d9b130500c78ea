"""What the page of a team's usage costs on the server: a year of 50 people, `python -m benchmarks.usage`.

It fills an SQLite file and a PostgreSQL server of its own, and removes both.
"""

import os
import random
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.postgresql import running_postgresql

PEOPLE, DAYS, MODELS = 50, 365, 6
# Of one person on one day: three models, as many calls each.
CALLS = 183
ROUNDS = 10
AIM = 200
_BATCH = 5_000


def fill() -> Any:
    """Write generated sums into Django's database. Returns the owner of the team."""
    from django.utils import timezone

    from playground.people.models import User
    from playground.teams import people
    from playground.teams.models import Membership, Timed, Used

    chance, today = random.Random(1), timezone.now().date()
    users = [User.objects.create(username=f"p{n}", email=f"p{n}@example.org") for n in range(PEOPLE)]
    team = people.make_team("Bench", users[0])
    Membership.objects.bulk_create(Membership(team=team, person=user, role="member") for user in users[1:])
    used, timed = [], []
    for day in (today - timedelta(days=n) for n in range(DAYS)):
        for user in users:
            for model in chance.sample(range(MODELS), 3):
                row = Used(
                    team=team, day=day, person=user, model=f"model-{model}", key="KEY", provider="bench"
                )
                row.calls, row.failed, row.nanousd = CALLS, chance.randrange(9), chance.randrange(10**9)
                row.prompt_tokens, row.completion_tokens = 900 * CALLS, 300 * CALLS
                used.append(row)
        buckets = [chance.randrange(1, 300) for _ in range(50)]
        timed += [
            Timed(team=team, day=day, model=f"model-{model}", total=buckets, first=buckets)
            for model in range(MODELS)
        ]
    Used.objects.bulk_create(used, batch_size=_BATCH)
    Timed.objects.bulk_create(timed, batch_size=_BATCH)
    return users[0]


def report() -> None:
    with TemporaryDirectory() as folder:
        found = {"SQLite": _alone({"PLAYGROUND_DATABASE": str(Path(folder) / "usage.sqlite3")})}
    with running_postgresql() as server:
        found["PostgreSQL"] = _alone({"DATABASE_URL": server.url()})
    print(f"\n{PEOPLE} people, {DAYS} days, {PEOPLE * DAYS * 3 * CALLS:,} calls\n")
    print(f"{'milliseconds':20}" + "".join(f"{name:>12} p50   worst     CPU" for name in found))
    for asked in next(iter(found.values())):
        rows = [figures[asked] for figures in found.values()]
        print(f"{asked:20}" + "".join("{:16.1f}{:8.1f}{:8.1f}".format(*row) for row in rows))
    print(f"\nAim: p50 under {AIM}, the page included.")


def _alone(database: dict[str, str]) -> dict[str, tuple[float, float, float]]:
    """Measure in a process of its own: Django has one configuration in each."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        return processes.submit(measure, database).result()


def measure(database: dict[str, str]) -> dict[str, tuple[float, float, float]]:
    """Fill an empty database. Returns the milliseconds of each page: median, worst, and median CPU time."""
    os.environ |= database | {
        "DJANGO_SETTINGS_MODULE": "playground.settings",
        "PLAYGROUND_SECRET_KEY": "only-for-benchmarks-" * 3,
        "PLAYGROUND_ALLOWED_HOSTS": "testserver",
        "PLAYGROUND_HTTPS": "0",
        "PLAYGROUND_ACCOUNTS": "1",
    }
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    client, found, today = Client(), {}, timezone.now().date()
    client.force_login(fill(), "django.contrib.auth.backends.ModelBackend")
    year = f"period=custom&from={today - timedelta(days=DAYS - 1)}&to={today}"
    for name, query in (
        ("30 days, by day", ""),
        ("a year, by day", year),
        ("a year, by person", f"{year}&by=person"),
        ("a year, by model", f"{year}&by=model"),
        ("a year, as CSV", f"{year}&format=csv"),
    ):
        times, cpu = zip(*(_milliseconds(client, query) for _ in range(ROUNDS + 1)), strict=True)
        found[name] = statistics.median(times), max(times[1:]), statistics.median(cpu)
    connection.close()
    return found


def _milliseconds(client: Any, query: str) -> tuple[float, float]:
    began, cpu = time.perf_counter(), time.process_time()
    assert client.get(f"/teams/1/usage/?{query}").status_code == 200
    return (time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000


if __name__ == "__main__":
    report()
