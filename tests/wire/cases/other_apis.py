"""Responses of other APIs: each API is named, and nothing is taken for the provider's message."""

import json
from typing import Any

from tests.wire.case import STREAM, Case, answer, http

_OTHER = "but the request was for Chat Completions"
_SAYS = {"error.kind": "not_completion", "error.message": None, "completion": None}
_TEXT = [{"type": "text", "text": "Hello there."}]


def _of(api: str, name: str, value: dict[str, Any], source: str = "") -> Case:
    return Case(
        f"{api}: {name}", answer(value), _SAYS, (f"response comes from the {api}", _OTHER), source=source
    )


def _events(api: str, name: str, *events: dict[str, Any]) -> Case:
    text = "".join(f"event: {item.get('type', 'message')}\ndata: {json.dumps(item)}\n\n" for item in events)
    reply = http(text, "text/event-stream")
    return Case(f"{api}: {name}", reply, _SAYS, (f"response comes from the {api}", _OTHER), request=STREAM)


def _lines(name: str, content_type: str, *lines: dict[str, Any]) -> Case:
    reply = http("".join(f"{json.dumps(line)}\n" for line in lines), content_type)
    return Case(
        f"Ollama API: {name}", reply, _SAYS, ("response comes from the Ollama API", _OTHER), request=STREAM
    )


_RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "error": None,
    "output": [{"type": "message", "role": "assistant", "content": _TEXT}],
}
_MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "content": _TEXT,
    "stop_reason": "end_turn",
}
_GEMINI = {"candidates": [{"content": {"parts": [{"text": "Hello there."}], "role": "model"}}]}
_OLLAMA = {"model": "m", "message": {"role": "assistant", "content": "Hello there."}, "done": False}

CASES = [
    _of("OpenAI Responses API", "an answer", _RESPONSE),
    _events(
        "OpenAI Responses API",
        "a stream",
        {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "error": None}},
        {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "Hello"},
        {"type": "response.completed", "response": _RESPONSE},
    ),
    Case(
        "OpenAI Responses API: a stream that fails tells the error",
        http(
            'data: {"type": "response.failed", "response": {"status": "failed", "error": '
            '{"code": "rate_limit_exceeded", "message": "You go too fast."}}}\n\n',
            "text/event-stream",
        ),
        {"error.kind": "rate_limited", "error.message": "You go too fast."},
        request=STREAM,
    ),
    _of("Anthropic Messages API", "an answer", _MESSAGE),
    _events(
        "Anthropic Messages API",
        "a stream",
        {"type": "message_start", "message": _MESSAGE | {"content": []}},
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
        {"type": "message_stop"},
    ),
    _of("Gemini API", "an answer", _GEMINI),
    _events("Gemini API", "a stream", _GEMINI | {"modelVersion": "m"}, _GEMINI | {"modelVersion": "m"}),
    Case(
        "Gemini API: a stream as a list",
        answer([_GEMINI, _GEMINI]),
        _SAYS,
        ("response comes from the Gemini API",),
    ),
    _of("Ollama API", "an answer", _OLLAMA | {"done": True}),
    _of("Ollama API", "an answer to generate", {"model": "m", "response": "Hello there.", "done": True}),
    _lines("lines", "application/x-ndjson", _OLLAMA, _OLLAMA, _OLLAMA | {"done": True}),
    _lines("lines under another label", "text/event-stream", _OLLAMA, _OLLAMA | {"done": True}),
    _lines("one line", "application/x-ndjson", _OLLAMA | {"done": True}),
    _of(
        "Bedrock Converse API",
        "an answer",
        {
            "output": {"message": {"role": "assistant", "content": [{"text": "Hi there."}]}},
            "stopReason": "end_turn",
        },
    ),
    _of(
        "Cohere Chat API",
        "an answer",
        {"id": "c", "finish_reason": "COMPLETE", "message": {"role": "assistant", "content": _TEXT}},
    ),
    _of("Text Generation Inference API", "an answer", {"generated_text": "Hello there."}),
    Case(
        "an answer of no known API is named by none",
        answer({"model": "m", "outputs": [1, 2]}),
        {"error.kind": "not_completion"},
        hides=("The response comes from",),
    ),
]
