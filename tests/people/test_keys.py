"""Keys of a team, on a real server: who may add, use, and change them, and that they appear nowhere."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from playground.keys import sealing
from tests import forks
from tests.people.place import Person, Place, serving_people
from tests.site import ROOT, SERVER_KEY
from tests.upstreams.scripted import completion, json_answer, models

SECRET = "sk-canary-of-the-team-1234567890"
NEXT = "sk-canary-the-next-one-0987654321"
OWN = "sk-canary-of-one-person-567890"
DATA_KEY = sealing.new_key()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def place(folder: Path) -> Iterator[Place]:
    with (folder / "log").open("wb") as log:
        settings = {"PLAYGROUND_DATA_KEYS": DATA_KEY, "PLAYGROUND_KEY_TEAMS": "test:Other,test:Two"}
        with serving_people(folder, log, **settings) as place:
            yield place


@pytest.fixture(scope="module")
def team(place: Place) -> dict[str, Person]:
    return place.team("One")


@pytest.fixture(scope="module")
def stranger(place: Place) -> Person:
    return place.person("stranger", "Two", "owner")


@pytest.fixture
def page(place: Place, team: dict[str, Person], folder: Path) -> str:
    """The path of the page of team One’s keys, of which there are none."""
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database, database:
        for table in ("keys_use", "keys_key_people", "keys_key"):
            database.execute(f"DELETE FROM {table}")
    place.upstream.reply(completion())
    place.upstream.forget()
    return f"/teams/{team['owner'].get('/teams/').url.rstrip('/').rpartition('/')[2]}/keys/"


def _add(person: Person, page: str, secret: str = SECRET, **fields: str) -> str:
    """Add a key, and return its number."""
    values = {"provider": "test", "name": "Research", "audience": "team", "api_key": secret, **fields}
    told = person.post(f"{page}change/", change="add", **values)
    assert told.status_code == 200, told.text
    return max(re.findall(r'name="key" value="(\d+)"', told.text), key=int)


def _sent_with(place: Place) -> str | None:
    return place.upstream.requests[-1].header("authorization")


def test_a_member_sends_with_a_key_that_nobody_sees(place: Place, team: dict[str, Person], page: str) -> None:
    place.upstream.reply(completion(f"Your key is {SECRET}."))
    number = _add(team["admin"], page)
    told = team["member"].send()

    assert _sent_with(place) == f"Bearer {SECRET}"
    assert "[redacted]" in told.json()["answer"]["text"]
    shown = team["admin"].get(page).text
    assert "…7890" in shown
    assert "member@example.org" in shown
    for person, path in (
        (team["admin"], page),
        (team["member"], page),
        (team["member"], "/"),
        (team["member"], f"/runs/{told.json()['id']}/"),
        (team["member"], f"/runs/{told.json()['id']}/proof/"),
        (team["owner"], page.replace("keys", "audit")),
    ):
        assert "canary" not in person.get(path).text, path
    assert f'value="{number}"' in team["member"].get("/").text


def test_models_are_listed_and_rejections_counted_with_it(
    place: Place, team: dict[str, Person], page: str
) -> None:
    _add(team["admin"], page)
    place.upstream.reply(models("m-1"))
    assert team["member"].post("/models/", {"provider": "test"}).json()["models"] == ["m-1"]
    assert _sent_with(place) == f"Bearer {SECRET}"

    place.upstream.reply(json_answer({"error": {"message": f"Wrong key: {SECRET}"}}, status=401))
    assert "canary" not in team["member"].send().text
    assert re.search(r"Rejected with 401</dt><dd>1<", team["admin"].get(page).text)


def test_a_call_with_it_is_held_to_its_limits(place: Place, team: dict[str, Person], page: str) -> None:
    number = _add(team["admin"], page, only_models="m-large, m", most_tokens="50")
    # The form starts within them.
    start = team["member"].get("/").text
    assert 'name="model" value="m-large"' in start
    assert 'name="max_tokens" value="50"' in start

    def sent(**request: object) -> dict[str, str]:
        body = {"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "x"}], **request}
        told = team["member"].post("/send/", {"provider": "test", "request": body})
        return (told.json()["error"] or {}).get("fields", {})

    assert sent() == {}
    assert sent(model="m-large") == {}
    assert sent(model="m-2") == {"model": "With the key Research, use m-large or m."}
    most = "With the key Research, set this to 50 or less."
    assert sent(max_tokens=51) == {"max_tokens": most}
    assert sent(max_tokens=None) == {"max_tokens": most}
    # Gateways' names for other models, and for more than one answer.
    for name, value in (("models", ["x"]), ("MODEL", "x"), ("fallbacks", ["x"]), ("best_of", 9)):
        assert "which has limits" in sent(**{name: value})[name]
    assert sent(n=2) == {"max_tokens": "With the key Research, set this to 25 or less."}
    assert sent(n=51)["n"] == most
    assert sent(n=2, max_tokens=25, tools=[]) == {}
    assert len(place.upstream.requests) == 3

    limits = {"change": "limit", "key": number}
    assert team["member"].post(f"{page}change/", only_models="x", **limits).status_code == 404
    assert team["admin"].post(f"{page}change/", most_tokens="-1", **limits).status_code == 400
    assert "<bdi>m-large, m</bdi> · 50 tokens" in team["admin"].get(page).text
    assert team["admin"].post(f"{page}change/", only_models="m-2", **limits).status_code == 200
    assert sent(model="m-2", max_tokens=10**6) == {}
    assert "changed the limits of the key" in team["admin"].get(page.replace("keys", "audit")).text
    again = team["admin"].post(f"{page}change/", change="replace", key=number, api_key=NEXT)
    assert again.text.count("<dd><bdi>m-2</bdi></dd>") == 2


def test_a_list_of_models_holds_at_the_keys_own_base_url_only(
    place: Place, team: dict[str, Person], page: str
) -> None:
    base = f"http://{place.upstream.host_port}/deployments"
    _add(team["admin"], page, provider="", base_url=f"{base}/cheap", only_models="m")
    chat = {"model": "m", "messages": [{"role": "user", "content": "x"}]}

    for path, header in (("cheap", f"Bearer {SECRET}"), ("dear", None)):
        team["member"].post("/send/", {"base_url": f"{base}/{path}", "request": chat})
        assert _sent_with(place) == header


def test_the_servers_key_is_for_other_teams(
    place: Place, team: dict[str, Person], stranger: Person, page: str
) -> None:
    assert team["owner"].send().status_code == 400
    assert not place.upstream.requests
    assert stranger.send().json()["error"] is None
    assert _sent_with(place) == f"Bearer {SERVER_KEY}"
    renamed = team["owner"].post(page.replace("keys", "change"), change="rename", name="Other")
    assert renamed.status_code == 403


def test_what_each_role_may_do(team: dict[str, Person], page: str) -> None:
    number = _add(team["owner"], page, audience="admins")
    for role, seen in (("viewer", 403), ("member", 200), ("admin", 200)):
        assert team[role].get(page).status_code == seen
    changes = {"replace": {"api_key": NEXT}, "share": {"audience": "team"}, "off": {}, "on": {}, "delete": {}}
    for change, fields in changes.items():
        for role, refused in (("viewer", 403), ("member", 404)):
            told = team[role].post(f"{page}change/", change=change, key=number, **fields)
            assert told.status_code == refused, (role, change)
    for role in ("viewer", "member"):
        told = team[role].post(
            f"{page}change/", change="add", provider="test", name="x", api_key=NEXT, audience="team"
        )
        assert told.status_code == 403, role
    assert team["member"].send(saved_key=number).status_code == 400
    for change, fields in changes.items():
        told = team["admin"].post(f"{page}change/", change=change, key=number, **fields)
        assert told.status_code == 200, change


def test_another_team_finds_nothing(
    place: Place, team: dict[str, Person], stranger: Person, page: str
) -> None:
    number = _add(team["admin"], page)
    own = f"/teams/{stranger.get('/teams/').url.rstrip('/').rpartition('/')[2]}/keys/"

    assert stranger.get(page).status_code == 404
    for path in (page, own):
        for change in ("add", "replace", "share", "off", "on", "delete"):
            fields = {"key": number, "api_key": NEXT, "audience": "team"}
            told = stranger.post(f"{path}change/", change=change, **fields)
            assert told.status_code == (400 if (path, change) == (own, "add") else 404), (path, change)
    assert stranger.send(saved_key=number).status_code == 400
    assert not place.upstream.requests
    assert "Research" not in stranger.get(own).text


def test_a_personal_key_is_for_one_person(place: Place, team: dict[str, Person], page: str) -> None:
    number = _add(team["member"], page, OWN, audience="own", name="Mine")

    team["member"].send()
    assert _sent_with(place) == f"Bearer {OWN}"
    assert "Mine" not in team["owner"].get(page).text
    assert team["owner"].post(f"{page}change/", change="delete", key=number).status_code == 404
    assert team["admin"].send(saved_key=number).status_code == 400


def test_a_provider_key_is_replaced_with_overlap(place: Place, team: dict[str, Person], page: str) -> None:
    old = _add(team["admin"], page)
    team["admin"].post(f"{page}change/", change="replace", key=old, api_key=NEXT, overlap="7")

    team["member"].send()
    assert _sent_with(place) == f"Bearer {NEXT}"
    asked = {"provider": "test", "request": {"model": "m", "messages": [{"role": "user", "content": "x"}]}}
    team["member"].post("/send/", asked | {"saved_key": int(old)})
    assert _sent_with(place) == f"Bearer {SECRET}"
    team["admin"].post(f"{page}change/", change="off", key=old)
    assert team["member"].send(saved_key=old).status_code == 400


def test_a_key_that_cannot_be_decrypted_is_entered_again(
    place: Place, team: dict[str, Person], page: str, folder: Path
) -> None:
    number = _add(team["admin"], page)
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database, database:
        database.execute("UPDATE keys_key SET sealed = 'gAAAAAnothing'")

    assert "enter it again" in team["admin"].get(page).text
    assert team["member"].get("/").status_code == 200
    assert team["member"].send(saved_key=number).status_code == 400
    team["admin"].post(f"{page}change/", change="replace", key=number, api_key=NEXT)
    team["member"].send()
    assert _sent_with(place) == f"Bearer {NEXT}"


def test_second_factors_are_encrypted_and_all_is_rotated(
    place: Place, team: dict[str, Person], page: str
) -> None:
    _add(team["admin"], page)
    code = """
