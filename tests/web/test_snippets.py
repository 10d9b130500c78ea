"""Code for the current form."""

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
    assert "as soon as the request is complete" in answer.content.decode()
    assert "Name a model" in answer.content.decode()


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
