"""`manage.py runs`."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from playground.runs import keep
from playground.runs.models import Run
from tests.configuration import configure
from tests.web.client import post_json

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


@pytest.fixture
def keys(client: Client) -> list[str]:
    configure(PLAYGROUND_RUNS="1")
    return [str(post_json(client).json()["id"]) for _ in range(3)]


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("runs", *arguments)
    return capsys.readouterr().out


def test_the_size_counts_runs(keys: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    keep.change(keys[0], starred=True)

    assert _run(capsys, "size").startswith("3 runs (1 starred), ")


def test_named_runs_are_deleted(keys: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(capsys, "delete", keys[0], f"http://localhost:8000/runs/{keys[1]}/") == "Deleted 2 runs.\n"
    assert Run.objects.get().key == keys[2]


@pytest.mark.parametrize("arguments", [[], ["x"], ["x", "--all"]])
def test_what_cannot_be_meant_deletes_nothing(keys: list[str], arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("runs", "delete", *arguments)
    assert Run.objects.count() == len(keys)


def test_all_runs_are_deleted(keys: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(capsys, "delete", "--all") == f"Deleted {len(keys)} runs.\n"
    assert not Run.objects.exists()


def test_old_runs_are_tidied(keys: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Run.objects.filter(key=keys[0]).update(started=datetime.now(UTC) - timedelta(days=400))

    assert _run(capsys, "tidy").startswith("Deleted 1 run.\n2 runs (0")


@pytest.mark.parametrize("arguments", [["size"], ["tidy"], ["delete", "--all"]])
def test_it_speaks_the_language_of_the_terminal(
    keys: list[str], arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with translation.override("zh-hans"):
        told = _run(capsys, *arguments)

    assert keys
    assert all("条调用记录" in line for line in told.splitlines())
