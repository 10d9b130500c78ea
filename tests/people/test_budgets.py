"""Budgets of a team, on a real server: set by admins, seen by those who send, and held."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.people.place import JSON, Person, Place, serving_people
from tests.upstreams.scripted import completion


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving_people(tmp_path_factory.mktemp("budgets")) as place:
        yield place


@pytest.fixture(scope="module")
def team(place: Place) -> dict[str, Person]:
    return {role: place.person(role, "One", role) for role in ("owner", "admin", "member", "viewer")}


@pytest.fixture
def page(team: dict[str, Person]) -> Iterator[str]:
    """The path of the page of team One’s budgets, of which there are none."""
    page = f"/teams/{team['owner'].get('/teams/').url.rstrip('/').rpartition('/')[2]}/budgets/"
    yield page
    while 'name="budget"' in (text := team["admin"].get(page).text):
        number = text.partition('name="budget" value="')[2].partition('"')[0]
        team["admin"].post(f"{page}change/", change="remove", budget=number)


def _set(person: Person, page: str, **fields: str) -> str:
    values = {"change": "set", "subject": "team", "period": "day", **fields}
    return person.post(f"{page}change/", **values).text


def test_a_budget_is_held_and_everybody_sees_what_is_left(team: dict[str, Person], page: str) -> None:
    assert "0 of 2 calls" not in _set(team["admin"], page, calls="2", subject="each")
    member = team["member"]
    assert "Left for you today: 2 of 2 calls" in member.get("/").text

    assert [member.send().status_code for _ in range(3)] == [200, 200, 429]

    assert "Left for you today: 0 of 2 calls" in member.get("/teams/left/").text
    assert "Left for you today: 0 of 2 calls" in member.get(page).text
    refused = member.send().json()["error"]
    assert (refused["kind"], refused["title"]) == ("budget_spent", "Budget used up")
    assert "Today’s budget of calls for you is used up (2)" in refused["advice"]
    told = team["admin"].get(page).text
    assert "You: 2 of 2 calls" in told
    assert "1 member is at 80% or more: <bdi>member@example.org</bdi></td>" in told
    assert team["admin"].send().status_code == 200  # each member has their own
    audit = page.replace("budgets", "audit")
    told = team["admin"].get(audit).text
    assert "set the budget" in told
    assert "nearly used up the budget" in told
    told = team["admin"].get(f"{audit}?lang=zh-hans").text
    assert [words for words in ("每位成员", "周期", "每天", "调用次数") if words not in told] == []


def test_what_a_call_used_is_what_counts(place: Place, team: dict[str, Person], page: str) -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
    place.upstream.reply(completion(usage=usage))
    _set(team["admin"], page, tokens="1,000", subject="model", model="m", period="month")
    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50}
    message = {"provider": "test", "request": request}

    assert team["member"].post("/send/", message).status_code == 200

    assert "988 of 1,000 tokens" in team["admin"].get(page).text
    assert team["member"].send().json()["error"]["fields"].keys() == {"max_tokens"}


def test_only_admins_set_budgets(team: dict[str, Person], page: str) -> None:
    for name in ("member", "viewer"):
        assert "Set a budget" not in team[name].get(page).text
        told = team[name].post(f"{page}change/", change="set", subject="team", period="day", calls="1")
        assert told.status_code == 403
    assert "None yet." in team["admin"].get(page).text


def test_another_team_finds_nothing_here(place: Place, team: dict[str, Person], page: str) -> None:
    stranger = place.person("stranger", "Two", "owner")

    assert stranger.get(page).status_code == 404
    assert stranger.post(f"{page}change/", change="set", subject="team", calls="0").status_code == 404
    _set(team["admin"], page, calls="7")
    number = team["admin"].get(page).text.partition('name="budget" value="')[2].partition('"')[0]
    own = f"/teams/{stranger.get('/teams/').url.rstrip('/').rpartition('/')[2]}/budgets/change/"
    stranger.post(own, change="remove", budget=number)
    assert "7 of 7 calls" in team["admin"].get(page).text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Enter at least one limit."),
        ({"calls": "-1"}, "Enter a whole number up to 1,000,000,000,000."),
        ({"tokens": "9" * 400}, "Enter a whole number"),
        ({"usd": "1e5000"}, "Enter an amount in US dollars"),
        ({"usd": "nan"}, "Enter an amount in US dollars"),
        ({"usd": "0.001"}, "Enter an amount in US dollars"),
        ({"subject": "model", "calls": "1"}, "Enter the name of a model."),
        ({"subject": "key", "key": "none", "calls": "1"}, "Choose a key."),
        ({"subject": "person", "member": "999", "calls": "1"}, "Choose a member of the team."),
        ({"period": "year", "calls": "1"}, "Use one of: day, month."),
    ],
)
def test_a_wrong_budget_is_explained_and_nothing_typed_is_lost(
    team: dict[str, Person], page: str, fields: dict[str, str], told: str
) -> None:
    text = _set(team["admin"], page, **{"usd": "12.50", "calls": "3"} | fields) if fields else ""
    text = text or _set(team["admin"], page)

    assert told in text
    assert "None yet." in text
    if fields:
        assert f'value="{(fields | {"usd": fields.get("usd", "12.50")})["usd"]}"' in text


def test_a_time_zone_has_to_be_known(team: dict[str, Person], page: str) -> None:
    assert "Choose a time zone" in team["admin"].post(f"{page}change/", change="zone", zone="Mars").text
    told = team["admin"].post(f"{page}change/", change="zone", zone="Europe/Berlin").text
    assert 'value="Europe/Berlin"' in told


def test_calls_at_once_never_overspend(place: Place, team: dict[str, Person], page: str) -> None:
    place.upstream.reply(completion())
    _set(team["admin"], page, calls="9", subject="each")
    people = [Person(team["member"].address, session=team["member"].session)] * 40

    with ThreadPoolExecutor(20) as pool:
        told = list(pool.map(lambda person: person.send().status_code, people))

    assert sorted(told) == [200] * 9 + [429] * 31
    assert team["member"].get("/teams/left/", **JSON).text.count("0 of 9 calls") == 1
