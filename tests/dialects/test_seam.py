"""A second dialect works everywhere: whatever reads or shows a call uses only the protocol."""

import ast
import json
import logging
import re
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

from playground import dialects
from playground.calls import caps, estimate
from playground.calls.draft import Draft
from playground.calls.make import Terms, make
from playground.calls.replay import replay
from playground.catalogue import entries, providers
from playground.catalogue.caps import Caps
from playground.dialects import other_apis
from playground.exchange import archive
from playground.exchange.answer import Finish
from playground.exchange.dialect import Dialect, call_of
from playground.exchange.parameter import Kind, Parameter
from playground.exchange.record import Exchange
from playground.exchange.refusal import InvalidRequestError
from playground.explanations.explain import explain
from playground.forms.form import RequestForm
from playground.results.as_json import as_json
from playground.snippets import HTTP_TARGETS
from playground.text.endpoint import BaseURLError, Endpoint
from playground.upstream.client import NOBODY
from playground.upstream.live import Finished, Progress
from tests.configuration import configure
from tests.dialects.echo import ECHO
from tests.upstreams.scripted import ScriptedUpstream, event_stream, json_answer
from tests.web.client import post_json

PACKAGE = Path(dialects.__file__).parent.parent
KEY = "sk-typed-canary-51c0de"
BODY = {"who": "parrot", "lines": ["Hello!"], "limit": 20}
SPEECH = {
    "from": "grey parrot",
    "speech": "Hello!",
    "because": "done",
    "bill": {"heard": 1, "spoken": 2},
}


@pytest.fixture(autouse=True)
def _spoken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    both = MappingProxyType({**dialects.DIALECTS, ECHO.id: ECHO})
    monkeypatch.setattr(providers, "DIALECTS", both)
    monkeypatch.setattr(entries, "DIALECTS", both)
    providers.read_catalogue.cache_clear()
    yield
    providers.read_catalogue.cache_clear()


def _events(*values: Any) -> bytes:
    return b"".join(f"data: {json.dumps(value)}\n\n".encode() for value in values)


def _draft(upstream: ScriptedUpstream, **changes: Any) -> Draft:
    return Draft(None, upstream.url, KEY, BODY | changes, dialect="echo")


def _made(upstream: ScriptedUpstream, **changes: Any) -> Exchange:
    exchange = make(_draft(upstream, **changes), Terms(), NOBODY)
    assert isinstance(exchange, Exchange)
    return exchange


def _steps(upstream: ScriptedUpstream) -> list[Any]:
    steps = make(_draft(upstream, drip=True), Terms(), NOBODY, live=True)
    assert not isinstance(steps, Exchange)
    return list(steps)


def test_a_call_goes_out_and_comes_back_in_its_own_words(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer(SPEECH))

    told = post_json(
        client, provider=None, base_url=upstream.url, api_key=KEY, request=BODY, dialect="echo"
    ).json()

    (sent,) = upstream.requests
    assert sent.path == "/v1/parrot/speak"
    assert sent.json == {"lines": ["Hello!"], "limit": 20}
    assert sent.header("X-Cracker") == f"key={KEY}"
    assert sent.header("Authorization") is None
    assert (told["dialect"], told["error"]) == ("echo", None)
    assert told["completion"] == SPEECH
    assert told["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    assert told["request"]["body"] == BODY
    assert told["request"]["headers"]["X-Cracker"] == "key=[redacted]"
    assert list(told["snippets"]) == [target.id for target in HTTP_TARGETS]
    assert f"{upstream.url}/parrot/speak \\\n" in told["snippets"]["curl"]
    assert '-H "X-Cracker: key=$API_KEY"' in told["snippets"]["curl"]
    assert "who" not in told["snippets"]["curl"]


def test_a_stream_grows_and_is_put_together(upstream: ScriptedUpstream) -> None:
    upstream.reply(event_stream(_events({"bit": "Hel"}, {"bit": "lo!", **SPEECH}, {"over": True})))

    *steps, last = _steps(upstream)

    assert isinstance(last, Finished)
    exchange = last.exchange
    progress = [*(step for step in steps if isinstance(step, Progress)), last.rest]
    assert "".join(text for step in progress for grown in step.growth for _, text in grown.texts) == "Hello!"
    assert exchange.stream is not None
    assert exchange.stream.done
    assert exchange.choices[0].text == "Hello!"
    assert exchange.choices[0].finish_reason == "done"
    assert exchange.answer.model == "grey parrot"
    assert upstream.requests[0].header("Accept") == "text/event-stream"
    *_, replayed = replay(exchange, "somebody")
    assert isinstance(replayed, Finished)
    assert replayed.exchange == exchange


def test_a_key_in_pieces_is_in_no_view_of_the_stream(upstream: ScriptedUpstream) -> None:
    upstream.reply(event_stream(_events({"bit": KEY[:9]}, {"bit": KEY[9:]}, {"bit": "!"}, {"over": True})))

    *_, last = _steps(upstream)

    assert KEY not in json.dumps(as_json(last.exchange))
    assert KEY[9:] not in json.dumps(as_json(last.exchange))


def test_what_a_call_asks_for_is_held_to_the_caps_and_estimated(upstream: ScriptedUpstream) -> None:
    request = _draft(upstream, limit=50, props=["hat", "ball"]).request()

    problems = caps.problems(request, Caps(models=("crow",), max_tokens=10))
    with pytest.raises(InvalidRequestError) as refused:
        caps.check(request, Caps(models=("crow",), max_tokens=10))

    assert [problem.field for problem in problems] == ["who", "limit", "props"]
    assert refused.value.fix is not None
    assert refused.value.fix.changes == {"who": "crow", "limit": 10, "props": None}
    assert caps.problems(request, Caps(allow=("props",))) == []
    without = _draft(upstream, limit=50).request()
    props = len(request.encoded) - len(without.encoded)
    assert estimate.worst_case(request) - estimate.worst_case(without) - props == 2 * estimate._IMAGE_TOKENS


def test_an_error_is_explained_and_mended_in_its_own_fields(upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": "no props here"}}, 400))

    error = explain(_made(upstream, props=["hat"]))

    assert error is not None
    assert error.kind == "bad_request"
    assert error.fix is not None
    assert error.fix.changes == {"props": None}


def test_an_answer_of_another_api_is_told_as_one(upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"object": "chat.completion", "choices": [{"message": {"content": "Hi"}}]}))

    error = explain(_made(upstream))

    assert error is not None
    assert error.kind == "not_completion"
    assert error.advice.params["dialect"] == "Echo"


