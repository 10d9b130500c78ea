"""The pages of pinned runs on a real server: who may do what, and the scheduler in its own process."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests import forks
from tests.people.place import JSON, Person, Place, serving_people
from tests.site import ROOT
from tests.upstreams.scripted import completion


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pinned")


@pytest.fixture(scope="module")
def place(folder: Path) -> Iterator[Place]:
    with serving_people(folder) as place:
        yield place


@pytest.fixture(scope="module")
def team(place: Place) -> dict[str, Person]:
    return {**place.team("One"), "other": place.person("other", "One", "member")}


@pytest.fixture
def pin(place: Place, team: dict[str, Person]) -> str:
    """The path of a new pin of the member's."""
    place.upstream.reply(completion())
    run = team["member"].send().json()["id"]
    made = team["member"].post(
        f"/runs/{run}/pin/", name="Greeting", check="contains", contains="Hello", every="day", hour="6"
    )
    return made.url.removeprefix(team["member"].address)


def test_members_replay_each_pin_and_change_their_own(team: dict[str, Person], pin: str) -> None:
    assert "Every day at 06:00 (UTC)" in team["viewer"].get(pin).text
    assert 'value="run"' not in team["viewer"].get(pin).text
    other = team["other"]
    assert other.post(f"{pin}change/", change="run").status_code == 200
    assert "Edit" not in other.get(pin).text
    assert other.get(f"{pin}edit/").status_code == 403
    for change in ("pause", "resume", "accept", "take-over", "delete"):
        assert other.post(f"{pin}change/", change=change).status_code == 403

    replayed = other.get("/runs/", **JSON).json()["runs"][0]["id"]
    assert "Replay of" in team["viewer"].get(f"/runs/{replayed}/").text
    assert "✓ Passed" in team["viewer"].get("/pinned/").text


def test_what_is_wrong_with_the_form_is_said_and_nothing_typed_is_lost(
    team: dict[str, Person], pin: str
) -> None:
    told = team["member"].post(f"{pin}edit/", name="Greeting", check="matches", pattern="(?=x)", every="day")

    assert told.status_code == 400
    assert "Leave out lookarounds" in told.text
    assert 'value="(?=x)"' in told.text


def test_the_scheduler_replays_it_and_admins_take_it_over(
    place: Place, folder: Path, team: dict[str, Person], pin: str
) -> None:
    place.upstream.reply(completion("Goodbye!"))
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database, database:
        number = pin.strip("/").rpartition("/")[2]
        database.execute("UPDATE pinned_pin SET due = '2026-01-01 00:00:00' WHERE id = ?", [number])
    for _ in range(2):
        done = forks.run(["manage.py", "scheduler", "--once"], cwd=ROOT, env=place.environment)
        assert done.returncode == 0, done.stderr

    page = team["admin"].get(pin).text
    assert page.count("✗ Failed") == 1
    assert "New failure" in page
    assert "1 pinned run fails its checks." in team["viewer"].get("/pinned/").text
    assert team["member"].post(f"{pin}change/", change="take-over").status_code == 403
    assert team["admin"].post(f"{pin}change/", change="take-over").status_code == 200
    assert team["admin"].email in team["viewer"].get(pin).text
    audit = team["owner"].get("/teams/").url.removeprefix(team["owner"].address) + "audit/"
    told = team["owner"].get(audit).text
    for event in ("pinned a run as", "saw a check fail at the pin", "took over the pin"):
        assert event in told
    assert "Goodbye" not in told
