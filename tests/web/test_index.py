"""The page itself: what it offers, what a link fills in, and its headers."""

import json
from html import unescape
from urllib.parse import urlencode

import pytest
from django.test import Client

from playground.dialects import DIALECTS
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import InvalidRequestError
from playground.forms.form import RequestForm
from playground.web.page import form_context
from tests.configuration import configure
from tests.upstreams.scripted import ScriptedUpstream


def _page(client: Client, path: str = "/", **query: str) -> str:
    answer = client.get(f"{path}?{urlencode(query)}" if query else path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_the_first_provider_that_can_work_is_preselected(client: Client, provider: str) -> None:
    assert f'<option value="{provider}" selected' in _page(client)


def test_without_any_key_a_provider_is_preselected_and_says_what_it_needs(client: Client) -> None:
    html = _page(client)

    assert '<option value="openai" selected' in html
    assert "OPENAI_API_KEY" in html


def test_a_key_that_the_server_holds_is_said_but_not_shown(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-in-the-environment")

    html = _page(client)

    assert "Ready · uses the server’s key" in html
    assert "sk-canary" not in html


def test_providers_on_this_machine_are_offered_under_play_only(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Ollama" not in _page(client)

    configure(PLAYGROUND_LOCAL_PROVIDERS="1")
    html = _page(client)
    assert "Ollama" in html
    assert "--no-local-model" in html  # the local model, which does not run here
    assert "Port 8000" in html


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
def test_the_id_of_a_call_is_called_what_its_api_calls_it(client: Client, dialect: Dialect) -> None:
    html = _page(client, dialect=dialect.id, base_url="https://api.example.com/v1")

    name = dialect.fields.call
    assert name
    assert f'data-field="{dialect.fields.prompt}.0.{name}"' in html
    assert f'aria-label="{name} ' in html


def test_what_is_wrong_with_the_id_of_a_call_is_told_there() -> None:
    result = {"type": "function_call_output", "call_id": "of-no-call", "output": "42"}
    responses = DIALECTS["responses"]
    body = {"model": "m", "input": [result]}
    refusal = InvalidRequestError(*responses.problems(body, 9)).refusal

    context = form_context(RequestForm.from_body("", "", body, responses), refusal)

    assert context["message_errors"][0].keys() == {"call"}


def test_a_link_fills_the_form(client: Client) -> None:
    request = {
        "model": "gpt-4",
        "messages": [
            {"role": "system", "content": "\nBe <brief>."},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "c"}]},
            {"role": "tool", "content": "42", "tool_call_id": "c"},
            {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        ],
        "temperature": 0.7,
        "stop": ["a", "b"],
        "reasoning_effort": "low",
    }

    html = _page(client, provider="claude", request=json.dumps(request))

    assert '<option value="claude" selected' in html
    assert 'value="gpt-4"' in html
    assert ">\n\nBe <brief>.</textarea>" in html
    assert 'name="temperature" value="0.7"' in html
    assert '["a", "b"]</textarea>' in html
    assert '"reasoning_effort": "low"' in html
    assert '"tool_calls"' in html
    assert 'name="call" value="c"' in html


def test_a_link_with_a_base_url_fills_that(client: Client) -> None:
    html = _page(client, base_url="https://llm.example/v1")

    assert '<option value="" selected' in html
    assert 'value="https://llm.example/v1"' in html


@pytest.mark.parametrize(
    "request_",
    [
        {"model": "m", "messages": [{"role": "user", "content": "a\r\nb\0c"}]},
        {"model": "m", "messages": [{"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}]},
        {"model": "m", "messages": [{"role": "assistant", "tool_calls": [{"id": "1"}]}]},
        {"model": "m", "messages": [{"role": "assistant", "content": "", "tool_calls": []}]},
        {"model": "m", "messages": [{"role": "user", "content": "x", "tool_call_id": "stray"}]},
        {"model": "m", "messages": [{"role": "user", "content": "x"}], "stop": "[x"},
        {"model": "m", "messages": [{"role": "user", "content": "x"}], "stop": ["one"], "user": '"q"'},
        {"model": "m", "messages": [{"role": "user", "content": "x"}], "temperature": 1e-07, "x": [None]},
    ],
)
def test_a_link_means_what_it_says(
    client: Client, provider: str, upstream: ScriptedUpstream, request_: dict[str, object]
) -> None:
    from playground.forms.form import RequestForm

    errors: list[object] = []
    body = RequestForm.from_body(provider, "", request_).body(errors)  # type: ignore[arg-type]

    assert errors == []
    assert body == request_


def test_the_code_of_the_form_is_there_from_the_start(client: Client, provider: str) -> None:
    html = _page(client)

    assert 'data-part="code-python"' in html
    assert 'data-part="code-curl"' in html
    assert 'data-part="permalink"' in html


def test_a_request_too_long_for_a_query_is_linked_by_its_fragment(client: Client) -> None:
    request = {"model": "m", "messages": [{"role": "user", "content": "x" * 8000}]}

    html = _page(client, provider="openai", request=json.dumps(request))

    assert 'data-part="permalink" href="/#r=' in html


def test_security_headers(client: Client) -> None:
    answer = client.get("/")
    directives = dict(
        part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";")
    )

    assert directives["default-src"] == "'none'"
    assert directives["style-src"] == "'self'"
    assert directives["script-src"].startswith("'self' 'nonce-")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert directives["require-trusted-types-for"] == "'script'"
    assert directives["trusted-types"] == "htmx"
    assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.cookies["csrftoken"]["httponly"]


def test_no_script_or_style_stands_in_the_page(client: Client) -> None:
    html = client.get("/").content.decode()

    assert html.count("<script") == html.count("<script src=")
    assert "<style" not in html
    assert " style=" not in html
    assert " onclick" not in html


@pytest.mark.parametrize("host", ["testserver", "10.0.0.9", "whatever.example"])
def test_health_answers_under_any_name(client: Client, host: str) -> None:
    answer = client.get("/healthz", headers={"Host": host})

    assert (answer.status_code, answer.content) == (200, b"ok")


def test_the_page_is_compressed(client: Client) -> None:
    answer = client.get("/", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.content) < 15_000
