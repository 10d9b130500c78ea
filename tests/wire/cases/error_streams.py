"""Errors in streams, at once or after half an answer: explained like the same error with a status."""

from typing import Any

from tests.upstreams.scripted import chunk
from tests.wire.case import STREAM, Case, http, sse

_UNSUPPORTED = "Unsupported parameter: 'max_tokens' is not supported with this model."


def _first(name: str, event: Any, says: dict[str, Any], source: str = "", **request: Any) -> Case:
    return Case(
        name, sse(event), says, hides=("Error during streaming",), request=STREAM | request, source=source
    )


CASES = [
    _first(
        "an error as the first event has its fix",
        {"error": {"message": _UNSUPPORTED, "type": "invalid_request_error", "param": "max_tokens"}},
        {
            "error.kind": "bad_request",
            "error.message": _UNSUPPORTED,
            "error.fix.changes": {"max_tokens": None, "max_completion_tokens": 5},
        },
        max_tokens=5,
    ),
    _first(
        "a code of 429 as the first event",
        {
            "error": {
                "message": '{\n "error": {\n "code": 429,\n "message": "Exhausted."\n }\n}\n',
                "code": 429,
            }
        },
        {"error.kind": "rate_limited", "error.message": "Exhausted."},
        source="https://github.com/vercel/ai/issues/2698",
    ),
    _first(
        "a type as the first event",
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        {"error.kind": "overloaded", "error.message": "Overloaded"},
        source="https://docs.claude.com/en/api/errors",
    ),
    _first(
        "rate_limit_exceeded as the first event",
        {"error": {"message": "no_kv_space", "type": "server_error", "code": "rate_limit_exceeded"}},
        {"error.kind": "rate_limited"},
        source="https://github.com/epam/ai-dial-adapter-openai/pull/348",
    ),
    _first(
        "insufficient_quota as the first event",
        {"error": {"message": "You exceeded your current quota.", "code": "insufficient_quota"}},
        {"error.kind": "quota"},
    ),
    _first(
        "a first event without a code",
        {"error": {"message": "Something broke."}},
        {"error.kind": "provider_error", "error.message": "Something broke."},
    ),
    _first(
        "error_type and error_message in a chunk whose choices are null",
        {
            "choices": None,
            "error_type": "BadRequestError",
            "error_message": "maximum context length is 10 tokens",
        },
        {"error.kind": "context_window", "error.message": "maximum context length is 10 tokens"},
        source="https://github.com/NousResearch/hermes-agent/issues/65631",
    ),
    _first(
        "an error in a list as the first event",
        [{"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}],
        {"error.kind": "unavailable", "error.message": "The model is overloaded."},
        source="https://github.com/google-gemini/gemini-cli/issues/14811",
    ),
    _first(
        "an error of a text, with a choice that is empty",
        chunk({"role": "assistant"}) | {"error": "Worker died."},
        {"error.message": "Worker died."},
        source="https://github.com/lm-sys/FastChat/issues/3367",
    ),
    _first(
        "FastAPI's detail as the first event",
        {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
        {"error.message": "body.seed: Extra inputs are not permitted", "error.fix.changes": {"seed": None}},
        seed=1,
    ),
    _first(
        "DashScope's error as the first event",
        {
            "error": {
                "code": "invalid_parameter_error",
                "param": None,
                "message": "Range of max_tokens should be [1, 131072]",
                "type": "invalid_request_error",
            },
            "id": "chatcmpl-4c782706",
        },
        {"error.kind": "bad_request", "error.fix.changes": {"max_tokens": 131_072}},
        source="https://github.com/anomalyco/opencode/issues/40770",
        max_tokens=200_000,
    ),
    Case(
        "an event named error",
        http(
            'event: error\ndata: {"error": {"message": "No memory."}, "message": "No memory."}\n\n',
            "text/event-stream",
        ),
        {"error.message": "No memory."},
        hides=("Error during streaming",),
        request=STREAM,
        source="https://github.com/nugget/thane-ai-agent/pull/1395",
    ),
    Case(
        "an error in the first choice, before any text",
        sse(chunk({"content": ""}, finish_reason="error", error={"code": 502, "message": "Upstream broke."})),
        {"error.kind": "unavailable", "error.message": "Upstream broke."},
        hides=("Error during streaming", "gateway"),
        request=STREAM,
        source="https://openrouter.ai/docs/api-reference/streaming",
    ),
    Case(
        "an error after half an answer",
        sse(chunk({"content": "Once upon"}), {"error": {"message": "Server disconnected", "code": 502}}),
        {
            "error.kind": "unavailable",
            "error.message": "Server disconnected",
            "completion.choices.0.message.content": "Once upon",
        },
        shows=("Once upon", "Error during streaming", "Server disconnected"),
        hides=("gateway",),
        request=STREAM,
        source="https://openrouter.ai/docs/api-reference/streaming",
    ),
    Case(
        "an empty error in every chunk is none",
        sse(
            chunk({"content": "Hello!"}) | {"error": None, "base_resp": {"status_code": 0, "status_msg": ""}},
            chunk({}, finish_reason="stop") | {"error": {}},
        ),
        {"error": None},
        shows=("Hello!",),
        request=STREAM,
    ),
]
