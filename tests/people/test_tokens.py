"""API tokens, on a real server: what a program may do with one, and for how long."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import requests

from playground.people import wall
from playground.teams.access import Action
from tests.people.place import JSON, Person, Place, serving_people
from tests.served.conftest import FORM

REQUEST = {"provider": "test", "request": {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving_people(tmp_path_factory.mktemp("tokens")) as place:
        yield place


@pytest.fixture(scope="module")
def member(place: Place) -> Person:
    return place.person("member", "One", "member")


def _page(person: Person) -> str:
    return f"/teams/{person.get('/teams/').url.rstrip('/').rpartition('/')[2]}/tokens/"


def _token(person: Person, *allows: str, days: str = "7") -> str:
    """Make a token, and return its secret."""
    told = person.post(_page(person), name="Notebook", days=days, **dict.fromkeys(allows, "on")).text
    assert '"max_tokens": 150' in told  # a budget in tokens needs a limit
    return re.findall(r'value="(apg_[\w-]+)"', told)[0]


def _ask(place: Place, secret: str, path: str, **arguments: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {secret}"}
    method = "POST" if arguments else "GET"
    return requests.request(
        method, place.site.address + path, headers=headers, timeout=20, allow_redirects=False, **arguments
    )


def test_a_program_makes_calls_and_reads_runs_of_the_team(place: Place, member: Person) -> None:
    secret = _token(member, "sends", "reads")

    sent = _ask(place, secret, "send/", json=REQUEST)

    assert sent.status_code == 200, sent.text
    assert sent.json()["run"].rstrip("/").rpartition("/")[2] in member.runs()
    runs = _ask(place, secret, "runs/").json()["runs"]
    assert sent.json()["id"] in [run["id"] for run in runs]
    assert _ask(place, secret, f"runs/{sent.json()['id']}/").status_code == 200
    assert not sent.cookies


def test_a_token_allows_what_it_was_made_for(place: Place, member: Person) -> None:
    reads, sends = _token(member, "reads"), _token(member, "sends")

    assert _ask(place, reads, "send/", json=REQUEST).status_code == 403
    assert _ask(place, sends, "runs/").status_code == 403
    assert _ask(place, sends, "send/", json=REQUEST).status_code == 200


def test_a_token_opens_nothing_else(place: Place, member: Person) -> None:
    secret = _token(member, "sends", "reads")
    team = _page(member).removeprefix("/").removesuffix("tokens/")
    others = {name for name in wall.NEEDED if not any(name in names for names in wall.BY_TOKEN.values())}
    assert "run-change" in others

    for path in ("", team, f"{team}keys/", f"{team}tokens/", "accounts/password/change/", "runs/x/proof/"):
        assert _ask(place, secret, path).status_code == 403, path
    for path in ("runs/x/change/", f"{team}tokens/", f"{team}budgets/change/", "accounts/logout/", "edit/"):
        assert _ask(place, secret, path, data=FORM).status_code == 403, path


def test_who_has_no_token_or_one_that_ended_gets_401(place: Place, member: Person) -> None:
    secret = _token(member, "reads")
    assert _ask(place, secret, "runs/").status_code == 200
    unknown = _ask(place, "apg_made-up", "runs/")
    assert (unknown.status_code, unknown.json()["error"]["kind"]) == (401, "no_token")
    other = {"Authorization": "Bearer sk-another", **JSON}  # as without any
    assert requests.get(f"{place.site.address}runs/", headers=other, timeout=20).status_code == 401

    with closing(sqlite3.connect(place.environment["PLAYGROUND_DATABASE"])) as database, database:
        database.execute("UPDATE people_token SET expires = '2020-01-01' WHERE tail = ?", [secret[-4:]])
    assert _ask(place, secret, "runs/").status_code == 401

    secret = _token(member, "reads")
    number = re.findall(r'name="revoke" value="(\d+)"', member.get(_page(member)).text)[0]
    member.post(_page(member), revoke=number)
    assert _ask(place, secret, "runs/").status_code == 401


def test_a_token_ends_with_the_membership(place: Place) -> None:
    leaver = place.person("leaver", "One", "member")
    secret = _token(leaver, "sends")
    team = _page(leaver).removesuffix("tokens/")
    number = re.findall(r'name="member" value="(\d+)"', leaver.get(team).text)[0]
    leaver.post(f"{team}change/", change="remove", member=number)

    assert _ask(place, secret, "send/", json=REQUEST).status_code == 401


def test_a_viewer_gets_no_token_that_sends(place: Place) -> None:
    viewer = place.person("viewer", "One", "viewer")
    told = viewer.post(_page(viewer), name="x", days="7", sends="on")
    assert told.status_code == 400
    assert _ask(place, _token(viewer, "sends", "reads"), "send/", json=REQUEST).status_code == 403
    assert wall.NEEDED["send"] == Action.SEND


def test_the_database_holds_no_token_and_the_log_of_the_team_tells_of_it(
    place: Place, member: Person
) -> None:
    secret = _token(member, "reads")
    with closing(sqlite3.connect(place.environment["PLAYGROUND_DATABASE"])) as database:
        assert secret not in "\n".join(database.iterdump())
    assert secret not in member.get(_page(member)).text
    owner = place.person("owner", "One", "owner")
    assert "made the API token" in owner.get(f"{_page(owner).removesuffix('tokens/')}audit/").text
    stranger = place.person("stranger", "Two", "owner")
    assert stranger.get(_page(member)).status_code == 404


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "x", "days": "8", "reads": "on"}, "Choose how long"),
        ({"name": "x", "days": "7"}, "Choose what the token allows"),
        ({"name": " ", "days": "7", "reads": "on"}, "Enter a name"),
    ],
)
def test_a_wrong_form_is_explained(member: Person, fields: dict[str, str], told: str) -> None:
    answer = member.post(_page(member), **fields)
    assert answer.status_code == 400
    assert told in answer.text


def test_without_the_database_everybody_is_told(place: Place, member: Person) -> None:
    secret = _token(member, "sends", "reads")
    tables = ("people_token", "teams_membership", "django_session")
    with closing(sqlite3.connect(place.environment["PLAYGROUND_DATABASE"])) as database:
        for table in tables:
            with database:
                database.execute(f"ALTER TABLE {table} RENAME TO away")
            try:
                programs = [_ask(place, secret, "runs/")] if table != "django_session" else []
                people = [member.get("/", **JSON), member.send()] if table != "people_token" else []
                pages = [member.get("/")] if people else []
            finally:
                with database:
                    database.execute(f"ALTER TABLE away RENAME TO {table}")
            for told in programs + people:
                assert told.status_code == 503, (table, told.text[:300])
                assert told.json()["error"]["kind"] == "database_unavailable"
            assert all("Accounts unavailable" in page.text for page in pages), table
    assert member.send().status_code == 200
