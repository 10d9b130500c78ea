"""Embeds of a team, on a real server: set up by its admins, read by strangers, and paid for by the team."""

import html
import json
import re
from collections.abc import Iterator

import pytest
import requests

from playground.keys import sealing
from tests.people.place import JSON, Person, Place, serving_people
from tests.site import SERVER_KEY
from tests.upstreams.scripted import completion

SECRET = "sk-canary-of-the-team-1234567890"
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 50}
FORM = {
    "origins": "https://docs.example.org",
    "provider": "test",
    "api": "chat_completions",
    "request": json.dumps(REQUEST),
    "locked": "",
    "pays": "key:Docs",
    "reader_calls_a_day": "20",
    "reader_tokens_a_day": "20000",
    "calls_a_day": "500",
    "tokens_a_day": "200000",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    settings = {
        "PLAYGROUND_DATA_KEYS": sealing.new_key(),
        "PLAYGROUND_KEY_TEAMS": "test:Two",
        "PLAYGROUND_TEAM_EMBEDS": "3",
    }
    with serving_people(tmp_path_factory.mktemp("embeds"), **settings) as place:
        yield place


@pytest.fixture(scope="module")
def team(place: Place) -> dict[str, Person]:
    return place.team("One")


@pytest.fixture(scope="module")
def home(team: dict[str, Person]) -> str:
    """The path of team One, which has a key named Docs."""
    home = f"/teams/{team['owner'].get('/teams/').url.rstrip('/').rpartition('/')[2]}/"
    key = {"change": "add", "provider": "test", "name": "Docs", "audience": "admins", "api_key": SECRET}
    assert team["admin"].post(f"{home}keys/change/", **key).status_code == 200
    return home


@pytest.fixture
def embed(place: Place, team: dict[str, Person], home: str) -> Iterator[str]:
    """The path of a new embed of team One."""
    place.upstream.reply(completion())
    place.upstream.forget()
    path = _made(team["admin"], home)
    yield path
    team["admin"].post(f"{path}change/", change="delete")


def _made(person: Person, home: str, name: str = "guide", **fields: str) -> str:
    told = person.post(f"{home}embeds/new/", **FORM | {"name": name} | fields)
    assert told.status_code == 200, told.text
    return told.url.removeprefix(person.address)


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _read(place: Place, name: str, **fields: object) -> requests.Response:
    """Send what the embed asks for, as a reader who has never signed in."""
    reader = requests.Session()
    page = reader.get(f"{place.site.address}embed/", params={"embed": name}, timeout=20)
    found = re.search('name="embed_token" value="([^"]+)"', page.text)
    if not found:
        return page
    headers = JSON | {"X-Embed-Token": html.unescape(found[1])}
    body = {"embed": name, "request": REQUEST, **fields}
    return reader.post(f"{place.site.address}embed/send/", json=body, headers=headers, timeout=20)


def _sent_with(place: Place) -> str | None:
    return place.upstream.requests[-1].header("authorization")


def _text(page: requests.Response) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page.text).split())


def test_readers_call_with_the_teams_key_which_counts_as_the_embed(
    place: Place, team: dict[str, Person], home: str
) -> None:
    place.upstream.reply(completion())
    embed = _made(team["admin"], home, "counted")
    told = _read(place, _name(embed))

    assert told.status_code == 200, told.text
    assert _sent_with(place) == f"Bearer {SECRET}"
    assert SECRET not in told.text + team["admin"].get(embed).text
    usage = _text(team["admin"].get(f"{home}usage/?by=person"))
    assert re.search(rf"Embed {_name(embed)} [≈$\d.]", usage), usage
    assert f"embed {_name(embed)},Docs,test,m,1" in team["admin"].get(f"{home}usage/?format=csv").text
    assert "Used by Readers of embeds Calls " in _text(team["admin"].get(f"{home}keys/"))
    assert f"{_name(embed)} " in _text(team["admin"].get(f"{home}embeds/"))
    assert "1 / 500" in team["admin"].get(f"{home}embeds/").text
    events = _text(team["owner"].get(f"{home}audit/"))
    assert f"admin@example.org made the embed {_name(embed)}" in events
    assert "Readers of embeds used the key Docs" in events
    team["admin"].post(f"{embed}change/", change="delete")


