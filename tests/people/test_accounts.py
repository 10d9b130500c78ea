"""A playground with accounts, on a real server: who gets in, and what each person sees there."""

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory

from playground.people import wall
from tests import forks
from tests.people.place import JSON, PASSWORD, Person, Place, serving_people
from tests.served.conftest import FORM
from tests.site import ROOT


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving_people(tmp_path_factory.mktemp("accounts")) as place:
        yield place


@pytest.fixture(scope="module")
def team(place: Place) -> dict[str, Person]:
    """One person of each role in the team One."""
    return place.team("One")


@pytest.fixture(scope="module")
def stranger(place: Place) -> Person:
    """The owner of another team."""
    return place.person("stranger", "Two", "owner")


@pytest.fixture(scope="module")
def run(team: dict[str, Person]) -> str:
    """A run of the member of team One."""
    return str(team["member"].send().json()["id"])


def test_without_a_session_a_page_leads_to_signing_in_and_back(place: Place) -> None:
    nobody = Person(place.site.address.rstrip("/"))

    told = nobody.get("/runs/?x=1")
    assert told.url.endswith("/accounts/login/?next=%2Fruns%2F%3Fx%3D1")
    refused = nobody.send()
    assert refused.status_code == 401
    assert refused.json()["error"]["kind"] == "sign_in"
    fragment = nobody.session.post(
        f"{nobody.address}/send/",
        FORM,
        headers={"HX-Request": "true", "X-CSRFToken": nobody.session.cookies["csrftoken"]},
        timeout=20,
    )
    assert fragment.headers["HX-Redirect"] == "/accounts/login/"


def test_what_the_database_has_of_a_session_signs_nobody_in(place: Place, stranger: Person) -> None:
    with closing(sqlite3.connect(place.environment["PLAYGROUND_DATABASE"])) as database:
        keys = [key for (key,) in database.execute("SELECT session_key FROM django_session")]
        listed = {key for (key,) in database.execute("SELECT session_key FROM usersessions_usersession")}

    assert keys
    assert listed <= set(keys)
    assert stranger.session.cookies["sessionid"] not in keys
    for key in keys:
        thief = Person(place.site.address.rstrip("/"))
        thief.session.cookies["sessionid"] = key
        assert "/accounts/login/" in thief.get("/").url


def test_djangos_admin_has_no_sign_in_of_its_own(place: Place, team: dict[str, Person]) -> None:
    owner = team["owner"]
    nobody = Person(place.site.address.rstrip("/"))
    with closing(sqlite3.connect(place.environment["PLAYGROUND_DATABASE"])) as database, database:
        name = "SELECT username FROM people_user WHERE email = ?"
        (username,) = database.execute(name, [owner.email]).fetchone()
        database.execute(
            "UPDATE people_user SET is_staff = 1, is_superuser = 1 WHERE email = ?", [owner.email]
        )

    told = nobody.post("/admin/login/?next=/admin/", username=username, password=PASSWORD)

    assert told.url.endswith("/accounts/login/?next=%2Fadmin%2F")
    assert "/accounts/login/" in nobody.get("/admin/").url
    told = nobody.post("/accounts/login/?next=/admin/", login=owner.email, password=PASSWORD)
    assert "/admin/people/user/" in told.text
    refused = team["member"].get("/admin/")
    assert refused.status_code == 403


def test_another_team_reaches_no_run(team: dict[str, Person], stranger: Person, run: str) -> None:
    for path in (f"/runs/{run}/", f"/runs/{run}/proof/", f"/runs/compare/?run={run}&run={run}"):
        assert stranger.get(path, **JSON).status_code == 404, path
        assert team["viewer"].get(path, **JSON).status_code == 200, path
    assert run not in stranger.runs()
    stranger.post("/runs/selected/", change="delete", run=run, confirmed="1")
    stranger.post("/runs/selected/", change="delete-all", confirmed="1")
    assert run in team["viewer"].runs()
    changing = ("Regenerate", "Replay", "Save tags", "Save as prompt", "Delete…", "Delete all…", "Pin…")
    for role, offered in (("viewer", set()), ("member", set(changing))):
        pages = "".join(team[role].get(path).text for path in ("/", "/runs/", f"/runs/{run}/"))
        assert {name for name in changing if f">{name}<" in pages} == offered
        assert ("You can read the team’s runs." in pages) == (role == "viewer")


def test_a_run_cannot_name_one_of_another_team_as_its_parent(stranger: Person, run: str) -> None:
    request = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}
    made = stranger.post("/send/", {"provider": "test", "request": request, "parent": run}).json()["id"]

    told = next(one for one in stranger.get("/runs/", **JSON).json()["runs"] if one["id"] == made)
    assert told["parent"] is None


