"""Runs in PostgreSQL: the tests of this folder that otherwise run on SQLite."""

import os
from pathlib import Path

import pytest

from tests import forks
from tests.postgresql import PostgreSQLServer

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    "file",
    [
        "test_keep.py",
        "test_growth.py",
        "test_migrations.py",
        "../history/test_replay.py",
        "../history/test_views.py",
    ],
)
def test_runs_are_the_same_in_postgresql(postgresql_server: PostgreSQLServer, file: str) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": postgresql_server.url(),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    command = ("-m", "pytest", "-p", "no:cacheprovider", "-q", str(HERE / file))
    done = forks.run(command, cwd=HERE.parent.parent, env=environment, timeout=300)

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
