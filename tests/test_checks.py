"""Checks at start for settings that do not fit together."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from playground.checks import (
    all_workers_count_together,
    before_serving,
    docs_are_there,
    static_files_are_collected,
)
from playground.config_types import SettingError
from tests.configuration import configure


def _warnings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    monkeypatch.setenv("WEB_CONCURRENCY", environment.pop("WEB_CONCURRENCY"))
    configure(**{"PLAYGROUND_CLIENT_RATE": "1/day"} | environment)
    return [warning.msg for warning in all_workers_count_together(None)]


def test_workers_that_count_separately_cause_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    (warning,) = _warnings(monkeypatch, WEB_CONCURRENCY="4")

    assert "Each of the 4 workers counts calls on its own" in warning


@pytest.mark.parametrize(
    "environment",
    [
        {"WEB_CONCURRENCY": "1"},
        {"WEB_CONCURRENCY": "4", "CACHE_URL": "redis://cache:6379/0"},
        {"WEB_CONCURRENCY": "4", "PLAYGROUND_CLIENT_RATE": "off"},
    ],
)
def test_other_settings_cause_no_warning(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    assert _warnings(monkeypatch, **environment) == []


def test_a_missing_docs_folder_causes_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert docs_are_there(None) == []
    configure(PLAYGROUND_DOCS=str(tmp_path))
    assert docs_are_there(None) == []

    configure(PLAYGROUND_DOCS=str(tmp_path / "nowhere"))

    (warning,) = docs_are_there(None)
    assert str(tmp_path / "nowhere") in warning.msg


@pytest.fixture
def sources(settings: Any, tmp_path: Path) -> Path:
    """A folder of our static files, to be collected as in production."""
    folder = tmp_path / "sources"
    (folder / "js").mkdir(parents=True)
    (folder / "js" / "a.js").write_text("let a = 1;")
    settings.STATICFILES_DIRS = [folder]
    # Without the admin's files: there are many, and compressing each takes time.
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = {"staticfiles": {"BACKEND": "playground.serving.static.Storage"}}
    return folder


def _ids() -> list[str | None]:
    return [warning.id for warning in static_files_are_collected(None)]


def test_uncollected_files_fail_the_start(sources: Path) -> None:
    assert _ids() == ["playground.W003"]
    with pytest.raises(SettingError, match="collectstatic"):
        before_serving()


@pytest.mark.parametrize("age", [-86_400, 0, 86_400])
def test_files_of_another_version_cause_a_warning_whatever_their_date(sources: Path, age: int) -> None:
    call_command("collectstatic", interactive=False, verbosity=0)
    assert _ids() == []
    file = sources / "js" / "a.js"
    before = file.stat().st_mtime

    file.write_text("let a = 2;")
    os.utime(file, (before + age, before + age))

    assert _ids() == ["playground.W004"]
    call_command("collectstatic", interactive=False, verbosity=0)
    assert _ids() == []
    assert "2" in (sources.parent / "collected" / "js" / "a.js").read_text()


def test_new_and_missing_files_cause_a_warning(sources: Path) -> None:
    call_command("collectstatic", interactive=False, verbosity=0)

    (sources / "js" / "b.js").write_text("let b;")
    assert _ids() == ["playground.W004"]
    (sources / "js" / "b.js").unlink()
    assert _ids() == []
    (sources / "js" / "a.js").unlink()
    assert _ids() == ["playground.W004"]
