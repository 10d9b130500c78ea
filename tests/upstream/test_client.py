"""The client over real sockets: what is sent, and what becomes of every kind of bad response."""

import gzip
import json
import socket
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import brotli
import pytest

from playground.dialects import DEFAULT
from playground.dialects.chat_completions.answer import read_choices
from playground.exchange.record import Exchange
from playground.explanations.explain import explain
from playground.network import egress
from playground.network.limits import Limits
from playground.results.as_json import as_json
from playground.text import jsontext
from playground.upstream import client
from playground.upstream.models import list_models
from playground.upstream.route import Route
from tests import chat
from tests.configuration import configure
from tests.upstreams.scripted import (
    CHUNKED_HEAD,
    STREAM_END,
    Answer,
    Paused,
    Recorded,
    ScriptedUpstream,
    completion,
    completion_body,
    http_chunk,
    json_answer,
    models,
    token,
)

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}
KEY = "sk-typed-canary-51c0de"


def _send(url: str, *, key: str = KEY, body: dict[str, Any] | None = None, **limits: float) -> Exchange:
    request = chat.request(body or BODY)
    route = Route(None, chat.endpoint(url), key, "API_KEY")
    return client.send(request, route, replace(Limits(), **limits))  # type: ignore[arg-type]


def _error(exchange: Exchange) -> str:
    assert explain(exchange) is not None
    return explain(exchange).kind


# --- what is sent ---


def test_the_record_holds_the_headers_and_body_that_arrived(upstream: ScriptedUpstream) -> None:
    exchange = _send(upstream.url)

    [recorded] = upstream.requests
    masked = [
        (name, "Bearer [redacted]" if name == "Authorization" else value) for name, value in recorded.headers
    ]
    assert exchange.sent.headers == tuple(masked)
    assert exchange.sent.body == recorded.body
    assert recorded.path == "/v1/chat/completions"
    assert recorded.header("Authorization") == f"Bearer {KEY}"
    assert recorded.header("Accept-Encoding") == "identity"


def test_without_a_key_no_authorization_is_sent(upstream: ScriptedUpstream) -> None:
    _send(upstream.url, key="")

    assert upstream.requests[0].header("Authorization") is None


