"""Too many concurrent calls: the next one is refused at once, in all three shapes, and nothing is lost."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from playground.network.running import running
from tests.upstreams.scripted import ScriptedUpstream
from tests.web.client import post_form, post_json

pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture(autouse=True)
def _no_place(settings: Any) -> None:
    settings.LIMITS = replace(settings.LIMITS, exchanges=0)


@pytest.mark.parametrize("changes", [{}, {"htmx": True}, {"htmx": True, "stream": "on"}])
def test_a_form_is_told_and_kept(client: Client, upstream: ScriptedUpstream, changes: dict[str, Any]) -> None:
    response = post_form(client, content=["kept"], **changes)

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    html = response.content.decode()
    assert "The playground is busy" in html
    assert ("kept</textarea>" in html) == ("htmx" not in changes)
    assert not upstream.requests


def test_a_program_is_told(client: Client) -> None:
    response = post_json(client)

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response.json()["error"]["kind"] == "busy"


def test_listing_models_takes_a_place_too(client: Client) -> None:
    assert post_json(client, "/models/").status_code == 503


def test_the_page_and_code_need_none(client: Client) -> None:
    assert client.get("/").status_code == 200
    assert client.get("/healthz").status_code == 200
    assert post_form(client, "/snippets/", htmx=True).status_code == 200


def test_a_stopping_process_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_stopping", True)

    response = post_json(client)

    assert response.status_code == 503
    assert "restarting" in response.json()["error"]["title"]
    assert client.get("/healthz").status_code == 503
    assert client.get("/").status_code == 200
