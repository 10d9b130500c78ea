"""A database that an earlier version wrote is still read: `golden/` has a row of each."""

import base64
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client

from playground.runs import keep
from playground.runs.models import Run
from playground.runs.search import Query, find
from tests.configuration import configure

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))


@pytest.fixture
def database(django_db_blocker: Any, tmp_path: Path) -> Iterator[Path]:
    """An empty file as the database; the tests' own is restored afterwards."""
    file = tmp_path / "runs.sqlite3"
    with django_db_blocker.unblock():
        connection.close()
        settings = connections["default"].settings_dict
        name, settings["NAME"] = settings["NAME"], str(file)
        yield file
        connection.close()
        settings["NAME"] = name


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the rows are written by SQLite's own client")
@pytest.mark.parametrize("golden", GOLDEN, ids=[file.stem for file in GOLDEN])
def test_a_run_of_an_earlier_version_is_found_read_and_changed(
    database: Path, golden: Path, client: Client
) -> None:
    """`golden` names the latest migration of its time and has the columns of one row."""
    written = json.loads(golden.read_text())
    call_command("migrate", "runs", written["migration"], verbosity=0)
    connection.close()
    row = written["row"] | {"record": base64.b64decode(written["row"]["record"])}
    with sqlite3.connect(database) as file:
        names, places = ", ".join(row), ", ".join("?" * len(row))
        file.execute(f"INSERT INTO runs_run ({names}) VALUES ({places})", [*row.values()])
        file.execute("INSERT INTO runs_words (rowid, words) VALUES (?, ?)", (row["id"], row["words"]))
    file.close()

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


def test_there_is_a_row_of_the_first_version() -> None:
    assert GOLDEN