def test_nothing_of_the_environment_goes_along(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    with ScriptedUpstream() as canary:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://{canary.host_port}")
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

        _send(upstream.url, key="")

        assert canary.requests == []
    assert upstream.requests[0].header("Authorization") is None


def test_a_cookie_of_one_answer_is_not_sent_with_the_next_request(upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer(completion_body(), Set_Cookie="session=1"))

    _send(upstream.url)
    _send(upstream.url)

    assert upstream.requests[1].header("Cookie") is None


def test_text_beyond_ascii_goes_out_as_utf_8(upstream: ScriptedUpstream) -> None:
    _send(upstream.url, body={**BODY, "user": "中文 👍"})

    assert "中文 👍".encode() in upstream.requests[0].body


# --- normal responses ---


def test_a_completion_is_read(upstream: ScriptedUpstream) -> None:
    exchange = _send(upstream.url)

    assert explain(exchange) is None
    assert read_choices(exchange.completion)[0].text == "Hello!"
    assert exchange.usage is not None
    assert exchange.usage.as_json() == {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    assert exchange.timings.first_byte_ms is not None
    assert 0 < exchange.timings.first_byte_ms <= exchange.timings.total_ms


def test_a_compressed_answer_is_decoded(upstream: ScriptedUpstream) -> None:
    body = gzip.compress(json.dumps(completion_body("zipped")).encode())
    upstream.reply(Answer(body=body, headers={"Content-Encoding": "gzip"}))

    assert read_choices(_send(upstream.url).completion)[0].text == "zipped"


def test_a_chunked_answer_is_put_together(upstream: ScriptedUpstream) -> None:
    body = json.dumps(completion_body("in chunks")).encode()
    chunks = [body[start : start + 7] for start in range(0, len(body), 7)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    upstream.reply(Answer(body=framed, headers={"Transfer-Encoding": "chunked"}))

    assert read_choices(_send(upstream.url).completion)[0].text == "in chunks"


def test_an_answer_that_ends_with_the_connection_is_read(upstream: ScriptedUpstream) -> None:
    upstream.reply(b"HTTP/1.1 200 OK\r\n\r\n" + json.dumps(completion_body("to the end")).encode())

    assert read_choices(_send(upstream.url).completion)[0].text == "to the end"


def test_null_content_is_no_text_and_no_error(upstream: ScriptedUpstream) -> None:
    upstream.reply(completion(None))

    exchange = _send(upstream.url)

    assert explain(exchange) is None
    assert read_choices(exchange.completion)[0].text is None


@pytest.mark.parametrize("usage", [None, {}, [], "12", {"prompt_tokens": "9", "total_tokens": True}])
def test_a_usage_that_is_none_is_not_reported(upstream: ScriptedUpstream, usage: Any) -> None:
    upstream.reply(completion(usage=usage))

    exchange = _send(upstream.url)

    assert exchange.usage is None
    assert exchange.tokens_per_second is None
    assert explain(exchange) is None


# --- responses that are no answer ---


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(), "empty"),
        (Answer(204, reason="No Content"), "empty"),
        (Answer(body=b"   "), "empty"),
        (Answer(body=b"<!doctype html><title>Welcome</title>"), "not_json"),
        (Answer(body=b'{"choices": '), "not_json"),
        (Answer(body=b"\xff\xfe"), "not_json"),
        (Answer(body=b"[" * 5000), "not_json"),
        (Answer(body=b'{"choices": nan}'), "not_json"),
        (json_answer([]), "not_completion"),
        (json_answer("text"), "not_completion"),
        (json_answer({"hello": 1}), "not_completion"),
        (json_answer({"choices": None}), "no_choices"),
        (json_answer({"choices": []}), "no_choices"),
        (json_answer({"choices": [1, None]}), "no_choices"),
        (json_answer({"error": {"message": "No."}}), "provider_error"),
        (json_answer({"error": {"message": "No."}}, 400), "bad_request"),
        (json_answer({}, 401), "unauthorized"),
        (json_answer({}, 402), "payment_required"),
        (json_answer({}, 403), "forbidden"),
        (json_answer({}, 404), "not_found"),
        (json_answer({}, 418), "bad_request"),
        (json_answer({}, 429), "rate_limited"),
        (json_answer({}, 500), "server_error"),
        (json_answer({}, 503), "unavailable"),
        (json_answer({}, 599), "server_error"),
        (Answer(302, headers={"Location": "https://elsewhere.example/"}), "redirect"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_bad_answer_has_its_kind(upstream: ScriptedUpstream, answer: Answer, kind: str) -> None:
    upstream.reply(answer)

    exchange = _send(upstream.url)

    assert _error(exchange) == kind
    assert exchange.received is not None
    assert exchange.received.body == answer.body


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(upstream: ScriptedUpstream, status: int) -> None:
    with ScriptedUpstream() as elsewhere:
        upstream.reply(Answer(status, headers={"Location": elsewhere.url}))

        exchange = _send(upstream.url)

        assert elsewhere.requests == []
    assert explain(exchange) is not None
    assert elsewhere.url in str(explain(exchange).advice)


def test_retry_after_is_said_in_words(upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({"error": {"message": "Slow down."}}, 429, Retry_After="7"))

    error = explain(_send(upstream.url))

    assert error is not None
    assert error.message == "Slow down."
    assert "Wait 7 s" in str(error.advice)


def test_a_401_without_a_key_says_that_none_was_sent(upstream: ScriptedUpstream) -> None:
    upstream.reply(json_answer({}, 401))

    error = explain(_send(upstream.url, key=""))

    assert error is not None
    assert "No API key was sent" in str(error.title)


def test_max_tokens_is_mended_where_the_provider_names_it(upstream: ScriptedUpstream) -> None:
    message = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
    upstream.reply(json_answer({"error": {"message": message, "param": "max_tokens"}}, 400))

    error = explain(_send(upstream.url, body={**BODY, "max_tokens": 5}))

    assert error is not None
    assert error.fix is not None
    assert error.fix.changes == {"max_tokens": None, "max_completion_tokens": 5}


# --- no response, or only a part ---


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_closed_port_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    port = _free_port()
    configure(PLAYGROUND_PRIVATE_UPSTREAMS=f"127.0.0.1:{port}")

    exchange = _send(f"http://127.0.0.1:{port}")

    assert _error(exchange) == "refused"
    assert exchange.received is None
    assert f"127.0.0.1:{port}" in str(explain(exchange).title)  # type: ignore[union-attr]


def test_a_name_of_the_operators_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(PLAYGROUND_PRIVATE_UPSTREAMS="no-such-host.invalid:443")

    exchange = _send("https://no-such-host.invalid")

    assert _error(exchange) == "unknown_host"
    assert "no-such-host.invalid" in str(explain(exchange).title)  # type: ignore[union-attr]


def test_a_host_that_does_not_answer_runs_into_the_limit(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No loopback address drops packets, so the test replaces the one call that waits for the network.
    def never(address: tuple[str, int], timeout: float) -> socket.socket:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", never)

    exchange = _send(upstream.url, connect_seconds=0.1)

    assert _error(exchange) == "connect_timeout"
    assert "100 ms" in str(explain(exchange).advice)  # type: ignore[union-attr]


def test_a_dead_address_is_passed_over_for_the_next(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 127.0.0.2 is loopback too, and nothing listens there.
    monkeypatch.setattr(egress, "addresses", lambda host, port: ["127.0.0.2", "127.0.0.1"])

    assert explain(_send(upstream.url)) is None


def test_tls_with_a_server_that_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer_in_plain(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        configure(PLAYGROUND_PRIVATE_UPSTREAMS=f"127.0.0.1:{port}")
        thread = threading.Thread(target=answer_in_plain, args=(server,))
        thread.start()

        exchange = _send(f"https://127.0.0.1:{port}")
        thread.join()

    assert _error(exchange) == "tls"
    assert exchange.received is None


def test_tls_that_never_ends_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        configure(PLAYGROUND_PRIVATE_UPSTREAMS=f"127.0.0.1:{port}")

        exchange = _send(f"https://127.0.0.1:{port}", connect_seconds=0.2)

    assert _error(exchange) == "connect_timeout"


def _hold(connection: socket.socket, recorded: Recorded) -> None:
    """Send nothing until the client disconnects."""
    connection.recv(1)


def test_silence_before_the_answer_runs_into_the_limit(upstream: ScriptedUpstream) -> None:
    upstream.reply(_hold)

    exchange = _send(upstream.url, silence_seconds=0.2)

    assert _error(exchange) == "silence"
    assert "200 ms" in str(explain(exchange).advice)  # type: ignore[union-attr]


def test_silence_within_the_answer_keeps_what_arrived(upstream: ScriptedUpstream) -> None:
    def stall(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"choices"')
        _hold(connection, recorded)

    upstream.reply(stall)

    exchange = _send(upstream.url, silence_seconds=0.2)

    assert _error(exchange) == "silence"
    assert exchange.received is not None
    assert exchange.received.body == b'{"choices"'


def _drip(first: bytes, drop: bytes) -> Callable[[socket.socket, Recorded], None]:
    def drip(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(first)
        for _ in range(400):  # would take twenty seconds
            connection.sendall(drop)
            time.sleep(0.05)

    return drip


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\n", b"X"),
        (b"", b"H"),
    ],
    ids=["body", "headers", "status line"],
)
def test_no_drip_outlasts_the_whole_time(upstream: ScriptedUpstream, first: bytes, drop: bytes) -> None:
    upstream.reply(_drip(first, drop))

    exchange = _send(upstream.url, exchange_seconds=0.5, silence_seconds=5)

    assert _error(exchange) == "too_long"


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X"),
        (b"HTTP/1.1 200 OK\r\n", b"X:\r\n"),
        (b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n", b"X"),
    ],
    ids=["status line", "header", "headers", "after an interim answer"],
)
def test_a_head_that_drips_has_the_time_of_a_first_byte(
    upstream: ScriptedUpstream, first: bytes, drop: bytes
) -> None:
    upstream.reply(_drip(first, drop))

    assert _error(_send(upstream.url, silence_seconds=0.3)) == "slow_head"


def test_interim_answers_are_signs_of_life(upstream: ScriptedUpstream) -> None:
    def work(connection: socket.socket, recorded: Recorded) -> None:
        for _ in range(15):
            connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
            time.sleep(0.1)
        connection.sendall(completion("worked").encode())

    upstream.reply(work)

    assert read_choices(_send(upstream.url, silence_seconds=1).completion)[0].text == "worked"


@pytest.mark.parametrize("cut", [1, 2, 3, 4], ids=["CR", "CRLF", "digit", "digits"])
def test_an_end_is_an_end_within_the_framing_too(upstream: ScriptedUpstream, cut: int) -> None:
    """After `[DONE]` the size of another chunk begins; the client does not wait for the rest."""
    answer = CHUNKED_HEAD + http_chunk(token("all") + STREAM_END)
    paused = Paused(answer[:-2] + b"\r\n1f"[:cut])
    upstream.reply(paused)

    exchange = _send(upstream.url, body=BODY | {"stream": True}, silence_seconds=20)

    assert explain(exchange) is None
    assert read_choices(exchange.completion)[0].text == "all"
    assert paused.left.wait(10)


def test_no_alarm_is_left_behind(upstream: ScriptedUpstream) -> None:
    _send(upstream.url, exchange_seconds=300)

    alarms = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    for alarm in alarms:
        alarm.join(5)
    assert not any(alarm.is_alive() for alarm in alarms)


def test_an_answer_over_the_limit_is_cut_there(upstream: ScriptedUpstream) -> None:
    upstream.reply(Answer(body=b"x" * (20 << 20)))

    exchange = _send(upstream.url)

    assert _error(exchange) == "too_large"
    assert exchange.received is not None
    assert len(exchange.received.body) == 16 << 20
    assert "16 MiB" in str(explain(exchange).advice)  # type: ignore[union-attr]


def _brotli(size: int) -> bytes:
    packer = brotli.Compressor(quality=5)
    return b"".join(packer.process(b"\0" * (1 << 20)) for _ in range(size >> 20)) + packer.finish()


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", lambda size: gzip.compress(b"\0" * size, compresslevel=9)),
        ("br", _brotli),
        ("zstd", lambda size: zstd.compress(b"\0" * size)),
        ("gzip, zstd", lambda size: zstd.compress(gzip.compress(b"\0" * size))),
        ("zstd, zstd", lambda size: zstd.compress(zstd.compress(b"\0" * size))),
    ],
)
def test_a_bomb_meets_the_limit_in_bounded_memory(
    upstream: ScriptedUpstream, coding: str, pack: Callable[[int], bytes]
) -> None:
    upstream.reply(Answer(body=pack(200 << 20), headers={"Content-Encoding": coding}))
    tracemalloc.start()

    exchange = _send(upstream.url, response_bytes=1 << 20)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert _error(exchange) == "too_large"
    assert peak < 16 << 20


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[{}\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n[{}",
        b"",
    ],
    ids=["length", "between chunks", "within a chunk", "before the answer"],
)
def test_an_answer_cut_short_is_said_to_be(upstream: ScriptedUpstream, answer: bytes) -> None:
    upstream.reply(answer)

    exchange = _send(upstream.url)

    assert _error(exchange) == "cut_off"
    if answer:
        assert exchange.received is not None
        assert exchange.received.body == b"[{}"


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1001 + b"\r\n",
    ],
    ids=["another protocol", "no status", "a flood of headers"],
)
def test_what_is_no_http_is_said_to_be_none(upstream: ScriptedUpstream, answer: bytes) -> None:
    upstream.reply(answer)

    assert _error(_send(upstream.url)) == "not_http"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n{}", "not_completion"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}", "not_completion"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", "not_completion"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", "not_json"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\nzz\r\n", "not_http"),
        (b"HTTP/1.1 200\r\n\r\n{}", "not_completion"),
        (b"HTTP/1.1 200 \xff\xfe\r\nX-\xe9: \xff\r\nSet-Cookie: \xff;;=\r\n\r\n{}", "not_completion"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n folded\r\n\r\n{}", "not_completion"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}", "not_completion"),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", "empty"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n", "redirect"),
        (b"HTTP/1.1 302 Found\r\n\r\n", "redirect"),
        (b"HTTP/1.1 1000 Odd\r\n\r\n{}", "not_http"),
        (b"HTTP/2.0 200 OK\r\n\r\n{}", "not_completion"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n{}", "not_completion"),
        (b"\x15\x03\x01\x00\x02\x02P", "not_http"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: " + b"gzip, " * 8 + b"gzip\r\n\r\n\xff", "bad_encoding"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: none-such\r\n\r\n{}", "not_completion"),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else value,
)
def test_odd_http_is_read_as_far_as_it_goes(upstream: ScriptedUpstream, answer: bytes, kind: str) -> None:
    upstream.reply(answer)

    assert _error(_send(upstream.url)) == kind


