"""Runs handed on by public links, and talked about in comments, on a real server with either database."""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

import pytest
import requests
from django.utils import timezone

from playground.people.models import User
from playground.proof.file import State, read
from playground.runs.models import Run
from playground.sharing import links
from playground.sharing.models import Link
from playground.teams import people as teams
from playground.teams.models import Team
from tests import forks
from tests.configuration import configure
from tests.people.place import JSON, Person, Place, serving_people
from tests.postgresql import PostgreSQLServer
from tests.site import ROOT
from tests.upstreams.scripted import completion

SECRET = "swordfish-31337 opens the gate"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving_people(tmp_path_factory.mktemp("sharing")) as place:
        yield place


@pytest.fixture(scope="module")
def team(place: Place) -> dict[str, Person]:
    return place.team("One")


def _run(person: Person, text: str = "Hello!") -> str:
    request = {"model": "m", "messages": [{"role": "user", "content": text}]}
    return str(person.send(request=request).json()["id"])  # type: ignore[arg-type]


def _link(person: Person, run: str, **fields: str) -> str:
    """Make a public link; return its path."""
    made = person.post(f"/runs/{run}/link/", **{"do": "link", "days": "7", **fields})
    found = re.search(r'value="http://[^/"]+(/shared/[\w-]+/)"', made.text)
    assert found, made.text
    return found[1]


def _open(place: Place, path: str) -> requests.Response:
    return requests.get(place.site.address.rstrip("/") + path, timeout=20)


def _links(person: Person) -> str:
    team = person.get("/teams/").url.removeprefix(person.address)
    return f"{team}links/"


def _database(place: Place) -> sqlite3.Connection:
    return sqlite3.connect(place.environment["PLAYGROUND_DATABASE"])


def test_a_stranger_sees_what_was_judged_and_no_byte_that_was_blacked_out(
    place: Place, team: dict[str, Person]
) -> None:
    place.upstream.reply(completion(f"Yes, {SECRET}. Twice: {SECRET}"))
    run = _run(team["member"], SECRET)
    black = {"black": "messages.0"}

    first = team["member"].post(f"/runs/{run}/link/", do="link", days="7", **black)
    assert "/shared/" not in first.text  # what it shows was not seen yet
    assert 'name="seen" value="messages.0"' in first.text
    assert SECRET not in first.text.partition('<article class="proof"')[2]
    path = _link(team["member"], run, seen="messages.0", **black)

    page, saved = _open(place, path), _open(place, f"{path}proof/")
    assert (page.status_code, saved.status_code) == (200, 200)
    assert "████" in page.text or "blacked" in page.text
    assert not page.cookies
    proof = read(saved.content)
    assert (proof.state, proof.blacked_out) == (State.UNCHANGED, ("messages.0",))
    for told in (page, saved):
        assert "swordfish" not in told.text
        assert told.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in told.headers["X-Robots-Tag"]
        assert "no-store" in told.headers["Cache-Control"]
    assert "Yes," in page.text
    assert "/teams/" not in page.text

    dump = [
        "swordfish" in str(value)
        for table in ("sharing_link", "teams_event")
        for row in _database(place).execute(f"SELECT * FROM {table}")
        for value in row
    ]
    assert dump
    assert not any(dump)
    secret = path.split("/")[2]
    with closing(_database(place)) as database:
        assert secret not in "\n".join(database.iterdump())


def test_a_link_that_ended_is_like_one_that_never_was(place: Place, team: dict[str, Person]) -> None:
    run = _run(team["member"])
    expired, revoked = _link(team["member"], run), _link(team["member"], run)
    gone_run = _run(team["member"])
    deleted = _link(team["member"], gone_run)
    by_admin = _link(team["member"], run)

    with closing(_database(place)) as database, database:
        database.execute(
            "UPDATE sharing_link SET expires = '2020-01-01' WHERE id = "
            "(SELECT min(id) FROM sharing_link WHERE run_id = (SELECT id FROM runs_run WHERE key = ?))",
            [run],
        )
    numbers = re.findall(r'name="revoke" value="(\d+)"', team["member"].get(_links(team["member"])).text)
    of_run = sorted(map(int, numbers))
    team["member"].post(_links(team["member"]), revoke=str(of_run[-3]))
    team["admin"].post(_links(team["admin"]), revoke=str(of_run[-1]))
    team["member"].post(f"/runs/{gone_run}/change/", change="delete", confirmed="1")
    team["member"].post("/runs/selected/", change="delete", confirmed="1", run=gone_run)

    bodies = {}
    for path in (expired, revoked, deleted, by_admin, "/shared/made-up/"):
        for address in (path, f"{path}proof/"):
            told = _open(place, address)
            assert (told.status_code, told.headers["Referrer-Policy"]) == (404, "no-referrer"), path
            bodies[address] = re.sub(r'nonce="[^"]+"', "", told.text)
    assert len(set(bodies.values())) == 1
    log = team["owner"].get(f"{_links(team['owner']).removesuffix('links/')}audit/").text
    assert "made a public link to the run" in log
    assert "revoked a public link to the run" in log

    ended = "from playground.scheduler.tasks import TASKS; "
    ended += "next(task for task in TASKS if task.name == 'links').run()"
    assert (
        forks.run(["manage.py", "shell", "-v0", "-c", ended], cwd=ROOT, env=place.environment).returncode == 0
    )
    with closing(_database(place)) as database:
        assert not database.execute("SELECT 1 FROM sharing_link WHERE expires < '2021'").fetchall()


