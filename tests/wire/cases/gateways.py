"""Answers as gateways pass them on: wrapped, in the wrong place, or in another API's terms."""

import json
from typing import Any

from tests.upstreams.scripted import chunk, completion_body
from tests.wire.case import STREAM, Case, answer, deltas, http, sse

_HELLO = {"completion.choices.0.message.content": "Hello!", "error": None}
_CHUNKS = (chunk({"content": "Hel"}), chunk({"content": "lo!"}), chunk({}, finish_reason="stop"))
_CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "w", "arguments": "{}"}}
_FIRST_CALL = "completion.choices.0.message.tool_calls.0.function.arguments"
_NO_TEXT = "has no text"


def _choice(choice: dict[str, Any], **changes: Any) -> bytes:
    return answer(completion_body(choices=[{"index": 0, "finish_reason": "stop"} | choice], **changes))


def _wrapped(name: str, wrap: Any, source: str = "") -> list[Case]:
    return [
        Case(
            f"a completion in {name}",
            answer(wrap(completion_body())),
            says=_HELLO | {"usage.total_tokens": 12},
            shows=("Hello!",),
            hides=("no chat completion",),
            source=source,
        ),
        Case(f"chunks in {name}", sse(*map(wrap, _CHUNKS)), request=STREAM, says=_HELLO, shows=("Hello!",)),
    ]


def _beside(name: str, value: Any, *shows: str) -> list[Case]:
    """Make a case with a field in the choice instead of in its message."""
    return [
        Case(
            f"{name} beside the message",
            _choice({name: value, "message": {"role": "assistant", "content": None}}),
            shows=shows,
            hides=(_NO_TEXT,),
        ),
        Case(
            f"{name} beside the delta",
            sse(chunk({}, **{name: value}), chunk({}, finish_reason="stop")),
            request=STREAM,
            says={f"completion.choices.0.message.{name}": value},
            shows=shows,
            hides=(_NO_TEXT,),
        ),
    ]


def _end(reason: str, shown: str = "", hidden: str = "The provider reported the finish reason") -> Case:
    return Case(
        f"a finish reason of another API: {reason}",
        _choice({"message": {"role": "assistant", "content": "Hello!"}, "finish_reason": reason}),
        says=_HELLO,
        shows=(f"Finish reason: {reason}", *([shown] if shown else [])),
        hides=(hidden,),
    )


def _odd_end(
    value: Any, shown: str, note: str = "", hidden: str = "The provider reported the finish reason"
) -> list[Case]:
    """Make a case whose finish reason is not a string: shown as it came, and read by the word in it."""
    says = _HELLO | {"completion.choices.0.finish_reason": value}
    shows = ("Hello!", f"Finish reason: {shown}", *([note] if note else []))
    message = {"role": "assistant", "content": "Hello!"}
    return [
        Case(
            f"a finish reason that is no text: {shown}",
            _choice({"message": message, "finish_reason": value}),
            says,
            shows,
            (hidden,),
        ),
        Case(
            f"a finish reason that is no text, in a stream: {shown}",
            sse(chunk({"content": "Hello!"}), chunk({}, finish_reason=value), done=False),
            says,
            shows,
            (hidden,),
            request=STREAM,
        ),
    ]


def _broken_off(name: str, reply: bytes, source: str = "", **request: Any) -> Case:
    return Case(
        name,
        reply,
        request=request,
        says={"error.kind": "provider_error", "error.message": None},
        source=source,
    )


def _said(name: str, value: Any, message: str, status: int = 400, kind: str | None = None) -> Case:
    says = {"error.message": message} | ({"error.kind": kind} if kind else {})
    return Case(f"words in {name}", answer(value, status), says=says, shows=(message,))


def _body(text: str) -> bytes:
    return http(text, "text/event-stream")


_HALF = f"data: {json.dumps(_CHUNKS[0])}\n\n"
_WHOLE = "".join(f"data: {json.dumps(item)}\n\n" for item in _CHUNKS)