def test_its_exchange_is_archived_and_logged(
    upstream: ScriptedUpstream, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "playground.exchange")
    upstream.reply(json_answer(SPEECH))

    exchange = _made(upstream)
    post_json(client, provider=None, base_url=upstream.url, request=BODY, dialect="echo")

    value = json.loads(json.dumps(archive.dump(exchange)))
    assert archive.load(value, {"echo": ECHO}) == exchange
    (line,) = (json.loads(record.message) for record in caplog.records)
    assert (line["model"], line["completion_tokens"], line["error"]) == ("parrot", 2, None)


def test_a_provider_may_speak_it_unless_a_call_says_otherwise(
    client: Client, upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(
        f'[[provider]]\nid = "zoo"\nlabel = "Zoo"\nbase_url = "{upstream.url}/speak"\nmodels = ["*"]\n'
        'dialects = ["echo", "chat_completions"]\n'
    )
    configure(PLAYGROUND_PROVIDERS=str(file), PLAYGROUND_CAPS="off")
    upstream.reply(json_answer(SPEECH))

    own = post_json(client, provider="zoo", request=BODY).json()
    other = post_json(client, provider="zoo", dialect="chat_completions").json()

    assert (own["dialect"], own["usage"]["total_tokens"]) == ("echo", 3)
    assert other["dialect"] == "chat_completions"
    assert [request.path for request in upstream.requests] == ["/v1/parrot/speak", "/v1/chat/completions"]


def test_a_parameter_is_drawn_as_its_kind_says_whatever_its_name() -> None:
    def drawn(kind: Kind) -> str:
        parameter = Parameter("ends", lambda value: None, "any", "none", "", kind=kind)
        context = {"parameter": parameter, "form": RequestForm(parameters={"ends": "a\nb"}), "errors": {}}
        return render_to_string("form/_parameter.html", context)

    assert '<textarea id="ends" name="ends"' in drawn(Kind.LINES)
    assert '<input id="ends" name="ends"' in drawn(Kind.TEXT)
    assert [kind for kind in Kind if "field wide" in drawn(kind)] == [
        kind for kind in Kind if kind is not Kind.NUMBER
    ]


@pytest.mark.parametrize(("asked", "pasted"), list(permutations(dialects.DIALECTS.values(), 2)))
def test_an_address_and_an_answer_are_known_as_those_of_another_dialect(
    asked: Dialect, pasted: Dialect
) -> None:
    with pytest.raises(BaseURLError) as refused:
        Endpoint.parse(f"https://api.example.com/v1{pasted.ending}", asked.ending)

    assert refused.value.ending == pasted.ending
    # An answer of its own API that is not whole must not be called another's.
    assert asked.id in other_apis._OF_DIALECT


def test_the_field_of_the_model_is_that_of_the_api_whatever_its_name() -> None:
    form = RequestForm(dialect=ECHO, model="cat")
    context = {"form": form, "errors": {"who": "Not a parrot"}, "locked": {"who"}}

    html = render_to_string("form/_model.html", context)

    assert re.search(
        '<input id="model"[^>]* data-field="who"[^>]* readonly aria-invalid="true">', html, re.DOTALL
    )
    assert re.search('id="who-error"[^>]*>Not a parrot<', html)


def test_a_dialect_that_is_not_here_is_refused_by_its_field(client: Client, provider: str) -> None:
    answer = post_json(client, dialect="morse")

    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["dialect"]


def test_a_header_of_the_api_itself_is_sent_once_whatever_a_provider_adds() -> None:
    call = call_of(ECHO, "https://zoo.example", None, BODY, headers=(("x-dialect", "9"), ("X-Title", "Zoo")))

    assert call.headers == (("X-Dialect", "1"), ("X-Title", "Zoo"))


# --- what other rooms know ---

# Field names of Chat Completions, Messages, Responses or Gemini that are not ordinary words.
NAMES = frozenset((
    "choices", "messages", "delta", "finish_reason", "tool_calls", "tool_call_id", "function_call",
    "functions", "tool_choice", "parallel_tool_calls", "stream_options", "include_usage", "max_tokens",
    "max_completion_tokens", "temperature", "top_p", "top_k", "presence_penalty", "frequency_penalty",
    "logprobs", "top_logprobs", "logit_bias", "response_format", "input_audio", "reasoning_content",
    "stop_sequences", "stop_reason", "stop_sequence", "content_block", "content_block_delta", "message_start",
    "message_delta", "message_stop", "text_delta", "input_schema", "input_tokens", "output_tokens",
    "cache_read_input_tokens", "anthropic-version", "max_output_tokens", "output_text",
    "input_text", "function_call_output", "candidates", "generationConfig", "finishReason", "usageMetadata",
))  # fmt: skip
# The columns of an embed's caps are named by ourselves.
CAPS = (
    "embeds/models.py",
    "embed_settings/admin.py",
    "embed_settings/team_form.py",
    "embeds/migrations/0001_initial.py",
    "management/commands/embed.py",
)


def _others() -> Iterator[tuple[str, ast.Module]]:
    for file in PACKAGE.rglob("*.py"):
        name = file.relative_to(PACKAGE).as_posix()
        if not name.startswith("dialects/"):
            yield name, ast.parse(file.read_text(encoding="utf-8"))


def _known(module: ast.Module) -> set[str]:
    texts = (node.value for node in ast.walk(module) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and text in NAMES}


def test_no_other_room_knows_a_field_of_an_api() -> None:
    known = {name: _known(module) for name, module in _others()}

    # `Answer` has the same in words of its own.
    allowed = {name: {"max_tokens"} for name in CAPS} | {
        "exchange/answer.py": {Finish.TOOL_CALLS},
        "results/as_json.py": {"finish_reason", "tool_calls"},
    }
    assert {
        name: found - allowed.get(name, set())
        for name, found in known.items()
        if found - allowed.get(name, set())
    } == {}


def test_no_page_or_script_knows_a_field_of_an_api() -> None:
    """But for names that `Answer`, `Choice` or ids of elements have as well."""
    own = {"messages", "choices", "tool_calls", "function_call", "finish_reason"}
    root = PACKAGE.parent
    files = [*root.glob("templates/**/*.html"), *root.glob("static/js/*.js")]

    known = {
        file.relative_to(root).as_posix(): set(re.findall(r"[\w-]+", file.read_text(encoding="utf-8")))
        & NAMES - own
        for file in files
    }
    assert {name: found for name, found in known.items() if found} == {}


def _imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_other_room_imports_the_folder_of_a_dialect() -> None:
    folders = [f"playground.dialects.{file.parent.name}" for file in PACKAGE.glob("dialects/*/dialect.py")]

    importing = [
        name
        for name, module in _others()
        if any(imported.startswith(tuple(folders)) for imported in _imported(module))
    ]

    assert len(folders) == len(dialects.DIALECTS)
    assert importing == []


@pytest.mark.parametrize(
    "code",
    [
        "import playground.dialects.messages.answer",
        "from playground.dialects import messages",
        "from playground.dialects.messages import answer",
    ],
)
def test_no_way_to_import_a_folder_is_overlooked(code: str) -> None:
    assert any(name.startswith("playground.dialects.messages") for name in _imported(ast.parse(code)))
