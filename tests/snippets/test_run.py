"""Run the code of 300 generated calls for real: what arrives is what was asked for."""

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from playground.dialects import DIALECTS
from playground.dialects.examples import in_language
from playground.exchange.call import AUTHS, Auth, Target
from playground.exchange.dialect import Dialect, call_of
from tests import chat
from tests.exchange.strategies import requests
from tests.snippets.running import (
    KEY,
    VARIABLE,
    canonical,
    environment,
    generated,
    printed,
    run_again,
    run_curl,
    run_python,
)
from tests.upstreams.scripted import Recorded, ScriptedUpstream, completion, stream

CALLS = 300
# How to run code, by the lexer of its target.
RUNS = {"python": run_python, "bash": run_curl}


@pytest.fixture(scope="module")
def bodies() -> list[dict[str, Any]]:
    return generated(requests, CALLS)


@pytest.fixture
def recorder() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        upstream.reply(_answer)
        yield upstream


def _answer(connection: socket.socket, recorded: Recorded) -> None:
    """Answer like a provider: streamed if asked for, with null deltas and a last chunk without choices."""
    if recorded.json.get("stream"):
        connection.sendall(stream({"content": "Hel"}, {"content": None}, {"content": "lo!"}).encode())
    else:
        connection.sendall(completion().encode())


def _code(upstream: ScriptedUpstream, number: int, body: dict[str, Any]) -> dict[str, str]:
    """Put the number into the path, so that each recorded request can be matched with its body."""
    base = upstream.url.replace("/v1", f"/call{number}/v1")
    return chat.code(chat.call(base, VARIABLE, body))


def _assert_arrived(recorded: list[Recorded], bodies: list[dict[str, Any]]) -> None:
    assert len(recorded) == len(bodies)
    for request in recorded:
        number = int(request.path.split("/")[1].removeprefix("call"))
        assert canonical(json.loads(request.body)) == canonical(bodies[number])
        assert request.header("Authorization") == f"Bearer {KEY}"


@pytest.mark.parametrize("target", DIALECTS["chat_completions"].targets, ids=lambda target: target.id)
def test_the_code_sends_what_was_asked_for(
    recorder: ScriptedUpstream, bodies: list[dict[str, Any]], tmp_path: Path, target: Target
) -> None:
    run = RUNS[target.lexer]
    run([_code(recorder, number, body)[target.id] for number, body in enumerate(bodies)], tmp_path)

    _assert_arrived(recorder.requests, bodies)


@pytest.mark.parametrize("options", [{}, {"stream": True, "stream_options": {"include_usage": True}}])
def test_a_python_file_runs_and_prints_the_answer(
    recorder: ScriptedUpstream, tmp_path: Path, options: dict[str, Any]
) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], **options}

    assert printed(_code(recorder, 0, body)["python"], tmp_path) == "Hello!\n"


@pytest.mark.parametrize("auth", AUTHS.values(), ids=list(AUTHS))
@pytest.mark.parametrize(
    ("dialect", "target"),
    [(dialect, target) for dialect in DIALECTS.values() for target in dialect.targets],
    ids=lambda value: value.id,
)
def test_the_key_is_sent_in_the_providers_header_and_its_other_headers_too(
    recorder: ScriptedUpstream, tmp_path: Path, dialect: Dialect, target: Target, auth: Auth
) -> None:
    body = {dialect.fields.model: "m"} | in_language(dialect.presets[0].body)
    headers = (("X-Title", 'a "b" $HOME \\`'),)
    call = call_of(dialect, recorder.url, VARIABLE, body, auth=auth, headers=headers)
    file = tmp_path / "code"
    file.write_text(target.render(call), encoding="utf-8")

    # The answer is one of Chat Completions, whatever was asked: code that cannot print it has sent it.
    if target.lexer == "python":
        run_again(file)
    else:
        subprocess.run(["sh", file], env=environment(), check=False, capture_output=True, timeout=60)

    [recorded] = recorder.requests
    keys = {name: recorded.header(name) for name in ("Authorization", "x-api-key", "api-key")}
    assert keys == dict.fromkeys(keys) | dict(auth.headers(KEY))
    assert recorded.header("X-Title") == headers[0][1]
    assert recorded.path == "/v1" + dialect.path(body)
    assert recorded.json == dialect.wire(body)


def test_curl_sends_a_long_body_completely(recorder: ScriptedUpstream, tmp_path: Path) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "It's $HOME\n'JSON'\nJSON\n" * 20_000}]}

    run_curl([_code(recorder, 0, body)["curl"]], tmp_path)

    _assert_arrived(recorder.requests, [body])