@pytest.mark.parametrize("path", ["", "/v1", "/%7Eu/v1", "/a%2fb", "//a", "/v1/chat/completions", "/a;b=c"])
def test_the_url_that_is_shown_is_the_path_that_was_asked_for(upstream: ScriptedUpstream, path: str) -> None:
    exchange = _send(f"http://{upstream.host_port}{path}")

    assert exchange.sent.url == f"http://{upstream.host_port}{upstream.requests[0].path}"


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate", "new"])
def test_what_cannot_be_unpacked_is_shown_as_it_came_and_its_coding_is_named(
    upstream: ScriptedUpstream, coding: str
) -> None:
    body = b"\x1f\x8b\xff\xff" if coding == "gzip" else b"\x28\xb5\x2f\xfd\xff\xff\xff" + b"\xff" * 20
    upstream.reply(Answer(body=body, headers={"Content-Encoding": coding}))

    exchange = _send(upstream.url)

    assert _error(exchange) == "bad_encoding"
    assert exchange.failure is not None
    assert exchange.failure.detail == f"Content-Encoding: {coding}"
    assert exchange.received is not None
    assert exchange.received.body == body


# --- keys ---


def test_a_key_that_the_provider_sends_back_is_redacted(upstream: ScriptedUpstream) -> None:
    upstream.reply(
        json_answer({"error": {"message": f"Incorrect API key provided: {KEY}"}}, 401, X_Echo=f"got {KEY}")
    )

    exchange = _send(upstream.url)

    assert KEY not in repr(exchange)
    assert KEY not in json.dumps(as_json(exchange))
    assert explain(exchange) is not None
    assert explain(exchange).message == "Incorrect API key provided: [redacted]"


