"""What a provider's entry says of its key, its headers and its address reaches the wire and every view."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from playground.dialects import DIALECTS
from playground.exchange import archive
from playground.exchange.record import Exchange
from playground.exchange.request import checked
from playground.explanations.explain import explain
from playground.network.limits import Limits
from playground.upstream import client as upstream_client
from playground.upstream.live import Finished
from playground.upstream.route import find_route
from tests import chat
from tests.configuration import configure
from tests.upstreams.plugin import SERVER_KEY, catalogue_of
from tests.upstreams.scripted import Answer, ScriptedUpstream, event_stream, json_answer
from tests.web.client import BODY, post_form, post_json

PUBLIC = "https://llm.example.com/api/v1"


@pytest.fixture
def entry(upstream: ScriptedUpstream, provider: str) -> Any:
    """Adds lines to the entry of the provider "test"."""

    def add(lines: str) -> None:
        file = Path(str(_settings_file()))
        file.write_text(file.read_text() + lines + "\n")
        configure(PLAYGROUND_PROVIDERS=str(file))

    return add


def _settings_file() -> Path:
    from django.conf import settings

    file = settings.CONFIG.providers
    assert file
    return file


def _exchange() -> Exchange:
    route = find_route("test", None, None, DIALECTS["chat_completions"])
    return upstream_client.send(chat.check(BODY), route, Limits())


# --- auth and headers ---


@pytest.mark.parametrize("name", ["x-api-key", "api-key"])
def test_the_key_goes_in_the_header_that_the_entry_names(
    client: Client, upstream: ScriptedUpstream, entry: Any, name: str
) -> None:
    entry(f'auth = "{name}"')

    told = post_json(client).json()

    assert upstream.requests[0].header(name) == SERVER_KEY
    assert upstream.requests[0].header("Authorization") is None
    assert told["request"]["headers"][name] == "[redacted]"
    assert SERVER_KEY not in json.dumps(told)
    assert f'-H "{name}: $TEST_API_KEY"' in told["snippets"]["curl"]


def test_a_key_too_short_to_be_a_secret_is_masked_in_its_own_header(
    client: Client, upstream: ScriptedUpstream, entry: Any
) -> None:
    entry('auth = "api-key"')

    told = post_json(client, api_key="abc").json()

    assert upstream.requests[0].header("api-key") == "abc"
    assert told["request"]["headers"]["api-key"] == "[redacted]"


def test_further_headers_are_sent_shown_and_written_into_code(
    client: Client, upstream: ScriptedUpstream, entry: Any
) -> None:
    entry('headers = { "X-Title" = "Docs $HOME" }')

    told = post_json(client).json()
    post_json(client, "/models/")

    assert [request.header("X-Title") for request in upstream.requests] == ["Docs $HOME"] * 2
    assert told["request"]["headers"]["X-Title"] == "Docs $HOME"
    assert "-H 'X-Title: Docs $HOME'" in told["snippets"]["curl"]
    assert '"X-Title": "Docs $HOME"' in told["snippets"]["python"]
    assert post_json(client, "/snippets/").json() == told["snippets"]


def test_the_archive_keeps_how_the_key_and_which_headers_were_sent(entry: Any) -> None:
    entry('auth = "api-key"\nheaders = { "X-Title" = "Docs" }')

    exchange = _exchange()
    kept = archive.dump(exchange)

    assert kept["call"]["auth"] == "api-key"
    assert kept["call"]["headers"] == [["X-Title", "Docs"]]
    assert archive.load(json.loads(json.dumps(kept)), DIALECTS) == exchange


def test_an_archive_without_them_is_written_as_before(provider: str) -> None:
    assert set(archive.dump(_exchange())["call"]) == {"base_url", "url", "key_variable", "body"}


@pytest.mark.parametrize(
    "changes", [{"auth": "basic"}, {"auth": []}, {"headers": None}, {"headers": ["ab", 1]}]
)
def test_an_archive_with_broken_ones_is_rejected(provider: str, changes: dict[str, Any]) -> None:
    kept = archive.dump(_exchange())

    with pytest.raises(archive.ArchiveError):
        archive.load(kept | {"call": kept["call"] | changes}, DIALECTS)


# --- the public address ---


@pytest.fixture
def hidden(upstream: ScriptedUpstream, entry: Any) -> str:
    """The internal address of a provider that has a public one."""
    entry(f'public_base_url = "{PUBLIC}"')
    return upstream.host_port


def _everything_shown(client: Client, **changes: Any) -> str:
    """Return what each kind of caller gets to see of a call, and its archive."""
    shown = [
        post_json(client, **changes).content.decode(),
        post_form(client).content.decode(),
        post_form(client, htmx=True).content.decode(),
        post_form(client, htmx=True, stream="on").getvalue().decode(),
        post_json(client, "/snippets/").content.decode(),
        post_form(client, "/snippets/", htmx=True).content.decode(),
        post_json(client, "/models/").content.decode(),
        post_form(client, "/models/", htmx=True).content.decode(),
        client.get("/", {"provider": "test"}).content.decode(),
        json.dumps(archive.dump(_exchange())),
    ]
    return "\n".join(shown)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        None,
        {"error": {"message": "No route at http://HOST/v1/chat/completions"}},
        {"detail": "HOST refused"},
    ],
)
@pytest.mark.parametrize("status", [200, 404, 502])
def test_an_internal_address_appears_nowhere(
    client: Client, upstream: ScriptedUpstream, hidden: str, caplog: pytest.LogCaptureFixture,
    body: dict[str, Any] | None, status: int,
) -> None:  # fmt: skip
    if body:
        text = json.dumps(body).replace("HOST", hidden)
        upstream.reply(json_answer(json.loads(text), status=status))

    shown = _everything_shown(client)

    assert {request.header("Host") for request in upstream.requests} == {hidden}
    assert {request.path for request in upstream.requests} == {"/v1/chat/completions", "/v1/models"}
    assert hidden not in shown
    assert upstream.url not in shown
    assert PUBLIC in shown
    assert hidden not in caplog.text


_SAID = {
    "chat_completions": '{"choices": [{"index": 0, "delta": {"content": "See HOST."}}]}',
    "messages": '{"type": "content_block_delta", "delta": {"type": "text_delta", "text": "See HOST."}}',
    "responses": '{"type": "response.output_text.delta", "output_index": 0, "delta": "See HOST."}',
}
_BODIES: dict[str, dict[str, Any]] = {
    "chat_completions": BODY,
    "messages": BODY | {"max_tokens": 9},
    "responses": {"model": "m", "input": "Hello!"},
}


def _streamed(dialect: str) -> tuple[Exchange, str]:
    """Return the exchange of a streamed call, and all that those who watch it are told."""
    api = DIALECTS[dialect]
    request = checked(api, _BODIES[dialect] | {"stream": True}, max_messages=9, max_bytes=9999)
    steps = list(upstream_client.stream(request, find_route("test", None, None, api), Limits()))
    assert isinstance(steps[-1], Finished)
    return steps[-1].exchange, repr(steps)


@pytest.fixture
def hidden_in_each(upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """As `hidden`, of a provider that speaks every API."""
    catalogue_of(upstream, monkeypatch, tmp_path, DIALECTS)
    file = Path(str(_settings_file()))
    file.write_text(f'{file.read_text()}public_base_url = "{PUBLIC}"\n')
    configure(PLAYGROUND_PROVIDERS=str(file))
    return upstream.host_port


@pytest.mark.parametrize("beginning", [True, False])
@pytest.mark.parametrize(
    ("dialect", "said"),
    [
        *((dialect, said) for dialect in DIALECTS for said in (
            'data: {"error": {"message": "No route to http://HOST/v1/x"}}',
            'event: error\ndata: {"reason": "HOST"}',
            "data: upstream HOST is down",
            "data: 无法连接HOST，请重试",
            ": through HOST",
            "\ufeff: through HOST",
            "id: HOST-1\ndata: {}",
            "event: HOST\nid: http://HOST/v1\ndata: {}",
            "retry: HOST",
            "retry: 10\r: through HOST\r",
        )),
        ("chat_completions", 'data: {"choices": [{"index": 0, "delta": {}, "error": {"message": "HOST"}}]}'),
        ("messages", 'data: {"type": "error", "error": {"type": "overloaded_error", "message": "HOST"}}'),
        ("messages", 'data: {"type": "message_delta", "delta": {}, "error": {"message": "HOST"}}'),
        ("responses", 'data: {"type": "error", "code": "x", "message": "HOST"}'),
        ("responses", 'data: {"type": "response.failed", "message": "HOST"}'),
        ("responses", 'data: {"type": "response.failed", "response": {"error": {"message": "HOST"}}}'),
    ],
)  # fmt: skip
def test_an_internal_address_in_a_streams_error_is_shown_nowhere(
    upstream: ScriptedUpstream, hidden_in_each: str, dialect: str, said: str, *, beginning: bool
) -> None:
    hidden = hidden_in_each
    answered = f"data: {_SAID[dialect]}\n\n".replace("HOST", hidden) if beginning else ""
    upstream.reply(event_stream((answered + said.replace("HOST", hidden) + "\n\n").encode()))

    exchange, told = _streamed(dialect)

    # What a model writes stays as it came.
    assert [choice.text for choice in exchange.choices if choice.text] == [f"See {hidden}."] * beginning
    kept = json.dumps(archive.dump(exchange), ensure_ascii=False).replace(f"See {hidden}", "")
    assert hidden not in kept
    assert hidden not in told.replace(f"See {hidden}", "")
    assert "llm.example.com" in kept
    assert hidden not in str(explain(exchange))
    assert archive.load(archive.dump(exchange), DIALECTS) == exchange


def test_an_internal_address_in_a_failed_answer_or_a_reason_is_shown_nowhere(
    client: Client, upstream: ScriptedUpstream, hidden_in_each: str
) -> None:
    hidden = hidden_in_each
    failed = {"object": "response", "status": "failed", "output": [], "error": {"message": hidden}}
    request = _BODIES["responses"]
    for answer in (json_answer(failed), Answer(502, reason=f"Cannot reach {hidden}")):
        upstream.reply(answer)
        shown = post_json(client, dialect="responses", request=request).content.decode()
        live, told = _streamed("responses")

        assert hidden not in shown + told + json.dumps(archive.dump(live))
        assert "llm.example.com" in shown


def test_a_redirect_to_it_is_shown_with_the_public_one(
    client: Client, upstream: ScriptedUpstream, hidden: str
) -> None:
    upstream.reply(Answer(307, headers={"Location": f"{upstream.url}/chat/completions/"}))

    told = post_json(client).json()

    assert hidden not in json.dumps(told)
    assert told["response"]["headers"]["Location"] == f"{PUBLIC}/chat/completions/"


def test_a_login_that_is_to_return_to_it_is_shown_with_the_public_one(
    client: Client, upstream: ScriptedUpstream, hidden: str
) -> None:
    back = quote(f"{upstream.url}/chat/completions", safe="")
    upstream.reply(Answer(302, headers={"Location": f"https://login.example.com/?next={back}"}))

    told = post_json(client).json()

    assert "127.0.0.1" not in json.dumps(told)
    location = told["response"]["headers"]["Location"]
    assert (
        location
        == f"https://login.example.com/?next={quote('http://llm.example.com/v1/chat/completions', safe='')}"
    )


def test_the_record_names_the_public_host_and_path(
    client: Client, upstream: ScriptedUpstream, hidden: str
) -> None:
    told = post_json(client).json()

    assert told["request"]["url"] == f"{PUBLIC}/chat/completions"
    assert told["request"]["headers"]["Host"] == "llm.example.com"


def test_a_failure_names_the_public_host(client: Client, upstream: ScriptedUpstream, hidden: str) -> None:
    upstream.reply(b"")

    told = json.dumps(post_json(client).json())

    assert hidden not in told
    assert "llm.example.com" in told


@pytest.mark.parametrize("before", [170, 178, 182, 190])
def test_an_internal_address_is_replaced_before_a_failures_detail_is_cut(
    client: Client, upstream: ScriptedUpstream, hidden: str, before: int
) -> None:
    for start in ("NOTHTTP ", "HTTP/1.1 abc "):
        upstream.reply(f"{start}{'x' * before} {hidden}\r\n\r\n".encode())

        assert "x 12" not in json.dumps(post_json(client).json())


def test_an_address_that_may_not_be_called_is_refused_with_the_public_one(
    client: Client, hidden: str
) -> None:
    configure(PLAYGROUND_PRIVATE_UPSTREAMS="")

    refused = post_json(client)

    assert refused.status_code == 403
    assert "127.0.0.1" not in refused.content.decode()
    assert "llm.example.com" in refused.content.decode()


def test_what_a_model_writes_stays_as_it_came(
    client: Client, upstream: ScriptedUpstream, hidden: str
) -> None:
    upstream.reply(json_answer({"choices": [{"message": {"content": f"See {hidden}."}}]}))

    assert post_json(client).json()["completion"]["choices"][0]["message"]["content"] == f"See {hidden}."
