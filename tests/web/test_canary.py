"""A key, typed or from the environment, appears nowhere, whatever error occurs."""

import base64
import html
import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client

from playground.text.typed_key import clean
from tests.upstreams.plugin import SERVER_KEY
from tests.upstreams.scripted import Answer, Recorded, Reply, ScriptedUpstream, completion, json_answer
from tests.web.client import body, post_form, post_json, post_raw

TYPED = "sk-typed/canary+9Qz=&x"  # with characters that URLs and HTML encode


def _forms(key: str) -> list[str]:
    """Return the key as it may come back: plain, in a URL (in either case), in JSON, HTML and base64."""
    escaped = quote(key, safe="")
    return [
        key,
        escaped,
        re.sub("%..", lambda escape: escape[0].lower(), escaped),
        json.dumps(key)[1:-1],
        html.escape(key),
        base64.b64encode(key.encode()).decode(),
    ]


def _echoes(key: str) -> Iterator[Reply]:
    """Yield every kind of reply that can go wrong, with the key wherever it can be."""
    text = " ".join(_forms(key))
    yield completion(text)
    yield completion(text, model=text, usage=text, **{key: key})
    for status in (400, 401, 403, 404, 422, 429, 500, 503):
        yield json_answer({"error": {"message": f"Incorrect key: {text}"}}, status, X_Key=key)
    yield Answer(302, headers={"Location": f"https://elsewhere.example/?key={quote(key, safe='')}"})
    yield Answer(200, body=f"<html><title>{key}</title>".encode())
    yield Answer(502, body=f"<html><h1>{key}".encode())
    yield Answer(200, body=f'{{"error": "{key}"}}'.encode())
    yield Answer(200, headers={"Content-Encoding": "gzip"}, body=key.encode())
    yield f"HTTP/1.1 200 {key}\r\nX-Key: {key}\r\n\r\n{key}".encode()
    yield f"HTTP/1.1 {key}\r\n\r\n".encode()
    yield f"{key}\r\n".encode()
    yield f"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{key}".encode()
    yield b""

    def stall(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{key}".encode())
        connection.recv(1)

    yield stall


def _everything(client: Client, **changes: Any) -> Iterator[HttpResponse]:
    for path in ("/send/", "/snippets/", "/models/"):
        yield post_json(client, path, **changes)
        typed = {"api_key": changes["api_key"]} if "api_key" in changes else {}
        yield post_form(client, path, **typed)
        yield post_form(client, path, htmx=True, **typed)
        yield post_form(client, path, htmx=True, temperature="hot", **typed)
        yield post_form(client, path, temperature="hot", **typed)
    yield client.get("/")


def _assert_absent(key: str, answers: Iterator[HttpResponse], logged: pytest.LogCaptureFixture) -> None:
    forms = _forms(key)
    for answer in answers:
        assert answer.status_code < 500
        seen = answer.content.decode() + str(answer.headers) + str(answer.cookies)
        seen += seen.replace("&amp;", "&").replace("&#x27;", "'").replace("&quot;", '"')
        assert not [form for form in forms if form in seen]
    assert not [form for form in forms if form in logged.text]


@pytest.fixture(autouse=True)
def _quick(settings: Any) -> None:
    from playground.network.limits import Limits

    settings.LIMITS = Limits(silence_seconds=0.1)


@pytest.mark.parametrize("number", range(len(list(_echoes("")))))
@pytest.mark.parametrize("key", [TYPED, SERVER_KEY], ids=["typed", "from the environment"])
def test_no_key_comes_back(
    client: Client,
    upstream: ScriptedUpstream,
    provider: str,
    caplog: pytest.LogCaptureFixture,
    key: str,
    number: int,
) -> None:
    upstream.reply(list(_echoes(key))[number])
    changes = {"api_key": TYPED} if key == TYPED else {}

    _assert_absent(key, _everything(client, **changes), caplog)

    assert any(key in (recorded.header("Authorization") or "") for recorded in upstream.requests)


def test_no_refusal_shows_the_key(client: Client, provider: str, caplog: pytest.LogCaptureFixture) -> None:
    bad_keys = [f"{TYPED} with a space", f"{TYPED}\n", f"{TYPED}ü"]
    answers = [post_json(client, api_key=key) for key in bad_keys]
    answers += [post_form(client, api_key=key) for key in bad_keys]
    answers += [post_json(client, api_key=TYPED, request=request) for request in (None, {}, body(n=0))]
    answers += [post_json(client, api_key=TYPED, provider="nobody")]
    answers += [post_json(client, api_key=TYPED, provider=None, base_url="http://127.0.0.9:1")]
    answers += [post_raw(client, "/send/", json.dumps({"api_key": TYPED})[:-1])]

    _assert_absent(TYPED, iter(answers), caplog)


def test_a_key_in_a_file_is_used_and_hidden(
    client: Client,
    upstream: ScriptedUpstream,
    provider: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "key").write_text("sk-in-a-file-canary\n")
    monkeypatch.delenv("TEST_API_KEY")
    monkeypatch.setenv("TEST_API_KEY_FILE", str(tmp_path / "key"))
    upstream.reply(json_answer({"error": "sk-in-a-file-canary"}, 401))

    _assert_absent("sk-in-a-file-canary", _everything(client), caplog)

    assert upstream.requests[0].header("Authorization") == "Bearer sk-in-a-file-canary"


def test_a_key_pasted_into_a_message_is_not_in_the_record(
    client: Client, upstream: ScriptedUpstream, provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    pasted = body(messages=[{"role": "user", "content": f"my key is {TYPED}"}])

    _assert_absent(TYPED, iter([post_json(client, api_key=TYPED, request=pasted)]), caplog)


def test_a_word_that_is_no_secret_is_left_where_it_stands(
    client: Client, upstream: ScriptedUpstream, provider: str
) -> None:
    """Local servers accept any word as a key; cutting it out would falsify answers."""
    upstream.reply(completion("ollama says hello"))

    answer = post_json(client, api_key="ollama").json()

    assert answer["completion"]["choices"][0]["message"]["content"] == "ollama says hello"
    assert answer["request"]["headers"]["Authorization"] == "Bearer [redacted]"


@pytest.mark.parametrize("key", ['"messages"', '"content":', '"content":"', '{"model":', '\\"\\"\\"\\"'])
def test_a_key_that_looks_like_the_request_itself_breaks_nothing(
    client: Client, upstream: ScriptedUpstream, provider: str, key: str
) -> None:
    typed = "a \\ b \x01 c"

    assert post_json(client, api_key=key, request=body(user=typed)).status_code == 200
    for htmx in (False, True):
        assert post_form(client, htmx=htmx, api_key=key, content=[typed]).status_code == 200
    assert {recorded.header("Authorization") for recorded in upstream.requests} == {f"Bearer {clean(key)}"}
    assert upstream.requests[0].json == body(user=typed)
