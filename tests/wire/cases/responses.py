"""Answers of OpenAI's Responses API, and of servers that implement it."""

from typing import Any

from tests.dialects.responses.streams import call, event, message, response, wire
from tests.wire.case import STREAM, Case, answer, http

PLACE = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 8,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 17,
}
OPENING = (
    event("response.created", sequence_number=0, response=response(status="in_progress")),
    event("response.output_item.added", output_index=0, item=message(status="in_progress")),
    event("response.content_part.added", part={"type": "output_text", "text": ""}, **PLACE),
    event("response.output_text.delta", delta="Hel", logprobs=[], obfuscation="a9", **PLACE),
    event("response.output_text.delta", delta="lo!", logprobs=[], obfuscation="a", **PLACE),
)
THOUGHT = {
    "type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Say hello."}],
    "encrypted_content": "gAAAAA",
}  # fmt: skip


def _error(message: str, **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None} | fields}


def _case(name: str, reply: bytes, says: dict[str, Any], **request: Any) -> Case:
    return Case(f"Responses: {name}", reply, says, request=request, dialect="responses")


def _stream(name: str, *events: Any, says: dict[str, Any]) -> Case:
    return _case(name, http(wire(*events), "text/event-stream"), says, **STREAM)


def _end(word: str, *output: Any, **fields: Any) -> dict[str, Any]:
    return event(f"response.{word}", response=response(*output, status=word, **fields))


SEARCH = {
    "type": "custom_tool_call", "id": "ctc_1", "call_id": "xs_call_1", "name": "x_keyword_search",
    "input": '{"query":"AI"}', "status": "completed",
}  # fmt: skip

CASES = [
    Case(
        "Responses: searches that xAI runs itself",
        http(
            wire(
                event("response.output_item.added", output_index=0, item=SEARCH | {"input": ""}),
                event("response.custom_tool_call_input.delta", output_index=0, delta=SEARCH["input"]),
                event("response.output_item.done", output_index=0, item=SEARCH),
                _end("completed", SEARCH, message("Done."), tools=[{"type": "x_search"}]),
            ),
            "text/event-stream",
        ),
        {"error": None, "answer.finish": "stop", "answer.tool_calls": [], "answer.text": "Done."},
        shows=("Done.",),
        hides=("The model called tools",),
        request=STREAM | {"tools": [{"type": "x_search"}]},
        dialect="responses",
        source="https://github.com/vercel/ai/pull/9896",
    ),
    _case(
        "a response",
        answer(response(THOUGHT, message("Hello!"), usage=USAGE)),
        {
            "dialect": "responses",
            "error": None,
            "completion.output.1.content.0.text": "Hello!",
            "usage": {
                "prompt_tokens": 9,
                "completion_tokens": 8,
                "total_tokens": 17,
                "cached_tokens": 4,
                "reasoning_tokens": 5,
            },
        },
    ),
    _stream(
        "a stream ends with the whole response, without [DONE]",
        *OPENING,
        _end("completed", message("Hello!"), usage=USAGE),
        says={"error": None, "completion.output": [message("Hello!")], "usage.completion_tokens": 8},
    ),
    _stream(
        "a stream with [DONE] all the same",
        *OPENING,
        _end("completed", message("Hello!")),
        "[DONE]",
        says={"error": None, "completion.status": "completed"},
    ),
    _stream(
        "a stream that is cut off keeps what came",
        *OPENING,
        says={"error.kind": "ended_early", "completion.output.0.content.0.text": "Hello!"},
    ),
    _stream(
        "an answer that reached its limit",
        *OPENING,
        _end("incomplete", message("Hello!"), incomplete_details={"reason": "max_output_tokens"}),
        says={"error": None, "completion.incomplete_details.reason": "max_output_tokens"},
    ),
    _stream(
        "a failure with status 200",
        *OPENING[:1],
        _end("failed", error={"code": "rate_limit_exceeded", "message": "You go too fast."}),
        says={"error.kind": "rate_limited", "error.message": "You go too fast."},
    ),
    _case(
        "a failure with status 200, not streamed",
        answer(response(status="failed", error={"code": "server_error", "message": "It broke."})),
        {"error.kind": "server_error", "error.message": "It broke."},
    ),
    _case(
        "a failure without a reason",
        answer(response(status="failed", error=None)),
        {"error.kind": "provider_error"},
    ),
    _stream(
        "an error event in mid-stream",
        *OPENING,
        event("error", code="rate_limit_exceeded", message="You go too fast.", param=None, sequence_number=6),
        says={"error.kind": "rate_limited", "completion.output.0.content.0.text": "Hello!"},
    ),
    _stream(
        "unknown events and items pass through",
        *OPENING,
        event("response.dream.began", depth=2, sequence_number=7),
        _end("completed", {"type": "dream", "id": "d_1", "depth": 2}, message("Hello!")),
        says={
            "error": None,
            "completion.output.0": {"type": "dream", "id": "d_1", "depth": 2},
            "completion.events": [{"type": "response.dream.began", "depth": 2}],
        },
    ),
    _stream(
        "llama.cpp sends no indexes and no sequence numbers",
        event("response.created", response={"id": "r", "object": "response", "status": "in_progress"}),
        event("response.output_item.added", item=message(status="in_progress")),
        event(
            "response.content_part.added", item_id="msg_1", part={"type": "output_text", "text": ""}
        ),
        event("response.output_text.delta", item_id="msg_1", delta="Hello!"),
        event("response.output_item.done", item=message("Hello!")),
        {**_end("completed", message("Hello!")), "timings": {"predicted_n": 3}},
        says={"error": None, "completion.output": [message("Hello!")]},
    ),
    _case("a call of a tool", answer(response(call())), {"error": None, "completion.output": [call()]}),
    _case(
        "a parameter that the model does not take",
        answer(
            _error("Unsupported parameter: 'temperature' is not supported here.", param="temperature"),
            400,
        ),
        {"error.fix.changes": {"temperature": None}},
        temperature=0.5,
    ),
    _case(
        "a parameter within another is removed alone",
        answer(
            _error(
                "Unsupported parameter: 'text.verbosity' is not supported with this model.",
                param="text.verbosity",
            ),
            400,
        ),
        {"error.fix.changes": {"text": {"format": {"type": "text"}}}},
        text={"format": {"type": "text"}, "verbosity": "low"},
    ),
    _case(
        "the last parameter within another takes it along",
        answer(
            _error(
                "Unsupported value: 'minimal' is not supported with the 'o9' model. Supported values are: "
                "'low', 'medium', and 'high'.",
                param="reasoning.effort",
                code="unsupported_value",
            ),
            400,
        ),
        {"error.fix.changes": {"reasoning": None}},
        reasoning={"effort": "minimal"},
    ),
    _case(
        "reasoning from another organization",
        answer(_error("The encrypted content could not be verified.", code="invalid_encrypted_content"), 400),
        {"error.message": "The encrypted content could not be verified."},
    ),
    _case(
        "an answer of Chat Completions",
        answer({"object": "chat.completion", "choices": [{"message": {"content": "Hi"}}]}),
        {"error.kind": "not_completion", "completion": None},
    ),
    _case("a key that is wrong", answer(_error("Incorrect API key", code="invalid_api_key"), 401), {
        "error.kind": "unauthorized",
    }),
]  # fmt: skip