def test_the_teams_budgets_hold_for_readers(
    place: Place, team: dict[str, Person], home: str, embed: str
) -> None:
    limits = {"change": "set", "subject": "key", "key": "Docs", "period": "day", "calls": "1"}
    each = {"change": "set", "subject": "each", "period": "day", "calls": "0"}  # readers are no members
    for budget in (limits, each):
        assert team["admin"].post(f"{home}budgets/change/", **budget).status_code == 200
    try:
        assert _read(place, _name(embed)).status_code == 200
        refused = _read(place, _name(embed))
        assert (refused.status_code, refused.json()["error"]["kind"]) == (429, "budget_spent")
        assert len(place.upstream.requests) == 1
    finally:
        page = team["admin"].get(f"{home}budgets/").text
        for number in set(re.findall(r'name="budget" value="(\d+)"', page)):
            team["admin"].post(f"{home}budgets/change/", change="remove", budget=number)


def test_without_its_key_no_other_one_pays(
    place: Place, team: dict[str, Person], home: str, embed: str
) -> None:
    assert "answer saved" in team["admin"].post(f"{embed}change/", change="record").text.lower()
    number = re.findall(r'name="key" value="(\d+)"', team["admin"].get(f"{home}keys/").text)[0]
    team["admin"].post(f"{home}keys/change/", change="off", key=number)
    try:
        sent = len(place.upstream.requests)
        told = _read(place, _name(embed)).json()
        assert told["recorded"]["reason"] == "This embed has no key now"
        assert len(place.upstream.requests) == sent
        refused = team["admin"].post(f"{home}embeds/new/", **FORM | {"name": "other"})
        assert (refused.status_code, "is not one of the available choices" in refused.text) == (400, True)
        refused = team["admin"].post(f"{home}embeds/new/", **FORM | {"name": "other", "pays": "server"})
        assert (refused.status_code, "wasn’t given to your team" in refused.text) == (400, True)
    finally:
        team["admin"].post(f"{home}keys/change/", change="on", key=number)


def test_a_team_changes_and_turns_off_its_embeds_and_no_others(
    place: Place, team: dict[str, Person], home: str, embed: str
) -> None:
    other = place.person("stranger", "Two", "owner")
    others = f"/teams/{other.get('/teams/').url.rstrip('/').rpartition('/')[2]}/"
    for person, path, status in (
        (other, embed, 404),
        (other, f"{others}embeds/{_name(embed)}/", 404),
        (team["member"], embed, 403),
        (team["owner"], embed, 200),
    ):
        assert person.get(path).status_code == status
        assert person.post(f"{path}change/", change="on").status_code == status
    # The same name is free in another team, where the operator's key was given.
    theirs = _made(other, others, pays="server")
    assert _name(theirs) != _name(embed)
    assert _read(place, _name(theirs)).status_code == 200
    assert _sent_with(place) == f"Bearer {SERVER_KEY}"

    page = team["admin"].get(embed).text
    opened = {
        name: html.unescape(text) for name, text in re.findall(r'name="(initial-\w+)" value="([^"]*)"', page)
    }
    changed = FORM | {"calls_a_day": "7", "pays": "reader"} | opened
    assert team["admin"].post(embed, **changed).status_code == 200
    assert "/ 7<" in team["admin"].get(f"{home}embeds/").text.replace("\n", "")
    assert _read(place, _name(embed)).status_code == 400  # a reader's key is missing now
    assert _read(place, _name(embed), api_key="sk-of-a-reader-12345").status_code == 200
    assert _sent_with(place) == "Bearer sk-of-a-reader-12345"
    team["admin"].post(f"{embed}change/", change="off")
    assert _read(place, _name(embed)).status_code == 403
    events = _text(team["owner"].get(f"{home}audit/"))
    assert f"turned off the embed {_name(embed)}" in events
    assert f"changed the embed {_name(embed)} fields: calls_a_day, key, team_key" in events


def test_a_new_one_offers_the_teams_keys_and_no_others(team: dict[str, Person], home: str) -> None:
    offered = re.findall(r'<option value="key:([^"]*)"', team["admin"].get(f"{home}embeds/new/").text)

    assert len(offered) == 1


def test_the_operator_bounds_how_many_there_are(team: dict[str, Person], home: str, embed: str) -> None:
    more = [_made(team["admin"], home, name) for name in ("two", "three")]
    refused = team["admin"].post(f"{home}embeds/new/", **FORM | {"name": "four"})
    assert (refused.status_code, "PLAYGROUND_TEAM_EMBEDS" in refused.text) == (409, True)
    for path in more:
        team["admin"].post(f"{path}change/", change="delete")
        assert team["admin"].get(path).status_code == 404
