"""Which servers run on this machine: checked in the background, within limits, never before a call."""

import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from playground.catalogue.providers import catalogue
from playground.dialects import DEFAULT
from playground.network.limits import Limits
from playground.network.running import running
from playground.upstream import readiness
from playground.upstream.readiness import missing
from playground.upstream.route import find_route
from tests.configuration import configure
from tests.upstreams.scripted import Answer, Paused, Recorded, ScriptedUpstream, json_answer, models


@pytest.fixture(autouse=True)
def under_play(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(PLAYGROUND_LOCAL_PROVIDERS="1")
    # Opening a socket on a busy machine can take longer than a page should wait.
    monkeypatch.setattr(readiness, "_FIRST_WAIT_SECONDS", 20)
    monkeypatch.setattr(
        readiness,
        "_LIMITS",
        replace(readiness._LIMITS, connect_seconds=5, silence_seconds=5, exchange_seconds=9),
    )


def _lacks(id_: str) -> str:
    return str(missing(catalogue()[id_]))


def _settled() -> None:
    """Wait until no check is running."""
    for thread in threading.enumerate():
        if thread.name == "question":
            thread.join(20)


def _local_server(monkeypatch: pytest.MonkeyPatch, file: Path, port: int) -> None:
    file.write_text(
        f'[[provider]]\nid = "own"\nlabel = "Own"\nbase_url = "http://127.0.0.1:{port}"\n'
        'local = true\nstart = "serve me"\n'
    )
    configure(PLAYGROUND_PROVIDERS=str(file))


def test_a_server_on_this_machine_that_is_not_started_names_its_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, under_play: None
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        _local_server(monkeypatch, tmp_path / "own.toml", closed.getsockname()[1])

        assert _lacks("own") == "not running (start it with: serve me)"


@pytest.mark.parametrize(
    "answer", [models("a"), json_answer({"error": "key?"}, 401)], ids=["lists", "wants a key"]
)
def test_a_server_on_this_machine_that_answers_is_ready(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    upstream: ScriptedUpstream,
    under_play: None,
    answer: Answer,
) -> None:
    upstream.reply(answer)
    _local_server(monkeypatch, tmp_path / "own.toml", upstream.port)
    assert missing(catalogue()["own"]) is None


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"<html>another program</html>"),
        json_answer([]),
        json_answer(5),
        json_answer(None),
        b"SSH-2.0\r\n",
    ],
    ids=["a page", "a list", "a number", "null", "no HTTP"],
)
def test_another_program_on_that_port_is_no_model_server(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    upstream: ScriptedUpstream,
    under_play: None,
    answer: Answer | bytes,
) -> None:
    upstream.reply(answer)
    _local_server(monkeypatch, tmp_path / "own.toml", upstream.port)
    assert "not running" in _lacks("own")


def test_the_playgrounds_own_port_is_not_taken_for_a_model_server(
    monkeypatch: pytest.MonkeyPatch, under_play: None
) -> None:
    configure(PLAYGROUND_PORT="11434")

    assert "Port 11434" in _lacks("ollama")


def test_what_was_seen_holds_for_a_while_and_is_looked_up_behind_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    upstream.reply(models("a"))
    _local_server(monkeypatch, tmp_path / "own.toml", upstream.port)

    assert [_lacks("own") for _ in range(5)] == ["None"] * 5
    assert len(upstream.requests) == 1

    gone = Paused(b"", Answer(body=b"gone").encode())
    upstream.reply(gone)
    monkeypatch.setattr(readiness.probe._question, "_holds", 0)
    assert _lacks("own") == "None"  # the page does not wait for the new answer
    gone.go.set()
    _settled()
    monkeypatch.setattr(readiness.probe._question, "_holds", 60)
    assert "not running" in _lacks("own")


def test_a_page_does_not_wait_for_a_server_that_hangs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    hold = Paused(b"")
    upstream.reply(hold)
    _local_server(monkeypatch, tmp_path / "own.toml", upstream.port)
    monkeypatch.setattr(readiness, "_FIRST_WAIT_SECONDS", 0)

    for _ in range(20):
        assert "no response yet" in _lacks("own")
    assert hold.started.wait(10)
    assert upstream.connections == 1  # one check, however many pages wait
    assert running.wait_until_none(0)  # and it does not count as a running call

    hold.go.set()
    _settled()
    assert "not running" in _lacks("own")


def test_a_server_that_never_stops_talking_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    left = threading.Event()

    def talk(connection: socket.socket, recorded: Recorded) -> None:
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            while True:
                connection.sendall(b" " * 65_536)
        except OSError:
            left.set()

    upstream.reply(talk)
    _local_server(monkeypatch, tmp_path / "own.toml", upstream.port)

    assert "not running" in _lacks("own")
    assert left.wait(10)


def test_a_call_asks_nobody_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    _local_server(monkeypatch, tmp_path / "own.toml", upstream.port)

    route = find_route("own", None, None, DEFAULT)

    assert route.endpoint.port == upstream.port
    assert upstream.connections == 0


def test_the_limits_are_small() -> None:
    assert Limits().response_bytes > readiness._LIMITS.response_bytes
