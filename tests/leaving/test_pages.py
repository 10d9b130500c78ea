"""A team's settings and one's own data, on a real server: limits, exports, and what deletion leaves."""

import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import requests

from tests import forks
from tests.people.place import Person, Place, serving_people
from tests.site import ROOT, SERVER_KEY


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving_people(tmp_path_factory.mktemp("leaving")) as place:
        yield place


@pytest.fixture(scope="module")
def team(place: Place) -> dict[str, Person]:
    """One person of each role in the team One."""
    return place.team("One")


def _path(person: Person) -> str:
    return f"/teams/{person.get('/teams/').url.rstrip('/').rpartition('/')[2]}/"


def _dump(place: Place) -> str:
    """Return all that is in the database."""
    with closing(sqlite3.connect(place.environment["PLAYGROUND_DATABASE"])) as database:
        return "\n".join(database.iterdump())


def _manage(place: Place, *arguments: str) -> tuple[int, str]:
    done = forks.run(["manage.py", "people", *arguments], cwd=ROOT, env=place.environment)
    return done.returncode, done.stdout + done.stderr


def _files(response: requests.Response) -> dict[str, list[Any]]:
    assert response.status_code == 200, response.text
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        return {name: [*map(json.loads, archive.read(name).splitlines())] for name in archive.namelist()}


def test_a_team_keeps_less_than_the_server(team: dict[str, Person]) -> None:
    path = _path(team["admin"])

    for days in ("366", "0", "x"):
        refused = team["admin"].post(f"{path}settings/change/", change="retention", days=days, mib="7")
        assert refused.status_code == 400
        assert "Enter a whole number from 1 to 365, or nothing." in refused.text
    team["admin"].post(f"{path}settings/change/", change="retention", days="30", mib="7")

    page = team["admin"].get(f"{path}settings/").text
    assert 'name="days" value="30"' in page
    assert 'name="mib" value="7"' in page
    assert "changed how long runs are kept" in team["admin"].get(f"{path}audit/").text


def test_before_runs_go_it_is_said_how_many(place: Place, team: dict[str, Person]) -> None:
    path, key = _path(team["admin"]), team["member"].send().json()["id"]
    with closing(sqlite3.connect(place.environment["PLAYGROUND_DATABASE"])) as database, database:
        database.execute("UPDATE runs_run SET size = 3000000 WHERE key = ?", [key])

    told = team["admin"].post(f"{path}settings/change/", change="retention", days="", mib="1").text
    assert re.search(r"With these limits, \d+ runs? (is|are) deleted.", told)
    assert key in team["member"].runs()
    saved = team["admin"].post(f"{path}settings/change/", change="retention", days="", mib="1", confirmed="1")

    assert "Saved." in saved.text
    assert "within about an hour" not in saved.text
    assert key not in team["member"].runs()


def test_runs_that_are_too_old_go_at_once_too(place: Place, team: dict[str, Person]) -> None:
    path, key = _path(team["admin"]), team["member"].send().json()["id"]
    with closing(sqlite3.connect(place.environment["PLAYGROUND_DATABASE"])) as database, database:
        database.execute("UPDATE runs_run SET started = '2020-01-01 00:00:00' WHERE key = ?", [key])

    team["admin"].post(f"{path}settings/change/", change="retention", days="1", mib="", confirmed="1")

    assert key not in team["member"].runs()


def test_an_export_has_what_the_person_sees(team: dict[str, Person]) -> None:
    path, key = _path(team["admin"]), team["member"].send().json()["id"]

    member, asked = team["member"], {"model": "m", "messages": [{"role": "user", "content": "Prompted"}]}
    member.post(f"/runs/{key}/comments/", change="add", text="Commented")
    content = json.dumps({"provider": "test", "request": asked})
    member.post("/prompts/new/", name="Greeting", request=content)
    member.post(f"/runs/{key}/pin/", name="Known good", check="contains", contains="x", every="never")

    files = _files(team["admin"].post(f"{path}export/"))

    assert [(line["run"], line["text"]) for line in files["comments.jsonl"]] == [(key, "Commented")]
    assert [line["saved"]["request"] for line in files["prompts.jsonl"]] == [asked]
    assert [(line["name"], line["run"]) for line in files["pins.jsonl"]] == [("Known good", key)]
    assert files["embeds.jsonl"] == files["links.jsonl"] == files["replays.jsonl"] == []
    assert {line["person"] for line in files["people.jsonl"]} >= {one.email for one in team.values()}
    assert key in [line["id"] for line in files["runs.jsonl"]]
    assert (key, team["member"].email) in [(line["key"], line["person"]) for line in files["runs_list.jsonl"]]
    assert files["usage.jsonl"][0]["calls"]
    assert files["audit.jsonl"][-1]["kind"] == "team_exported"
    assert SERVER_KEY not in json.dumps(files)
    own = _files(team["member"].post("/accounts/data/", change="export"))
    assert key in [line["id"] for line in own["runs.jsonl"]]
    assert own["account.json"][0]["email"] == team["member"].email
    assert "exported the account" in team["admin"].get(f"{path}audit/").text


