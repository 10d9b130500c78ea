"""Events of the Messages API for tests."""

import json
from typing import Any

from playground.dialects.messages.dialect import MESSAGES
from playground.exchange.stream import Stream, StreamReader
from playground.text.redact import Redactor


def start(**changes: Any) -> dict[str, Any]:
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-m",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 25, "output_tokens": 1},
    }
    return {"type": "message_start", "message": message | changes}


def begin(index: int, block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def end(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def text(index: int, *pieces: str) -> list[dict[str, Any]]:
    deltas = [delta(index, "text_delta", text=piece) for piece in pieces]
    return [begin(index, {"type": "text", "text": ""}), *deltas, end(index)]


def thinking(index: int, *pieces: str, signature: str | None = "sig==") -> list[dict[str, Any]]:
    deltas = [delta(index, "thinking_delta", thinking=piece) for piece in pieces]
    signed = [delta(index, "signature_delta", signature=signature)] if signature is not None else []
    return [begin(index, {"type": "thinking", "thinking": "", "signature": ""}), *deltas, *signed, end(index)]


def tool(index: int, *pieces: str, id_: str = "toolu_1", name: str = "get_weather") -> list[dict[str, Any]]:
    block = {"type": "tool_use", "id": id_, "name": name, "input": {}}
    deltas = [delta(index, "input_json_delta", partial_json=piece) for piece in pieces]
    return [begin(index, block), *deltas, end(index)]


def stopped(reason: str = "end_turn", *, usage: Any = None, **fields: Any) -> list[dict[str, Any]]:
    changed = {"stop_reason": reason, "stop_sequence": None, **fields}
    usage = {"output_tokens": 15} if usage is None else usage
    return [{"type": "message_delta", "delta": changed, "usage": usage}, {"type": "message_stop"}]


def encoded(*events: Any) -> bytes:
    """Return a stream with named events, as the API sends them."""
    return b"".join(
        f"event: {event.get('type', 'message')}\ndata: {json.dumps(event)}\n\n".encode() for event in events
    )


def read(body: bytes, *, each_byte: bool = False, key: str = "") -> Stream:
    """Read a stream as it would arrive."""
    reader = StreamReader(MESSAGES, Redactor(key), live=True)
    for at in range(0, len(body), 1 if each_byte else len(body)):
        reader.feed(body[at : at + 1] if each_byte else body, float(at))
    reader.close(float(len(body)))
    return reader.result(body)


def completed(*events: Any) -> dict[str, Any]:
    """Return the message that the events add up to, whole and byte by byte."""
    body = encoded(*events)
    stream = read(body)
    assert read(body, each_byte=True).completion == stream.completion
    assert stream.completion is not None
    return stream.completion
