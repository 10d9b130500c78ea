"""Who gets in where: each URL × GET and POST × nobody, each role, and the owner of another team."""

import json
import re
from collections.abc import Iterator

import pytest

from playground.people import wall
from tests import forks
from tests.people.place import JSON, Person, Place, serving_people
from tests.people.test_tokens import REQUEST
from tests.site import ROOT

_ROLES = ["viewer", "member", "admin", "owner"]
_ROUTES = """
import json
from django.urls import get_resolver
def walk(patterns, before=""):
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from walk(pattern.url_patterns, route)
        else:
            yield [pattern.name or "", route]
print("ROUTES" + json.dumps(list(walk(get_resolver().url_patterns))))
"""
# Who may GET a URL, and who may POST what to it: everybody (all), a role and those above it, or nobody, since
# there is no such method (-).
_TABLE: list[tuple[str, str, str, dict[str, str]]] = [
    ("index", "viewer", "-", {}),
    ("send", "-", "member", {}),
    ("stop", "-", "member", {}),
    ("edit", "-", "viewer", {}),
    ("snippets", "-", "viewer", {}),
    ("models", "-", "member", {}),
    ("count", "-", "member", {}),
    ("detect", "-", "member", {}),
    ("runs", "viewer", "viewer", {}),
    ("runs-compare", "viewer", "-", {}),
    ("runs-selected", "-", "member", {}),
    ("runs-export", "-", "viewer", {}),
    ("run", "viewer", "-", {}),
    ("run-change", "-", "member", {"change": "star"}),
    ("run-change", "-", "member", {"change": "tag", "tags": "x"}),
    ("run-proof", "viewer", "viewer", {}),
    ("prompts", "viewer", "viewer", {}),
    ("prompt-new", "-", "member", {}),
    ("prompt", "viewer", "-", {}),
    ("prompt-versions", "viewer", "-", {}),
    ("prompt-change", "-", "member", {"change": "rename", "name": "x"}),
    ("run-link", "member", "member", {"do": "link", "days": "7"}),
    ("run-comments", "-", "member", {"change": "add", "text": "x"}),
    ("public-link", "all", "-", {}),
    ("public-link-file", "all", "-", {}),
    ("proof", "-", "viewer", {}),
    ("proof-open", "viewer", "viewer", {}),
    ("public-key", "all", "-", {}),
    ("language", "-", "all", {}),
    ("docs", "viewer", "-", {}),
    ("docs_page", "viewer", "-", {}),
    ("embed.js", "all", "-", {}),
    ("embed", "all", "-", {}),
    ("embed-send", "-", "all", {}),
    ("embed-stop", "-", "all", {}),
    ("embed-edit", "-", "all", {}),
    ("embed-fill", "-", "all", {}),
    ("embed-snippets", "-", "all", {}),
    ("invitation", "all", "all", {}),
    ("teams", "viewer", "viewer", {"team": "TEAM"}),
    ("team", "viewer", "-", {}),
    ("team-change", "-", "owner", {"change": "rename", "name": "One"}),
    ("team-change", "-", "admin", {"change": "invite", "role": "viewer"}),
    ("team-change", "-", "owner", {"change": "invite", "role": "admin"}),
    ("team-change", "-", "admin", {"change": "withdraw", "invitation": "0"}),
    ("team-change", "-", "owner", {"change": "withdraw", "invitation": "INVITED"}),
    ("team-change", "-", "admin", {"change": "role", "member": "VIEWER", "role": "viewer"}),
    ("team-change", "-", "owner", {"change": "remove", "member": "OWNER"}),
    ("team-keys", "member", "-", {}),
    ("team-keys-change", "-", "member", {"change": "add"}),
    ("team-budgets", "viewer", "-", {}),
    ("team-budgets-change", "-", "admin", {"change": "zone", "zone": "Europe/Berlin"}),
    ("team-tokens", "viewer", "viewer", {}),
    ("team-links", "member", "member", {"revoke": "0"}),
    ("budget-left", "viewer", "-", {}),
    ("run-pin", "member", "member", {}),
    ("pins", "viewer", "-", {}),
    ("pin", "viewer", "-", {}),
    ("pin-edit", "member", "member", {}),
    ("pin-change", "-", "member", {"change": "pause"}),
    ("pin-change", "-", "member", {"change": "run"}),
    ("team-audit", "admin", "-", {}),
    ("team-settings", "admin", "-", {}),
    ("team-settings-change", "-", "admin", {"change": "retention", "days": "300"}),
    ("team-settings-change", "-", "owner", {"change": "delete", "typed": "another name"}),
    ("team-export", "-", "admin", {}),
    ("team-usage", "viewer", "-", {}),
    ("team-embeds", "admin", "-", {}),
    ("team-embed-new", "admin", "admin", {}),
    ("team-embed", "admin", "admin", {}),
    ("team-embed-change", "-", "admin", {"change": "on"}),
    # The last, since the viewer is an admin from then on.
    ("team-change", "-", "owner", {"change": "role", "member": "VIEWER", "role": "admin"}),
]
# What a URL says of a request that may be made, also if it is not complete, such as one without a model.
_LET_IN = {200, 204, 302, 400, 409, 422}
# What it says besides, of what is not there: a stream, a team, an embed, an invitation.
_BESIDES = {
    "stop": {404},
    "teams": {404},
    "embed-send": {403},
    "embed-stop": {404},
    "invitation": {404},
    "public-link": {404},
    "public-link-file": {404},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving_people(tmp_path_factory.mktemp("table")) as place:
        yield place


@pytest.fixture(scope="module")
def routes(place: Place) -> dict[str, str]:
    """Return each route by its URL's name, except those of Django's admin and of django-allauth."""
    done = forks.run(["manage.py", "shell", "-v0", "-c", _ROUTES], cwd=ROOT, env=place.environment)
    found = json.loads(done.stdout.partition("ROUTES")[2])
    return {
        name: route for name, route in found if not route.startswith(("admin/", "accounts/", "^accounts/"))
    }


@pytest.fixture(scope="module")
def team(place: Place) -> dict[str, Person]:
    return place.team("One")


@pytest.fixture(scope="module")
def values(team: dict[str, Person]) -> dict[str, str]:
    """Return what stands for an object of team One in a route or a form."""
    number = team["owner"].get("/teams/").url.rstrip("/").rpartition("/")[2]
    page = team["owner"].get(f"/teams/{number}/").text
    invited = team["owner"].post(f"/teams/{number}/change/", change="invite", role="owner").text
    assert 'value="withdraw"' not in team["admin"].get(f"/teams/{number}/").text
    run = team["member"].send().json()["id"]
    pin = team["member"].post(f"/runs/{run}/pin/", name="Greeting", check="status", every="never").url
    settings = {"name": "x", "origins": "https://docs.example.org", "provider": "test", "pays": "reader"}
    settings |= {"api": "chat_completions", "request": json.dumps(REQUEST["request"])}
    settings |= dict.fromkeys(("reader_calls_a_day", "calls_a_day"), "1")
    settings |= dict.fromkeys(("reader_tokens_a_day", "tokens_a_day"), "10000")
    embed = team["owner"].post(f"/teams/{number}/embeds/new/", **settings).url
    prompt = team["member"].post("/prompts/new/", request=json.dumps(REQUEST), name="Greeting").url
    members = dict.fromkeys(re.findall(r'name="member" value="(\d+)"', page))
    return {
        "<int:number>": number,
        "<str:key>": run,
        "<int:pin>": pin.rstrip("/").rpartition("/")[2],
        "<slug:key>": prompt.rstrip("/").rpartition("/")[2],
        "<slug:name>": embed.rstrip("/").rpartition("/")[2],
        "<path:address>": "run/accounts",
        "<str:secret>": "made-up",
        "TEAM": number,
        "OWNER": min(members, key=int),
        "VIEWER": max(members, key=int),
        "INVITED": re.findall(r'name="invitation" value="(\d+)"', invited)[0],
    }


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _status(person: Person, method: str, path: str, fields: dict[str, str]) -> int:
    if "csrftoken" not in person.session.cookies:
        person.get("/accounts/login/")
    headers = JSON | {"X-CSRFToken": person.session.cookies["csrftoken"], "Referer": person.address}
    return person.session.request(
        method, person.address + path, data=fields, headers=headers, allow_redirects=False, timeout=20
    ).status_code


def test_each_url_has_a_row(routes: dict[str, str]) -> None:
    assert {name for name, *_ in _TABLE} == set(routes)
    for name, get, post, _ in _TABLE:
        assert (name in wall.OPEN) == ("all" in (get, post)), name


def test_each_url_lets_in_whom_the_table_names(
    place: Place, team: dict[str, Person], routes: dict[str, str], values: dict[str, str]
) -> None:
    nobody, stranger = Person(place.site.address.rstrip("/")), place.person("stranger", "Two", "owner")
    wrong = []
    for name, get, post, fields in _TABLE:
        path = "/" + _filled(routes[name], values)
        filled = {field: _filled(value, values) for field, value in fields.items()}
        named = ("<int:number>", "<str:key>", "<int:pin>", "<slug:key>")
        names_an_object = any(one in routes[name] for one in named)
        for method, needed in (("GET", get), ("POST", post)):
            if needed == "-":
                expected = {who: {403, 405} for who in _ROLES} | {"nobody": {401, 405}, "stranger": {405}}
            elif needed == "all":
                expected = dict.fromkeys(("nobody", "stranger", *_ROLES), _LET_IN | _BESIDES.get(name, set()))
            else:
                let_in = _LET_IN | _BESIDES.get(name, set())
                lowest = _ROLES.index(needed)
                expected = {role: let_in if _ROLES.index(role) >= lowest else {403} for role in _ROLES}
                expected |= {"nobody": {401}, "stranger": {404} if names_an_object else let_in}
            # Who may withdraw an invitation comes last.
            for who, person in (("nobody", nobody), ("stranger", stranger), *reversed(team.items())):
                status = _status(person, method, path, filled if method == "POST" else {})
                if status not in expected[who]:
                    wrong.append((name, method, fields, who, status))
    assert not wrong, "\n".join(map(str, wrong))
