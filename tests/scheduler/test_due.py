"""Scheduled tasks: when they are due, that one of many schedulers runs each, and the command."""

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command

from playground.scheduler.due import Task, run_due
from tests import forks
from tests.at_once import in_threads
from tests.site import ROOT, migrate, variables_of

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_HOUR = timedelta(hours=1)


@pytest.mark.django_db
def test_a_task_runs_once_an_hour_however_late() -> None:
    done: list[int] = []
    task = Task("count", _HOUR, lambda: done.append(1))
    times = [_NOON, _NOON + _HOUR / 2, _NOON + _HOUR, _NOON + 9 * _HOUR, _NOON + 9.5 * _HOUR]

    assert [run_due([task], now) for now in times] == [["count"], [], ["count"], ["count"], []]
    assert len(done) == 3


@pytest.mark.django_db(transaction=True)
def test_one_of_many_schedulers_runs_it() -> None:
    done: list[int] = []
    task = Task("count", _HOUR, lambda: done.append(1))

    for hour in range(3):
        in_threads(8, lambda _, hour=hour: run_due([task], _NOON + hour * _HOUR))  # type: ignore[misc]

    assert len(done) == 3


@pytest.mark.django_db
def test_one_that_fails_keeps_no_other_from_its_turn(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []
    tasks = [Task("broken", _HOUR, lambda: 1 / 0), Task("count", _HOUR, lambda: done.append(1))]

    assert run_due(tasks, _NOON) == ["broken", "count"]
    assert len(done) == 1
    assert "“broken” failed" in caplog.text
    assert run_due(tasks, _NOON + _HOUR) == ["broken", "count"]


@pytest.mark.django_db
def test_sessions_that_have_ended_are_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    for key, days in (("old", -1), ("new", 1)):
        expires = datetime.now(UTC) + timedelta(days=days)
        Session.objects.create(session_key=key, session_data="", expire_date=expires)

    call_command("scheduler", "--once")
    call_command("scheduler", "--once")

    assert "sessions" in capsys.readouterr().out.splitlines()[0]
    assert [session.session_key for session in Session.objects.all()] == ["new"]


def test_it_runs_until_it_is_stopped(tmp_path: Path) -> None:
    file = tmp_path / "db.sqlite3"
    settings = {"PLAYGROUND_DATABASE": str(file)}
    migrate(tmp_path, "127.0.0.1:1", **settings)

    environment = variables_of(tmp_path, "127.0.0.1:1", settings)
    program = forks.start(["manage.py", "scheduler"], cwd=ROOT, env=environment)
    with closing(program), closing(sqlite3.connect(file)) as database:
        deadline = time.monotonic() + 20
        while not (due := database.execute("SELECT name FROM scheduler_due").fetchall()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert program.poll() is None
        program.terminate()
        assert program.wait(20) == 0

    assert ("sessions",) in due
