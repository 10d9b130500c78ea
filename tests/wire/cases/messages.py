"""Answers of Anthropic's Messages API, and of servers that imitate it."""

from typing import Any

from tests.dialects.messages.events import encoded, start, stopped, text, thinking, tool
from tests.wire.case import STREAM, Case, answer, http

MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-m",
    "content": [{"type": "text", "text": "Hello!"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "cache_read_input_tokens": 4, "output_tokens": 3},
}
LIMIT = "This request would exceed your organization's rate limit of 30,000 input tokens per minute."


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_011CS"}


def _case(name: str, reply: bytes, says: dict[str, Any], **request: Any) -> Case:
    return Case(f"Messages: {name}", reply, says, request=request, dialect="messages")


def _refused(status: int, kind: str, message: str, told: str, fix: Any = None, **request: Any) -> Case:
    says = {"error.kind": told, "error.message": message, "completion": None, "response.status": status}
    says |= {"error.fix.changes": fix} if fix else {"error.fix": None}
    return _case(f"{status} {kind}: {message[:30]}", answer(_error(kind, message), status), says, **request)


def _stream(name: str, *events: Any, says: dict[str, Any]) -> Case:
    return _case(name, http(encoded(*events), "text/event-stream; charset=utf-8"), says, **STREAM)


def _broken(kind: str, message: str, told: str) -> Case:
    return _stream(
        f"{kind} in mid-stream",
        start(),
        *text(0, "Hel"),
        _error(kind, message),
        says={
            "error.kind": told,
            "error.message": message,
            "completion.content": [{"type": "text", "text": "Hel"}],
        },
    )


SUMMARIZED = {
    "input_tokens": 23_000,
    "output_tokens": 1_000,
    "iterations": [
        {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3_500},
        {"type": "message", "input_tokens": 23_000, "output_tokens": 1_000},
    ],
}
ALL_OF_IT = {"prompt_tokens": 203_000, "completion_tokens": 4_500, "total_tokens": 207_500}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}}

