"""What a link or a tag may fill in, also if it is too long for an address, and in which API."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.test import Client

from tests.embeds.client import (
    ORIGIN,
    REQUEST,
    framers_of,
    make_embed,
    open_frame,
    send_form,
    text_of,
    token_in,
)
from tests.upstreams.plugin import catalogue_of
from tests.upstreams.scripted import ScriptedUpstream

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


# --- what a link may fill in ---


def test_the_frame_starts_with_the_authors_request(client: Client) -> None:
    make_embed(REQUEST | {"stop": ["a", "b"], "seed": 7})

    html = text_of(open_frame(client))

    assert 'name="model" value="m"' in html
    assert "Hello!</textarea>" in html
    assert '["a", "b"]</textarea>' in html
    assert 'name="seed" value="7"' in html


def test_a_frame_starts_short_and_opens_what_is_wrong(client: Client) -> None:
    """A page for experiments opens the parameters that are set; in an article they would hide the message."""
    make_embed(REQUEST | {"top_p": 0.5})
    more = re.compile(r"<details[^>]* data-more-parameters( open)?>")

    html = open_frame(client).content.decode()
    (opened,) = more.findall(html)
    (wrong,) = more.findall(send_form(client, top_p="hot").content.decode())
    (page,) = more.findall(
        client.get("/", {"request": json.dumps(REQUEST | {"top_p": 0.5})}).content.decode()
    )

    assert (opened, wrong, page) == ("", " open", " open")
    assert "data-close-drawer" not in html  # a frame has no drawers


def test_a_link_fills_what_is_open_and_nothing_that_is_locked(client: Client) -> None:
    make_embed(locked="model max_tokens messages temperature")
    asked = {
        "model": "m-large",
        "max_tokens": 900,
        "max_completion_tokens": 901,
        "messages": [{"role": "user", "content": "Other words"}],
        "temperature": 1.75,
        "seed": 12345,
    }

    html = text_of(open_frame(client, request=json.dumps(asked), provider="claude"))

    assert 'name="seed" value="12345"' in html
    assert re.search('name="model" value="m" [^>]* readonly>', html)
    assert "Hello!" in html
    for words in ("m-large", "900", "901", "Other words", "1.75", "anthropic"):
        assert words not in html


def test_a_link_can_leave_an_open_field_out(client: Client) -> None:
    make_embed(REQUEST | {"seed": 12345})

    assert "12345" not in text_of(open_frame(client, request='{"seed": null}'))


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"messages": 7}', '{"messages": [7]}', '{"a": 1, "a": 2}', '{"x": NaN}']
)
def test_a_link_that_cannot_be_read_leaves_the_authors_request(client: Client, text: str) -> None:
    make_embed()

    page = open_frame(client, request=text)

    assert page.status_code == 400
    assert "Hello!</textarea>" in text_of(page)
    assert framers_of(page) == ["'self'", ORIGIN]


def test_a_link_cannot_write_into_the_page(client: Client) -> None:
    make_embed()
    asked = REQUEST | {"model": '"><script>x</script>', "stop": "</textarea><script>x</script>"}

    page = open_frame(client, request=json.dumps(asked), theme='"><script>', lang='"><script>')

    assert "<script>" not in page.content.decode()


def test_the_theme_and_the_language_are_those_of_the_link(client: Client) -> None:
    make_embed()

    page = open_frame(client, theme="dark", lang="en")

    assert '<html class="frame" lang="en" dir="ltr" data-theme="dark"' in page.content.decode()
    assert page["Content-Language"] == "en"
    assert "data-theme" not in open_frame(client, theme="purple", lang="xx").content.decode()
    assert open_frame(client, lang="x" * 1000).status_code == 200
    assert 'data-theme="light"' in send_form(client, theme="light").content.decode()


# --- the three shapes, and the buttons ---


def test_the_fields_within_a_locked_field_are_locked(
    client: Client, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _all_apis(upstream, monkeypatch, tmp_path)
    author = {"metadata": {"user_id": "author"}, "output_config": {"effort": "low"}}
    make_embed(MESSAGES | author, api="messages", locked="metadata output_config")

    opened = open_frame(client).content.decode()
    typed = {"metadata.user_id": "reader", "max_tokens": "50", "dialect": "messages"}
    edited = send_form(client, path="/embed/edit/", do="show", **typed).content.decode()

    for html in (opened, edited):
        field = re.search('<input id="metadata.user_id".*?>', html, re.DOTALL)
        assert field
        assert 'value="author"' in field[0]
        assert "readonly" in field[0]
        assert re.search('<select id="output_config.effort"[^>]* disabled', html)


# --- a request that is too long for a URL ---


def _fill(client: Client, text: str, **more: str) -> Any:
    body = urlencode({"embed": "hello", "request": text} | more)
    form = "application/x-www-form-urlencoded"
    return client.post("/embed/fill/", body, content_type=form, headers={"Accept": "application/json"})


def test_a_long_request_is_held_to_the_record_as_a_short_one_is(
    client: Client, upstream: ScriptedUpstream
) -> None:
    embed = make_embed(locked="model")
    asked = {"model": "other", "messages": [{"role": "user", "content": "字" * 900}]}

    filled = _fill(client, json.dumps(asked)).json()

    assert filled["request"] == REQUEST | {"messages": asked["messages"]}
    assert filled["opened"] == embed.digest_of(embed.asked(asked))
    assert filled["overruled"] == ["model"]
    assert not upstream.requests


@pytest.mark.parametrize("text", ["", "{", "[]", '{"messages": 7}', '{"a": 1, "a": 2}'])
def test_a_long_request_that_cannot_be_read_is_refused(client: Client, text: str) -> None:
    make_embed()

    refused = _fill(client, text)

    assert refused.status_code == 400
    assert refused.json()["error"]["fields"]


def test_what_a_tag_asks_for_in_vain_is_told_to_its_author(client: Client) -> None:
    make_embed(locked="model")

    assert 'data-overruled="model"' in open_frame(client, request='{"model": "x"}').content.decode()
    assert "data-overruled" not in open_frame(client, request='{"model": "m"}').content.decode()

    both = open_frame(client, request='{"model": "x"}', provider="claude").content.decode()
    assert 'data-overruled="provider, model"' in both
    assert 'data-overruled="provider"' in open_frame(client, provider="claude", late="").content.decode()
    assert "data-overruled" not in open_frame(client, provider="test").content.decode()


@pytest.mark.parametrize(
    ("api", "asked", "told"),
    [
        ("messages", {"input": "Hello!"}, ["input"]),
        ("messages", {"stop": ["a"], "max_completion_tokens": 5}, ["stop", "max_completion_tokens"]),
        ("chat_completions", {"temperature": "warm"}, ["temperature"]),
        ("chat_completions", {"messages": [{"role": "nobody", "content": "x"}]}, ["Message 1"]),
        # Readers add the rest.
        ("chat_completions", {"model": "m"}, []),
        ("messages", {"system": "Be brief."}, []),
    ],
)
@pytest.mark.parametrize("is_embed", [True, False])
def test_a_tag_that_cannot_be_sent_is_told_to_its_author(
    client: Client,
    upstream: ScriptedUpstream,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    api: str,
    asked: dict[str, Any],
    told: list[str],
    is_embed: bool,
) -> None:
    """As one with a request of another API, before any reader presses Send."""
    _all_apis(upstream, monkeypatch, tmp_path)
    make_embed(MESSAGES, api=api)
    name = "hello" if is_embed else ""
    query = {"request": json.dumps(asked), "dialect": api, "provider": "test"}

    page = open_frame(client, name, **query)
    late = _fill(client, json.dumps(asked), embed=name, dialect=api).json()

    assert page.status_code == 200
    problems = re.findall('data-problems="([^"]*)"', page.content.decode())
    assert bool(problems) == bool(late["problems"]) == bool(told)
    for name in told:
        assert name in problems[0]
        assert any(text.startswith(name) for text in late["problems"])


# --- the API of a tag ---


MESSAGES = {"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello!"}]}


def _all_apis(upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    catalogue_of(upstream, monkeypatch, folder, ("chat_completions", "messages", "responses"))


def test_a_frame_of_no_embed_speaks_the_api_that_its_address_names(
    client: Client, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _all_apis(upstream, monkeypatch, tmp_path)
    asked = {"provider": "test", "dialect": "messages", "request": json.dumps(MESSAGES)}

    page = unescape(client.get("/embed/", asked).content.decode())

    assert 'name="dialect" value="messages"' in page
    assert "messages.create(" in re.sub("<[^>]+>", "", page)
    assert re.search(r'href="/\?provider=test&dialect=messages&request=[^"]+"[^>]* data-open', page)


def test_the_link_of_a_frame_takes_along_a_request_that_cannot_be_sent(client: Client) -> None:
    """As a tag without `api` has it that was meant for another API."""
    asked = {"model": "m", "input": "Hello!"}

    page = unescape(
        client.get("/embed/", {"provider": "test", "request": json.dumps(asked)}).content.decode()
    )

    assert 'class="code-block"' not in page
    (link,) = re.findall('<a class="open" href="([^"]+)"', page)
    query = dict(parse_qsl(urlsplit(link).query))
    assert json.loads(query["request"]) == {"messages": [], **asked}


def test_a_frame_says_which_api_is_unknown(client: Client) -> None:
    page = client.get("/embed/", {"provider": "test", "dialect": "nobodys"}).content.decode()

    assert 'data-problems="' in page


def test_an_embed_keeps_its_api_and_uses_nothing_of_a_request_for_another(
    client: Client, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _all_apis(upstream, monkeypatch, tmp_path)
    make_embed(MESSAGES, api="messages")
    asked = json.dumps({"model": "other", "input": "Not here"})

    page = open_frame(client, dialect="responses", request=asked).content.decode()

    assert 'data-overruled="api, request"' in page
    assert 'name="dialect" value="messages"' in page
    assert "Not here" not in page
    for api in ("messages", ""):
        assert "data-overruled" not in open_frame(client, dialect=api).content.decode()


def test_the_parts_of_a_locked_object_are_locked(
    client: Client, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _all_apis(upstream, monkeypatch, tmp_path)
    make_embed(MESSAGES | {"thinking": {"type": "adaptive"}}, api="messages", locked="thinking")

    page = open_frame(client)
    fields = {
        name: field
        for field, name in re.findall('(<(?:select|input)[^>]* id="([^"]+)"[^>]*>)', text_of(page))
    }
    asked = {"dialect": "messages", "thinking.type": "disabled"}
    refused = text_of(send_form(client, token=token_in(page), **asked))

    assert " disabled" in fields["thinking.type"]
    assert " readonly" in fields["thinking.budget_tokens"]
    assert " disabled" not in fields["output_config.effort"]
    assert re.search('<option value="adaptive" selected>', refused)


@pytest.mark.parametrize(
    ("api", "overruled"), [("", []), ("messages", []), ("responses", ["api", "request"])]
)
def test_a_long_request_is_read_in_its_api(
    client: Client,
    upstream: ScriptedUpstream,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    api: str,
    overruled: list[str],
) -> None:
    _all_apis(upstream, monkeypatch, tmp_path)
    make_embed(MESSAGES, api="messages")
    asked = {"max_tokens": 6, "messages": [{"role": "user", "content": "字" * 900}]}

    filled = _fill(client, json.dumps(asked), dialect=api).json()

    assert filled["overruled"] == overruled
    assert filled["request"] == (MESSAGES if overruled else MESSAGES | asked)


def test_a_long_request_without_an_embed_is_read_in_the_frames_api(client: Client) -> None:
    filled = _fill(client, json.dumps({"input": "字" * 2500}), embed="", dialect="responses").json()

    assert filled["request"] == {"input": "字" * 2500}
    refused = _fill(client, "{}", embed="", dialect="nobodys")
    assert refused.status_code == 400
    assert refused.json()["error"]["fields"]["dialect"]
