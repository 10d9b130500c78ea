"""A provider of the tests' own: a real server on a real socket that answers by script."""

import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Recorded:
    """A request as it arrived."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class Answer:
    """A proper HTTP answer; `Content-Length` is added unless the headers frame the body themselves."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    reason: str = "OK"

    def encode(self) -> bytes:
        headers = {"Content-Type": "application/json", **self.headers}
        if not {"Content-Length", "Transfer-Encoding"} & set(headers):
            headers["Content-Length"] = str(len(self.body))
        lines = [f"HTTP/1.1 {self.status} {self.reason}", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + self.body


# An answer, bytes written as they are, or a script that holds the socket itself.
Reply = Answer | bytes | Callable[[socket.socket, Recorded], None]


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    """`json_answer({}, 429, Retry_After="3")`"""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(value).encode(), named, reason="Scripted")


def completion(content: str | None = "Hello!", **changes: Any) -> Answer:
    """A `chat.completion` in good order, with top-level keys changed."""
    return json_answer(completion_body(content, **changes))


def completion_body(content: str | None = "Hello!", **changes: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "m",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
    } | changes


def chunk(delta: dict[str, Any] | None = None, **choice: Any) -> dict[str, Any]:
    """A `chat.completion.chunk` with one choice."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": None} | choice],
    }


def event(value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value)
    return f"data: {text}\n\n".encode()


def stream(*deltas: dict[str, Any]) -> Answer:
    """A stream in good order: role, deltas, finish reason, usage in a chunk without choices, `[DONE]`."""
    usage = {"prompt_tokens": 9, "completion_tokens": len(deltas), "total_tokens": 9 + len(deltas)}
    parts = [
        chunk({"role": "assistant", "content": ""}),
        *(chunk(delta) for delta in deltas),
        chunk({}, finish_reason="stop"),
        chunk() | {"choices": [], "usage": usage},
        "[DONE]",
    ]
    return event_stream(b"".join(map(event, parts)))


def event_stream(body: bytes) -> Answer:
    return Answer(body=body, headers={"Content-Type": "text/event-stream; charset=utf-8"})


# A stream by hand: its head, a token at a time, and its end.
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
STREAM_END = event(chunk({}, finish_reason="stop")) + event("[DONE]")


CHUNKED_HEAD = STREAM_HEAD[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"


def http_chunk(data: bytes) -> bytes:
    """A piece of a body under `CHUNKED_HEAD`; the empty one is the last."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def token(text: str) -> bytes:
    return event(chunk({"content": text}))


class Paused:
    """Sends `first`, then nothing until `go`, then `last`. `left` is set when the playground closes."""

    def __init__(self, first: bytes, last: bytes = STREAM_END) -> None:
        self.first, self.last = first, last
        self.go, self.left, self.started = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, connection: socket.socket, recorded: Recorded) -> None:
        connection.sendall(self.first)
        self.started.set()
        connection.settimeout(0.005)
        while not self.go.is_set():
            try:
                if not connection.recv(1):
                    break
            except TimeoutError:
                continue
            except ConnectionResetError:
                break
        else:
            connection.sendall(self.last)
            return
        self.left.set()


def models(*ids: str) -> Answer:
    return json_answer({"object": "list", "data": [{"id": name, "object": "model"} for name in ids]})


class _Handler(socketserver.BaseRequestHandler):
    server: "_Server"

    def finish(self) -> None:
        if self.server.tls:
            self.request.close()  # the server closes its own, which TLS has taken over

    def handle(self) -> None:
        self.server.connections += 1
        try:
            if self.server.tls:
                self.request = self.server.tls.wrap_socket(self.request, server_side=True)
            recorded = _read(self.request)
            if recorded is None:
                return
            self.server.recorded.append(recorded)
            reply = self.server.reply
            if isinstance(reply, Answer):
                reply = reply.encode()
            if isinstance(reply, bytes):
                self.request.sendall(reply)
            else:
                reply(self.request, recorded)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            return  # the playground left first, which many a test is about


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128
    reply: Reply
    recorded: list[Recorded]
    tls: ssl.SSLContext | None
    connections = 0


class ScriptedUpstream:
    """`with ScriptedUpstream() as upstream: upstream.reply(completion())`"""

    def __init__(
        self, tls: ssl.SSLContext | None = None, address: tuple[str, int] = ("127.0.0.1", 0)
    ) -> None:
        self._server = _Server(address, _Handler)
        self._server.tls = tls
        self._server.recorded = []
        self._server.reply = completion()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def host_port(self) -> str:
        return f"{self._server.server_address[0]}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host_port}/v1"

    @property
    def requests(self) -> list[Recorded]:
        return self._server.recorded

    @property
    def connections(self) -> int:
        return self._server.connections

    def forget(self) -> None:
        self._server.recorded.clear()
        self._server.connections = 0

    def reply(self, reply: Reply) -> None:
        """Sets the answer to every request from now on."""
        self._server.reply = reply

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _read(connection: socket.socket) -> Recorded | None:
    """The whole request; None when the other side closed before it was whole."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65_536)
        if not chunk:
            return None
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    headers = [(name, value.strip()) for name, _, value in pairs]
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    while len(body) < length:
        chunk = connection.recv(65_536)
        if not chunk:
            return None
        body += chunk
    return Recorded(method, path, headers, body)
