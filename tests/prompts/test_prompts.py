"""Prompts of a team, on a real server: saved, found, opened, changed by several people, and deleted."""

import html
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from django.test import Client

from tests.configuration import configure
from tests.people.place import JSON, Person, Place, serving_people
from tests.people.test_tokens import REQUEST, _ask, _token
from tests.served.conftest import FORM

_KEY = "sk-typed-0123456789abcdef"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving_people(tmp_path_factory.mktemp("prompts")) as place:
        yield place


@pytest.fixture(scope="module")
def team(place: Place) -> dict[str, Person]:
    return place.team("One")


def _content(told: requests.Response) -> str:
    """Return what the page that asks for the name carries on."""
    assert told.status_code == 200, told.text
    return html.unescape(told.text.partition('aria-label="Request">\n')[2].partition("</textarea>")[0])


def _saved(person: Person, name: str, text: str = "Hello!", **fields: str) -> str:
    """Save the form as a prompt, as a browser does, and return the prompt's path."""
    content = _content(person.post("/prompts/new/", **FORM | {"content": text}))
    told = person.post("/prompts/new/", **{"request": content, "name": name} | fields)
    assert told.status_code == 200, told.text
    return told.url.removeprefix(person.address)


def _as_json(person: Person, path: str) -> dict[str, Any]:
    found: dict[str, Any] = person.get(path, **JSON).json()
    return found


def _events(team: dict[str, Person]) -> str:
    number = team["owner"].get("/teams/").url.rstrip("/").rpartition("/")[2]
    return " ".join(re.sub("<[^>]+>", " ", team["owner"].get(f"/teams/{number}/audit/").text).split())


def test_a_colleague_opens_what_was_saved_by_its_link(team: dict[str, Person]) -> None:
    fields = FORM | {"content": "Summarize: {text}", "temperature": "0.25", "api_key": _KEY}
    content = _content(team["member"].post("/prompts/new/", **fields))
    path = team["member"].post("/prompts/new/", request=content, name="Ticket summary", note="First").url
    path = path.removeprefix(team["member"].address)

    opened = team["viewer"].get(path)
    assert "Summarize: {text}</textarea>" in opened.text
    assert 'value="0.25"' in opened.text
    assert "Ticket summary" in opened.text
    assert "Save new version" not in opened.text  # to a viewer
    assert "Save new version" in team["admin"].get(path).text
    kept = _as_json(team["viewer"], path)
    assert kept["request"]["messages"] == [{"role": "user", "content": "Summarize: {text}"}]
    assert kept["request"]["temperature"] == 0.25
    assert team["member"].post("/send/", {name: kept[name] for name in ("provider", "request")}).ok
    assert _KEY not in opened.text + content + json.dumps(kept)


def test_a_list_is_searched_in_upper_and_lower_case(team: dict[str, Person]) -> None:
    _saved(team["member"], "Übersetzung ins Deutsche", "Translate this")
    _saved(team["member"], "Refunds")

    def found(words: str) -> list[str]:
        told = team["viewer"].post("/prompts/", text=words).text
        return re.findall(r'href="/prompts/[\w-]+/"><bdi>([^<]+)', told)

    assert found("übersetzung TRANSLATE") == ["Übersetzung ins Deutsche"]
    assert found("übersetzung refunds") == []
    assert {"Refunds", "Übersetzung ins Deutsche"} <= set(found(""))


def test_versions_are_kept_compared_and_restored(team: dict[str, Person]) -> None:
    path = _saved(team["member"], "Tone", "Be kind.")
    key = path.split("/")[2]
    _saved(team["admin"], "", "Be brief.", **{"as": "version", "prompt": f"{key} 1", "note": "Too long"})
    # Somebody who opened version 1 is told of version 2, and loses nothing.
    asked = team["member"].post("/prompts/new/", **FORM | {"content": "Be warm.", "prompt": f"{key} 1"})
    assert "Version 2 was saved since you opened version 1 (by admin@example.org)" in asked.text
    _saved(team["member"], "", "Be warm.", **{"as": "version", "prompt": f"{key} 1"})

    versions = [_as_json(team["viewer"], f"{path}?version={number}") for number in (1, 2, 3)]
    assert [one["request"]["messages"][0]["content"] for one in versions] == [
        "Be kind.",
        "Be brief.",
        "Be warm.",
    ]
    history = team["viewer"].get(f"{path}versions/?one=3&other=2").text
    assert "Too long" in history
    assert "<del>brief</del>" in history
    assert "<ins>warm</ins>" in history
    assert "restore" not in history  # to a viewer
    team["member"].post(f"{path}change/", change="restore", version="1")
    latest = _as_json(team["viewer"], path)
    assert (latest["version"], latest["request"]) == (4, versions[0]["request"])
    # The same again is no new version.
    _saved(team["member"], "", "Be kind.", **{"as": "version", "prompt": f"{key} 4"})
    assert _as_json(team["viewer"], path)["versions"] == 4


