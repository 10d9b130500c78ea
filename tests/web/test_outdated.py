"""A link, a tag or an embed with a retired model works, and says which model the provider now suggests."""

import json
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from playground.catalogue.providers import catalogue
from playground.dialects import DEFAULT
from playground.explanations.explain import Explanation
from playground.forms import outdated
from playground.text.sentence import say
from tests.embeds.client import make_embed, open_frame
from tests.web.client import post_form

SUGGESTED = catalogue()["openai"].models[0]
CHANGE = f'value="change:chat_completions:{{"model": "{SUGGESTED}"}}"'
NOTICE = 'value="change:'


def _request(model: str) -> str:
    return json.dumps({"model": model, "messages": [{"role": "user", "content": "Hi"}]})


def _html(client: Client, path: str = "/", **query: str) -> str:
    return unescape(client.get(path, query).content.decode())


def test_a_link_with_a_retired_model_offers_the_suggested_one(client: Client) -> None:
    html = _html(client, provider="openai", request=_request("gpt-4"))

    assert 'name="model" value="gpt-4"' in html
    assert CHANGE in html


@pytest.mark.parametrize("model", ["gpt-6-luna", "my-own-model"])
def test_other_models_have_no_notice(client: Client, model: str) -> None:
    assert NOTICE not in _html(client, provider="openai", request=_request(model))


def test_a_base_url_of_ones_own_knows_no_retired_models(client: Client) -> None:
    assert NOTICE not in _html(client, base_url="https://llm.example/v1", request=_request("gpt-4"))


def test_one_click_changes_the_model_and_the_notice_goes(client: Client) -> None:
    form = {"provider": "openai", "model": "gpt-4"}
    before = unescape(post_form(client, "/edit/", do="show", **form).content.decode())
    change = f'change:chat_completions:{{"model": "{SUGGESTED}"}}'
    after = unescape(post_form(client, "/edit/", do=change, **form).content.decode())

    assert CHANGE in before
    assert NOTICE not in after
    assert f'name="model" value="{SUGGESTED}"' in after


@pytest.mark.django_db
def test_a_tag_of_an_old_page_tells_its_reader_and_its_author(client: Client) -> None:
    html = _html(client, "/embed/", provider="openai", request=_request("gpt-3.5-turbo"))

    assert CHANGE in html
    assert "data-outdated=" in html


@pytest.mark.django_db
def test_an_embed_with_a_fixed_model_tells_its_author_alone(client: Client) -> None:
    make_embed(json.loads(_request("gpt-4")), provider="openai", key="reader", locked="model")

    html = unescape(open_frame(client).content.decode())

    assert "data-outdated=" in html
    assert CHANGE not in html


@pytest.mark.parametrize(
    ("kind", "fixed", "offers"),
    [("not_found", (), True), ("not_found", ("model",), False), ("quota", (), False)],
)
def test_an_error_about_a_retired_model_offers_the_suggested_one(
    monkeypatch: pytest.MonkeyPatch, kind: str, fixed: tuple[str, ...], offers: bool
) -> None:
    told = Explanation(kind, say("Title"), say("Advice"))
    exchange: Any = SimpleNamespace(
        dialect=DEFAULT, provider="openai", demands=SimpleNamespace(model="gpt-4"), fixed=frozenset(fixed)
    )
    monkeypatch.setattr(outdated, "explain", lambda _: told)

    error = outdated.explained(exchange)

    assert error is not None
    assert (error.fix.changes if error.fix else None) == ({"model": SUGGESTED} if offers else None)
