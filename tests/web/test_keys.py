"""A typed or pasted key, from the page to the provider."""

import json

import pytest
from django.test import Client

from tests.upstreams.scripted import ScriptedUpstream, models, stream
from tests.web.client import post_form, post_json

pytestmark = pytest.mark.usefixtures("provider")

PASTED = 'export TEST_API_KEY="sk-pasted-canary"\n'


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"htmx": True},
        {"htmx": True, "stream": "on"},
        {"accept": "application/json"},
        {"temperature": "hot"},
    ],
    ids=["page", "fragment", "live", "JSON", "refused"],
)
def test_a_cleaned_key_is_told_in_every_shape(
    client: Client, upstream: ScriptedUpstream, changes: dict[str, str]
) -> None:
    if "stream" in changes:
        upstream.reply(stream({"content": "x"}))

    response = post_form(client, api_key=PASTED, **changes)  # type: ignore[arg-type]

    content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    assert json.loads(response["X-Key-Note"])
    assert "canary" not in content.decode()
    assert all(request.header("Authorization") == "Bearer sk-pasted-canary" for request in upstream.requests)
    assert bool(upstream.requests) == ("temperature" not in changes)


def test_a_page_has_the_note_beside_the_key(client: Client) -> None:
    response = post_form(client, api_key=PASTED)

    assert f'role="status">{json.loads(response["X-Key-Note"])}</p>' in response.content.decode()


def test_a_key_that_is_sent_as_typed_needs_no_note(client: Client) -> None:
    assert "X-Key-Note" not in post_json(client, api_key="sk-typed")
    assert "X-Key-Note" not in post_json(client)
    assert "X-Key-Note" not in post_json(client, api_key="sk-broken…")


def test_a_list_of_models_cleans_it_as_well(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(models("a"))

    response = post_json(client, "/models/", api_key="Bearer sk-pasted-canary")

    assert upstream.requests[0].header("Authorization") == "Bearer sk-pasted-canary"
    assert "X-Key-Note" in response


def test_what_is_wrong_with_it_is_named_and_none_of_it_shown(
    client: Client, upstream: ScriptedUpstream
) -> None:
    refused = post_json(client, api_key="sk-canary\u0430").json()  # type: ignore[attr-defined]

    assert "10" in refused["error"]["fields"]["api_key"]
    assert "canary" not in json.dumps(refused)
    assert upstream.requests == []


def test_an_older_address_of_azure_is_read_as_its_v1_endpoint_and_says_so(client: Client) -> None:
    old = "https://r.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"

    response = post_json(client, "/snippets/", provider=None, base_url=old)

    assert "https://r.openai.azure.com/openai/v1/chat/completions" in response.json()["curl"]
    assert '-H "api-key: $API_KEY"' in response.json()["curl"]
    assert "my-gpt" in json.loads(response["X-Address-Note"])
    assert "X-Address-Note" not in post_json(
        client, "/snippets/", provider=None, base_url="https://a.example"
    )
