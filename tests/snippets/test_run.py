"""Run the code of 300 generated calls for real: what arrives is what was asked for."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import chat
from tests.exchange.strategies import requests
from tests.snippets.running import ENVIRONMENT, KEY, canonical, generated, run_all
from tests.upstreams.scripted import Recorded, ScriptedUpstream, completion, stream

CALLS = 300


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
    return chat.code(chat.call(base, "TEST_KEY", body))


def _assert_arrived(recorded: list[Recorded], bodies: list[dict[str, Any]]) -> None:
    assert len(recorded) == len(bodies)
    for request in recorded:
        number = int(request.path.split("/")[1].removeprefix("call"))
        assert canonical(json.loads(request.body)) == canonical(bodies[number])
        assert request.header("Authorization") == f"Bearer {KEY}"


@pytest.mark.parametrize(("target", "suffix"), [("curl", ".sh"), ("python", ".py")])
def test_the_code_sends_what_was_asked_for(
    recorder: ScriptedUpstream, bodies: list[dict[str, Any]], tmp_path: Path, target: str, suffix: str
) -> None:
    run_all([_code(recorder, *numbered)[target] for numbered in enumerate(bodies)], suffix, tmp_path)

    _assert_arrived(recorder.requests, bodies)


@pytest.mark.parametrize("options", [{}, {"stream": True, "stream_options": {"include_usage": True}}])
def test_a_python_file_runs_and_prints_the_answer(
    recorder: ScriptedUpstream, tmp_path: Path, options: dict[str, Any]
) -> None:
    file = tmp_path / "call.py"
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], **options}
    file.write_text(_code(recorder, 0, body)["python"], encoding="utf-8")

    done = subprocess.run(
        [sys.executable, file], env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout == "Hello!\n"


def test_curl_sends_a_long_body_completely(recorder: ScriptedUpstream, tmp_path: Path) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "It's $HOME\n'JSON'\nJSON\n" * 20_000}]}
    file = tmp_path / "call.sh"
    file.write_text(_code(recorder, 0, body)["curl"], encoding="utf-8")

    subprocess.run(["bash", file], env=ENVIRONMENT, check=True, capture_output=True, timeout=60)

    _assert_arrived(recorder.requests, [body])