@pytest.mark.parametrize(
    "answer",
    [
        "HTTP/1.1 200 OK\r\nContent-Encoding: {key}\r\n\r\n\xff",
        *(
            form + "x" * before + "{key}" + "x" * 5000 + "\r\n\r\n"
            for form in ("FOO ", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n")
            for before in range(50, 210, 4)
        ),
    ],
)
def test_no_part_of_a_key_is_in_the_words_of_a_failure(upstream: ScriptedUpstream, answer: str) -> None:
    key = "SK-Canary-in-Capitals-7F3A91"
    upstream.reply(answer.format(key=key).encode("latin-1"))

    exchange = _send(upstream.url, key=key)

    assert exchange.failure is not None
    assert key[:10].lower() not in exchange.failure.detail.lower()
    assert len(exchange.failure.detail) <= 200


# --- models ---


def _models(url: str) -> list[str]:
    return list_models(DEFAULT, Route(None, chat.endpoint(url), KEY, "API_KEY"), Limits()).models


def test_the_providers_models_are_listed_sorted(upstream: ScriptedUpstream) -> None:
    upstream.reply(models("b-10", "b-9", "a"))

    assert _models(upstream.url) == ["a", "b-9", "b-10"]
    assert upstream.requests[0].method == "GET"
    assert upstream.requests[0].path == "/v1/models"


@pytest.mark.parametrize(
    "answer", [Answer(body=b"<html>"), json_answer({"data": [{"id": 1}, None]}), Answer()]
)
def test_models_that_are_none_are_no_error(upstream: ScriptedUpstream, answer: Answer) -> None:
    upstream.reply(answer)

    assert _models(upstream.url) == []


@pytest.mark.parametrize("cut", [1, 9, 15])
def test_a_key_in_pieces_of_one_message_is_not_shown(upstream: ScriptedUpstream, cut: int) -> None:
    parts = [{"type": "text", "text": text} for text in ("It is ", KEY[:cut], KEY[cut:])]
    body = completion_body()
    body["choices"][0]["message"]["content"] = parts
    upstream.reply(json_answer(body))

    exchange = _send(upstream.url)

    assert KEY not in "".join(choice.text or "" for choice in read_choices(exchange.completion))
    assert KEY[cut:] not in json.dumps(as_json(exchange))


def test_a_key_in_escapes_is_in_no_view(upstream: ScriptedUpstream) -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    upstream.reply(Answer(body=json.dumps(completion_body("KEY")).replace("KEY", escaped).encode()))

    exchange = _send(upstream.url)

    assert read_choices(exchange.completion)[0].text == "[redacted]"
    assert KEY not in json.dumps(as_json(exchange))
    assert exchange.received is not None
    assert KEY not in jsontext.indent(exchange.received.text)


# --- oversized responses ---


def _endless(head: bytes, piece: bytes) -> Callable[[socket.socket, Recorded], None]:
    def script(connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece * 1000)

    return script


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"A: " + b"b" * 60_000 + b"\r\n"),
    ],
    ids=["interim answers", "headers"],
)
def test_a_head_without_end_is_ended(upstream: ScriptedUpstream, head: bytes, piece: bytes) -> None:
    upstream.reply(_endless(head, piece))

    exchange = _send(upstream.url)

    assert _error(exchange) == "not_http"
    assert "more than 1048576 bytes of headers" in str(as_json(exchange)["error"])


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\0\0\0\xff\xff"),
        (b"Content-Encoding: zstd\r\n\r\n", zstd.compress(b"")),
        (b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"")),
    ],
    ids=["gzip of nothing", "frames of nothing", "members of nothing"],
)
def test_a_body_that_brings_nothing_is_ended(upstream: ScriptedUpstream, head: bytes, piece: bytes) -> None:
    upstream.reply(_endless(b"HTTP/1.1 200 OK\r\n" + head, piece))

    assert _error(_send(upstream.url, response_bytes=100_000)) == "too_large"


