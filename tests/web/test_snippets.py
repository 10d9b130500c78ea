"""Code for the current form."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from playground.dialects import DEFAULT
from tests.upstreams.plugin import SERVER_KEY
from tests.upstreams.scripted import ScriptedUpstream
from tests.web.client import body, post_form, post_json

pytestmark = pytest.mark.usefixtures("provider")


def test_json_gives_code_by_target(client: Client, upstream: ScriptedUpstream) -> None:
    answer = post_json(client, "/snippets/")

    assert set(answer.json()) == {target.id for target in DEFAULT.targets}
    assert f'base_url="{upstream.url}"' in answer.json()["python"]
    assert "$TEST_API_KEY" in answer.json()["curl"]
    assert upstream.requests == []


def test_the_same_code_comes_with_the_exchange(client: Client) -> None:
    assert post_json(client).json()["snippets"] == post_json(client, "/snippets/").json()


def test_htmx_gets_the_code_as_a_fragment(client: Client) -> None:
    html = post_form(client, "/snippets/", htmx=True, temperature="0.7").content.decode()

    assert "<html" not in html
    assert 'data-part="code-python"' in html
    assert "temperature" in html


def test_an_incomplete_request_has_no_code_but_a_sentence(client: Client) -> None:
    answer = post_form(client, "/snippets/", htmx=True, model="")

    assert answer.status_code == 200
    assert "<pre" not in answer.content.decode()
    assert "<code>model</code> <span data-why>Enter a model" in answer.content.decode()


def test_of_an_incomplete_message_its_number_is_told(client: Client) -> None:
    answer = post_form(client, "/snippets/", htmx=True, role=["user", "tool"], content=["a", "b"])

    assert "<code>Message 2" in answer.content.decode()


def test_an_incomplete_request_has_a_link_of_its_own(client: Client) -> None:
    """Whoever has to ask for help, or wants to go on in the whole playground, takes it along."""
    request = {"model": "m", "max_tokens": 9, "input": "Of another API"}

    page = client.get("/", {"provider": "test", "request": json.dumps(request)}).content.decode()
    (link,) = re.findall('data-part="permalink" href="([^"]+)"', page)
    asked = dict(parse_qsl(urlsplit(unescape(link)).query))

    assert asked["provider"] == "test"
    assert json.loads(asked["request"]) == {"messages": [], **request}


@pytest.mark.parametrize(
    "changes",
    [
        {"provider": "", "base_url": "https://me:secret@llm.example.org/v1"},
        {"more": "{"},
        {"more": '{"x": "\\ud800"}'},
    ],
)
def test_what_a_link_cannot_say_makes_none(client: Client, changes: dict[str, Any]) -> None:
    answer = post_form(client, "/snippets/", htmx=True, **changes)

    assert answer.status_code == 200
    assert "permalink" not in answer.content.decode()


def test_no_key_is_in_the_code(client: Client) -> None:
    typed = "sk-typed-canary-77"

    for answer in (
        post_json(client, "/snippets/", api_key=typed),
        post_form(client, "/snippets/", htmx=True, api_key=typed),
    ):
        assert typed not in answer.content.decode()
        assert SERVER_KEY not in answer.content.decode()


def test_code_needs_no_key(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_API_KEY")

    assert post_json(client, "/snippets/", request=body(n=2)).status_code == 200


def test_a_base_url_of_ones_own_reads_the_key_from_api_key(client: Client) -> None:
    code = post_json(client, "/snippets/", provider=None, base_url="https://llm.example").json()

    assert 'base_url="https://llm.example/v1"' in code["python"]
    assert 'os.environ["API_KEY"]' in code["python"]
