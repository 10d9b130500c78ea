"""Rate limits of the server's keys, and what people are told when they reach one."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.configuration import configure
from tests.upstreams.scripted import ScriptedUpstream, models
from tests.web.client import body, post_form, post_json

pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture(autouse=True)
def _full_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fill the buckets and stop their clock: on a busy machine, seconds pass between two calls."""
    now = time.monotonic()
    monkeypatch.setattr("playground.calls.buckets.time", SimpleNamespace(monotonic=lambda: now))
    configure(PLAYGROUND_CLIENT_RATE="2/minute")
    cache.clear()


def _send(client: Client, address: str = "192.0.2.1", **changes: Any) -> Any:
    client.defaults["REMOTE_ADDR"] = address
    return post_json(client, **changes)


def test_a_visitor_has_so_many_calls(client: Client, upstream: ScriptedUpstream) -> None:
    statuses = [_send(client).status_code for _ in range(4)]

    assert statuses == [200, 200, 429, 429]
    assert len(upstream.requests) == 2
    assert _send(client, "192.0.2.2").status_code == 200


def test_a_program_is_told_which_rate_and_when(client: Client) -> None:
    *_, refused = [_send(client) for _ in range(3)]

    assert refused["Retry-After"] == "30"
    error = refused.json()["error"]
    assert error["kind"] == "too_many_calls"
    assert "you can make 2 calls in 1 minute" in error["advice"]
    assert "again in 30 seconds" in error["advice"]


@pytest.mark.parametrize("changes", [{}, {"htmx": True}, {"htmx": True, "stream": "on"}])
def test_a_form_is_told_and_kept(client: Client, changes: dict[str, Any]) -> None:
    for _ in range(2):
        post_form(client)

    refused = post_form(client, content=["kept"], **changes)

    assert refused.status_code == 429
    assert refused["Retry-After"] == "30"
    html = refused.content.decode()
    assert "Playground rate limit reached" in html
    assert ("kept</textarea>" in html) == ("htmx" not in changes)


def test_all_together_have_a_rate_of_their_own(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(PLAYGROUND_TOTAL_RATE="3/hour")

    answers = [_send(client, f"192.0.2.{number}") for number in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "all visitors together can make 3 calls in 1 hour" in answers[-1].json()["error"]["advice"]
    assert "20 minutes" in answers[-1].json()["error"]["advice"]


def test_a_key_of_ones_own_is_not_counted(client: Client) -> None:
    for _ in range(4):
        assert _send(client, api_key="sk-of-a-person").status_code == 200
    assert _send(client).status_code == 200


def test_a_base_url_of_ones_own_is_not_counted_outside(client: Client, settings: Any) -> None:
    for _ in range(4):
        assert _send(client, provider=None, base_url="https://127.0.0.9").status_code == 403
    assert _send(client).status_code == 200


def test_a_machine_of_the_servers_network_is_counted(client: Client, upstream: ScriptedUpstream) -> None:
    """Calls to it are counted whoever types its address, and whichever key they give."""
    statuses = [
        _send(client, provider=None, base_url=upstream.url, api_key=f"sk-typed-{number}").status_code
        for number in range(3)
    ]

    assert statuses == [200, 200, 429]


def test_listing_models_is_counted(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(models("a"))

    statuses = [post_json(client, "/models/").status_code for _ in range(3)]

    assert statuses == [200, 200, 429]


def test_what_is_refused_costs_nothing(client: Client) -> None:
    for _ in range(3):
        assert _send(client, request=body(temperature=9)).status_code == 400
    assert _send(client).status_code == 200


def test_pages_and_code_are_not_counted(client: Client) -> None:
    for _ in range(3):
        assert client.get("/").status_code == 200
        assert post_form(client, "/snippets/").status_code == 200
    assert _send(client).status_code == 200


def test_rates_can_be_turned_off(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(PLAYGROUND_CLIENT_RATE="off")

    for _ in range(4):
        assert _send(client).status_code == 200


def test_calls_are_not_made_uncounted(client: Client, settings: Any, upstream: ScriptedUpstream) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "playground.calls.buckets.RedisBuckets",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }

    refused = _send(client)

    assert refused.status_code == 503
    assert refused.json()["error"]["kind"] == "not_counted"
    assert not upstream.requests
    assert _send(client, api_key="sk-of-a-person").status_code == 200


# --- caps ---


@pytest.fixture
def _capped(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(PLAYGROUND_CAPS="1")


@pytest.mark.usefixtures("_capped")
def test_a_call_over_the_caps_is_not_sent_and_can_be_mended(
    client: Client, upstream: ScriptedUpstream
) -> None:
    refused = post_form(
        client, dialect="chat_completions", max_tokens="5000", more='{"tools": []}', htmx=True
    )

    assert refused.status_code == 400
    html = refused.content.decode()
    assert "the limit is 1,024" in html
    assert "“tools” isn’t allowed" in html
    assert "Apply the limits" in html
    assert "change:chat_completions:{&quot;max_tokens&quot;: 1024, &quot;tools&quot;: null}" in html
    assert not upstream.requests


@pytest.mark.usefixtures("_capped")
def test_the_fix_fills_the_form_so_that_it_is_sent(client: Client, upstream: ScriptedUpstream) -> None:
    changes = {
        "do": 'change:chat_completions:{"max_tokens": 1024, "tools": null, "model": "m"}',
        "model": ["m-large"],
    }
    page = post_form(client, "/edit/", max_tokens="5000", more='{"tools": []}', **changes).content.decode()

    assert 'value="1024"' in page
    assert page.split('name="more"')[1].split("</textarea>")[0].endswith(">\n")
    assert 'id="model" name="model" value="m"' in page


@pytest.mark.usefixtures("_capped")
@pytest.mark.parametrize("changes", [{"api_key": "sk-of-a-person"}])
def test_a_key_of_ones_own_has_no_caps(client: Client, changes: dict[str, Any]) -> None:
    assert _send(client, request=body(max_tokens=5000), **changes).json()["response"]["status"] == 200


@pytest.mark.usefixtures("_capped")
def test_the_caps_of_a_machine_hold_for_its_typed_address_too(
    client: Client, upstream: ScriptedUpstream
) -> None:
    refused = _send(client, provider=None, base_url=upstream.url, request=body(model="other", max_tokens=1))

    assert "use m." in refused.json()["error"]["fields"]["model"]


@pytest.mark.usefixtures("_capped")
def test_only_models_that_may_be_used_are_listed(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(models("m", "m-large"))

    assert post_json(client, "/models/").json()["models"] == ["m"]


@pytest.mark.usefixtures("_capped")
def test_the_page_says_what_the_servers_key_is_good_for(client: Client) -> None:
    assert "1,024" in client.get("/?provider=test").content.decode()