CASES = [
    _case(
        "what a summary cost is in the usage (pydantic-ai #5065)",
        answer(MESSAGE | {"usage": SUMMARIZED}),
        {"error": None, "usage": ALL_OF_IT},
    ),
    _stream(
        "what a summary cost is in the usage of a stream",
        start(),
        *text(0, "Hi"),
        *stopped(usage=SUMMARIZED),
        says={"error": None, "usage": ALL_OF_IT},
    ),
    _case(
        "calls with the stop reason end_turn (LiteLLM #34692)",
        answer(MESSAGE | {"content": [CALL]}),
        {"error": None, "answer.finish": "tool_calls", "answer.finish_reason": "end_turn"},
    ),
    _stream(
        "a message that begins again before its end (vercel/ai #18331)",
        start(id="msg_first"),
        *thinking(0, "I will call it.", signature="sig-first"),
        *tool(1, '{"value":"Spark')[:-1],
        start(id="msg_second"),
        *thinking(0, "Let me call it.", signature="sig-second"),
        *tool(1, '{"value":"Sparkle"}', id_="toolu_2"),
        *stopped("tool_use"),
        says={
            "error": None,
            "completion.id": "msg_second",
            "answer.reasoning": "Let me call it.",
            "answer.tool_calls": [
                {"id": "toolu_2", "name": "get_weather", "arguments": '{"value": "Sparkle"}'}
            ],
            "completion.other_events.0.content.0.thinking": "I will call it.",
        },
    ),
    _stream(
        "a start that comes twice (maximhq/bifrost #4556)",
        start(),
        *text(0, "Hel"),
        start(),
        *text(1, "lo!"),
        *stopped(),
        says={"error": None, "answer.text": "Hello!"},
    ),
    _case(
        "a message",
        answer(MESSAGE),
        {
            "dialect": "messages",
            "error": None,
            "completion": MESSAGE,
            "usage": {
                "prompt_tokens": 13,
                "completion_tokens": 3,
                "total_tokens": 16,
                "cached_tokens": 4,
            },
        },
    ),
    _stream(
        "a stream",
        start(),
        {"type": "ping"},
        *thinking(0, "Say ", "hello."),
        *text(1, "Hel", "lo!"),
        *tool(2, '{"city"', ': "Paris"}'),
        *stopped("tool_use", usage={"input_tokens": 25, "output_tokens": 15}),
        says={
            "error": None,
            "completion.content.0.thinking": "Say hello.",
            "completion.content.0.signature": "sig==",
            "completion.content.1.text": "Hello!",
            "completion.content.2.input": {"city": "Paris"},
            "completion.stop_reason": "tool_use",
            "usage": {"prompt_tokens": 25, "completion_tokens": 15, "total_tokens": 40},
            "response.unread_events": None,
        },
    ),
    _stream(
        "a stream without its start",
        *text(0, "👋 ", "Hi"),
        *stopped(),
        says={"error": None, "completion.content.0.text": "👋 Hi", "usage": {"completion_tokens": 15}},
    ),
    _stream(
        "a stream that stops without its end",
        start(),
        *text(0, "Hel"),
        says={"error.kind": "ended_early", "completion.content.0.text": "Hel"},
    ),
    Case(
        "Messages: a connection that stays open after message_stop",
        http(encoded(start(), *text(0, "Hi"), *stopped()), "text/event-stream").replace(
            b"Content-Length", b"X-Length"
        ),
        {"error": None, "completion.content.0.text": "Hi"},
        request=STREAM,
        holds=True,
        dialect="messages",
    ),
    _stream(
        "an answer that is nothing but an empty message",
        start(),
        *stopped("refusal", stop_details={"type": "refusal", "category": "bio", "explanation": None}),
        says={"error": None, "completion.content": [], "completion.stop_details.category": "bio"},
    ),
    _refused(400, "invalid_request_error", "messages: at least one message is required", "bad_request"),
    _refused(
        400,
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.",
        "quota",
    ),
    _refused(
        400,
        "invalid_request_error",
        "You have reached your specified API usage limits. You will regain access on 2026-12-01.",
        "rate_limited",
    ),
    _refused(
        400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum", "context_window"
    ),
    _refused(
        400,
        "invalid_request_error",
        "input length and `max_tokens` exceed context limit: 199000 + 2000 > 200000, decrease input length "
        "or `max_tokens` and try again",
        "context_window",
        {"max_tokens": 1000},
    ),
    _refused(
        400,
        "invalid_request_error",
        "max_tokens: 2000 > 1024, which is the maximum allowed number of output tokens for claude-m",
        "bad_request",
        {"max_tokens": 1024},
    ),
    _refused(
        400,
        "invalid_request_error",
        "`temperature` is deprecated for this model.",
        "bad_request",
        {"temperature": None},
        temperature=0.5,
    ),
    _refused(
        400,
        "invalid_request_error",
        "top_k: Extra inputs are not permitted",
        "bad_request",
        {"top_k": None},
        top_k=5,
    ),
    _refused(
        400,
        "invalid_request_error",
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        "bad_request",
        {"top_p": None},
        temperature=0.5,
        top_p=0.5,
    ),
    _refused(
        400,
        "invalid_request_error",
        '"thinking.type.disabled" is not supported for this model. Use "thinking.type.adaptive" and '
        '"output_config.effort" to control thinking behavior.',
        "bad_request",
        {"thinking": {"type": "adaptive"}},
        thinking={"type": "disabled"},
        output_config={"effort": "low"},
    ),
    _refused(
        400,
        "invalid_request_error",
        "Thinking may not be enabled when tool_choice forces tool use.",
        "bad_request",
        {"tool_choice": None},
        thinking={"type": "adaptive"},
        tools=[{"name": "f", "input_schema": {"type": "object"}}],
        tool_choice={"type": "any"},
    ),
    _refused(
        400,
        "invalid_request_error",
        'tool_choice: type "tool" and "any" are not supported for this model.',
        "bad_request",
        {"tool_choice": None},
        tools=[{"name": "f", "input_schema": {"type": "object"}}],
        tool_choice={"type": "any"},
    ),
    _refused(401, "authentication_error", "invalid x-api-key", "unauthorized"),
    _refused(402, "billing_error", "There is a problem with your payment method.", "payment_required"),
    _refused(403, "permission_error", "Your API key does not have permission to use this.", "forbidden"),
    _refused(404, "not_found_error", "model: claude-m", "not_found"),
    _refused(409, "conflict_error", "The container is in use.", "bad_request"),
    _refused(413, "request_too_large", "Request exceeds the maximum size", "too_large_for_provider"),
    _refused(429, "rate_limit_error", LIMIT, "rate_limited"),
    _case(
        "429 says how long to wait",
        answer(_error("rate_limit_error", LIMIT), 429, retry_after="90"),
        {"error.kind": "rate_limited", "error.advice": "Wait 90 seconds, then send again."},
    ),
    _refused(500, "api_error", "Internal server error", "server_error"),
    _refused(504, "timeout_error", "The request timed out", "timeout"),
    _refused(529, "overloaded_error", "Overloaded", "overloaded"),
    _broken("overloaded_error", "Overloaded", "overloaded"),
    _broken("rate_limit_error", LIMIT, "rate_limited"),
    _broken("api_error", "Internal server error", "server_error"),
    _broken("authentication_error", "invalid x-api-key", "unauthorized"),
    _broken("billing_error", "There is a problem with your payment method.", "payment_required"),
    _broken("permission_error", "Your API key does not have permission to use this.", "forbidden"),
    _broken("not_found_error", "The file was deleted.", "not_found"),
    _broken("request_too_large", "Request exceeds the maximum size", "too_large_for_provider"),
    _broken("conflict_error", "The container is in use.", "bad_request"),
    _broken("timeout_error", "The request timed out", "timeout"),
    _broken("invalid_request_error", "messages: text is empty", "bad_request"),
    _case(
        "an answer of Chat Completions",
        answer({"object": "chat.completion", "choices": [{"message": {"content": "Hi"}}]}),
        {"error.kind": "not_completion", "completion": None},
    ),
]