def test_links_are_listed_with_who_made_them_and_how_often_they_were_opened(
    place: Place, team: dict[str, Person]
) -> None:
    run = _run(team["member"], "What is listed?")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    path = _link(team["member"], run, until=f"{tomorrow:%Y-%m-%d}")
    _open(place, path)
    requests.head(place.site.address.rstrip("/") + path, timeout=20)
    _open(place, path)

    row = next(row for row in team["admin"].get(_links(team["admin"])).text.split("<tr>") if run in row)
    assert "What is listed?" in row
    assert "member@example.org" in row
    assert f"{tomorrow + timedelta(days=1):%Y-%m-%d} 00:00" in row
    assert ">2</td>" in row
    assert 'name="revoke"' in row
    other = place.person("other", "One", "member")
    row = next(row for row in other.get(_links(other)).text.split("<tr>") if run in row)
    number = re.findall(r'name="revoke" value="(\d+)"', team["admin"].get(_links(team["admin"])).text)[0]
    assert 'name="revoke"' not in row
    assert other.post(_links(other), revoke=number).status_code == 403


@pytest.mark.parametrize(
    "fields", [{"days": "8"}, {"until": "2020-01-01"}, {"until": "x"}, {"until": "9999-12-31"}]
)
def test_a_link_ends_within_a_year(team: dict[str, Person], fields: dict[str, str]) -> None:
    run = _run(team["member"])
    told = team["member"].post(f"/runs/{run}/link/", **{"do": "link", **fields})
    assert told.status_code == 400
    # The field is named as in the form.
    assert ("Works for" if "days" in fields else "Or until the end of (UTC)") in told.text


def test_the_team_talks_about_a_run(place: Place, team: dict[str, Person]) -> None:
    run = _run(team["member"])
    address = f"/runs/{run}/comments/"
    assert "comment</span>" not in team["viewer"].get("/runs/").text

    told = team["member"].post(address, change="add", text="<b>Look</b>\nhere")
    number = re.findall(r'id="comment-(\d+)"', told.text)[0]
    assert "&lt;b&gt;Look&lt;/b&gt;" in told.text
    assert told.url.endswith(f"/runs/{run}/#comments")
    seen = team["viewer"].get(f"/runs/{run}/").text
    assert "member@example.org" in seen
    assert address not in seen  # a viewer reads
    assert "1 comment</span>" in team["viewer"].get("/runs/").text

    other = place.person("second", "One", "member")
    for change in ({"change": "edit", "text": "x"}, {"change": "delete"}):
        assert other.post(address, comment=number, **change).status_code == 404
    assert team["admin"].post(address, change="edit", comment=number, text="x").status_code == 404
    edited = team["member"].post(address, change="edit", comment=number, text="Look there")
    assert "Look there" in edited.text
    assert "edited" in edited.text
    for text in ("", " \n", "x" * 4001):
        assert team["member"].post(address, change="add", text=text).status_code == 400
    assert "Look there" not in team["admin"].post(address, change="delete", comment=number).text

    team["member"].post(address, change="add", text="Gone with the run")
    for who in ("member", "viewer"):
        assert "Gone with" not in team[who].get(f"/runs/{run}/", **JSON).text  # not part of the record
        assert "Gone with" not in team[who].post(f"/runs/{run}/proof/", do="proof").text
    team["member"].post("/runs/selected/", change="delete", confirmed="1", run=run)
    with closing(_database(place)) as database:
        assert not database.execute("SELECT 1 FROM sharing_comment WHERE text LIKE 'Gone%'").fetchall()


def test_who_may_not_see_a_run_neither_shares_it_nor_comments(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("private")
    with serving_people(folder, PLAYGROUND_PRIVATE_RUNS="1", PLAYGROUND_PUBLIC_LINKS="0") as place:
        one, admin = place.person("one", "One", "member"), place.person("admin", "One", "owner")
        run = _run(one)
        assert one.post(f"/runs/{run}/comments/", change="add", text="Mine").status_code == 200
        for path in ("comments", "link"):
            fields = {"change": "add", "text": "x", "do": "link", "days": "7"}
            assert admin.post(f"/runs/{run}/{path}/", **fields).status_code in (403, 404)
        page = one.get(f"/runs/{run}/").text
        assert f"/runs/{run}/link/" not in page
        assert one.post(f"/runs/{run}/link/", do="link", days="7").status_code == 403


def test_with_postgresql_too(tmp_path: Path, postgresql_server: PostgreSQLServer) -> None:
    with serving_people(tmp_path, DATABASE_URL=postgresql_server.url()) as place:
        owner = place.person("owner", "One", "owner")
        run = _run(owner)
        path = _link(owner, run)
        assert owner.post(f"/runs/{run}/comments/", change="add", text="x\0y").status_code == 200
        assert "1 comment<" in owner.get("/runs/").text
        assert [_open(place, path).status_code, _open(place, "/shared/made%00up/").status_code] == [200, 404]
        owner.post("/runs/selected/", change="delete-all", confirmed="1")
        assert _open(place, path).status_code == 404


@pytest.mark.django_db
def test_each_team_has_space_of_its_own_and_what_expired_takes_none() -> None:
    configure(PLAYGROUND_RUNS_MIB="1")
    person, file = User.objects.create(username="p", email="p@example.org"), os.urandom(700_000)

    def make(team: Team) -> None:
        run = Run.objects.create(key=token_hex(8), started=timezone.now(), total_ms=1, size=1, team=team)
        links.make(run, team.members.get(), file, timezone.now() + timedelta(days=1), 0)

    one, two = teams.make_team("One", person), teams.make_team("Two", person)
    make(one)
    make(two)
    with pytest.raises(links.NoRoomError):
        make(one)
    Link.objects.filter(run__team=one).update(expires=timezone.now())
    make(one)
