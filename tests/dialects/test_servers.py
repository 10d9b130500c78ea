"""What servers of Messages and Responses really send, read as their users would read it."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from playground.calls.draft import Draft
from playground.calls.make import Terms, make
from playground.exchange.record import Exchange
from playground.explanations.explain import explain
from playground.upstream.client import NOBODY
from tests.upstreams.scripted import Answer, ScriptedUpstream, event_stream, json_answer

BODIES: dict[str, dict[str, Any]] = {
    "messages": {"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello!"}]},
    "responses": {"model": "m", "input": "Hello!"},
}


@dataclass(frozen=True)
class Case:
    """What a server sends, and the reading that is right; whatever is not named is missing in it."""

    id: str
    dialect: str
    reply: Any
    text: str | None = None
    finish: str | None = None
    reason: str | None = None
    usage: dict[str, int] | None = None
    error: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    calls: list[tuple[Any, Any, Any]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    asked: dict[str, Any] = field(default_factory=dict)


def usage(prompt: int | None, output: int | None, total: int | None, **more: int) -> dict[str, int]:
    counts = {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": total, **more}
    return {name: count for name, count in counts.items() if count is not None}


def sse(*events: Any, comments: str = "") -> Answer:
    """Events named as their type; a text is sent as it is."""
    lines = [comments]
    for event in events:
        if isinstance(event, str):
            lines.append(event)
        else:
            name = f"event: {event['type']}\n" if "type" in event else ""
            lines.append(f"{name}data: {json.dumps(event)}\n\n")
    return event_stream("".join(lines).encode())


# fmt: off
def start(**changes: Any) -> dict[str, Any]:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
               "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 25, "output_tokens": 1}}
    return {"type": "message_start", "message": message | changes}


def begin(i: int, block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": i, "content_block": block}


def delta(i: int, kind: str, **f: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": i, "delta": {"type": kind, **f}}


def stop(i: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": i}


def says(i: int, *pieces: str) -> list[Any]:
    return [begin(i, {"type": "text", "text": ""}), *(delta(i, "text_delta", text=p) for p in pieces),
         stop(i)]


def end(reason: Any = "end_turn", usage: Any = ..., **more: Any) -> list[Any]:
    counts = {"output_tokens": 15} if usage is ... else usage
    event = {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None, **more}}
    return [event | ({} if counts is None else {"usage": counts}), {"type": "message_stop"}]


PING = {"type": "ping"}
MSG = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
       "content": [{"type": "text", "text": "Hello!"}], "stop_reason": "end_turn", "stop_sequence": None,
       "usage": {"input_tokens": 10, "output_tokens": 6}}


def message(**changes: Any) -> Answer:
    return json_answer(MSG | changes)


def text_item(text: str = "Hello!", **more: Any) -> dict[str, Any]:
    return {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
            "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}], **more}


def resp(status: str = "completed", output: Any = None, **changes: Any) -> dict[str, Any]:
    return {"id": "resp_1", "object": "response", "created_at": 1, "status": status, "error": None,
            "incomplete_details": None, "model": "m", "output": [text_item()] if output is None else output,
            "usage": {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 6,
                      "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 16}, "store": False,
            "temperature": 1.0, "tools": []} | changes


R_USAGE = usage(10, 6, 16, cached_tokens=4, reasoning_tokens=2)
OPEN = resp("in_progress", [], usage=None)
CREATED = [{"type": "response.created", "sequence_number": 0, "response": OPEN},
           {"type": "response.in_progress", "sequence_number": 1, "response": OPEN}]


def rtext(*pieces: str, i: int = 0, id_: str = "msg_1", done: bool = True) -> list[Any]:
    whole = "".join(pieces)
    at = {"item_id": id_, "output_index": i, "content_index": 0}
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    begun = [{"type": "response.output_item.added", "output_index": i, "sequence_number": 2,
              "item": text_item() | {"id": id_, "status": "in_progress", "content": []}},
             {"type": "response.content_part.added", **at, "part": part},
             *({"type": "response.output_text.delta", **at, "delta": p, "logprobs": [], "obfuscation": "xYz"}
               for p in pieces)]
    over = [{"type": "response.output_text.done", **at, "text": whole, "logprobs": []},
            {"type": "response.content_part.done", **at, "part": part | {"text": whole}},
            {"type": "response.output_item.done", "output_index": i, "item": text_item(whole) | {"id": id_}}]
    return begun + (over if done else [])


def terminal(word: str = "completed", **changes: Any) -> dict[str, Any]:
    return {"type": f"response.{word}", "sequence_number": 99, "response": resp(word) | changes}


M, R = "messages", "responses"
CASES = [
    # --- Messages ---
    Case("anthropic-plain-stream-with-pings", M,
         sse(start(), PING, *says(0, "Hel", "lo!"), PING, *end()), "Hello!", "stop", "end_turn", usage(25,
         15, 40)),
    Case("anthropic-cached", M, sse(
        start(usage={"input_tokens": 3, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 20,
                     "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 0},
                     "output_tokens": 1, "service_tier": "standard"}), *says(0, "Hi"),
        *end(usage={"input_tokens": 3, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 20,
                    "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 5}})),
        "Hi", "stop", "end_turn", usage(123, 9, 132, cached_tokens=20, reasoning_tokens=5)),
    Case("anthropic-refusal-without-details", M, sse(start(), *end("refusal", stop_details=None)), None,
         "refusal", "refusal", usage(25, 15, 40)),
    Case("anthropic-pause-turn", M, sse(
        start(), begin(0, {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}),
        delta(0, "input_json_delta", partial_json='{"query":"x"}'), stop(0), *says(1, "Looking"),
        *end("pause_turn")), "Looking", "paused", "pause_turn", usage(25, 15, 40), others=["content"]),
    Case("anthropic-overloaded-in-mid-stream", M, sse(
        start(), *says(0, "Hel")[:-1],
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "r"}),
        "Hel", None, None, usage(25, None, None), "overloaded"),
    Case("anthropic-529", M, json_answer({"type": "error", "error": {"type": "overloaded_error",
         "message": "Overloaded"}, "request_id": "req_1"}, 529), error="overloaded"),
    Case("anthropic-529-empty", M, Answer(529, b""), error="overloaded"),
    Case("anthropic-error-with-200", M, json_answer({"type": "error", "error": {"type": "rate_limit_error",
         "message": "Slow down"}}), error="rate_limited"),
    Case("anthropic-402", M, json_answer({"type": "error", "error": {"type": "billing_error",
         "message": "Your credit balance is too low to access the Anthropic API."}}, 402),
         error="payment_required"),
    Case("content-null", M, message(content=None, stop_reason="end_turn", usage=None), None, "stop",
         "end_turn"),
    Case("content-text", M, message(content="Hello!"), "Hello!", "stop", "end_turn", usage(10, 6, 16)),
    Case("usage-missing-type-missing", M, json_answer({"role": "assistant", "content": [{"type": "text",
         "text": "Hi"}], "stop_reason": "max_tokens"}), "Hi", "length", "max_tokens"),
    Case("redacted-and-unknown-blocks", M, message(content=[
        {"type": "redacted_thinking", "data": "abc"}, {"type": "brand_new", "x": 1},
        {"type": "text", "text": "Hi"}]), "Hi", "stop", "end_turn", usage(10, 6, 16), others=["content"]),
    Case("kimi-delta-has-other-counts", M, sse(
        start(usage={"input_tokens": 0, "output_tokens": 0}), *says(0, "Hi"),
        *end(usage={"input_tokens": 19, "output_tokens": 13, "cache_read_input_tokens": 6,
                    "cache_creation_input_tokens": None})), "Hi", "stop", "end_turn",
        usage(25, 13, 38, cached_tokens=6)),
    Case("deepseek-thinking-without-signature", M, sse(
        start(), begin(0, {"type": "thinking", "thinking": "", "signature": ""}),
        delta(0, "thinking_delta", thinking="Hm"), stop(0), *says(1, "Hi"), *end()), "Hi", "stop", "end_turn",
        usage(25, 15, 40), reasoning="Hm"),
    Case("zhipu-balance", M, json_answer({"type": "error", "error": {"type": "1113",
         "message": "余额不足或无可用资源包,请充值。"}, "request_id": "2026"}, 429), error="quota"),
    Case("zhipu-broken-off", M, sse(start(), *says(0, "Hi"), *end("network_error")), "Hi", "error",
         "network_error", usage(25, 15, 40), "provider_error"),
    Case("vllm-done-after-stop", M, sse(start(), *says(0, "Hi"), *end(), "data: [DONE]\n\n"), "Hi", "stop",
         "end_turn", usage(25, 15, 40)),
    Case("vllm-tool-without-arguments", M, sse(
        start(), begin(0, {"type": "tool_use", "id": "t1", "name": "now", "input": {}}),
        delta(0, "input_json_delta", partial_json=""), stop(0), *end("tool_use")), None, "tool_calls",
        "tool_use", usage(25, 15, 40), calls=[("t1", "now", "{}")]),
    Case("tool-input-null", M, message(content=[{"type": "tool_use", "id": "t1", "name": "now",
         "input": None}],
         stop_reason="tool_use"), None, "tool_calls", "tool_use", usage(10, 6, 16), calls=[("t1", "now",
         "{}")]),
    Case("ollama-stream", M, sse(
        start(usage={"input_tokens": 0, "output_tokens": 0}, stop_reason=""),
        begin(0, {"type": "thinking", "thinking": ""}), delta(0, "thinking_delta", thinking="Hm"), stop(0),
        *says(1, "Hi"), *end("max_tokens", {"input_tokens": 11, "output_tokens": 7})), "Hi", "length",
        "max_tokens", usage(11, 7, 18), reasoning="Hm"),
    Case("openrouter-comments-and-provider", M, sse(
        start(provider="X"), *says(0, "Hi"), *end(usage={"input_tokens": 5, "output_tokens": 2, "cost": 0.1}),
        comments=": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n"), "Hi", "stop", "end_turn",
        usage(5, 2, 7), others=["provider"]),
    Case("litellm-mid-stream-openai-error", M, sse(start(), *says(0, "Hi"), 'data: {"error": {"message": '
         '"litellm.APIError: boom", "type": "None", "param": "None", "code": "500"}}\n\n'), "Hi", None, None,
         usage(25, None, None), "server_error"),
    Case("one-api-both-names-of-counts", M, message(usage={"input_tokens": 0, "output_tokens": 0,
         "prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}), "Hello!", "stop", "end_turn",
         usage(12, 5, 17)),
    Case("gateway-prompt-tokens-and-output-tokens", M, message(usage={"prompt_tokens": 12,
         "output_tokens": 5}),
         "Hello!", "stop", "end_turn", usage(12, 5, 17)),
    Case("cut-without-message-stop", M, sse(start(), *says(0, "Hel")[:-1]), "Hel", None, None,
         usage(25, None, None),
         "ended_early"),
    Case("stop-reason-then-close", M, sse(start(), *says(0, "Hi"), end()[0]), "Hi", "stop", "end_turn",
         usage(25, 15, 40)),
    Case("chat-completion-at-messages", M, json_answer({"object": "chat.completion", "choices": [{"index": 0,
         "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}),
         error="not_completion"),
    Case("bedrock-metrics", M, sse(start(), *says(0, "Hi"), end()[0], {"type": "message_stop",
         "amazon-bedrock-invocationMetrics": {"inputTokenCount": 25}}), "Hi", "stop", "end_turn",
         usage(25, 15, 40), others=["amazon-bedrock-invocationMetrics"]),
    Case("context-window-exceeded", M, message(stop_reason="model_context_window_exceeded"), "Hello!",
         "length",
         "model_context_window_exceeded", usage(10, 6, 16)),
    Case("fastapi-405", M, json_answer({"detail": "Method Not Allowed"}, 405), error="not_found"),
    # --- Responses ---
    Case("openai-plain-stream", R, sse(*CREATED, *rtext("Hel", "lo!"), terminal()), "Hello!", "stop",
         "completed", R_USAGE),
    Case("openai-keepalives", R, sse(*CREATED, {"type": "keepalive", "sequence_number": 2},
         *rtext("Hel", "lo!"), {"type": "keepalive", "sequence_number": 9}, terminal()), "Hello!", "stop",
         "completed", R_USAGE),
    Case("openai-cut-by-length", R, sse(*CREATED, *rtext("Hello!"), terminal("incomplete",
         incomplete_details={"reason": "max_output_tokens"})), "Hello!", "length", "max_output_tokens",
         R_USAGE),
    Case("openai-only-reasoning-then-length", R, json_answer(resp("incomplete", [{"type": "reasoning",
         "id": "rs_1", "summary": []}], incomplete_details={"reason": "max_output_tokens"})), None, "length",
         "max_output_tokens", R_USAGE),
    Case("openai-filter", R, json_answer(resp("incomplete", incomplete_details={"reason": "content_filter"})),
         "Hello!", "filter", "content_filter", R_USAGE),
    Case("openai-refusal", R, json_answer(resp(output=[text_item() | {"content": [{"type": "refusal",
         "refusal": "I cannot."}]}])), None, "refusal", "completed", R_USAGE, refusal="I cannot."),
    Case("openai-failed-200", R, json_answer(resp("failed", [], usage=None, error={"code": "server_error",
         "message": "The server had an error."})), None, "error", "failed", None, "server_error"),
    Case("openai-failed-stream-rate", R, sse(*CREATED, *rtext("Hel", done=False), terminal("failed",
         output=[],
         usage=None, error={"code": "rate_limit_exceeded", "message": "Rate limit reached for m."})), "Hel",
         "error", "failed", None, "rate_limited"),
    Case("openai-error-event", R, sse(*CREATED, {"type": "error", "code": "ERR_SOMETHING", "message":
         "Something went wrong", "param": None, "sequence_number": 1}), None, None, None, None,
         "provider_error"),
    Case("openai-error-event-nested", R, sse(*CREATED, *rtext("Hel", done=False), {"type": "error",
         "error": {"type": "insufficient_quota", "code": "insufficient_quota", "message":
         "You exceeded your current quota", "param": None}, "sequence_number": 2}), "Hel", None, None, None,
         "quota"),
    Case("openai-call-and-reasoning", R, sse(*CREATED,
         {"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning", "id": "rs_1",
          "summary": []}},
         {"type": "response.reasoning_summary_part.added", "item_id": "rs_1", "output_index": 0,
          "summary_index": 0, "part": {"type": "summary_text", "text": ""}},
         {"type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": 0,
          "summary_index": 0, "delta": "Hm"},
         {"type": "response.output_item.added", "output_index": 1, "item": {"type": "function_call",
          "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "", "status": "in_progress"}},
         {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 1,
         "delta": "{}"},
         {"type": "response.function_call_arguments.done", "item_id": "fc_1", "output_index": 1,
          "arguments": "{}"},
         terminal(output=[{"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text",
          "text": "Hm"}]}, {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f",
          "arguments": "{}", "status": "completed"}])), None, "tool_calls", "completed", R_USAGE,
         reasoning="Hm", calls=[("c1", "f", "{}")]),
    Case("vllm-reasoning-part", R, sse(*CREATED,
         {"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning", "id": "rs",
          "summary": [], "status": "in_progress"}},
         {"type": "response.reasoning_part.added", "item_id": "rs", "output_index": 0, "content_index": 0,
          "part": {"type": "reasoning_text", "text": ""}},
         {"type": "response.reasoning_text.delta", "item_id": "rs", "output_index": 0, "content_index": 0,
          "delta": "Hm"},
         {"type": "response.reasoning_text.done", "item_id": "rs", "output_index": 0, "content_index": 0,
          "text": "Hm"},
         {"type": "response.reasoning_part.done", "item_id": "rs", "output_index": 0, "content_index": 0,
          "part": {"type": "reasoning_text", "text": "Hm"}}, *rtext("Hi", i=1),
         terminal(output=[])), "Hi", "stop", "completed", R_USAGE, reasoning="Hm"),
    Case("openrouter-response-done", R, sse(*CREATED, *rtext("Hel", "lo!"), {"type": "response.done",
         "response": resp()}), "Hello!", "stop", "completed", R_USAGE),
    Case("openrouter-response-done-whole", R, sse(*CREATED, {"type": "response.done", "response": resp()}),
         "Hello!", "stop", "completed", R_USAGE),
    Case("completed-without-response", R, sse(*CREATED, *rtext("Hi"), {"type": "response.completed"}), "Hi",
         "stop", "completed"),
    Case("litellm-empty-output-at-end", R, sse(*CREATED, *rtext("Hi"), terminal(output=[]),
         "data: [DONE]\n\n"),
         "Hi", "stop", "completed", R_USAGE),
    Case("ollama-without-total", R, json_answer(resp(usage={"input_tokens": 5, "output_tokens": 2})),
         "Hello!",
         "stop", "completed", usage(5, 2, None)),
    Case("usage-null-status-missing", R, json_answer({"output": [text_item()], "usage": None}), "Hello!"),
    Case("output-null", R, json_answer(resp(output=[]) | {"output": None}), None, "stop", "completed",
         R_USAGE),
    Case("cut", R, sse(*CREATED, *rtext("Hel", done=False)), "Hel", None, None, None, "ended_early"),
    Case("openai-cancelled", R, json_answer(resp("cancelled", [])), None, "error", "cancelled", R_USAGE,
         "provider_error"),
    Case("openai-queued", R, json_answer(resp("queued", [], background=True, usage=None)), None, None,
         "queued"),
    Case("openai-400", R, json_answer({"error": {"message": "Unsupported parameter: 'temperature' is not "
         "supported with this model.", "type": "invalid_request_error", "param": "temperature",
         "code": None}}, 400), error="bad_request"),
    Case("messages-at-responses", R, message(), error="not_completion"),
    Case("openai-404-previous", R, json_answer({"error": {"message": "Previous response with id 'resp_x' not "
         "found.", "type": "invalid_request_error", "param": "previous_response_id", "code":
         "previous_response_not_found"}}, 404), error="bad_request",
         asked={"previous_response_id": "resp_x"}),
    Case("azure-content-filters", R, json_answer(resp(content_filters=[{"blocked": False}])), "Hello!",
         "stop",
         "completed", R_USAGE),
    Case("two-messages-with-phases", R, json_answer(resp(output=[text_item("One", phase="commentary"),
         text_item("Two", phase="final_answer")])), "One\n\nTwo", "stop", "completed", R_USAGE),
]
# fmt: on


@pytest.mark.parametrize("case", CASES, ids=[f"{case.dialect}-{case.id}" for case in CASES])
def test_it_is_read_as_its_users_would_read_it(upstream: ScriptedUpstream, case: Case) -> None:
    upstream.reply(case.reply)
    exchange = make(
        Draft(None, upstream.url, "sk-x", BODIES[case.dialect] | case.asked, dialect=case.dialect),
        Terms(),
        NOBODY,
    )
    assert isinstance(exchange, Exchange)
    error = explain(exchange)
    choice = exchange.choices[0] if exchange.choices else None
    got = {
        "text": choice and choice.text,
        "finish": choice and choice.finish and str(choice.finish),
        "reason": choice and choice.finish_reason,
        "usage": exchange.usage and exchange.usage.as_json(),
        "error": error and error.kind,
        "reasoning": choice and choice.reasoning,
        "refusal": choice and choice.refusal,
        "calls": [(c.id, c.name, c.arguments) for c in choice.tool_calls] if choice else [],
        "others": sorted(choice.others) if choice else [],
    }
    want = {name: getattr(case, name) for name in got}
    assert got == want, error and (error.title, error.advice, error.message)


def test_a_call_without_arguments_goes_back_with_an_object(upstream: ScriptedUpstream) -> None:
    upstream.reply(message(content=[{"type": "tool_use", "id": "t1", "name": "now", "input": None}]))
    draft = Draft(None, upstream.url, "sk-x", BODIES["messages"], dialect="messages")
    exchange = make(draft, Terms(), NOBODY)
    assert isinstance(exchange, Exchange)

    said, _ = exchange.choices[0].following(media=True)

    assert said["content"] == [{"type": "tool_use", "id": "t1", "name": "now", "input": {}}]
