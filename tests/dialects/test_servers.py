"""What servers of Messages and Responses really send, read as their users would read it."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from playground.calls.draft import Draft
from playground.calls.make import Terms, make
from playground.exchange.record import Exchange
from playground.explanations.explain import explain
from playground.text import event_data
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


def plain(*events: Any, tail: str = "") -> Answer:
    """Events without names."""
    return event_stream(("".join(f"data: {json.dumps(event)}\n\n" for event in events) + tail).encode())


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
T = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}
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
        "Hi", "stop", "end_turn", usage(123, 9, 132, cached_tokens=20, reasoning_tokens=5,
        cache_write_tokens=100, cache_write_1h_tokens=0)),
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
    Case("litellm-two-message-starts", M, sse(start(), start(), *says(0, "Hi"), *end()), "Hi", "stop",
         "end_turn", usage(25, 15, 40)),
    Case("envoy-zero-input-at-end", M, sse(start(), *says(0, "Hi"), *end(usage={"input_tokens": 0,
         "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 15})), "Hi",
         "stop", "end_turn", usage(25, 15, 40, cached_tokens=0, cache_write_tokens=0)),
    Case("all-input-turns-out-cached", M, sse(start(), *says(0, "Hi"), *end(usage={"input_tokens": 0,
         "cache_read_input_tokens": 25, "output_tokens": 15})), "Hi", "stop", "end_turn", usage(25, 15, 40,
         cached_tokens=25)),
    Case("ollama-text-before-thinking-at-one-index", M, sse(start(), begin(0, {"type": "text",
         "text": ""}), delta(0, "text_delta", text="---"), begin(0, {"type": "thinking", "thinking": ""}),
         delta(0, "thinking_delta", thinking="Hm"), stop(0), *says(1, "Hi"), *end()), "---\n\nHi", "stop",
         "end_turn", usage(25, 15, 40), reasoning="Hm"),
    Case("omlx-gap-between-indexes", M, sse(start(), begin(0, {"type": "thinking", "thinking": ""}),
         delta(0, "thinking_delta", thinking="Hm"), stop(0), begin(2, T), delta(2, "input_json_delta",
         partial_json='{"q": 1}'), stop(2), *end("tool_use")), None, "tool_calls", "tool_use", usage(25,
         15, 40), reasoning="Hm", calls=[("t1", "f", '{"q": 1}')]),
    Case("block-of-text-without-text", M, sse(start(), begin(0, {"type": "text"}), delta(0, "text_delta",
         text="Hi"), stop(0), *end()), "Hi", "stop", "end_turn", usage(25, 15, 40)),
    Case("start-of-a-message-with-id-alone", M, sse({"type": "message_start", "message": {"id": "msg_1"}},
         *says(0, "Hi"), *end(usage={"input_tokens": 25, "output_tokens": 15})), "Hi", "stop", "end_turn",
         usage(25, 15, 40)),
    Case("litellm-end-told-at-start", M, sse(start(stop_reason="end_turn", usage={"input_tokens": 25,
         "output_tokens": 15}), *says(0, "Hi"), *end()), "Hi", "stop", "end_turn", usage(25, 15, 40)),
    Case("litellm-end-told-at-start-and-cut", M, sse(start(stop_reason="end_turn"), *says(0, "Hel")[:-1]),
         "Hel", None, None, usage(25, None, None), "ended_early"),
    Case("whole-message-as-one-event", M, sse(MSG), "Hello!", "stop", "end_turn", usage(10, 6, 16)),
    Case("meridian-error-behind-the-end", M, sse(start(), *end(), {"type": "error",
         "error": {"type": "api_error", "message": "upstream idle for 90001ms (limit 90000ms)"}}), None,
         "stop", "end_turn", usage(25, 15, 40), "server_error"),
    Case("litellm-call-whole-at-its-start", M, sse(start(), begin(0, T | {"input": {"q": 1}}), delta(0,
         "input_json_delta", partial_json=""), stop(0), *end("tool_use")), None, "tool_calls", "tool_use",
         usage(25, 15, 40), calls=[("t1", "f", '{"q": 1}')]),
    Case("proxy-appends-words", M, sse(start(), *says(0, "Hel")[:-1],
         "upstream error: read ECONNRESET\n\n"), "Hel", None, None, usage(25, None, None), "ended_early"),
    Case("cloudflare-2009", M, json_answer({"success": False, "result": [], "messages": [],
         "error": [{"code": 2009, "message": "Unauthorized"}]}, 401), error="unauthorized"),
    Case("bedrock-throttled", M,
         json_answer({"message": "Too many tokens, please wait before trying again."}, 429),
         error="rate_limited"),
    Case("bedrock-on-demand", M,
         json_answer({"message": "Invocation of model ID m with on-demand throughput isn’t supported."},
         400), error="not_found"),
    Case("vertex-list", M, json_answer([{"error": {"code": 429,
         "message": "Resource exhausted, please try again later.", "status": "RESOURCE_EXHAUSTED"}}], 429),
         error="rate_limited"),
    Case("vllm-internal-in-mid-stream", M, sse(start(), *says(0, "Hel")[:-1], {"type": "error",
         "error": {"type": "internal_error",
         "message": "2 validation errors for ChatCompletionStreamResponse"}}, "data: [DONE]\n\n"), "Hel",
         None, None, usage(25, None, None), "server_error"),
    Case("too-long", M, json_answer({"type": "error", "error": {"type": "invalid_request_error",
         "message": "prompt is too long: 205351 tokens > 200000 maximum"}, "request_id": "r"}, 400),
         error="context_window"),
    Case("pi-events-without-names", M, plain(start(), PING, *says(0, "Hi"), *end()), "Hi", "stop",
         "end_turn", usage(25, 15, 40)),
    Case("end-turn-with-a-call", M, message(content=[T | {"input": {"q": 1}}]), None, "tool_calls",
         "end_turn", usage(10, 6, 16), calls=[("t1", "f", '{"q": 1}')]),
    Case("delta-of-type-text", M, sse(start(), begin(0, {"type": "text", "text": ""}), delta(0, "text",
         text="Hel"), delta(0, "text", text="lo"), stop(0), *end()), "Hello", "stop", "end_turn", usage(25,
         15, 40)),
    Case("usage-in-message-stop", M, sse(start(usage={"input_tokens": 0, "output_tokens": 0}), *says(0,
         "Hi"), end(usage=None)[0], {"type": "message_stop", "usage": {"input_tokens": 25,
         "output_tokens": 15}}), "Hi", "stop", "end_turn", usage(25, 15, 40)),
    Case("usage-in-the-delta", M, sse(start(), *says(0, "Hi"),
         {"type": "message_delta", "delta": {"stop_reason": "end_turn", "usage": {"output_tokens": 15}}},
         {"type": "message_stop"}), "Hi", "stop", "end_turn", usage(25, 15, 40)),
    Case("zai-wrong-path-200", M, json_answer({"code": 500, "msg": "404 NOT_FOUND", "success": False}),
         error="not_found"),
    Case("zai-1302", M, json_answer({"type": "error",
         "error": {"message": "[1302][您的账户已达到速率限制，请您控制请求频率]", "code": "1302"}},
         429), error="rate_limited"),
    Case("lmstudio-endpoint", M,
         json_answer({"error": "Unexpected endpoint or method. (POST /v1/messages)"}), error="not_found"),
    Case("new-api-no-channel", M, json_answer({"type": "error", "error": {"type": "new_api_error",
         "message": "当前分组 default 下对于模型 claude-x 无可用渠道"}}, 503), error="not_found"),
    Case("new-api-no-channel-en", M, json_answer({"error": {"code": "model_not_found",
         "message": "No available channel for model claude-x under group default (distributor)",
         "type": "new_api_error"}}, 503), error="not_found"),
    Case("anthropic-mid-stream-after-call", M, sse(start(), begin(0, T), delta(0, "input_json_delta",
         partial_json='{"q": '), {"type": "error", "error": {"type": "api_error",
         "message": "Internal server error", "details": None}}), None, None, None, usage(25, None, None),
         "server_error", calls=[("t1", "f", '{"q": ')]),
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
    Case("llamacpp-404", R, json_answer({"error": {"code": 404, "message": "File Not Found",
         "type": "not_found_error"}}, 404), error="not_found"),
    Case("gemini-web2api-done-only", R, sse(CREATED[0], {"type": "response.output_text.done",
         "text": "Hello!"}, terminal(output=[])), "Hello!", "stop", "completed", R_USAGE),
    Case("lemonade-without-indexes", R, sse(*CREATED, {"type": "response.output_item.added",
         "item": {"type": "reasoning", "id": "rs", "summary": [], "status": "in_progress"}},
         {"type": "response.reasoning_text.delta", "item_id": "rs", "delta": "H"},
         {"type": "response.reasoning_text.delta", "item_id": "rs", "delta": "m"},
         {"type": "response.output_item.done", "item": {"type": "reasoning", "id": "rs", "summary": [],
         "content": [{"type": "reasoning_text", "text": "Hm"}]}}, {"type": "response.output_item.added",
         "item": text_item() | {"content": [], "status": "in_progress"}},
         {"type": "response.content_part.added", "item_id": "msg_1", "part": {"type": "output_text",
         "text": ""}}, {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "Hel"},
         {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "lo!"},
         {"type": "response.output_text.done", "item_id": "msg_1", "text": "Hello!"},
         {"type": "response.output_item.done", "item": text_item()}, terminal(output=[])), "Hello!",
         "stop", "completed", R_USAGE, reasoning="Hm"),
    Case("manifest-deltas-alone", R, sse(*({"type": "response.output_text.delta", "item_id": "msg_0",
         "output_index": 0, "content_index": 0, "delta": d} for d in ("Hel", "lo!")),
         {"type": "response.completed", "response": {"status": "completed", "output": [],
         "usage": {"input_tokens": 1576, "output_tokens": 32, "total_tokens": 1608}}}, "data: [DONE]\n\n"),
         "Hello!", "stop", "completed", usage(1576, 32, 1608)),
    Case("vllm-index-for-each-delta", R, sse(*CREATED, {"type": "response.output_item.added",
         "output_index": 0, "item": {"type": "reasoning", "id": "rs", "summary": [],
         "status": "in_progress"}}, {"type": "response.reasoning_part.added", "item_id": "rs",
         "output_index": 0, "content_index": 0, "part": {"type": "reasoning_text", "text": ""}},
         *({"type": "response.reasoning_text.delta", "item_id": "rs", "output_index": 0,
         "content_index": i, "delta": d} for i, d in enumerate(("Say", " he", "llo"))),
         {"type": "response.reasoning_text.done", "item_id": "rs", "output_index": 0, "content_index": 3,
         "text": "Say hello"}, {"type": "response.output_item.added", "output_index": 1,
         "item": text_item() | {"content": [], "status": "in_progress"}},
         {"type": "response.content_part.added", "item_id": "msg_1", "output_index": 1, "content_index": 4,
         "part": {"type": "output_text", "text": ""}}, *({"type": "response.output_text.delta",
         "item_id": "msg_1", "output_index": 1, "content_index": i, "delta": d} for i, d in ((5, "Hel"),
         (6, "lo!"))), {"type": "response.output_text.done", "item_id": "msg_1", "output_index": 1,
         "content_index": 7, "text": "Hello!"}, {"type": "response.content_part.done", "item_id": "msg_1",
         "output_index": 1, "content_index": 8, "part": {"type": "output_text", "text": "Hello!"}},
         terminal(output=[])), "Hello!", "stop", "completed", R_USAGE, reasoning="Say hello"),
    Case("vllm-index-for-each-delta-cut", R, sse(*CREATED, {"type": "response.output_item.added",
         "output_index": 0, "item": {"type": "reasoning", "id": "rs", "summary": [],
         "status": "in_progress"}}, *({"type": "response.reasoning_text.delta", "item_id": "rs",
         "output_index": 0, "content_index": i, "delta": d} for i, d in enumerate(("Say", " he", "llo"))),
         ), None, None, None, None, "ended_early", reasoning="Say hello"),
    Case("halogen-reasoning-twice", R, sse(*CREATED, {"type": "response.output_item.added",
         "output_index": 0, "item": {"type": "reasoning", "id": "rs", "summary": []}}, *(e for d in ("The",
         " user") for e in ({"type": "response.reasoning_text.delta", "item_id": "rs", "output_index": 0,
         "content_index": 0, "delta": d}, {"type": "response.reasoning_summary_text.delta",
         "item_id": "rs", "output_index": 0, "summary_index": 0, "delta": d})), *rtext("Hi", i=1),
         terminal(output=[])), "Hi", "stop", "completed", R_USAGE, reasoning="The user"),
    Case("lmstudio-reasoning-done-only", R, sse(*CREATED, {"type": "response.reasoning_text.done",
         "item_id": "rs", "output_index": 0, "content_index": 0, "text": "Hm"}, *rtext("Hi", i=1),
         terminal(output=[])), "Hi", "stop", "completed", R_USAGE, reasoning="Hm"),
    Case("litellm-chat-error-in-mid-stream", R, sse(*CREATED, *rtext("Hel", done=False),
         {"error": {"message": "litellm.InternalServerError: boom", "code": "500"}}), "Hel", None, None,
         None, "server_error"),
    Case("codex-items-done-alone", R, sse(*CREATED, {"type": "response.output_item.done",
         "output_index": 0, "item": text_item() | {"phase": "final_answer"}}, terminal(output=[])),
         "Hello!", "stop", "completed", R_USAGE),
    Case("azure-too-old", R, json_answer({"error": {"code": "BadRequest",
         "message": "Azure OpenAI Responses API is enabled only for api-version 2025-03-01-preview"}}, 400),
         error="bad_request"),
    Case("azure-deployment", R, json_answer({"error": {"code": "DeploymentNotFound",
         "message": "The API deployment for this resource does not exist."}}, 404), error="not_found"),
    Case("azure-no-model", R,
         json_answer({"error": {"message": "The requested model 'm' with deployment name m does not exist.",
         "type": "invalid_request_error", "param": "model", "code": "model_not_found"}}, 400),
         error="not_found"),
    Case("codex-window", R, sse(*CREATED, terminal("failed", output=[], usage=None,
         error={"code": "context_length_exceeded",
         "message": "Your input exceeds the context window of this model. Please adjust your input."})),
         None, "error", "failed", None, "context_window"),
    Case("text-beside-an-empty-output", R, json_answer(resp(output=[], output_text="Hello!")), "Hello!",
         "stop", "completed", R_USAGE),
    Case("openrouter-response-error", R, sse(*CREATED, *rtext("Hel", done=False),
         {"type": "response.error", "error": {"code": "rate_limit_exceeded",
         "message": "Rate limit exceeded. Please try again later."}}), "Hel", None, None, None,
         "rate_limited"),
    Case("perplexity-failed-error-on-top", R, sse(*CREATED, {"type": "response.failed",
         "sequence_number": 3, "error": {"message": "boom today", "type": "server_error",
         "code": "server_error"}}), None, "error", "failed", None, "server_error"),
    Case("completed-flat", R, sse(*CREATED, {"type": "response.completed", "status": "completed",
         "output": [text_item()], "usage": resp()["usage"]}), "Hello!", "stop", "completed", R_USAGE),
    Case("two-calls-index-0-same-everything", R, sse(*CREATED,
         *(e for n in "12" for e in ({"type": "response.output_item.added", "output_index": 0,
         "item": {"type": "function_call", "id": f"fc{n}", "call_id": f"c{n}", "name": "f",
         "arguments": ""}}, {"type": "response.function_call_arguments.delta", "item_id": f"fc{n}",
         "output_index": 0, "delta": "{}"}, {"type": "response.output_item.done", "output_index": 0,
         "item": {"type": "function_call", "id": f"fc{n}", "call_id": f"c{n}", "name": "f",
         "arguments": "{}"}})), terminal(output=[])), None, "tool_calls", "completed", R_USAGE,
         calls=[("c1", "f", "{}"), ("c2", "f", "{}")]),
    Case("events-without-names", R, plain(*CREATED, *rtext("Hi"), terminal(output=[text_item("Hi")])),
         "Hi", "stop", "completed", R_USAGE),
    Case("chat-chunks-at-responses", R, plain({"id": "c", "object": "chat.completion.chunk",
         "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}]}, {"id": "c",
         "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {},
         "finish_reason": "stop"}]}, tail="data: [DONE]\n\n"), error="not_completion"),
    Case("openai-401", R,
         json_answer({"error": {"message": "Missing scopes: api.responses.write.",
         "type": "invalid_request_error", "param": None, "code": None}}, 401), error="forbidden"),
    Case("openai-stored-item", R,
         json_answer({"error": {"message": "Item with id 'rs_1' not found. Items are not persisted.",
         "type": "invalid_request_error", "param": "input", "code": None}}, 404), error="bad_request"),
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
    if exchange.stream:
        assert _shown_live(exchange) == {
            name: text for name in ("text", "reasoning", "refusal") if (text := getattr(case, name))
        }


@pytest.mark.parametrize(
    ("words", "older"),
    [
        ('anthropic-version: "2026-10-21" is not a valid version', True),
        ("Unsupported value for header anthropic-version", True),
        ("anthropic-version: header is required", False),
        ("anthropic_version: Input should be 'bedrock-2023-05-31' or 'vertex-2023-10-16'", False),
    ],
)
def test_a_gateway_that_does_not_know_the_version_gets_the_older_one(
    upstream: ScriptedUpstream, words: str, older: bool
) -> None:
    upstream.reply(json_answer({"type": "error", "error": {"message": words}}, 400))
    body = BODIES["messages"] | {"anthropic-version": "2026-10-21"}
    exchange = make(Draft(None, upstream.url, "sk-x", body, dialect="messages"), Terms(), NOBODY)
    assert isinstance(exchange, Exchange)
    error = explain(exchange)
    assert error is not None

    assert (error.fix.changes if error.fix else None) == (
        {"anthropic-version": "2023-06-01"} if older else None
    )


def test_an_error_within_a_hubs_error_is_told(upstream: ScriptedUpstream) -> None:
    words = "messages.1.content.0: Invalid `signature` in `thinking` block"
    inner = {"type": "error", "error": {"type": "invalid_request_error", "message": words}}
    outer = {"type": "error", "error": {"type": "request_fail", "upstream_error": inner}}
    upstream.reply(json_answer(outer, 400))
    exchange = make(
        Draft(None, upstream.url, "sk-x", BODIES["messages"], dialect="messages"), Terms(), NOBODY
    )
    assert isinstance(exchange, Exchange)
    error = explain(exchange)

    assert error is not None
    assert (error.kind, error.message) == ("bad_request", words)


def _shown_live(exchange: Exchange) -> dict[str, str]:
    """Return the texts that a page shows before the answer is whole."""
    assert exchange.stream is not None
    collector = exchange.dialect.collector()
    for event in exchange.stream.events:
        collector.add(event_data.read(event.data))
    return {name: str(text) for live in collector.live for name, text in live.texts.items()}


def test_a_call_that_broke_off_stays_behind_and_wants_no_result(upstream: ScriptedUpstream) -> None:
    upstream.reply(
        sse(
            start(),
            *says(0, "I look."),
            begin(1, T),
            delta(1, "input_json_delta", partial_json='{"q": 1}'),
            begin(2, T | {"id": "t2"}),
            delta(2, "input_json_delta", partial_json='{"q": '),
            *end("max_tokens"),
        )
    )
    draft = Draft(None, upstream.url, "sk-x", BODIES["messages"], dialect="messages")
    exchange = make(draft, Terms(), NOBODY)
    assert isinstance(exchange, Exchange)

    said, results = exchange.choices[0].following(media=True)

    assert said["content"] == [{"type": "text", "text": "I look."}, T | {"input": {"q": 1}}]
    assert results["content"] == [{"type": "tool_result", "tool_use_id": "t1", "content": ""}]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.dialect}-{case.id}" for case in CASES])
def test_an_answer_can_be_added_to_the_conversation(upstream: ScriptedUpstream, case: Case) -> None:
    """The next call raises no refusal for what a server sent."""
    upstream.reply(case.reply)
    body = BODIES[case.dialect] | case.asked
    exchange = make(Draft(None, upstream.url, "sk-x", body, dialect=case.dialect), Terms(), NOBODY)
    assert isinstance(exchange, Exchange)
    prompt = exchange.dialect.fields.prompt
    said = body[prompt] if prompt == "messages" else [{"role": "user", "content": body[prompt]}]
    for choice in exchange.choices:
        added = [
            {
                name: value or "Next" if name in ("content", "output") else value
                for name, value in item.items()
            }
            for item in choice.following(media=True)
        ]
        longer = body | {prompt: [*said, *added]}
        make(Draft(None, upstream.url, "sk-x", longer, dialect=case.dialect), Terms(), NOBODY)


def test_a_call_without_arguments_goes_back_with_an_object(upstream: ScriptedUpstream) -> None:
    upstream.reply(message(content=[{"type": "tool_use", "id": "t1", "name": "now", "input": None}]))
    draft = Draft(None, upstream.url, "sk-x", BODIES["messages"], dialect="messages")
    exchange = make(draft, Terms(), NOBODY)
    assert isinstance(exchange, Exchange)

    said, _ = exchange.choices[0].following(media=True)

    assert said["content"] == [{"type": "tool_use", "id": "t1", "name": "now", "input": {}}]


def test_the_input_of_a_call_goes_back_as_an_object_though_it_came_as_text(
    upstream: ScriptedUpstream,
) -> None:
    upstream.reply(message(content=[T | {"input": '{"q": 1}'}], stop_reason="tool_use"))
    draft = Draft(None, upstream.url, "sk-x", BODIES["messages"], dialect="messages")
    exchange = make(draft, Terms(), NOBODY)
    assert isinstance(exchange, Exchange)

    said, _ = exchange.choices[0].following(media=True)

    assert said["content"] == [T | {"input": {"q": 1}}]
