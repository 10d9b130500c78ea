"""A row of the wire table: the bytes that a provider sends, and what people must be told about them."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.upstreams.scripted import chunk

_BODIES: dict[str, dict[str, Any]] = {
    "chat_completions": {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]},
    "messages": {"model": "m", "max_tokens": 2000, "messages": [{"role": "user", "content": "Hello!"}]},
    "responses": {"model": "m", "input": "Hello!", "store": False},
}


@dataclass(frozen=True)
class Case:
    """A reply and what the playground must make of it. `reply` is every byte of the response, with its head.

    `says` maps dotted paths in the JSON of `/send/` to values: `{"completion.choices.0.message.content":
    "Hello", "error": None}`. Each text of `shows` must be in the answer panel as people read it (without
    tags), both after a posted form and in a live answer; no text of `hides` may be there or in the JSON.
    `request` changes top-level parameters of the request in this `dialect`. With `holds` the connection stays
    open after the last byte. `source` names the public report that the bytes are taken from.
    """

    name: str
    reply: bytes
    says: dict[str, Any] = field(default_factory=dict)
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    request: dict[str, Any] = field(default_factory=dict)
    holds: bool = False
    source: str = ""
    dialect: str = "chat_completions"

    @property
    def body(self) -> dict[str, Any]:
        return _BODIES[self.dialect] | self.request

    @property
    def streams(self) -> bool:
        return self.request.get("stream") is True


STREAM = {"stream": True}


def http(
    body: bytes | str, content_type: str | None = "application/json", status: int = 200, **headers: str
) -> bytes:
    """Build an HTTP response with a length: `http(b"{}", status=429, Retry_After="3")`."""
    body = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        named["Content-Type"] = content_type
    named |= {"Content-Length": str(len(body)), "Connection": "close"}
    head = f"HTTP/1.1 {status} Scripted"
    return "\r\n".join([head, *(f"{name}: {value}" for name, value in named.items()), "", ""]).encode() + body


def answer(value: Any, status: int = 200, **headers: str) -> bytes:
    """Build an HTTP response with a JSON body: `answer({"error": "no"}, 400)`."""
    return http(json.dumps(value), status=status, **headers)


def sse(*events: Any, done: bool = True, status: int = 200) -> bytes:
    """Build an event stream as an HTTP response: each value as JSON, or a string as it is, then `[DONE]`."""
    texts = [item if isinstance(item, str) else json.dumps(item) for item in events]
    texts += ["[DONE]"] if done else []
    return http("".join(f"data: {text}\n\n" for text in texts), "text/event-stream", status)


def deltas(*parts: dict[str, Any] | None, finish: str | None = "stop", done: bool = True) -> bytes:
    """Build a stream of one choice's deltas: `deltas({"content": "Hel"}, {"content": "lo"})`."""
    chunks = [chunk(part) for part in parts]
    chunks += [chunk({}, finish_reason=finish)] if finish is not None else []
    return sse(*chunks, done=done)