def test_all_who_save_at_the_same_time_get_a_version(team: dict[str, Person]) -> None:
    path = _saved(team["member"], "Race", "0")
    key = path.split("/")[2]

    def save(number: int) -> None:
        person = team["member" if number % 2 else "admin"]
        content = json.dumps(
            {
                "provider": "test",
                "request": {"model": "m", "messages": [{"role": "user", "content": str(number)}]},
            }
        )
        told = person.post(
            "/prompts/new/", None, **{"request": content, "as": "version", "prompt": f"{key} 1"}
        )
        assert told.status_code == 200, told.text

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(save, range(1, 9)))
    texts = {
        _as_json(team["viewer"], f"{path}?version={number}")["request"]["messages"][0]["content"]
        for number in range(1, 10)
    }
    assert texts == set(map(str, range(9)))


def test_members_delete_their_own_prompts_and_admins_all(team: dict[str, Person], place: Place) -> None:
    of_member, of_admin = _saved(team["member"], "Mine"), _saved(team["admin"], "Theirs", "secret words")
    stranger = place.person("other", "Two", "owner")

    assert team["member"].post(f"{of_admin}change/", change="delete").status_code == 403
    assert stranger.get(of_admin).status_code == 404
    assert stranger.post(f"{of_admin}change/", change="delete").status_code == 404
    assert stranger.post("/prompts/", text="").text.count("/versions/") == 0
    assert team["member"].post(f"{of_admin}change/", change="rename", name="Ours").ok
    assert team["member"].post(f"{of_member}change/", change="delete").ok
    assert team["owner"].post(f"{of_admin}change/", change="delete").ok
    assert team["admin"].get(of_admin).status_code == 404
    events = _events(team)
    assert "member@example.org saved the prompt Mine" in events
    assert "member@example.org renamed the prompt Theirs name: Ours" in events
    assert "owner@example.org deleted the prompt Ours" in events
    assert "secret words" not in events


@pytest.mark.parametrize(
    ("wrong", "status", "told"),
    [
        ({"more": "{"}, 400, "Prompt not saved"),
        ({"content": f"My key is {_KEY}.", "api_key": _KEY}, 400, "Remove your API key"),
        ({"provider": "", "base_url": "http://user:word@127.0.0.1/v1"}, 400, "Prompt not saved"),
        ({"content": "x" * 1_100_000}, 413, "1 MiB"),
    ],
)
def test_what_can_not_be_kept_is_refused(
    team: dict[str, Person], wrong: dict[str, str], status: int, told: str
) -> None:
    answer = team["member"].post("/prompts/new/", **FORM | wrong)
    assert (answer.status_code, told in answer.text) == (status, True), answer.text[:3000]


def test_a_prompt_needs_a_name(team: dict[str, Person]) -> None:
    content = _content(team["member"].post("/prompts/new/", **FORM))
    told = team["member"].post("/prompts/new/", request=content, name=" ", note="kept")
    assert told.status_code == 400
    assert "Enter a name" in told.text
    assert 'value="kept"' in told.text
    assert _content(_with_status(told)) == content


def _with_status(told: requests.Response) -> requests.Response:
    told.status_code = 200
    return told


def test_a_run_becomes_a_prompt_and_a_program_reads_it(place: Place, team: dict[str, Person]) -> None:
    run = team["member"].send().json()["run"]
    key = run.split("/")[2]
    assert f'name="run" value="{key}">Save as prompt' in team["member"].get(run).text
    content = _content(team["member"].post("/prompts/new/", run=key))
    path = team["member"].post("/prompts/new/", request=content, name="From a run").url
    path = path.removeprefix(place.site.address)

    reads = _token(team["viewer"], "reads")
    assert "From a run" in [one["name"] for one in _ask(place, reads, "prompts/").json()["prompts"]]
    assert _ask(place, reads, path).json()["request"]["model"] == "m"
    assert _ask(place, reads, f"{path}change/", data={"change": "delete"}).status_code == 403


@pytest.mark.django_db
def test_without_accounts_prompts_are_kept_where_runs_are(client: Client) -> None:
    assert client.get("/prompts/").status_code == 404

    configure(PLAYGROUND_RUNS="1")
    client.post("/prompts/new/", {"request": json.dumps(REQUEST), "name": "Mine"})
    (kept,) = client.get("/prompts/", headers=JSON).json()["prompts"]
    page = client.get(kept["url"]).content.decode()
    assert "Hello!</textarea>" in page
    assert "Save new version" in page
    assert client.get(kept["url"] + "versions/").status_code == 200
    client.post(kept["url"] + "change/", {"change": "delete"})
    assert client.get(kept["url"]).status_code == 404
