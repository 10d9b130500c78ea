"""Runs in PostgreSQL: tests that otherwise run on SQLite."""

import os
from pathlib import Path

import pytest

from tests import forks
from tests.postgresql import PostgreSQLServer

ROOT = Path(__file__).parents[2]
TESTS = [
    ["tests/runs/test_growth.py"],
    [
        "tests/runs/test_keep.py",
        "tests/runs/test_migrations.py",
        "tests/history/test_replay.py",
        "tests/history/test_views.py::test_any_time_zone_can_be_searched_with",
        "tests/history/test_views.py::test_what_is_not_there_is_said",
        "tests/history/test_views.py::test_tags_are_saved",
        "tests/history/test_proof.py::test_a_run_is_saved_and_opened_again",
        "tests/pinned/test_pins.py",
        "tests/leaving/test_deletion.py",
        "tests/usage/test_sums.py",
    ],
]


@pytest.mark.thorough
@pytest.mark.parametrize("tests", TESTS, ids=["growth", "others"])
def test_runs_are_the_same_in_postgresql(postgresql_server: PostgreSQLServer, tests: list[str]) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": postgresql_server.url(),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    command = ("-m", "pytest", "-p", "no:cacheprovider", "-q", "-m", "", *tests)
    done = forks.run(command, cwd=ROOT, env=environment, timeout=300)

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
