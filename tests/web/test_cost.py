"""The cost of a call, wherever it is shown: the answer's facts, the JSON interface, runs."""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from playground.catalogue import prices
from playground.catalogue.providers import LOCAL_MODEL
from playground.runs.models import Run
from tests.configuration import configure
from tests.upstreams.scripted import Answer, ScriptedUpstream, completion_body, json_answer, stream
from tests.web.client import post_form, post_json

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]
USD = "0.00024"  # of 9 prompt tokens and 3 completion tokens


@pytest.fixture
def priced(upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test provider's models prices."""
    model = [{"starts_with": "m"}, [{"input": "10", "output": "50"}], [{"tier": "flex", "input": "5"}]]
    data = {"date": "2026-11-10", "providers": {"test": {"base_urls": [upstream.url], "models": [model]}}}
    monkeypatch.setattr(prices, "_data", lambda: data)
    prices._model.cache_clear()


def _cost_in(answer: Any) -> str:
    html = answer.content.decode()
    found = re.search(r'<div class="cost"><dt>[^<]+</dt><dd>(.*?)</dd>', html, re.DOTALL)
    return re.sub("<[^>]*>", "", found[1]).strip() if found else ""


@pytest.mark.usefixtures("priced")
def test_an_answer_shows_what_it_cost_and_from_when_the_prices_are(client: Client) -> None:
    page = post_form(client)

    assert _cost_in(page) == "≈ $0.00024"
    assert 'title="Estimate, with prices as of 2026-11-10"' in page.content.decode()
    assert post_json(client).json()["cost"] == {"usd": USD, "prices_of": "2026-11-10"}


@pytest.mark.usefixtures("priced")
def test_a_stream_shows_it_too(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(stream(*({"content": part} for part in ("H", "e", "y"))))

    told = post_form(client, stream="on", htmx=True)

    assert "≈ $0.00024" in b"".join(told.streaming_content).decode()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("priced")
@pytest.mark.parametrize(
    ("changes", "usd"),
    [
        ({"model": "m-large"}, USD),
        ({"model": "another"}, USD),  # then the one that was asked for counts
        ({"service_tier": "default"}, USD),
        ({"service_tier": "flex"}, "0.000195"),
        ({"service_tier": "scale"}, None),
        ({"usage": None}, None),
        ({"usage": {"prompt_tokens": 9}}, None),
    ],
)
def test_only_what_is_known_is_told(
    client: Client, upstream: ScriptedUpstream, changes: dict[str, Any], usd: str | None
) -> None:
    upstream.reply(json_answer(completion_body(**changes)))

    cost = post_json(client).json()["cost"]

    assert (cost and cost["usd"]) == usd


@pytest.mark.usefixtures("priced")
def test_a_base_url_of_ones_own_has_no_known_price(client: Client, upstream: ScriptedUpstream) -> None:
    typed = {"provider": "", "base_url": upstream.url}

    assert _cost_in(post_form(client, **typed)) == "Price unknown"
    assert post_json(client, **{**typed, "provider": None}).json()["cost"] is None


@pytest.mark.usefixtures("priced")
def test_a_failed_call_costs_nothing_that_could_be_told(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(Answer(500, b"{}"))

    assert _cost_in(post_form(client)) == ""


def test_a_provider_without_prices_says_so(client: Client) -> None:
    assert _cost_in(post_form(client)) == "Price unknown"


def test_the_local_model_is_known_to_cost_nothing(
    client: Client, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_API_KEY", "local")
    configure(PLAYGROUND_LOCAL_MODEL_URL=upstream.url)

    answer = post_json(client, provider=LOCAL_MODEL).json()

    assert answer["cost"] == {"usd": "0", "prices_of": None}
    assert _cost_in(post_form(client, provider=LOCAL_MODEL)) == "Free"


@pytest.mark.usefixtures("priced")
def test_a_run_keeps_its_cost_wherever_it_is_shown(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(PLAYGROUND_RUNS="1")
    keys = [post_json(client).json()["id"] for _ in range(2)]

    run = Run.objects.get(key=keys[0])
    assert f"{run.cost_usd:.5f}" == USD
    assert run.prices_of == date(2026, 11, 10)
    assert client.get("/runs/").content.decode().count("≈ $0.00024") == 2
    listed = client.get("/runs/", headers={"Accept": "application/json"}).json()["runs"]
    assert listed[0]["cost"] == {"usd": USD, "prices_of": "2026-11-10"}
    assert client.get(f"/runs/{keys[0]}/").content.decode().count("≈ $0.00024") == 1
    compared = client.get(f"/runs/compare/?run={keys[0]}&run={keys[1]}").content.decode()
    assert compared.count("≈ $0.00024") == 2

    monkeypatch.setattr(prices, "_data", lambda: {"date": "2026-12-24", "providers": {}})
    shown = client.get(f"/runs/{keys[0]}/").content.decode()
    assert 'title="Estimate, with prices as of 2026-11-10">≈ $0.00024' in shown
    compared = client.get(f"/runs/compare/?run={keys[0]}&run={keys[1]}").content.decode()
    assert compared.count("≈ $0.00024") == 2
    assert "≈ $0.00024" in client.get(f"/runs/{keys[0]}/proof/").content.decode()


def test_a_run_whose_price_was_unknown_stays_so_when_there_are_prices(
    client: Client, request: pytest.FixtureRequest
) -> None:
    configure(PLAYGROUND_RUNS="1")
    key = post_json(client).json()["id"]
    request.getfixturevalue("priced")

    assert _cost_in(client.get(f"/runs/{key}/")) == "Price unknown"
    assert "≈ $" not in client.get(f"/runs/{key}/proof/").content.decode()
    assert _cost_in(post_form(client)) == "≈ $0.00024"