CASES = [
    *_wrapped("an envelope: data", lambda value: {"code": 0, "msg": "ok", "data": value}),
    *_wrapped("an envelope: result", lambda value: {"success": True, "errors": [], "result": value}),
    *_wrapped("an envelope: output", lambda value: {"output": value, "request_id": "r"}),
    *_wrapped("a list of one", lambda value: [value]),
    *_wrapped("a text of JSON", json.dumps),
    Case(
        "a failure in an envelope",
        answer({"success": False, "msg": "The pool is empty", "data": None}),
        says={"error.kind": "provider_error", "error.message": "The pool is empty"},
        shows=("The pool is empty",),
    ),
    *_beside("content", "Hello!", "Hello!"),
    *_beside("tool_calls", [_CALL], '"name": "w"'),
    *_beside("reasoning_content", "Let me see", "Let me see"),
    *_beside("refusal", "I will not", "I will not"),
    Case(
        "a message that is a text",
        _choice({"message": "Hello!"}),
        shows=("Hello!",),
        hides=(_NO_TEXT,),
    ),
    Case(
        "a delta that is a text",
        sse(
            {"choices": [{"index": 0, "delta": "Hel"}]},
            {"choices": [{"index": 0, "delta": "lo!", "finish_reason": "stop"}]},
        ),
        request=STREAM,
        says=_HELLO,
        shows=("Hello!",),
        hides=(_NO_TEXT,),
    ),
    Case(
        "a delta in a list",
        sse(chunk() | {"choices": [{"index": 0, "delta": [{"content": "Hello!"}], "finish_reason": "stop"}]}),
        request=STREAM,
        says=_HELLO,
        shows=("Hello!",),
    ),
    Case(
        "a content that is a list of texts",
        _choice({"message": {"role": "assistant", "content": ["Hel", "lo!"]}}),
        shows=("Hello!",),
        hides=("also has",),
    ),
    Case(
        "a content that is a list of texts, in a stream",
        deltas({"content": ["Hel"]}, {"content": ["lo!"]}),
        request=STREAM,
        shows=("Hello!",),
        hides=("also has",),
    ),
    Case(
        "choices of null are none",
        answer(completion_body(choices=None)),
        says={"error.kind": "no_choices", "usage.total_tokens": 12},
        source="https://github.com/langchain-ai/langchain/pull/35236",
    ),
    Case(
        "a stream without a choice keeps its usage",
        sse({"id": "x", "choices": [], "usage": {"prompt_tokens": 5, "total_tokens": 5}}),
        request=STREAM,
        says={"error.kind": "no_choices", "usage.prompt_tokens": 5},
    ),
    Case(
        "a stream of another API",
        _body(
            'event: message_start\ndata: {"type":"message_start","message":{"role":"assistant"}}\n\n'
            'event: message_stop\ndata: {"type":"message_stop"}\n\n'
        ),
        request=STREAM,
        says={"error.kind": "not_completion"},
        hides=("ended early",),
    ),
    Case(
        "a call that opens with empty arguments (Claude behind a gateway)",
        deltas(
            {"tool_calls": [_CALL]},
            {"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]},
            {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
            finish="tool_calls",
        ),
        request=STREAM,
        says={_FIRST_CALL: '{"a":1}'},
    ),
    Case(
        "calls whose index is a text",
        deltas(
            {"tool_calls": [{"index": "0", "id": "c1", "function": {"name": "w", "arguments": '{"a"'}}]},
            {"tool_calls": [{"index": "1", "id": "c2", "function": {"name": "v", "arguments": "{}"}}]},
            {"tool_calls": [{"index": "0", "function": {"arguments": ":1}"}}]},
            finish="tool_calls",
        ),
        request=STREAM,
        says={_FIRST_CALL: '{"a":1}', "completion.choices.0.message.tool_calls.1.function.arguments": "{}"},
        source="https://github.com/anvia-hq/anvia/pull/262",
    ),
    Case(
        "a name again with the last piece of the arguments",
        deltas(
            {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "w", "arguments": ""}}]},
            {"tool_calls": [{"index": 0, "function": {"arguments": '{"a": {"b": 1}'}}]},
            {"tool_calls": [{"index": 0, "id": None, "function": {"name": "w", "arguments": "}"}}]},
            finish="tool_calls",
        ),
        request=STREAM,
        says={_FIRST_CALL: '{"a": {"b": 1}}'},
        source="https://github.com/agentscope-ai/agentscope-java/pull/1223",
    ),
    Case(
        "usage in the last delta",
        deltas({"content": "Hello!"}, {"usage": {"prompt_tokens": 5, "total_tokens": 7}}),
        request=STREAM,
        says=_HELLO | {"usage.total_tokens": 7},
    ),
    Case(
        "cached tokens as Claude names them",
        answer(completion_body(usage={"prompt_tokens": 9, "cache_read_input_tokens": 4})),
        says={"usage.cached_tokens": 4},
    ),
    _end("STOP"),
    _end("end_turn"),
    _end("eos"),
    _end("MAX_TOKENS", "Cut off"),
    _end("max_tokens", "Cut off"),
    _end("tool_use", "The model called tools"),
    _end("SAFETY", "content filter"),
    *_odd_end(1, "1", "The provider reported the finish reason “1”", hidden="Finish reason: not reported"),
    *_odd_end({"type": "stop"}, '{"type": "stop"}'),
    *_odd_end({"reason": "stop"}, '{"reason": "stop"}'),
    *_odd_end({"type": "length"}, '{"type": "length"}', "Cut off"),
    *_odd_end(
        ["stop"], '["stop"]', "The provider reported the finish reason", hidden="Finish reason: not reported"
    ),
    _broken_off(
        "a finish reason of an object that is an error",
        _choice({"message": {"role": "assistant", "content": "Hel"}, "finish_reason": {"type": "error"}}),
    ),
    _broken_off(
        "a finish reason of error, and no words",
        _choice({"message": {"role": "assistant", "content": "Hel"}, "finish_reason": "error"}),
        "https://github.com/maximhq/bifrost/issues/5425",
    ),
    _broken_off(
        "a stream that ends with error, and no words", deltas({"content": "Hel"}, finish="error"), **STREAM
    ),
    _broken_off(
        "a stream that ends with abort (vLLM)",
        deltas({"content": "Hel"}, finish="abort"),
        "https://github.com/vllm-project/vllm/issues/57082",
        **STREAM,
    ),
    Case(
        "calls with the finish reason stop",
        deltas({"tool_calls": [_CALL]}),
        request=STREAM,
        says={"answer.finish": "tool_calls", "answer.finish_reason": "stop", "error": None},
        shows=("The model called tools. Send their results as tool messages.",),
        source="https://github.com/BerriAI/litellm/issues/34692",
    ),
    Case(
        "a call of nothing, in an answer in which each field is set (Snowflake)",
        _choice(
            {
                "message": {
                    "role": "assistant",
                    "content": "4",
                    "refusal": "",
                    "tool_calls": None,
                    "function_call": {"arguments": "", "name": ""},
                    "audio": {"data": "", "expires_at": 0, "id": "", "transcript": ""},
                }
            }
        ),
        says={"answer.text": "4", "answer.tool_calls": [], "answer.finish": "stop", "error": None},
        hides=("The model called", "Tool calls"),
    ),
    Case(
        "text and calls in choices of their own, without an index (GitHub Copilot)",
        answer(
            completion_body(
                choices=[
                    {"message": {"role": "assistant", **part}, "finish_reason": "tool_calls"}
                    for part in ({"content": "Let me look."}, {"tool_calls": [_CALL]})
                ]
            )
        ),
        says={
            "answer.text": "Let me look.",
            "answer.tool_calls.0.name": _CALL["function"]["name"],
            "answer.finish": "tool_calls",
        },
        shows=("Let me look.", "Tool calls"),
        source="https://github.com/ericc-ch/copilot-api",
    ),
    Case(
        "a channel beside each delta (Groq)",
        deltas(
            {"reasoning": "Think", "channel": "analysis"},
            {"reasoning": "ing", "channel": "analysis"},
            {"content": "Hello!", "channel": "final"},
        ),
        request=STREAM,
        says=_HELLO | {"answer.reasoning": "Thinking"},
        hides=("analysisanalysis", "Thinkanalysis"),
        source="https://github.com/pydantic/pydantic-ai",
    ),
    Case(
        "an index in each delta, too (GLM at Mistral)",
        deltas({"content": "Hello!", "index": 0}, {"content": "", "index": 0}),
        request=STREAM,
        says=_HELLO,
        hides=("Other fields",),
    ),
    _broken_off(
        "a stream that ends with network_error (Zhipu)",
        deltas({"content": "Hel"}, finish="network_error"),
        **STREAM,
    ),
    Case(
        "an error in x_groq",
        sse(_CHUNKS[0], chunk({}) | {"x_groq": {"id": "r", "error": "over capacity"}}),
        request=STREAM,
        says={"error.message": "over capacity", "completion.choices.0.message.content": "Hel"},
        shows=("over capacity", "Hel"),
    ),
    Case(
        "a comment that a gateway took for data",
        _body(f"data: : OPENROUTER PROCESSING\n\n{_WHOLE}data: [DONE]\n\n"),
        request=STREAM,
        says=_HELLO | {"response.unread_events": None},
        source="https://github.com/mnfst/llm-gateway/issues/2053",
    ),
    Case(
        "JSON on the line behind data:",
        _body(_WHOLE.replace("data: ", "data:\n ") + "data:\n [DONE]\n\n"),
        request=STREAM,
        says=_HELLO | {"response.unread_events": None},
        source="https://github.com/0xPlaygrounds/rig/issues/534",
    ),
    Case(
        "[DONE] as JSON, open",
        _body(f'{_HALF}data: "[DONE]"\n\n').replace(b"Content-Length", b"X-Length"),
        request=STREAM,
        holds=True,
        says={"error": None, "response.unread_events": None},
    ),
    Case(
        "a proxy's page in place of the rest",
        _body(f"{_HALF}<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n</html>\r\n"),
        request=STREAM,
        says={"error.message": "504 Gateway Time-out", "completion.choices.0.message.content": "Hel"},
    ),
    Case(
        "words about the length in place of events",
        _body("data: This model's maximum context length is 4096 tokens, you requested 5000 tokens.\n\n"),
        request=STREAM,
        says={"error.kind": "context_window"},
    ),
    Case(
        "a chunk that breaks off is none of the provider's words",
        _body(_HALF + 'data: {"choices":[{"delta":{"content":"The prompt is too long'),
        request=STREAM,
        says={"error.kind": "ended_early"},
    ),
    _said("errors by field", {"errors": {"messages": ["can't be blank"]}}, "messages: can't be blank", 422),
    _said(
        "Message", {"__type": "ValidationException", "Message": "The seed is wrong."}, "The seed is wrong."
    ),
    _said("faultstring", {"fault": {"faultstring": "Invalid ApiKey"}}, "Invalid ApiKey", 401),
    _said(
        "description",
        {"reason": "Bad Gateway", "description": "upstream timed out"},
        "upstream timed out",
        502,
    ),
    _said("cause", {"error": {"cause": "Quota metric exceeded", "code": 8}}, "Quota metric exceeded", 429),
    _said(
        "errorMsg", {"errorCode": "4", "errorMsg": "invalid token", "success": False}, "invalid token", 200
    ),
    _said(
        "reason, with ok: false", {"ok": False, "reason": "back at ten"}, "back at ten", 200, "provider_error"
    ),
    _said(
        "data, with status: fail", {"status": "fail", "data": {"message": "a bad thing"}}, "a bad thing", 200
    ),
    _said(
        "a wrong key with status 400 (Gemini)",
        [
            {
                "error": {
                    "code": 400,
                    "message": "API key not valid. Please pass a valid API key.",
                    "status": "INVALID_ARGUMENT",
                    "details": [{"reason": "API_KEY_INVALID"}],
                }
            }
        ],
        "API key not valid. Please pass a valid API key.",
        kind="unauthorized",
    ),
    _said(
        "a wrong key with status 400 (xAI)",
        {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: x."},
        "Incorrect API key provided: x.",
        kind="unauthorized",
    ),
    Case(
        "wait: a model that loads (Hugging Face)",
        answer({"error": "Model m is currently loading", "estimated_time": 20.5}, 503),
        shows=("21 seconds",),
    ),
    Case(
        "wait: in Chinese",
        answer({"error": {"message": "请求过于频繁，请在30秒后重试"}}, 429),
        shows=("30 seconds",),
    ),
]