def test_a_run_says_who_sent_it(team: dict[str, Person]) -> None:
    of_admin, of_member = (team[role].send().json()["id"] for role in ("admin", "member"))
    names = {of_admin: "admin@example.org", of_member: "member@example.org"}

    viewer = team["viewer"]
    listed = {run["id"]: run["person"] for run in viewer.get("/runs/", **JSON).json()["runs"]}
    lines = map(json.loads, viewer.post("/runs/export/", model="m").content.splitlines())
    exported = {line["id"]: line for line in lines}
    for key, name in names.items():
        archive = viewer.get(f"/runs/{key}/", **JSON).json()
        assert listed[key] == archive["person"] == name
        assert exported[key] == archive
        assert f"<bdi>{name}</bdi>" in viewer.get(f"/runs/{key}/").text
    page = team["member"].get("/runs/").text
    assert f"<bdi>{names[of_admin]}</bdi>" in page
    assert names[of_member] not in page.partition('<ol class="runs">')[2]  # one knows one's own


def test_a_member_deletes_their_own_runs_and_an_admin_all_of_the_team(team: dict[str, Person]) -> None:
    of_admin, of_member = team["admin"].send().json()["id"], team["member"].send().json()["id"]

    for key in (of_admin, of_member):
        team["member"].post(f"/runs/{key}/change/", change="delete", confirmed="1")
    assert of_admin in team["viewer"].runs()
    assert of_member not in team["viewer"].runs()
    team["admin"].post(f"/runs/{of_admin}/change/", change="delete", confirmed="1")
    assert of_admin not in team["viewer"].runs()


def test_the_audit_log_says_who_deleted_and_exported_how_many_runs(team: dict[str, Person]) -> None:
    left, *some = (team["member"].send().json()["id"] for _ in range(3))
    mine = team["admin"].send().json()["id"]

    for key in (mine, "unknown"):
        team["member"].post(
            f"/runs/{key}/change/", change="delete", confirmed="1"
        )  # of nobody, or not theirs
    team["member"].post(f"/runs/{some[0]}/change/", change="delete", confirmed="1")
    exported = team["viewer"].post("/runs/export/", model="m").content.splitlines()
    everything = len(team["admin"].runs())
    team["admin"].post("/runs/selected/", change="delete-all", confirmed="1")

    log = (
        team["admin"]
        .get(team["admin"].get("/teams/").url.removeprefix(team["admin"].address) + "audit/")
        .text
    )
    told = re.findall(
        r"<bdi>(\w+)@example.org</bdi></td>[^<]*<td[^>]*>((?:deleted|exported) runs)</td>(.*?)</tr>",
        log,
        re.DOTALL,
    )
    lines = [(who, what, re.findall(r"<bdi>(\w+)</bdi>", rest)) for who, what, rest in told[:3]]
    assert lines == [
        ("admin", "deleted runs", [str(everything)]),
        ("viewer", "exported runs", [str(len(exported))]),
        ("member", "deleted runs", [some[0][:8], "1"]),
    ]
    assert left not in team["viewer"].runs()


def test_an_admin_cannot_make_owners_or_remove_them(team: dict[str, Person], place: Place) -> None:
    page = team["admin"].get("/teams/")
    number = page.url.rstrip("/").rpartition("/")[2]
    change = f"/teams/{number}/change/"

    assert team["admin"].post(change, change="invite", role="owner").status_code == 403
    assert team["member"].post(change, change="invite", role="viewer").status_code == 403
    link = team["admin"].post(change, change="invite", role="viewer", email="new@example.org")
    assert re.search(r'value="http://[^"]+/invitations/[\w-]+/"', link.text)
    assert team["member"].get(f"/teams/{number}/audit/").status_code == 403
    log = team["admin"].get(f"/teams/{number}/audit/").text
    assert "new@example.org" in log
    assert PASSWORD not in log


def test_an_invitation_for_an_address_is_for_nobody_else(place: Place, team: dict[str, Person]) -> None:
    number = team["owner"].get("/teams/").url.rstrip("/").rpartition("/")[2]
    told = team["owner"].post(
        f"/teams/{number}/change/", change="invite", role="member", email="her@example.org"
    )
    found = re.search(r"/invitations/[\w-]+/", told.text)
    assert found
    him = Person(place.site.address.rstrip("/"))
    for page in (him.get(found[0]).text, team["member"].get(found[0]).text):
        assert "her@example.org" in page
        assert ">Join</button>" not in page
    assert 'value="her@example.org"' in him.get("/accounts/signup/?email=her%40example.org").text
    assert 'href="/accounts/signup/?email=her%40example.org"' in him.get(found[0]).text

    refused = him.post("/accounts/signup/", email="him@example.org", password1=PASSWORD)
    assert "her@example.org" in refused.text
    joined = him.post("/accounts/signup/", email="her@example.org", password1=PASSWORD)
    assert joined.url == place.site.address


def test_nobody_signs_up_without_an_invitation(place: Place) -> None:
    nobody = Person(place.site.address.rstrip("/"))
    nobody.post("/accounts/signup/", email="no@example.org", password1=PASSWORD)

    told = nobody.post("/accounts/login/", login="no@example.org", password=PASSWORD)
    assert told.url.endswith("/accounts/login/")