def test_a_coding_in_another_that_unpacks_to_nothing_is_ended(upstream: ScriptedUpstream) -> None:
    bomb = gzip.compress(gzip.compress(b"") * 1_000_000)
    upstream.reply(Answer(body=bomb, headers={"Content-Encoding": "gzip, gzip"}))

    assert _error(_send(upstream.url, response_bytes=100_000)) == "too_large"


def test_trailers_are_not_waited_for(upstream: ScriptedUpstream) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
    upstream.reply(_endless(head, b"a: b\r\n"))

    assert _error(_send(upstream.url)) == "not_completion"


def test_all_headers_are_shown_in_their_order(upstream: ScriptedUpstream) -> None:
    odd = b"no colon here\r\nContent-Type : application/json\r\nX: a\r\n\tb\r\n:status: 200\r\n"
    many = [(f"X-{number}", str(number)) for number in range(150)]
    lines = "".join(f"{name}: {value}\r\n" for name, value in many).encode()
    body = b"Y: \xe4\xb8\xad\0\r\n\r\n" + json.dumps(completion_body()).encode()
    upstream.reply(b"HTTP/1.1 200\r\n" + odd + lines + body)

    exchange = _send(upstream.url)

    assert explain(exchange) is None
    assert exchange.received is not None
    assert exchange.received.headers == (
        ("no colon here", ""),
        ("Content-Type", "application/json"),
        ("X", "a b"),
        (":status: 200", ""),
        *many,
        ("Y", "中"),
    )


def test_a_key_in_an_odd_header_is_redacted(upstream: ScriptedUpstream) -> None:
    upstream.reply(f"HTTP/1.1 200 {KEY}\r\n{KEY}\r\nX: a\r\n {KEY}\r\n{KEY} : b\r\n\r\n{{}}".encode())

    assert KEY not in repr(_send(upstream.url))
