"""Events of streamed responses, for tests."""

import json
from typing import Any

from playground.dialects import DIALECTS
from playground.exchange.answer import Answer
from playground.exchange.stream import Stream, StreamReader
from playground.text.redact import Redactor

RESPONSES = DIALECTS["responses"]


def event(type_: str, **fields: Any) -> dict[str, Any]:
    return {"type": type_, **fields}


def response(*output: Any, status: str = "completed", **fields: Any) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "status": status,
        "model": "m",
        "output": [*output],
    } | fields


def message(*texts: str, **fields: Any) -> dict[str, Any]:
    parts = [{"type": "output_text", "text": text, "annotations": []} for text in texts]
    return {
        "type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": parts,
    } | fields  # fmt: skip


def call(name: str = "get_weather", arguments: str = '{"city":"Paris"}', **fields: Any) -> dict[str, Any]:
    return {
        "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": name, "arguments": arguments,
    } | fields  # fmt: skip


def wire(*events: Any) -> bytes:
    """Write events as the provider does: with their name, and without `[DONE]`."""
    return "".join(
        f"event: {item['type']}\ndata: {json.dumps(item)}\n\n"
        if isinstance(item, dict)
        else f"data: {item}\n\n"
        for item in events
    ).encode()


def stream(*events: Any, size: int = 0, key: str = "") -> Stream:
    """Read events as a stream, in pieces of `size` bytes if it is not 0."""
    body = wire(*events)
    reader = StreamReader(RESPONSES, Redactor(key))
    for at in range(0, len(body), size or len(body)):
        reader.feed(body[at : at + (size or len(body))], float(at))
    reader.close(float(len(body)))
    return reader.result(body)


def answer(completion: dict[str, Any] | None, **asked: Any) -> Answer:
    assert completion is not None
    return RESPONSES.answer(completion, asked)
