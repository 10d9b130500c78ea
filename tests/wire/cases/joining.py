"""Merging the chunks of a stream: nothing is lost, doubled or hidden."""

from typing import Any

from tests.upstreams.scripted import chunk, completion_body
from tests.wire.case import STREAM, Case, answer, deltas, sse

MESSAGE = "completion.choices.0.message"


def _told(name: str, *events: Any, request: dict[str, Any] = STREAM, **case: Any) -> Case:
    return Case(name, sse(*events), request=request, **case)


CASES = [
    _told(
        "an empty head never hides a real one",
        chunk({"content": "Hi"}) | {"id": "chatcmpl-7", "model": "gpt-x", "created": 5},
        chunk({}, finish_reason="stop") | {"id": "", "model": "", "created": 0},
        says={
            "completion.id": "chatcmpl-7",
            "completion.model": "gpt-x",
            "completion.created": 5,
            "error": None,
        },
        shows=("Hi", "gpt-x"),
        source="https://github.com/langchain-ai/langchain/issues/24221",
    ),
    _told(
        "a null head after a real one",
        chunk({"content": "Hi"}) | {"model": "gpt-x", "system_fingerprint": "fp_1"},
        chunk({}, finish_reason="stop") | {"model": None, "system_fingerprint": None},
        says={"completion.model": "gpt-x", "completion.system_fingerprint": "fp_1"},
    ),
    _told(
        "a head that comes empty and is filled later",
        chunk({"content": "Hi"}) | {"id": "", "model": ""},
        chunk({}, finish_reason="stop") | {"id": "chatcmpl-9", "model": "gpt-x"},
        says={"completion.id": "chatcmpl-9", "completion.model": "gpt-x"},
    ),
    *[
        _told(
            f"a finish reason that is hidden by {empty!r} later",
            chunk({"content": "Hi"}, finish_reason="length"),
            chunk({}, finish_reason=empty),
            says={"completion.choices.0.finish_reason": "length", "error": None},
            shows=("Finish reason: length", "Cut off"),
        )
        for empty in ("", "null", None)
    ],
    *[
        _told(
            f"a finish reason of {empty!r} in each chunk",
            chunk({"content": "Hel"}, finish_reason=empty),
            chunk({"content": "lo"}, finish_reason=empty),
            chunk({}, finish_reason="stop"),
            says={f"{MESSAGE}.content": "Hello", "completion.choices.0.finish_reason": "stop", "error": None},
            shows=("Hello", "Finish reason: stop"),
            source="https://github.com/ollama/ollama/issues/2963",
        )
        for empty in ("", "null")
    ],
    _told(
        "stop in each chunk",
        chunk({"content": "Hel"}, finish_reason="stop"),
        chunk({"content": "lo"}, finish_reason="stop"),
        says={f"{MESSAGE}.content": "Hello", "completion.choices.0.finish_reason": "stop"},
        shows=("Hello",),
    ),
    _told(
        "a role and a name in each chunk",
        chunk({"role": "assistant", "name": "Ada", "content": "Hel"}),
        chunk({"role": "assistant", "name": "Ada", "content": "lo"}, finish_reason="stop"),
        says={MESSAGE: {"role": "assistant", "name": "Ada", "content": "Hello"}},
        shows=("Hello",),
        hides=("AdaAda", "assistantassistant"),
    ),
    _told(
        "every field of a choice",
        chunk({"content": "Hi"}, content_filter_results={"hate": {"filtered": False, "severity": "safe"}}),
        chunk(
            {},
            finish_reason="stop",
            native_finish_reason="STOP",
            stop_reason=128009,
            content_filter_results={"violence": {"filtered": False}},
        ),
        says={
            "completion.choices.0.native_finish_reason": "STOP",
            "completion.choices.0.stop_reason": 128009,
            "completion.choices.0.content_filter_results": {
                "hate": {"filtered": False, "severity": "safe"},
                "violence": {"filtered": False},
            },
        },
        source="https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-streaming",
    ),
    _told(
        "an error inside a choice is kept",
        chunk({"content": "so far"}),
        chunk({"content": ""}, finish_reason="error", error={"code": 502, "message": "Upstream is gone"}),
        says={
            "completion.choices.0.error": {"code": 502, "message": "Upstream is gone"},
            f"{MESSAGE}.content": "so far",
        },
        shows=("so far",),
        source="https://openrouter.ai/docs/api-reference/streaming",
    ),
    _told(
        "fields around the choices",
        {"choices": [], "prompt_filter_results": [{"prompt_index": 0}], "x_groq": {"id": "req_1"}},
        chunk({"content": "Hi"}) | {"citations": ["https://a.example/1"]},
        chunk({}, finish_reason="stop")
        | {"citations": ["https://a.example/1", "https://a.example/2"], "x_groq": {"extra": 1}},
        says={
            "completion.prompt_filter_results": [{"prompt_index": 0}],
            "completion.x_groq": {"id": "req_1", "extra": 1},
            "completion.citations": ["https://a.example/1", "https://a.example/2"],
        },
        shows=("Hi", "Sources", "https://a.example/2"),
    ),
    _told(
        "a message in place of each delta",
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hel"}}]},
        {"choices": [{"index": 0, "message": {"content": "lo"}, "finish_reason": "stop"}]},
        says={f"{MESSAGE}.content": "Hello", "error": None},
        shows=("Hello",),
    ),
    _told(
        "a whole completion as the only event",
        completion_body("Hello!"),
        says={
            f"{MESSAGE}.content": "Hello!",
            "completion.object": "chat.completion",
            "usage.total_tokens": 12,
        },
        shows=("Hello!",),
    ),
    _told(
        "a whole message behind the deltas",
        chunk({"role": "assistant", "content": "Hel"}),
        chunk({"content": "lo"}),
        chunk({}, finish_reason="stop", message={"role": "assistant", "content": "Hello", "refusal": None}),
        says={f"{MESSAGE}.content": "Hello"},
        shows=("Hello",),
        hides=("HelloHello",),
    ),
    _told(
        "a message beside each delta, longer each time",
        chunk({"content": "Hel"}, message={"role": "assistant", "content": "Hel"}),
        chunk({"content": "lo"}, message={"role": "assistant", "content": "Hello"}, finish_reason="stop"),
        says={f"{MESSAGE}.content": "Hello"},
        shows=("Hello",),
        hides=("HelHel", "HelloHello"),
        source="https://github.com/BerriAI/litellm/issues/5305",
    ),
    _told(
        "what only the last message has is kept",
        chunk({"content": "Hi"}),
        chunk(
            {}, finish_reason="stop", message={"content": "Hi", "annotations": [{"type": "file", "id": "f"}]}
        ),
        says={f"{MESSAGE}.annotations": [{"type": "file", "id": "f"}], f"{MESSAGE}.content": "Hi"},
    ),
    _told(
        "text in place of a delta",
        {"object": "text_completion", "choices": [{"index": 0, "text": "Hel", "finish_reason": None}]},
        {"object": "text_completion", "choices": [{"index": 0, "text": "lo", "finish_reason": "stop"}]},
        says={f"{MESSAGE}.content": "Hello", "error": None},
        shows=("Hello", "Finish reason: stop"),
    ),
    Case(
        "text in place of a message",
        answer({"object": "text_completion", "choices": [{"text": "Hello", "finish_reason": "stop"}]}),
        says={"error": None},
        shows=("Hello", "Finish reason: stop"),
        hides=("has no text",),
    ),
    Case(
        "a delta in place of a message",
        answer({"choices": [{"delta": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]}),
        says={"error": None},
        shows=("Hello",),
        hides=("has no text",),
    ),
    Case(
        "a content that comes as parts, then as text",
        deltas({"content": [{"type": "text", "text": "Hel"}]}, {"content": "lo"}),
        request=STREAM,
        says={f"{MESSAGE}.content": [{"type": "text", "text": "Hello"}]},
        shows=("Hello",),
    ),
    Case(
        "objects in a delta are merged and their texts joined",
        deltas(
            {"extra_content": {"google": {"thought": "Be", "n": 1}}},
            {"extra_content": {"google": {"thought": "cause"}}},
            {"content": "Hi"},
        ),
        request=STREAM,
        says={f"{MESSAGE}.extra_content": {"google": {"thought": "Because", "n": 1}}},
    ),
    Case(
        "annotations of several deltas",
        deltas(
            {"content": "Hi"},
            {
                "annotations": [
                    {"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A"}}
                ]
            },
            {
                "annotations": [
                    {"type": "url_citation", "url_citation": {"url": "https://b.example", "title": "B"}}
                ]
            },
        ),
        request=STREAM,
        says={
            f"{MESSAGE}.annotations.0.url_citation.title": "A",
            f"{MESSAGE}.annotations.1.url_citation.title": "B",
        },
        shows=("Hi", "Sources", "a.example", "b.example"),
    ),
    _told(
        "equal logprobs of two equal tokens",
        chunk({"content": "ha"}, logprobs={"content": [{"token": "ha", "logprob": -1}]}),
        chunk(
            {"content": "ha"}, logprobs={"content": [{"token": "ha", "logprob": -1}]}, finish_reason="stop"
        ),
        says={"completion.choices.0.logprobs.content": [{"token": "ha", "logprob": -1}] * 2},
        shows=("haha",),
    ),
    _told(
        "indexes that are whole floats",
        {"choices": [{"index": 1.0, "delta": {"content": "b"}}, {"index": 0.0, "delta": {"content": "a"}}]},
        {"choices": [{"index": 1.0, "delta": {"content": "B"}, "finish_reason": "stop"}]},
        {"choices": [{"index": 0.0, "delta": {}, "finish_reason": "stop"}]},
        says={f"{MESSAGE}.content": "a", "completion.choices.1.message.content": "bB"},
    ),
    Case(
        "fields with a null in a delta",
        deltas({"role": "assistant", "content": "Hi", "refusal": None, "tool_calls": None, "audio": None}),
        request=STREAM,
        says={f"{MESSAGE}.content": "Hi", "error": None},
        shows=("Hi",),
        hides=("Other fields",),
    ),
    Case(
        "an unknown field of a delta is shown",
        deltas({"content": "Hi"}, {"mood": "che"}, {"mood": "erful"}),
        request=STREAM,
        says={f"{MESSAGE}.mood": "cheerful"},
        shows=("Hi", "Other fields mood", "cheerful"),
    ),
]
