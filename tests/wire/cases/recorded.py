"""Answers as people recorded them in reports: words that mislead about whose fault it is, and odd streams."""

import json
from typing import Any

from tests.upstreams.scripted import chunk
from tests.wire.case import STREAM, Case, answer, deltas, http, sse

_GITHUB = "https://github.com/"
_TOOLS = {"tools": [{"type": "function", "function": {"name": "w"}}]}
_SAFE = {"hate": {"filtered": False, "severity": "safe"}}
_TEXT = "completion.choices.0.message.content"
_HELLO = {"error": None, _TEXT: "Hello"}
_INVALID = {"status": "INVALID_ARGUMENT", "code": 400}


def _said(
    name: str, status: int, value: Any, kind: str, *shows: str, source: str = "", hides: tuple[str, ...] = ()
) -> Case:
    source = _GITHUB + source if source else ""
    return Case(name, answer(value, status), {"error.kind": kind}, shows, hides, source=source)


def _error(
    name: str,
    status: int,
    message: str,
    kind: str,
    *shows: str,
    source: str = "",
    hides: tuple[str, ...] = (),
    **fields: Any,
) -> Case:
    value = {"error": {"message": message, **fields}}
    return _said(name, status, value, kind, *shows, source=source, hides=hides)


def _fix(
    name: str, value: Any, changes: dict[str, Any] | None, source: str, status: int = 400, **request: Any
) -> Case:
    value = {"error": {"message": value}} if isinstance(value, str) else value
    says = {"error.kind": "bad_request", "error.fix.changes" if changes else "error.fix": changes}
    return Case(
        f"fix: {name}", answer(value, status), says, request=request, source=source and _GITHUB + source
    )


def _gemini(message: str, **fields: Any) -> list[Any]:
    return [{"error": {"message": message, **(_INVALID | fields)}}]


def _minimax(content: str, **delta: Any) -> dict[str, Any]:
    delta = {"content": content, "role": "assistant", "name": "MiniMax AI", "audio_content": ""} | delta
    return chunk(delta) | {"usage": {"total_tokens": 0, "total_characters": 0}, "input_sensitive": False}