@pytest.mark.parametrize(
    ("role", "more"), [("viewer", set()), ("owner", {"keys", "links", "embeds", "audit", "settings"})]
)
def test_all_pages_of_a_team_and_an_account_lead_to_those_that_one_may_open(
    team: dict[str, Person], role: str, more: set[str]
) -> None:
    first = team[role].get("/teams/")
    links = _links_beside(first.text)

    assert {"password", "2fa", "sessions", "data", "logout"} == {
        link.split("/")[2] for link in links if "/accounts/" in link
    }
    own = urlsplit(first.url).path
    pages = {link.removeprefix(own).strip("/") for link in links if link.startswith(own)}
    assert pages == {"", "budgets", "usage", "tokens"} | more
    for link in links:
        page = team[role].get(link)
        assert page.status_code == 200, link
        assert _links_beside(page.text) == links
        assert f'<a href="{link}" aria-current="page">' in page.text
    assert team[role].get("/accounts/oidc/sso/login/").status_code == 404  # no provider is set


def _links_beside(page: str) -> list[str]:
    return re.findall('href="([^"]+)"', page.partition('<nav class="side"')[2].partition("</nav>")[0])


def test_a_session_can_be_ended_elsewhere_but_not_that_of_another_person(
    place: Place, team: dict[str, Person], stranger: Person
) -> None:
    member = place.person("mover", "One", "member")
    phone = Person(member.address, member.email)
    phone.post("/accounts/login/", login=member.email, password=PASSWORD)
    page = member.get("/accounts/sessions/").text
    assert page.count('name="end"') == 2
    here, there = re.findall(r'name="end" value="(\d+)"', page)  # this one first

    stranger.post("/accounts/sessions/", end=there)
    assert "/accounts/login/" not in phone.get("/").url
    member.post("/accounts/sessions/", end=there)
    assert "/accounts/login/" in phone.get("/").url
    assert "/accounts/login/" in phone.get("/accounts/sessions/").url
    member.post("/accounts/sessions/", end=here)
    assert "/accounts/login/" in member.get("/").url


def test_a_session_ends_when_it_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    monkeypatch.setattr(wall, "_note_seen", lambda _: None)
    request = RequestFactory().get("/")
    request.session = SessionStore()
    written = []
    for minutes in range(100):
        request.session.modified = False
        now = 1_000_000.0 + minutes * 60
        wall.stay(request)
        written.append(request.session.modified)

    assert [minute for minute, was in enumerate(written) if was] == list(range(0, 100, 5))


def test_a_forgotten_password_is_set_anew_by_a_link(place: Place) -> None:
    person = place.person("forgetful", "One", "viewer")
    done = forks.run(["manage.py", "people", "reset", person.email], cwd=ROOT, env=place.environment)
    path = "/accounts/" + done.stdout.strip().rpartition("/accounts/")[2]
    visitor = Person(place.site.address.rstrip("/"))

    form = visitor.get(path)
    fields = {"password1": "another long one", "password2": "another long one"}
    set_anew = visitor.session.post(
        form.url,
        fields,
        headers={"X-CSRFToken": visitor.session.cookies["csrftoken"], "Referer": visitor.address},
        timeout=20,
    )
    assert set_anew.status_code == 200
    told = visitor.post("/accounts/login/", login=person.email, password="another long one")
    assert told.url == place.site.address


def test_embeds_and_health_need_no_account(place: Place) -> None:
    nobody = Person(place.site.address.rstrip("/"))

    assert nobody.get("/healthz").status_code == 200
    assert nobody.get("/embed.js").status_code == 200
    assert "login" not in nobody.get("/embed/?provider=test").url
    assert "sessionid" not in nobody.session.cookies


def test_strangers_do_not_use_the_servers_key_in_a_frame(place: Place) -> None:
    nobody = Person(place.site.address.rstrip("/"))
    frame = nobody.get("/embed/?provider=test").text
    token = re.search('name="embed_token" value="([^"]+)"', frame)
    assert token
    assert 'data-key="typed"' in frame

    headers = {**JSON, "X-Embed-Token": token[1], "Sec-Fetch-Site": "same-origin"}
    asked = {"provider": "test", "request": {"model": "m", "messages": [{"role": "user", "content": "x"}]}}
    told = nobody.session.post(f"{nobody.address}/embed/send/", json=asked, headers=headers, timeout=20)
    assert told.json()["error"]["fields"].keys() == {"api_key"}


def test_without_a_data_key_no_key_is_stored(team: dict[str, Person]) -> None:
    path = f"/teams/{team['owner'].get('/teams/').url.rstrip('/').rpartition('/')[2]}/keys/"

    shown = team["owner"].get(path).text
    assert "PLAYGROUND_DATA_KEYS" in shown
    assert 'name="api_key"' not in shown
    fields = {"provider": "test", "name": "x", "audience": "team", "api_key": "sk-canary-1234567890"}
    assert team["owner"].post(f"{path}change/", change="add", **fields).status_code == 409
    assert "kept-key" not in team["owner"].get(path).text
