"""What the local model can do is asked in the background: a send never waits for it."""

import socket
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from playground.upstream.local_model import abilities
from tests.configuration import configure
from tests.upstreams.scripted import Recorded, ScriptedUpstream, completion, json_answer
from tests.web.client import post_json

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], "tools": [TOOL]}
NO_TOOLS = json_answer({"chat_template_caps": {"supports_tools": False}})


@dataclass
class Model:
    """Answers calls at once, and questions about itself (`/props`) when `go` is set."""

    props: bytes = NO_TOOLS.encode()
    go: threading.Event = field(default_factory=threading.Event)
    asked: list[Recorded] = field(default_factory=list)

    def __call__(self, connection: socket.socket, recorded: Recorded) -> None:
        if recorded.path != "/props":
            connection.sendall(completion().encode())
            return
        self.asked.append(recorded)
        self.go.wait(60)
        connection.sendall(self.props)


@pytest.fixture
def model(upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> Model:
    monkeypatch.setattr("playground.upstream.local_model.life._HEALTH_SECONDS", 60)
    configure(PLAYGROUND_LOCAL_MODEL_URL=upstream.url)
    monkeypatch.setenv("LOCAL_API_KEY", "sk-server-12345678")
    model = Model()
    upstream.reply(model)
    return model


def _send(client: Client, **values: Any) -> Any:
    return post_json(client, **({"provider": "local", "request": REQUEST} | values))


def _settled() -> None:
    for thread in threading.enumerate():
        if thread.name == "question":
            thread.join(20)


def test_a_send_does_not_wait_for_it(client: Client, model: Model) -> None:
    for _ in range(3):
        assert _send(client).status_code == 200

    assert len(model.asked) <= 1  # one question, however many send
    model.go.set()
    _settled()
    assert set(_send(client).json()["error"]["fields"]) == {"tools"}


def test_a_page_asks_ahead(client: Client, model: Model) -> None:
    model.go.set()
    client.get("/")
    _settled()

    assert _send(client).status_code == 400


@pytest.mark.parametrize("props", [b"", b"HTTP/1.1 500 No\r\n\r\n", json_answer([]).encode()])
def test_that_it_does_not_say_is_remembered_for_a_while(client: Client, model: Model, props: bytes) -> None:
    model.props = props
    model.go.set()
    for _ in range(5):
        assert _send(client).status_code == 200
        _settled()

    assert len(model.asked) == 1


def test_a_typed_key_does_not_ask(client: Client, model: Model) -> None:
    """Otherwise each typed key would be another question in another thread."""
    model.go.set()
    for number in range(3):
        _send(client, api_key=f"sk-typed-{number}2345678")
        _settled()

    (asked,) = model.asked
    assert asked.header("Authorization") == "Bearer sk-server-12345678"


def test_what_it_said_holds_while_it_starts_again(
    client: Client, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.go.set()
    _send(client)
    _settled()
    monkeypatch.setattr(abilities.probe._question, "_holds", 0)
    model.props = b""
    _send(client)
    _settled()

    assert _send(client).status_code == 400
    assert len(model.asked) >= 2
    _settled()


@pytest.mark.parametrize(
    ("api", "schema"),
    [
        ("messages", {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}),
        (
            "responses",
            {"text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}}},
        ),
    ],
)
def test_a_schema_that_would_be_ignored_comes_with_the_switch_to_an_api_that_follows_it(
    client: Client, model: Model, api: str, schema: dict[str, Any]
) -> None:
    model.go.set()
    client.get("/")
    _settled()
    asked = {"messages": {"messages": REQUEST["messages"], "max_tokens": 5}, "responses": {"input": "Hello!"}}

    answer = _send(client, dialect=api, request={"model": "m", **asked[api], **schema})

    assert answer.status_code == 400
    assert answer.json()["error"]["fix"]["dialect"] == "chat_completions"