def _azure(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return chunk(delta, finish_reason=finish_reason) | {"usage": None}


def _perplexity(whole: str, new: str, tokens: int, finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"message": {"role": "assistant", "content": whole}, "finish_reason": finish_reason}
    usage = {"prompt_tokens": 10, "completion_tokens": tokens, "search_context_size": "low"}
    return chunk({"role": "assistant", "content": new}, **choice) | {
        "object": "chat.completion.done" if finish_reason else "chat.completion.chunk",
        "usage": usage,
        "search_results": [{"title": "One", "url": "https://a.example/1"}],
    }


def _cited(title: str) -> list[dict[str, Any]]:
    url = f"https://{title.lower()}.example/"
    return [{"type": "url_citation", "url_citation": {"url": url, "title": title, "start_index": 0}}]


def _snapshots(name: str, *texts: str, source: str, field: str = "content", **says: Any) -> Case:
    chunks = [chunk({"role": "assistant", field: text}) for text in texts]
    says = {"error": None, f"completion.choices.0.message.{field}": texts[-1]} | says
    reply = sse(*chunks, chunk({"content": ""}, finish_reason="stop"))
    return Case(name, reply, says, (texts[-1],), request=STREAM, source=_GITHUB + source)


_NO_ALLOWANCE = (
    "You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for "
    "metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 0, model: "
    "gemini-3-pro\nPlease retry in 45.578569677s."
)
_IN_A_TEXT = json.dumps(
    {"error": {"code": 429, "message": _NO_ALLOWANCE, "details": [{"@type": "x", "retryDelay": "45s"}]}}
)
_JINJA = (
    "\n------------\nWhile executing CallExpression at line 79, column 24 in source:\n...{{- raise_exception("
    "'No user query found in messages.') }}\n    ^\nError: Jinja Exception: No user query found in messages"
)
_ROLES = "Input should be 'system', 'user', 'assistant' or 'tool'"
_BOTH = "openclaw/openclaw/pull/142888"

CASES = [
    # Whose fault it is, and what helps.
    _error(
        "a request above the tokens of a minute does not get smaller by waiting",
        429,
        "Request too large for gpt-4o in organization org-78 on tokens per min (TPM): Limit 30000, Requested "
        "31538. The input or output tokens must be reduced in order to run successfully.",
        "too_large_for_provider",
        "Shorten the messages",
        source="TheR1D/shell_gpt/issues/653",
        hides=("Wait a moment",),
        type="tokens",
        code="rate_limit_exceeded",
    ),
    _error(
        "a quota of 0 does not come back, whatever wait is told (Gemini)",
        429,
        _IN_A_TEXT,
        "quota",
        "Pick another model",
        source="continuedev/continue/issues/9570",
        hides=("Wait 45", "Wait 46"),
        code=429,
    ),
    _error(
        "a quota that is more than 0 does (Gemini)",
        429,
        _NO_ALLOWANCE.replace("limit: 0", "limit: 20"),
        "rate_limited",
        "Wait 46 seconds",
        source="ogkalu2/comic-translate/issues/403",
    ),
    _error(
        "a limit for five hours, in Chinese (Zhipu)",
        429,
        "已达到 5 小时的使用上限。您的限额将在 2026-08-25 07:41:44 重置。",
        "rate_limited",
        "quota reached",
        source="dirge-code/dirge/issues/818",
        code="1308",
    ),
    _error(
        "credit that is enough for less (OpenRouter)",
        402,
        "Prompt tokens limit exceeded: 69120 > 36608. To increase, visit https://openrouter.ai/settings/credits",
        "payment_required",
        "shorten the messages",
        source="continuedev/continue/issues/10962",
    ),
    _error(
        "no credit card is none of the key's or the region's faults (Vercel)",
        403,
        "AI Gateway requires a valid credit card on file to service requests.",
        "payment_required",
        "payment method",
        source="arlanrakh/talk-to-girlfriend-ai/issues/6",
        type="customer_verification_required",
    ),
    _said(
        "billing that is off (Google)",
        403,
        _gemini("This API method requires billing to be enabled.", status="PERMISSION_DENIED", code=403),
        "payment_required",
    ),
    _error(
        "a key that may not do this, with the status of a wrong one (OpenAI)",
        401,
        "You have insufficient permissions for this operation. Missing scopes: model.request. Check that you "
        "have the correct role in your organization.",
        "forbidden",
        "your key can use this model",
        source="microsoft/PowerToys/issues/32989",
        type="invalid_request_error",
    ),
    _said(
        "a key that did not arrive, with the status of a wrong request (Gemini)",
        400,
        _gemini("Missing Authorization header."),
        "unauthorized",
        source="aradlein/hass-agent-llm/issues/17",
    ),
    _said(
        "a status that HTTP has not, with status 200 (iFlow)",
        200,
        {"status": "434", "msg": "Invalid apiKey，get your apiKey: https://iflow.cn/", "body": None},
        "unauthorized",
        source="router-for-me/CLIProxyAPI/issues/1689",
    ),
    _said(
        "a status that HTTP has not, and words that nobody knows",
        200,
        {"status": "449", "msg": "That is odd here.", "body": None},
        "bad_request",
        source="router-for-me/CLIProxyAPI/issues/1689",
    ),
    _said(
        "a path that Amazon's API Gateway does not know",
        403,
        {"message": "Missing Authentication Token"},
        "not_found",
        "base URL",
    ),
    _said(
        "a feature that is gone is no model and no path (xAI)",
        410,
        {"error": "Live search is deprecated. Please switch to the Agent Tools API: https://docs.x.ai/"},
        "not_found",
        "Change the model, base URL",
        source="vercel/ai/pull/15713",
        hides=("List models", "may need /v1"),
    ),
    _error(
        "a model that takes no images is no wrong path (OpenRouter)",
        404,
        "No endpoints found that support image input",
        "bad_request",
        hides=("base URL",),
    ),
    _error(
        "a model that Bedrock only serves by a profile",
        400,
        "operation error Bedrock Runtime: InvokeModelWithResponseStream, https response error StatusCode: "
        "400, ValidationException: Invocation of model ID anthropic.claude-4 with on-demand throughput "
        "isn’t supported. Retry your request with the ID or ARN of an inference profile.",
        "not_found",
        "Model not found ",
        source="Laisky/one-api/issues/77",
    ),
    _said(
        "a model that is down, with the status of a wrong request (NVIDIA)",
        400,
        {
            "status": 400,
            "title": "Bad Request",
            "detail": "Function id '87': DEGRADED function cannot be invoked",
        },
        "server_error",
        "Your request isn’t the cause",
        source="decolua/9router/issues/2527",
    ),
    _error(
        "messages that the model's template refuses, with status 500 (llama.cpp)",
        500,
        _JINJA,
        "bad_request",
        "No user query found in messages",
        source="MoonlightByte/NeverEndingQuest/issues/179",
        hides=("Your request isn’t the cause",),
        type="server_error",
    ),
    # Words in places of their own.
    Case(
        "what the model wrote in place of a call (Groq)",
        http(
            "event: error\ndata: "
            + json.dumps(
                {
                    "error": {
                        "message": "Failed to call a function. See 'failed_generation' for more details.",
                        "code": "tool_use_failed",
                        "failed_generation": "No such model, and the rate limit is reached.",
                        "status_code": 400,
                    }
                }
            )
            + "\n\n",
            "text/event-stream",
        ),
        {"error.kind": "bad_request"},
        ("Failed to call a function", "the rate limit is reached"),
        request=STREAM,
        source=_GITHUB + "anomalyco/opencode/issues/1018",
    ),
    Case(
        "errors of zod beside a summary, and not the request that is echoed (Venice)",
        answer(
            {
                "error": "Invalid request parameters",
                "details": {"_errors": ["Unrecognized key(s) in object: 'functions', 'user', 'seed'"]},
                "request": {"messages": [{"role": "system", "content": "I want you to act."}]},
            },
            400,
        ),
        {
            "error.message": "Invalid request parameters\n"
            "Unrecognized key(s) in object: 'functions', 'user', 'seed'",
            "error.fix.changes": {"seed": None, "user": None},
        },
        request={"user": "ada", "seed": 1},
        source=_GITHUB + "jekalmin/extended_openai_conversation/issues/284",
    ),
    Case(
        "errors of zod by field",
        answer(
            {
                "error": "Invalid request parameters",
                "details": {
                    "_errors": [],
                    "temperature": {"_errors": ["Number must be less than or equal to 1"]},
                },
            },
            400,
        ),
        {
            "error.message": "Invalid request parameters\n"
            "temperature: Number must be less than or equal to 1",
            "error.fix.changes": {"temperature": 1},
        },
        request={"temperature": 1.5},
        source=_GITHUB + "anomalyco/opencode/issues/9108",
    ),
    Case(
        "errors by field beside a summary (Laravel)",
        answer(
            {
                "message": "The given data was invalid.",
                "errors": {"messages.0.content": ["The content field is required."]},
            },
            422,
        ),
        {
            "error.message": "The given data was invalid.\n"
            "messages.0.content: The content field is required.",
        },
    ),
    _said(
        "places in one string",
        422,
        {
            "detail": "Validation Error",
            "errors": [{"loc": "body -> messages -> 0 -> content", "msg": "Input should be 'text'"}],
        },
        "bad_request",
        "body.messages.0.content: Input should be 'text'",
        source="thinking-machines-lab/tinker-feedback/issues/83",
    ),
    _said(
        "words of a firewall with status 200, in place of a completion (Qwen)",
        200,
        {
            "ret": ["FAIL_SYS_USER_VALIDATE", "RGV587_ERROR::SM::哎哟喂,被挤爆啦,请稍后重试"],
            "data": {"url": "x"},
        },
        "not_completion",
        "哎哟喂,被挤爆啦,请稍后重试",
        "Read the provider’s message",
        source="Rfym21/Qwen2API/issues/147",
    ),
    # What the words ask for.
    _fix(
        "a place as a JSON pointer (Azure)",
        "Validation error at #/store: Extra inputs are not permitted",
        {"store": None},
        "microsoft/sample-app-aoai-chatGPT/issues/1260",
        store=True,
    ),
    _fix(
        "a place in one string",
        {"detail": [{"loc": "body -> seed", "msg": "Extra inputs are not permitted"}]},
        {"seed": None},
        "thinking-machines-lab/tinker-feedback/issues/83",
        seed=1,
    ),
    _fix(
        "a place within another is not that one",
        "Validation error at #/tools/0/strict: Extra inputs are not permitted",
        None,
        "microsoft/sample-app-aoai-chatGPT/issues/1260",
        **_TOOLS,
    ),
    Case(
        "fix: developer: Azure, with words behind its JSON",
        http(
            json.dumps(
                {
                    "error": {
                        "status": 422,
                        "message": "invalid input error",
                        "details": [{"loc": ["body", "messages", 0, "role"], "msg": _ROLES}],
                    }
                }
            )
            + "Please check this guide to understand why this error code might have been returned",
            status=422,
        ),
        {"error.fix.changes": {"messages": [{"role": "system", "content": "x"}]}},
        (_ROLES,),
        request={"messages": [{"role": "developer", "content": "x"}]},
        source=_GITHUB + "anomalyco/opencode/issues/12879",
    ),
    _fix(
        "only streams above a length (Fireworks)",
        "Requests with max_tokens > 4096 must have stream=true",
        {"stream": True},
        "nextlevelbuilder/goclaw/pull/660",
        max_tokens=8192,
    ),
    _fix(
        "penalties (Gemini)",
        _gemini("Penalty is not enabled for this model"),
        {"frequency_penalty": None, "presence_penalty": None},
        "vercel/ai/issues/4022",
        frequency_penalty=1,
        presence_penalty=1,
    ),
    _fix(
        "one candidate: not enabled (Gemini)",
        _gemini("Multiple candidates is not enabled for this model"),
        {"n": 1},
        "googleapis/js-genai/issues/1609",
        n=2,
    ),
    _fix(
        "one candidate: only one (Gemini)",
        _gemini("Only one candidate can be specified"),
        {"n": 1},
        "googleapis/python-aiplatform/issues/3743",
        n=2,
    ),
    _fix(
        "one candidate: must be 1 (Vertex)",
        _gemini("Unable to submit request because candidateCount must be 1 but the entered value was 2."),
        {"n": 1},
        "stanfordnlp/dspy/issues/1087",
        n=2,
    ),
    *(
        _fix(
            f"a value that is asked for, {name} (OpenAI)",
            "Function tools with reasoning_effort are not supported for gpt-5.6-terra in "
            "/v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to "
            "'none'.",
            {"reasoning_effort": "none"},
            "danny-avila/LibreChat/issues/14231",
            **_TOOLS,
            **request,
        )
        for name, request in (
            ("over one that was sent", {"reasoning_effort": "high"}),
            ("where none was", {}),
        )
    ),
    _fix(
        "a value of thinking (Ollama)",
        'think value "medium" is not supported for this model',
        {"reasoning_effort": None},
        "ollama/ollama/issues/12561",
        reasoning_effort="medium",
    ),
    _fix(
        "no thinking (Ollama)",
        '"llama3.1:8b" does not support thinking',
        {"reasoning_effort": None},
        "Gitlawb/openclaude/issues/1371",
        reasoning_effort="medium",
    ),
    _fix(
        "what is named goes before what a model is said to do",
        "This reasoning model does not support temperature.",
        {"temperature": None},
        "ollama/ollama/issues/12561",
        reasoning_effort="medium",
        temperature=0.5,
    ),
    _fix(
        "all of a list, and nothing behind it (OpenAI)",
        "Unrecognized request arguments supplied: top_k, repeat_penalty. Use max_tokens as before.",
        {"repeat_penalty": None, "top_k": None},
        "",
        top_k=5,
        repeat_penalty=1,
        max_tokens=9,
    ),
    _fix(
        "none for a schema within a tool (Moonshot)",
        "Invalid request: tools.function.parameters is not a valid moonshot flavored json schema, details: "
        "<At path 'properties.source': type is not defined>",
        None,
        "earendil-works/pi/issues/4138",
        **_TOOLS,
    ),
    _fix(
        "none for a field within a message (Fireworks)",
        "2 request validation errors: Input should be a valid string, field: 'messages[0].content.str'; "
        "Extra inputs are not permitted, field: 'messages[0].content.list[0].cache_control'",
        None,
        "musistudio/claude-code-router/issues/377",
        temperature=0,
    ),
    # Streams.
    Case(
        "a filter that looks later, in a chunk without a delta (Azure)",
        sse(
            chunk() | {"choices": [], "id": "", "model": "", "prompt_filter_results": []},
            _azure({"role": "assistant"}),
            _azure({"content": "Hello"}),
            _azure({}, "stop"),
            {
                "id": "",
                "object": "",
                "created": 0,
                "model": "",
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": None,
                        "content_filter_results": _SAFE,
                        "content_filter_offsets": {"check_offset": 44, "end_offset": 198},
                    }
                ],
            },
        ),
        _HELLO
        | {
            "completion.model": "m",
            "completion.choices.0.finish_reason": "stop",
            "completion.choices.0.content_filter_offsets.end_offset": 198,
        },
        ("Hello",),
        request=STREAM,
        source=_GITHUB + "openai/openai-python/issues/1677",
    ),
    Case(
        "a whole completion as the last event, which alone has the usage (MiniMax)",
        sse(
            _minimax("Hel"),
            _minimax("lo", role=""),
            {
                "object": "chat.completion",
                "model": "m",
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "stop",
                        "message": {"content": "Hello", "role": "assistant", "name": "MiniMax AI"},
                    }
                ],
                "usage": {"total_tokens": 116, "prompt_tokens": 70, "completion_tokens": 46},
                "base_resp": {"status_code": 0, "status_msg": ""},
            },
            done=False,
        ),
        _HELLO
        | {
            "completion.choices.0.message.name": "MiniMax AI",
            "usage.prompt_tokens": 70,
            "usage.completion_tokens": 46,
        },
        ("Hello",),
        ("HelloHello", "MiniMax AIMiniMax"),
        STREAM,
        source=_GITHUB + "GCWing/OpenBitFun/pull/792",
    ),
    Case(
        "references between texts (Mistral)",
        deltas(
            {"content": "SF has fog"},
            {"content": [{"type": "reference", "reference_ids": [1]}]},
            {"content": ". "},
            {"content": "More"},
            {"content": [{"type": "reference", "reference_ids": ["a"]}]},
        ),
        {
            "error": None,
            _TEXT: [
                {"type": "text", "text": "SF has fog"},
                {"type": "reference", "reference_ids": [1]},
                {"type": "text", "text": ". More"},
                {"type": "reference", "reference_ids": ["a"]},
            ],
        },
        ("SF has fog. More", "reference_ids"),
        request=STREAM,
        source=_GITHUB + "vercel/ai/pull/4747",
    ),
    Case(
        "sources in several deltas, and beside them (OpenRouter)",
        sse(
            chunk({"content": "Hello", "annotations": _cited("One")}),
            chunk({"content": "", "annotations": _cited("Two")}),
            chunk({"content": ""}, annotations=_cited("Three")),
            chunk({}, finish_reason="stop", annotations=_cited("Four")),
        ),
        _HELLO | {"completion.choices.0.message.annotations.3.url_citation.title": "Four"},
        ("One", "Two", "Three", "Four"),
        request=STREAM,
        source=_GITHUB + "BerriAI/litellm/pull/23662",
    ),
    Case(
        "a message so far beside each delta (Perplexity)",
        sse(
            _perplexity("Hel", "Hel", 1),
            _perplexity("Hello", "lo", 2),
            _perplexity("Hello", "", 2, "stop"),
        ),
        _HELLO | {"usage.completion_tokens": 2, "completion.usage.search_context_size": "low"},
        ("Hello", "One"),
        ("HelHello", "lowlow"),
        STREAM,
        source=_GITHUB + "perplexityai/api-discussion/issues/193",
    ),
    Case(
        "reasoning as an object in each delta (Envoy)",
        deltas(
            {"reasoning_content": {"text": "I nee"}},
            {"reasoning_content": {"text": "d to"}},
            {"content": "Hi"},
        ),
        {"error": None, _TEXT: "Hi", "completion.choices.0.message.reasoning_content": {"text": "I need to"}},
        ("I need to", "Hi"),
        request=STREAM,
        source=_GITHUB + "envoyproxy/ai-gateway/pull/1222",
    ),
    # Deltas that are the whole text so far.
    _snapshots(
        "snapshots in place of deltas",
        "Hello",
        "Hello there",
        "Hello there, how are you?",
        source="QwenLM/qwen-code/pull/3896",
    ),
    _snapshots(
        "snapshots in place of deltas, the last one twice",
        "Sure! Here: 1",
        "Sure! Here: 1. 2",
        "Sure! Here: 1. 2",
        source="open-jarvis/OpenJarvis/issues/378",
    ),
    _snapshots(
        "snapshots that begin with single letters",
        "你",
        "你好",
        "你好，",
        "你好，我",
        "你好，我是",
        source=_BOTH,
    ),
    _snapshots(
        "snapshots of reasoning",
        "I think",
        "I think so",
        source="QwenLM/qwen-code/pull/3896",
        field="reasoning_content",
    ),
    Case(
        "deltas that happen to begin with the one before are no snapshots",
        deltas(
            {"content": "-"}, {"content": "--"}, {"content": "---"}, {"content": " ha"}, {"content": " haha"}
        ),
        {"error": None, _TEXT: "------ ha haha"},
        request=STREAM,
    ),
]
