"""docs/openapi.yaml against a real server: what a program is told is as it says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import yaml
from django.urls import resolve
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

from playground.people import wall
from tests.people.place import Place, serving_people
from tests.people.test_tokens import REQUEST, _token
from tests.site import ROOT
from tests.upstreams.scripted import completion

FILE = ROOT / "docs" / "openapi.yaml"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving_people(tmp_path_factory.mktemp("openapi")) as place:
        yield place


@pytest.fixture(scope="module")
def secret(place: Place) -> str:
    """Return a token that allows everything, of somebody with one run."""
    program = place.person("program", "One", "member")
    assert program.send().status_code == 200
    return _token(program, "sends", "reads")


@pytest.fixture(scope="module")
def prompt(place: Place) -> str:
    """Return the ID of a prompt of the team."""
    made = place.person("author", "One", "member").post(
        "/prompts/new/", request=json.dumps(REQUEST), name="Greeting"
    )
    return made.url.rstrip("/").rpartition("/")[2]


@pytest.fixture(scope="module")
def described(place: Place) -> OpenAPI:
    told = yaml.safe_load(FILE.read_text())
    return OpenAPI.from_dict(told | {"servers": [{"url": place.site.address.rstrip("/")}]})


def test_it_names_what_a_token_opens() -> None:
    paths = yaml.safe_load(FILE.read_text())["paths"]

    named = {resolve(path.replace("{id}", "x")).url_name for path in paths}
    assert named == set().union(*wall.BY_TOKEN.values())


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "send/", REQUEST, 200),
        ("POST", "send/", {"provider": "nobody", "request": {}}, 400),
        ("POST", "snippets/", REQUEST, 200),
        ("POST", "models/", {"provider": "test"}, 200),
        ("POST", "count/", REQUEST, 400),
        ("POST", "detect/", {"base_url": "UPSTREAM"}, 200),
        ("GET", "runs/", None, 200),
        ("POST", "runs/", {"status": "ok"}, 200),
        ("GET", "runs/ID/", None, 200),
        ("GET", "runs/unknown/", None, 404),
        ("POST", "runs/export/", {}, 200),
        ("GET", "prompts/", None, 200),
        ("GET", "prompts/PROMPT/", None, 200),
        ("GET", "prompts/unknown/", None, 404),
    ],
)
def test_an_answer_is_as_described(
    place: Place, secret: str, described: OpenAPI, prompt: str, method: str, path: str, body: Any, status: int
) -> None:
    place.upstream.reply(completion())
    headers = {"Authorization": f"Bearer {secret}"}
    site = place.site.address
    if "ID" in path:
        made = requests.post(f"{site}send/", json=REQUEST, headers=headers, timeout=20).json()
        path = path.replace("ID", made["id"])
    path = path.replace("PROMPT", prompt)
    if "base_url" in (body or {}):
        body = {"base_url": f"http://{place.upstream.host_port}/v1"}
    request = requests.Request(method, site + path, json=body, headers=headers).prepare()

    with requests.Session() as session:
        response = session.send(request, timeout=20)

    assert response.status_code == status, response.text
    described.validate_request(RequestsOpenAPIRequest(request))
    described.validate_response(RequestsOpenAPIRequest(request), RequestsOpenAPIResponse(response))


def test_without_a_token_it_says_so_as_described(place: Place, described: OpenAPI) -> None:
    request = requests.Request(
        "GET", place.site.address + "runs/", headers={"Accept": "application/json"}
    ).prepare()

    with requests.Session() as session:
        response = session.send(request, timeout=20)

    assert response.status_code == 401
    described.validate_response(RequestsOpenAPIRequest(request), RequestsOpenAPIResponse(response))