import json, django; django.setup()
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core.management import call_command
from playground.people.models import User
person = User.objects.get(email="viewer@example.org")
secret = auth.generate_totp_secret()
factor = auth.TOTP.activate(person, secret).instance
other = User.objects.get(email="admin@example.org")
plain = Authenticator.objects.create(user=other, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
call_command("keys", "rotate")
for one, known in ((factor, secret), (plain, "JBSWY3DPEHPK3PXP")):
    one.refresh_from_db()
    assert known not in json.dumps(one.data), one.data
    assert auth.decrypt(one.data["secret"]) == known
one.data = {"secret": "gAAAAAlost"}
assert len(auth.decrypt(one.data["secret"])) == 32
Authenticator.objects.all().delete()
"""
    new = sealing.new_key()
    done = forks.run(
        ["-c", code], cwd=ROOT, env=place.environment | {"PLAYGROUND_DATA_KEYS": f"{new},{DATA_KEY}"}
    )
    assert done.returncode == 0, done.stderr
    assert "3" in done.stdout
    listed = forks.run(["manage.py", "keys", "list"], cwd=ROOT, env=place.environment)
    assert "can’t be decrypted" in listed.stdout
    assert "canary" not in listed.stdout


def test_no_file_holds_a_key(place: Place, team: dict[str, Person], page: str, folder: Path) -> None:
    for secret in (SECRET, NEXT, OWN):
        _add(team["admin"], page, secret)
        team["member"].send()
    for name in ("name", "provider"):
        told = team["admin"].post(f"{page}change/", change="add", **{"api_key": SECRET, name: ""})
        assert told.status_code == 400
        assert "canary" not in told.text

    found = {file.name: _bytes_of(file) for file in folder.rglob("*") if file.is_file()}
    assert found.keys() >= {"db.sqlite3", "log"}
    for name, content in found.items():
        assert b"canary" not in content, name
        assert DATA_KEY.encode() not in content, name


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:  # SQLite's log, which ends with the last connection
        return b""
