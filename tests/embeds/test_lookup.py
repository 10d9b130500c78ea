"""Whose key pays for an embed’s calls, and settings that were written past the checks."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from playground.embeds.models import Embed
from tests.configuration import configure
from tests.embeds.client import BROKEN, REQUEST, make_embed, open_frame, send_form, send_json, token_in
from tests.upstreams.scripted import ScriptedUpstream

# --- whose key ---


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_the_servers_key_is_not_for_readers_with_a_key_of_their_own(
    client: Client, upstream: ScriptedUpstream
) -> None:
    make_embed(key="reader")

    refused = send_json(client)
    answer = send_json(client, api_key="sk-of-the-reader")

    assert refused.status_code == 400
    assert "Enter your API key" in refused.json()["error"]["fields"]["api_key"]
    assert answer.status_code == 200
    assert [recorded.header("Authorization") for recorded in upstream.requests] == ["Bearer sk-of-the-reader"]


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"max_tokens": 51}, "max_tokens"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_completion_tokens": 51}, "max_completion_tokens"),
        ({"n": 3}, "n"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"model": "m-large"}, "model"),
        ({"messages": [{"role": "user", "content": "x" * 600}]}, "request"),
    ],
)
def test_with_the_servers_key_the_records_caps_hold(
    client: Client, upstream: ScriptedUpstream, changes: dict[str, Any], field: str
) -> None:
    """They hold even if the playground's own page has no caps, as in these tests."""
    make_embed(max_tokens=50, request_bytes=500)

    refused = send_json(client, REQUEST | changes)

    assert refused.status_code == (413 if field == "request" else 400)
    assert list(refused.json()["error"]["fields"]) == [field]
    assert not upstream.requests


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_readers_own_key_has_no_caps(client: Client, upstream: ScriptedUpstream) -> None:
    make_embed(max_tokens=50)

    assert send_json(client, REQUEST | {"max_tokens": 5000}, api_key="sk-mine").status_code == 200
    assert upstream.requests[0].json["max_tokens"] == 5000


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_machine_that_asks_for_no_key_is_the_servers_expense(
    client: Client, upstream: ScriptedUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keyless.toml"
    file.write_text(
        f'[[provider]]\nid = "test"\nlabel = "Test"\nbase_url = "{upstream.url}"\nmodels = ["m"]\n'
    )
    configure(PLAYGROUND_PROVIDERS=str(file))
    with pytest.raises(ValidationError, match="one call can use"):
        make_embed(key="reader", tokens_a_day=1)
    make_embed(key="reader", calls_a_day=1)

    assert [send_json(client).status_code for _ in range(2)] == [200, 429]
    assert send_json(client, REQUEST | {"max_tokens": 5000}).status_code == 400
    assert 'name="api_key"' not in open_frame(client).content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
def test_a_frame_asks_for_a_key_when_one_is_needed(client: Client) -> None:
    make_embed()
    make_embed(name="own", key="reader")

    assert 'name="api_key"' not in open_frame(client).content.decode()
    assert 'name="api_key"' in open_frame(client, "own").content.decode()


# --- the request that a tag results in ---


# --- written past the checks ---


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_request_is_a_sentence_in_the_frame(
    client: Client, upstream: ScriptedUpstream, text: str
) -> None:
    embed = make_embed()
    token = token_in(open_frame(client))
    Embed.objects.update(request=text)

    page = open_frame(client)
    assert page.status_code == 503
    assert 'data-refused="embed_broken"' in page.content.decode()
    assert send_json(client, token=token).json()["error"]["kind"] == "embed_broken"
    assert send_form(client, token=token, path="/embed/edit/", do="add").status_code == 503
    assert send_form(client, token=token, path="/embed/snippets/").status_code == 503
    assert embed.name
    assert not upstream.requests


@pytest.mark.django_db
@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("value", ["many", b"\xff\xfe", 1.5])
def test_odd_types_in_a_record_break_nothing(client: Client, value: Any) -> None:
    make_embed()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = 1")
        cursor.execute("UPDATE embeds_embed SET max_tokens = %s, n = %s", [value, value])
        cursor.execute("PRAGMA ignore_check_constraints = 0")

    assert open_frame(client).status_code == 200
    assert send_json(client).status_code == 200
