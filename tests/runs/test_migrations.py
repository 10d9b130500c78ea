"""A database that an earlier version wrote is still read: `golden/` has a row of each."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from playground.runs import keep
from playground.runs.models import Run
from playground.runs.search import Query, find
from playground.runs.words import label
from tests.configuration import configure

pytestmark = pytest.mark.django_db(transaction=True)
GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))


@pytest.fixture(autouse=True)
def _no_tables_of_runs() -> Iterator[None]:
    call_command("migrate", "runs", "zero", verbosity=0)
    yield
    call_command("migrate", "runs", verbosity=0)


@pytest.mark.parametrize("golden", GOLDEN, ids=[file.stem for file in GOLDEN])
def test_a_run_of_an_earlier_version_is_found_read_and_changed(golden: Path, client: Client) -> None:
    """`golden` names the latest migration of its time and has the columns of one row."""
    written = json.loads(golden.read_text())
    _write_before(written)

    call_command("migrate", verbosity=0)

    configure(PLAYGROUND_RUNS="1")
    run = Run.objects.get()
    assert run.exchange.answer.choices[0].text == written["answer"]
    assert [each.key for each in find(Query(text=written["words"])).runs] == [run.key]
    page = client.get(f"/runs/{run.key}/")
    assert written["answer"] in page.content.decode()
    keep.change(run.key, starred=True, tags={"old"})
    assert [each.key for each in find(Query(tag="old", starred=True, model=run.model)).runs] == [run.key]
    assert keep.forget([run.key]) == 1
    assert find(Query(text=written["words"])).runs == []


def _write_before(written: dict[str, Any], **columns: str) -> None:
    call_command("migrate", "runs", written["migration"], verbosity=0)
    row = written["row"] | {"record": base64.b64decode(written["row"]["record"])} | columns
    with connection.cursor() as cursor:
        names, places = ", ".join(row), ", ".join(["%s"] * len(row))
        cursor.execute(f"INSERT INTO runs_run ({names}) VALUES ({places})", [*row.values()])
        if connection.vendor == "sqlite":  # PostgreSQL's index follows its table
            cursor.execute("INSERT INTO runs_words (rowid, words) VALUES (%s, %s)", [row["id"], row["words"]])


def test_a_call_that_was_stopped_is_found_as_failed_no_more() -> None:
    written = json.loads(GOLDEN[0].read_text())
    words = written["row"]["words"].replace(label("s", "ok"), label("s", "failed"))
    _write_before(written, error="stopped", words=words)

    call_command("migrate", verbosity=0)

    assert find(Query(status="failed")).runs == []
    assert len(find(Query(status="stopped", text=written["words"])).runs) == 1


def test_there_is_a_row_of_the_first_version() -> None:
    assert GOLDEN
