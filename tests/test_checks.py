"""What is said at start about settings that do not fit together."""

from pathlib import Path

import pytest

from playground.checks import all_workers_count_together, docs_are_there


def _warnings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    for name, value in ({"PLAYGROUND_CLIENT_RATE": "1/day"} | environment).items():
        monkeypatch.setenv(name, value)
    return [warning.msg for warning in all_workers_count_together(None)]


def test_workers_that_count_alone_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (warning,) = _warnings(monkeypatch, WEB_CONCURRENCY="4")

    assert "Each of the 4 workers counts calls alone" in warning


@pytest.mark.parametrize(
    "environment",
    [
        {"WEB_CONCURRENCY": "1"},
        {"WEB_CONCURRENCY": "4", "CACHE_URL": "redis://cache:6379/0"},
        {"WEB_CONCURRENCY": "4", "PLAYGROUND_CLIENT_RATE": "off"},
    ],
)
def test_the_others_are_not(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    assert _warnings(monkeypatch, **environment) == []


def test_a_folder_of_docs_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert docs_are_there(None) == []
    monkeypatch.setenv("PLAYGROUND_DOCS", str(tmp_path))
    assert docs_are_there(None) == []

    monkeypatch.setenv("PLAYGROUND_DOCS", str(tmp_path / "nowhere"))

    (warning,) = docs_are_there(None)
    assert str(tmp_path / "nowhere") in warning.msg
