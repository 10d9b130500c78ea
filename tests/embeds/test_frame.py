"""The frame: who may frame it, what a link may fill in, and that it uses no cookies."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client

from playground.embeds import lookup
from playground.embeds.models import Embed
from tests.configuration import configure
from tests.embeds.client import ORIGIN, REQUEST, make_embed, open_frame, send_form, send_json, token_in
from tests.upstreams.plugin import catalogue_of
from tests.upstreams.scripted import ScriptedUpstream, completion, json_answer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


def _framers(answer: HttpResponse) -> list[str]:
    """Return the sources of `frame-ancestors`, which must appear once."""
    directives = [part.split() for part in answer["Content-Security-Policy"].split(";")]
    (sources,) = [values for name, *values in directives if name == "frame-ancestors"]
    return sources


# --- where it may be framed ---


def test_it_is_framed_by_the_records_origins_and_no_others(client: Client) -> None:
    make_embed(origins="https://docs.example.org\nhttp://localhost:5173\nhttps://*.example.org:8443")

    page = open_frame(client)

    assert page.status_code == 200
    assert _framers(page) == [
        "'self'",
        "https://docs.example.org",
        "http://localhost:5173",
        "https://*.example.org:8443",
    ]
    assert "X-Frame-Options" not in page
    assert page["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert page["Cross-Origin-Embedder-Policy"] == "require-corp"


def test_the_rest_of_the_policy_is_the_pages(client: Client) -> None:
    make_embed()

    policies = [
        {part.strip() for part in answer["Content-Security-Policy"].split(";")}
        for answer in (open_frame(client), client.get("/"))
    ]

    frames, pages = (
        {part for part in policy if not part.startswith(("frame-ancestors", "script-src"))}
        for policy in policies
    )
    assert frames == pages


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("nobody", 404, "Embed not found"),
        ("off", 403, "This embed is turned off"),
        ("", 200, "Send"),
        ("hello'; script-src *", 404, "Embed not found"),
    ],
)
def test_without_an_active_record_there_is_a_refusal_that_anybody_may_frame(
    client: Client, name: str, status: int, words: str
) -> None:
    make_embed(name="off", active=False)

    page = open_frame(client, name)

    assert page.status_code == status
    assert _framers(page) == (["'self'"] if status == 200 else ["*"])
    assert words in page.content.decode()
    assert "X-Frame-Options" not in page


def test_the_kill_switch_works_at_once(client: Client, upstream: ScriptedUpstream) -> None:
    embed = make_embed()
    token = token_in(open_frame(client))
    Embed.objects.filter(pk=embed.pk).update(active=False)

    refused = send_json(client, token=token)

    assert refused.status_code == 403
    assert refused.json()["error"]["kind"] == "embed_off"
    assert not upstream.requests


def test_the_answer_without_scripts_is_framed_as_the_form_was(client: Client) -> None:
    make_embed()

    assert _framers(send_form(client)) == ["'self'", ORIGIN]
    assert _framers(send_form(client, temperature="hot")) == ["'self'", ORIGIN]
    assert _framers(send_form(client, token="forged")) == ["*"]


def test_the_page_itself_is_framed_by_nobody(client: Client) -> None:
    assert _framers(client.get("/")) == ["'none'"]
    assert client.get("/")["X-Frame-Options"] == "DENY"


# --- what a link may fill in ---


def _text(answer: HttpResponse) -> str:
    return unescape(answer.content.decode())


def test_the_frame_starts_with_the_authors_request(client: Client) -> None:
    make_embed(REQUEST | {"stop": ["a", "b"], "seed": 7})

    html = _text(open_frame(client))

    assert 'name="model" value="m"' in html
    assert "Hello!</textarea>" in html
    assert '["a", "b"]</textarea>' in html
    assert 'name="seed" value="7"' in html


def test_a_frame_starts_short_and_opens_what_is_wrong(client: Client) -> None:
    """A page for experiments opens the parameters that are set; in an article they would hide the message."""
    make_embed(REQUEST | {"top_p": 0.5})
    more = re.compile(r"<details[^>]* data-more-parameters( open)?>")

    (opened,) = more.findall(open_frame(client).content.decode())
    (wrong,) = more.findall(send_form(client, top_p="hot").content.decode())
    (page,) = more.findall(
        client.get("/", {"request": json.dumps(REQUEST | {"top_p": 0.5})}).content.decode()
    )

    assert (opened, wrong, page) == ("", " open", " open")


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

    html = _text(open_frame(client, request=json.dumps(asked), provider="claude"))

    assert 'name="seed" value="12345"' in html
    assert re.search('name="model" value="m" [^>]* readonly>', html)
    assert "Hello!" in html
    for words in ("m-large", "900", "901", "Other words", "1.75", "anthropic"):
        assert words not in html


def test_a_link_can_leave_an_open_field_out(client: Client) -> None:
    make_embed(REQUEST | {"seed": 12345})

    assert "12345" not in _text(open_frame(client, request='{"seed": null}'))


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"messages": 7}', '{"messages": [7]}', '{"a": 1, "a": 2}', '{"x": NaN}']
)
def test_a_link_that_cannot_be_read_leaves_the_authors_request(client: Client, text: str) -> None:
    make_embed()

    page = open_frame(client, request=text)

    assert page.status_code == 400
    assert "Hello!</textarea>" in _text(page)
    assert _framers(page) == ["'self'", ORIGIN]


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


def test_without_a_record_the_rules_of_the_page_hold(client: Client, upstream: ScriptedUpstream) -> None:
    page = client.get("/embed/", {"provider": "test", "request": json.dumps(REQUEST)})

    assert '<option value="test" selected' in page.content.decode()
    answer = send_form(client, embed="", provider="test", token=token_in(page))
    assert answer.status_code == 200
    assert upstream.requests[0].json == REQUEST


def test_without_a_record_the_catalogues_caps_and_the_rates_hold(
    client: Client, monkeypatch: pytest.MonkeyPatch, upstream: ScriptedUpstream
) -> None:
    configure(PLAYGROUND_CAPS="1")
    configure(PLAYGROUND_CLIENT_RATE="1/day")

    def send(**changes: Any) -> int:
        token = token_in(client.get("/embed/"))
        return send_form(client, embed="", provider="test", token=token, **changes).status_code

    assert send(max_tokens="5000") == 400
    assert send() == 200
    assert send() == 429
    assert len(upstream.requests) == 1


def test_rates_of_the_page_hold_for_embeds(
    client: Client, monkeypatch: pytest.MonkeyPatch, upstream: ScriptedUpstream
) -> None:
    configure(PLAYGROUND_TOTAL_RATE="2/day")
    make_embed()

    assert [send_json(client).status_code for _ in range(3)] == [200, 200, 429]
    assert send_json(client, api_key="sk-of-the-reader").status_code == 200


# --- no cookies ---


def _everything(client: Client) -> list[HttpResponse]:
    stopped = client.post("/embed/stop/", {"number": "x"})
    return [
        open_frame(client),
        open_frame(client, "nobody"),
        send_form(client),
        send_form(client, htmx=True),
        send_form(client, token="forged"),
        send_form(client, temperature="hot"),
        send_form(client, path="/embed/edit/", do="add"),
        send_form(client, path="/embed/snippets/"),
        send_json(client),
        stopped,  # type: ignore[list-item]
        client.get("/embed/nowhere/"),  # type: ignore[list-item]
    ]


def test_nothing_sets_a_cookie_or_needs_one() -> None:
    make_embed()

    for answer in _everything(Client(enforce_csrf_checks=True)):
        assert "Set-Cookie" not in str(answer)
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")
        assert "csrfmiddlewaretoken" not in answer.content.decode()
    assert send_form(Client(enforce_csrf_checks=True)).status_code == 200


def test_cookies_that_come_along_change_nothing() -> None:
    make_embed()
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "broken"  # Django would set a new one
    client.cookies["sessionid"] = "x" * 32
    client.cookies["language"] = "zh-hans"

    for answer in _everything(client):
        assert not [name for name in answer.cookies if answer.cookies[name]["path"]]
    assert send_form(client).status_code == 200


# --- the three shapes, and the buttons ---


def test_a_form_without_scripts_gets_the_page_with_the_answer(
    client: Client, upstream: ScriptedUpstream
) -> None:
    make_embed()
    upstream.reply(completion("Good <day>"))

    html = send_form(client, content=["And you?"]).content.decode()

    assert ">Good &lt;day&gt;</p>" in html
    assert "And you?</textarea>" in html
    assert "<!doctype html>" in html
    assert '<form id="request-form" class="request-form" method="post" action="/embed/send/"' in html


def test_a_key_that_was_typed_is_not_in_the_page(client: Client) -> None:
    make_embed(key="reader")

    assert "sk-of-the-reader" not in send_form(client, api_key="sk-of-the-reader").content.decode()


def test_htmx_gets_the_fragment(client: Client) -> None:
    make_embed()

    html = send_form(client, htmx=True).content.decode()

    assert html.startswith('<section role="tabpanel" id="run-')
    assert 'formaction="/embed/edit/"' in html


def test_a_program_gets_the_exchange(client: Client) -> None:
    make_embed()

    answer = send_json(client).json()

    assert answer["completion"]["choices"][0]["message"]["content"] == "Hello!"
    assert answer["request"]["body"] == REQUEST
    assert answer["recorded"] is None


def test_a_button_changes_the_form_and_stays_in_the_frame(client: Client, upstream: ScriptedUpstream) -> None:
    make_embed(locked="model")

    page = send_form(
        client, path="/embed/edit/", do='change:chat_completions:{"model": "m-large", "seed": 3}', model="x"
    )

    assert 'name="seed" value="3"' in _text(page)
    assert "m-large" not in _text(page)
    assert _framers(page) == ["'self'", ORIGIN]
    assert send_form(client, token=token_in(page)).status_code == 200
    assert len(upstream.requests) == 1


def test_the_code_is_for_the_request_that_would_be_sent(client: Client) -> None:
    make_embed(locked="model temperature")

    html = _text(send_form(client, path="/embed/snippets/", htmx=True, seed="3", model=""))

    assert '"model": "m"' in html
    assert '"seed": 3' in html


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


def test_a_refused_form_keeps_what_was_typed(client: Client) -> None:
    make_embed()

    page = send_form(client, temperature="hot", content=["kept"])

    assert page.status_code == 400
    assert "kept</textarea>" in page.content.decode()
    assert 'value="hot"' in page.content.decode()


# --- errors ---


@pytest.mark.parametrize("shape", ["page", "fragment", "live", "json"])
def test_a_reader_is_not_told_to_check_what_they_cannot_see(
    client: Client, upstream: ScriptedUpstream, shape: str
) -> None:
    make_embed()
    upstream.reply(json_answer({"detail": "Not Found"}, 404))

    match shape:
        case "json":
            text = json.dumps(send_json(client).json()["error"])
        case "live":
            answer = send_form(client, htmx=True, stream="on")
            text = (
                b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
            )  # type: ignore[attr-defined]
        case _:
            text = send_form(client, htmx=shape == "fragment").content.decode()

    assert "Not Found" in text
    assert "base URL" not in text
    assert "author of this page" in text


def test_a_reader_is_told_of_the_key_that_is_theirs(client: Client, upstream: ScriptedUpstream) -> None:
    make_embed(key="reader")
    upstream.reply(json_answer({}, 401))

    advice = send_json(client, api_key="sk-of-the-reader").json()["error"]["advice"]

    assert "author of this page" not in advice


@pytest.mark.parametrize("locked", ["", "max_tokens"])
def test_a_fix_is_offered_where_the_field_is_open(
    client: Client, upstream: ScriptedUpstream, locked: str
) -> None:
    make_embed(locked=locked)
    upstream.reply(json_answer({"error": "max_tokens must be at most 10"}, 400))

    fix = send_json(client).json()["error"]["fix"]

    assert (fix is None) == bool(locked)


# --- without a database ---


def test_without_its_table_the_page_works_and_the_frame_says_why(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**changes: Any) -> None:
        raise DatabaseError("no such table: embeds_embed")

    monkeypatch.setattr(lookup.Embed.objects, "filter", broken)

    page = open_frame(client)

    assert page.status_code == 503
    assert "manage.py migrate" in page.content.decode()
    assert "embeds_embed" not in page.content.decode()
    assert client.get("/").status_code == 200
    assert client.get("/embed/").status_code == 200


# --- the log ---


def test_the_line_of_log_names_the_embed(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    make_embed()

    send_json(client)
    client.post(
        "/send/", json.dumps({"provider": "test", "request": REQUEST}), content_type="application/json"
    )

    lines = [json.loads(record.message) for record in caplog.records if record.name == "playground.exchange"]
    assert [line["embed"] for line in lines] == ["hello", None]


# --- a page that is not allowed to frame it ---


@pytest.mark.parametrize("name", ["hello", ""])
@pytest.mark.parametrize(
    "said",
    [
        {"query": {"host": "https://other.example"}},
        {"headers": {"Referer": "https://other.example/", "Sec-Fetch-Dest": "iframe"}},
    ],
)
def test_a_page_of_another_origin_gets_a_sentence_that_it_may_frame(
    client: Client, name: str, said: dict[str, Any]
) -> None:
    make_embed()

    page = client.get("/embed/", {"embed": name, **said.get("query", {})}, headers=said.get("headers"))

    text = page.content.decode()
    assert page.status_code == 403
    assert _framers(page) == ["*"]  # type: ignore[arg-type]
    assert 'data-refused="not_here"' in text
    assert "https://other.example" in text
    assert not re.search("<(form|input|button|a)\\b", text)
    assert "Hello!" not in text


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ({"host": ORIGIN}, {}),
        ({"host": "http://testserver"}, {}),
        ({"host": "https://testserver"}, {}),  # behind a proxy that ends TLS
        ({"host": "file://"}, {}),
        ({"host": "nonsense"}, {}),
        ({"host": "http://[1::2::3]"}, {}),
        ({}, {"Referer": "http://[x", "Sec-Fetch-Dest": "iframe"}),
        ({}, {"Referer": f"{ORIGIN}/page", "Sec-Fetch-Dest": "iframe"}),
        ({}, {"Referer": "https://other.example/", "Sec-Fetch-Dest": "document"}),
        ({}, {"Referer": "https://other.example/"}),
    ],
)
def test_who_may_frame_it_or_says_nothing_gets_the_frame(
    client: Client, query: dict[str, str], headers: dict[str, str]
) -> None:
    make_embed()

    page = client.get("/embed/", {"embed": "hello", **query}, headers=headers)

    assert page.status_code == 200
    assert _framers(page) == ["'self'", ORIGIN]  # type: ignore[arg-type]


def test_a_form_that_is_too_large_is_refused_in_the_frame(client: Client, settings: Any) -> None:
    make_embed()
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    refused = send_form(client, content=["x" * 1000])

    assert refused.status_code == 413
    assert _framers(refused) == ["*"]
    assert "X-Frame-Options" not in refused
    assert 'data-refused="too_large"' in refused.content.decode()
    assert _framers(client.post("/send/", {"content": "x" * 1000})) == ["'none'"]  # type: ignore[arg-type]


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
        name: field for field, name in re.findall('(<(?:select|input)[^>]* id="([^"]+)"[^>]*>)', _text(page))
    }
    asked = {"dialect": "messages", "thinking.type": "disabled"}
    refused = _text(send_form(client, token=token_in(page), **asked))

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