def test_a_deleted_account_leaves_no_name(place: Place, team: dict[str, Person]) -> None:
    admin, leaver, path = team["admin"], place.person("leaver", "One", "member"), _path(team["admin"])
    key, of_admin = (one.send().json()["id"] for one in (leaver, admin))
    leaver.post(f"{path}tokens/", name="Notebook", days="7", reads="on")
    members = admin.get(path).text
    assert "The keys and API tokens that this person has in the team are deleted at once." in members
    number = max(re.findall(r'name="member" value="(\d+)"', members), key=int)
    admin.post(f"{path}change/", change="role", member=number, role="viewer")
    admin.post(f"{path}change/", change="invite", role="member", email=leaver.email)
    assert leaver.email in _dump(place)

    wrong = leaver.post("/accounts/data/", change="delete", typed="x")
    assert "Type it exactly" in wrong.text
    assert key in admin.runs()
    told = leaver.post("/accounts/data/", change="delete", typed=leaver.email)

    assert told.url.endswith("/accounts/login/?deleted")
    assert "Your account was deleted." in told.text
    assert leaver.get("/runs/").url.endswith("?next=%2Fruns%2F")
    assert key not in admin.runs()
    assert of_admin in admin.runs()
    audit = admin.get(f"{path}audit/").text
    assert re.search(
        r"Deleted account \d+</bdi></td>\s*<td[^>]*>deleted the account</td>\s*<td[^>]*><bdi>Deleted", audit
    )
    assert leaver.email not in _dump(place)
    assert "Deleted account" in admin.get(f"{path}usage/?by=person").text


def test_the_last_owner_cannot_leave_a_team_behind(place: Place, team: dict[str, Person]) -> None:
    owner, path = team["owner"], _path(team["owner"])

    assert "You are the only owner" in owner.get("/accounts/data/").text
    assert owner.post("/accounts/data/", change="delete", typed=owner.email).status_code == 409
    code, told = _manage(place, "delete", owner.email, "--yes")
    assert code
    assert "or delete the team: One." in told
    assert owner.get(path).status_code == 200


def test_a_team_is_deleted_with_all_that_is_in_it(place: Place) -> None:
    owner, member = (place.person(f"{role}-of-two", "Two", role) for role in ("owner", "member"))
    path = _path(owner)
    limits = {"subject": "each", "period": "day", "calls": "5", "change": "set"}
    assert owner.post(f"{path}budgets/change/", **limits).status_code == 200
    key = member.send().json()["id"]

    refused = owner.post(f"{path}settings/change/", change="delete", typed="two")
    assert "Type it exactly" in refused.text
    told = owner.post(f"{path}settings/change/", change="delete", typed="Two")

    assert "The team was deleted." in told.text
    assert owner.get(path).status_code == 404
    assert "You are not in a team." in member.get("/teams/").text
    with closing(sqlite3.connect(place.environment["PLAYGROUND_DATABASE"])) as database:
        assert not database.execute("SELECT 1 FROM runs_run WHERE key = ?", [key]).fetchall()
        lines = database.execute("SELECT team_id, actor FROM teams_event WHERE about = 'Two'").fetchall()
        assert lines == [(None, owner.email)]
        assert not database.execute("SELECT 1 FROM calls_spent WHERE account LIKE 'budget:%'").fetchall()


def test_commands_delete_once_they_are_sure(place: Place) -> None:
    person = place.person("three", "Three", "owner")
    key = person.send().json()["id"]

    code, told = _manage(place, "delete-team", "Three")
    assert (code, "This would delete 1 run, too." in told) == (0, True), told
    assert key in person.runs()
    code, told = _manage(place, "delete-team", "Three", "--yes")
    assert (code, "Deleted, with 1 run." in told) == (0, True), told
    code, told = _manage(place, "delete", person.email.upper(), "--yes")
    assert (code, "Deleted, with 0 runs." in told) == (0, True), told

    assert person.email not in _dump(place)
