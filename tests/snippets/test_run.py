"""Run the code of 300 generated calls for real: what arrives is what was asked for."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import HealthCheck, Phase, given, settings

from playground.dialects import DIALECTS
from playground.exchange.call import AUTHS, Auth
from playground.exchange.dialect import Dialect, call_of
from playground.snippets import render
from tests import chat
from tests.exchange.strategies import requests
from tests.upstreams.scripted import Recorded, ScriptedUpstream, completion, stream

CALLS = 300
KEY = "sk-from-the-environment"

# Importing the openai SDK takes a second, so one process runs all files, each as `__main__`.
_RUN_ALL = """
import contextlib, io, runpy, sys
for path in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()):
        runpy.run_path(path, run_name="__main__")
"""


def generated(count: int) -> list[dict[str, Any]]:
    """Generate the same requests in every run, so that failures are reproducible."""
    bodies: list[dict[str, Any]] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests)
    def collect(body: dict[str, Any]) -> None:
        bodies.append(body)

    collect()
    return bodies


@pytest.fixture(scope="module")
def bodies() -> list[dict[str, Any]]:
    found = generated(CALLS)
    # Hypothesis may stop early once it has seen every value, but these strategies never run out.
    assert len(found) >= CALLS
    return found


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
    return chat.code(chat.call(base, "TEST_KEY", body))


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "TEST_KEY": KEY, "HOME": "/nonexistent", "PYTHONUTF8": "1"}


def _assert_arrived(recorded: list[Recorded], bodies: list[dict[str, Any]]) -> None:
    assert len(recorded) == len(bodies)
    for request in recorded:
        number = int(request.path.split("/")[1].removeprefix("call"))
        # `==` would treat 1, 1.0, and true as equal, which are different values in JSON.
        assert _canonical(json.loads(request.body)) == _canonical(bodies[number])
        assert request.header("Authorization") == f"Bearer {KEY}"


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def test_curl_sends_what_was_asked_for(
    recorder: ScriptedUpstream, bodies: list[dict[str, Any]], tmp_path: Path
) -> None:
    files = []
    for number, body in enumerate(bodies):
        file = tmp_path / f"{number}.sh"
        file.write_text(_code(recorder, number, body)["curl"], encoding="utf-8")
        files.append(str(file))

    one_shell = ["bash", "-e", "-c", 'for file; do . "$file"; done', "bash", *files]
    subprocess.run(one_shell, env=_environment(), check=True, capture_output=True, timeout=300)

    _assert_arrived(recorder.requests, bodies)


def test_python_sends_what_was_asked_for(
    recorder: ScriptedUpstream, bodies: list[dict[str, Any]], tmp_path: Path
) -> None:
    files = []
    for number, body in enumerate(bodies):
        file = tmp_path / f"{number}.py"
        file.write_text(_code(recorder, number, body)["python"], encoding="utf-8")
        files.append(str(file))

    # Each of the clients would parse the public authorities for 20 ms, although these calls use no TLS.
    authority = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))

    done = subprocess.run(
        [sys.executable, "-c", _RUN_ALL, *files],
        env={**_environment(), "SSL_CERT_FILE": str(authority)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    _assert_arrived(recorder.requests, bodies)


@pytest.mark.parametrize("options", [{}, {"stream": True, "stream_options": {"include_usage": True}}])
def test_a_python_file_runs_and_prints_the_answer(
    recorder: ScriptedUpstream, tmp_path: Path, options: dict[str, Any]
) -> None:
    file = tmp_path / "call.py"
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], **options}
    file.write_text(_code(recorder, 0, body)["python"], encoding="utf-8")

    done = subprocess.run(
        [sys.executable, file], env=_environment(), capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout == "Hello!\n"


@pytest.mark.parametrize("target", ["python", "curl"])
@pytest.mark.parametrize("auth", AUTHS.values(), ids=list(AUTHS))
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
def test_the_key_is_sent_in_the_providers_header_and_its_other_headers_too(
    recorder: ScriptedUpstream, tmp_path: Path, dialect: Dialect, auth: Auth, target: str
) -> None:
    body = {dialect.fields.model: "m"} | dict(dialect.presets[0].body)
    headers = (("X-Title", 'a "b" $HOME \\`'),)
    call = call_of(dialect, recorder.url, "TEST_KEY", body, auth=auth, headers=headers)
    file = tmp_path / "code"
    file.write_text(render(call, dialect.targets)[target], encoding="utf-8")

    command = [sys.executable, str(file)] if target == "python" else ["sh", str(file)]
    # The answer is one of Chat Completions, whatever was asked: code that cannot print it has sent it.
    subprocess.run(command, env=_environment(), check=False, capture_output=True, timeout=60)

    [recorded] = recorder.requests
    keys = {name: recorded.header(name) for name in ("Authorization", "x-api-key", "api-key")}
    assert keys == dict.fromkeys(keys) | dict(auth.headers(KEY))
    assert recorded.header("X-Title") == headers[0][1]
    assert recorded.path == "/v1" + dialect.path(body)
    assert recorded.json == dialect.wire(body)


def test_curl_sends_a_long_body_completely(recorder: ScriptedUpstream, tmp_path: Path) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "It's $HOME\n'JSON'\nJSON\n" * 20_000}]}
    file = tmp_path / "call.sh"
    file.write_text(_code(recorder, 0, body)["curl"], encoding="utf-8")

    subprocess.run(["bash", file], env=_environment(), check=True, capture_output=True, timeout=60)

    _assert_arrived(recorder.requests, [body])
