"""Real errors of providers whose status, or first words, point to the wrong cause."""

import json
from typing import Any

from tests.upstreams.scripted import chunk, completion_body
from tests.wire.case import STREAM, Case, answer, deltas, http, sse

_TOOLS = {"tools": [{"type": "function", "function": {"name": "w"}}]}
_TITLE = "<!DOCTYPE html>\n<html><head><title>{}</title></head><body><h1>x</h1></body></html>"
_HELLO = {"error": None, "completion.choices.0.message.content": "Hello!"}
_SOURCE = {"title": "A title", "url": "https://a.example/x"}


def _says(
    name: str, status: int, body: Any, kind: str, *shows: str, source: str = "", **request: Any
) -> Case:
    reply = http(body, "text/html", status) if isinstance(body, str) else answer(body, status)
    return Case(name, reply, {"error.kind": kind}, shows, request=request, source=source)


def _error(
    name: str, status: int, message: str, kind: str, *shows: str, source: str = "", **fields: Any
) -> Case:
    return _says(name, status, {"error": {"message": message, **fields}}, kind, *shows, source=source)


def _spent(name: str, status: int, message: str, source: str = "", **fields: Any) -> Case:
    return _error(f"spent: {name}", status, message, "quota", "Add credit", source=source, **fields)


def _full(name: str, status: int, message: str, source: str = "", **fields: Any) -> Case:
    return _error(
        f"overloaded: {name}", status, message, "overloaded", "another model", source=source, **fields
    )


def _no_model(name: str, status: int, message: str, source: str = "", **fields: Any) -> Case:
    return _error(
        f"no model: {name}", status, message, "not_found", "Model not found ", source=source, **fields
    )


def _too_long(name: str, status: int, message: str, shows: str, source: str = "", **fields: Any) -> Case:
    return _error(f"too long: {name}", status, message, "context_window", shows, source=source, **fields)


def _fix(name: str, message: str, changes: Any, source: str = "", status: int = 400, **request: Any) -> Case:
    says = {"error.kind": "bad_request", "error.fix.changes": changes}
    return Case(
        f"fix: {name}", answer({"error": {"message": message}}, status), says, request=request, source=source
    )


def _wait(name: str, wait: str, body: Any = None, source: str = "", **headers: str) -> Case:
    reply = answer(body or {"message": "Rate limit exceeded"}, 429, **headers)
    return Case(f"wait: {name}", reply, {"error.kind": "rate_limited"}, (f"Wait {wait},",), source=source)


def _ends(name: str, reason: str, note: str) -> Case:
    reply = deltas({"content": "Hel"}, finish=reason)
    return Case(f"an end: {name}", reply, {"error": None}, (note, f"Finish reason: {reason}"), request=STREAM)


def _cites(name: str, **fields: Any) -> Case:
    return Case(f"sources: {name}", answer(completion_body("Hello!", **fields)), _HELLO, ("A title",))


CASES = [
    # No credit left, with the status of a bad key, a bad request or a rate limit.
    _spent(
        "DashScope's free tier",
        403,
        "The free tier of the model has been exhausted.",
        "https://github.com/APIParkLab/APIPark/issues/394",
        code="AllocationQuota.FreeTierOnly",
    ),
    _spent("Moonshot", 429, "You exceeded your current token quota: 5, please check your account balance"),
    _spent(
        "Moonshot, by its type",
        429,
        "Your account is suspended",
        type="exceeded_current_quota_error",
    ),
    _spent(
        "Volcengine's limit",
        429,
        "Your account [21] has reached the set inference limit for the [doubao] model.",
        "https://github.com/volcengine/MineContext/issues/328",
        code="SetLimitExceeded",
    ),
    _spent(
        "Volcengine's debt",
        403,
        "The request failed because your account has an overdue balance.",
        code="AccountOverdueError",
    ),
    _spent("Volcengine's trial", 429, "Your account 21 has exhausted its free trial quota for the model."),
    _spent("xAI's new team", 403, "Your newly created team doesn't have any credits or licenses yet."),
    _spent(
        "xAI's month",
        429,
        "Your team has either used all available credits or reached its monthly spending limit.",
        "https://github.com/warpdotdev/warp/issues/14863",
    ),
    _spent("Fireworks", 412, "Account x is suspended, possibly due to reaching the monthly spending limit."),
    _spent(
        "LiteLLM's budget",
        400,
        "Budget has been exceeded! Current cost: 0.012, Max budget: 0.005",
        "https://github.com/BerriAI/litellm/issues/4208",
        type="auth_error",
    ),
    _spent("new-api", 403, "该令牌额度已用尽 !token.UnlimitedQuota && token.RemainQuota = -1"),
    _spent("new-api, in English", 403, "token quota is not enough, token remain quota: 0.1, need quota: 0.2"),
    _says("spent: Novita", 403, {"reason": "NOT_ENOUGH_BALANCE", "message": "not enough balance"}, "quota"),
    # Limits that reset, people who are not served, blocked requests, and keys that are no longer valid.
    _error(
        "a limit of Anthropic's is no wrong request",
        400,
        "You have reached your specified API usage limits. You will regain access on 2026-12-01.",
        "rate_limited",
        "quota reached",
        source="https://github.com/anthropics/claude-code/issues/38035",
    ),
    _says(
        "a quota of Azure API Management is no key's fault",
        403,
        {"statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 6.12:34:56."},
        "rate_limited",
    ),
    _error(
        "Workers AI's allocation",
        429,
        "you have used up your daily free allocation of 10,000 neurons",
        "rate_limited",
        "quota reached",
    ),
    _says(
        "a location that Gemini does not serve",
        400,
        [{"error": {"code": 400, "message": "User location is not supported for the API use."}}],
        "forbidden",
        "your region is supported",
        source="https://github.com/FoundationAgents/OpenManus/issues/803",
    ),
    _error("an organization that is off", 400, "This organization has been disabled.", "forbidden"),
    _error(
        "an input that was flagged is no key's fault",
        403,
        'x requires moderation on OpenAI. Your input was flagged for "violence".',
        "bad_request",
        metadata={"reasons": ["violence"], "flagged_input": "…", "provider_name": "OpenAI"},
    ),
    _error(
        "a key that leaked",
        403,
        "Your API key was reported as leaked. Please use another API key.",
        "unauthorized",
    ),
    # The provider is overloaded: slowing down would not help.
    _full(
        "Moonshot",
        429,
        "The engine is currently overloaded, please try again later",
        "https://github.com/MoonshotAI/kimi-cli/issues/2209",
        type="engine_overloaded_error",
    ),
    _full("Zhipu", 429, "该模型当前访问量过大，请您稍后再试", code="1305"),
    _full("one-api", 429, "当前分组上游负载已饱和，请稍后再试 (request id: 2)"),
    _full("Volcengine", 429, "Unable to handle additional requests due to server overload."),
    _full("Mistral", 429, "Service tier capacity exceeded for this model.", code="3505"),
    _full("Cerebras", 429, "We're experiencing high traffic right now! Please try again soon."),
    _full("DeepInfra", 429, "Model busy, retry later"),
    _full("Groq's status 498", 498, "Flex tier capacity exceeded, please try again later"),
    _says("overloaded: TGI", 429, {"error": "Model is overloaded", "error_type": "overloaded"}, "overloaded"),
    Case(
        "overloaded: one-api, in a stream",
        sse({"error": {"message": "当前分组上游负载已饱和，请稍后再试", "code": "429"}}),
        {"error.kind": "overloaded"},
        request=STREAM,
    ),
    # The provider's faults with a client error's status, and the reverse.
    _says(
        "a generation that failed is no wrong request",
        424,
        {"error": "Request failed during generation: Server error", "error_type": "generation"},
        "server_error",
    ),
    _says(
        "a model that crashed is no wrong request",
        400,
        {"error": "The model has crashed without additional information. (Exit code: null)"},
        "server_error",
    ),
    _says(
        "424 of a guardrail is about the request",
        424,
        {"success": False, "error": [{"code": 2016, "message": "Prompt blocked"}]},
        "bad_request",
    ),
    _error(
        "a 500 around Python's words of a 400",
        500,
        "Error code: 400 - {'error': {'message': 'The seed is wrong.'}}",
        "bad_request",
    ),
    _error(
        "a 500 around Go's words of a 400",
        500,
        'POST "https://a.example/v1/chat/completions": 400 Bad Request {"message":"The seed is wrong"}',
        "bad_request",
        "The seed is wrong",
        source="https://github.com/coddy-project/coddy-agent/issues/322",
    ),
    _error(
        "a 500 around a 400, which says 500 itself",
        500,
        "litellm.InternalServerError: Error code: 400 - {'error': {'message': 'The seed is wrong.'}}",
        "bad_request",
        code="500",
    ),
    _error("a 500 of new-api", 500, "bad response status code 400 (request id: 2)", "bad_request"),
    _error(
        "a 500 around a wrong key may be about the gateway's own",
        500,
        "Error code: 401 - {'error': {'message': 'Incorrect API key provided.'}}",
        "server_error",
    ),
    _error("an image that llama.cpp does not take", 500, "image input is not supported", "bad_request"),
    _error("501", 501, "This server does not support multimodal input", "bad_request"),
    _error("a 500 that is one", 500, "CUDA error: operation not supported", "server_error"),
    Case(
        "a path that LM Studio does not know, with status 200",
        answer({"error": "Unexpected endpoint or method. (POST /chat/completions)"}),
        {"error.kind": "not_found"},
        ("may need /v1",),
        source="https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/618",
    ),
    _says(
        "410 is a path of old", 410, {"error": "x is no longer supported. Use y."}, "not_found", "base URL"
    ),
    # Models.
    _no_model("Gemini", 404, "models/gemini-x is not found for API version v1main. Call ListModels."),
    _no_model("Anthropic", 404, "model: claude-x", type="not_found_error"),
    _no_model("Moonshot", 404, "Not found the model kimi-x or Permission denied"),
    _no_model(
        "Volcengine",
        404,
        "Your account 21 has not activated the model doubao-x.",
        "https://github.com/xinnan-tech/xiaozhi-esp32-server/issues/1234",
        code="ModelNotOpen",
    ),
    _no_model(
        "Groq",
        400,
        "The model `mixtral-8x7b` has been decommissioned and is no longer supported.",
        "https://github.com/valentinfrlch/ha-llmvision/issues/324",
        code="model_decommissioned",
    ),
    _no_model(
        "DeepSeek's names",
        400,
        "The supported API model names are deepseek-v4-pro or deepseek-v4-flash, but you passed m.",
    ),
    _no_model("OpenRouter's data policy", 404, "No endpoints found matching your data policy"),
    _no_model(
        "one-api",
        503,
        "当前分组 default 下对于模型 gpt-x 无可用渠道 (request id: 2)",
        "https://github.com/songquanpeng/one-api/issues/2340",
        type="one_api_error",
    ),
    _no_model("one-api, in English", 503, "There are no channels available for model x under the group y"),
    _says(
        "no model: NVIDIA",
        410,
        {
            "title": "Gone",
            "status": 410,
            "detail": "The model 'x' has reached its end of life on 2026-01-01.",
        },
        "not_found",
        "Model not found ",
    ),
    # Lengths.
    _too_long("Zhipu", 400, "Prompt 超长", "Shorten", code="1261"),
    _too_long(
        "Volcengine", 400, "Input length 300000 exceeds the maximum length 229376.", "70,624 more than"
    ),
    _too_long(
        "SiliconFlow",
        400,
        "length of prompt_tokens (39193) must be less than max_seq_len (32768).",
        "6,425 more than",
    ),
    _too_long(
        "Cerebras",
        400,
        "Please reduce the length of the messages or completion. Current length is 8964 while limit is 8192",
        "772 more than",
        code="context_length_exceeded",
    ),
    _too_long(
        "Perplexity",
        400,
        "The total length of all messages is too long.",
        "larger context window",
        type="too_many_prompt_tokens",
    ),
    _too_long(
        "GitHub", 413, "Request body too large. Max size: 8000 tokens.", "8,000", code="tokens_limit_reached"
    ),
    _too_long(
        "vLLM's decoder",
        400,
        "The decoder prompt (length 66501) is longer than the maximum model length of 65536.",
        "965 more than",
        "https://github.com/langchain-ai/deepagents/issues/468",
    ),
    _too_long(
        "vLLM, by both counts",
        400,
        "You passed 32769 input tokens and requested 0 output tokens. However, the model's context length "
        "is only 32768 tokens.",
        "1 more than",
    ),
    _too_long(
        "SGLang's input",
        400,
        "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
        "808 more than",
    ),
    Case(
        "too long: SGLang, with room for the answer",
        answer(
            {
                "object": "error",
                "message": "Requested token count exceeds the model's maximum context length of 8192 tokens. "
                "You requested a total of 9000 tokens: 800 tokens from the input messages and 8200 tokens "
                "for the completion.",
            },
            400,
        ),
        {"error.kind": "context_window", "error.fix.changes": {"max_tokens": 7392}},
        request={"max_tokens": 8200},
    ),
    # Fixes.
    _fix(
        "a name in one word: xAI",
        "Model grok-4 does not support parameter presencePenalty.",
        {"presence_penalty": None},
        "https://github.com/open-webui/open-webui/issues/21266",
        presence_penalty=1,
    ),
    _fix("an argument: xAI", "Argument not supported on this model: stop", {"stop": None}, stop="x"),
    _fix(
        "no tools: SiliconFlow", "Function call is not supported for this model.", {"tools": None}, **_TOOLS
    ),
    _fix(
        "no tools: llama.cpp",
        "tools param requires --jinja flag",
        {"tools": None},
        "https://github.com/defilantech/LLMKube/issues/126",
        500,
        **_TOOLS,
    ),
    _fix(
        "no tools: llama.cpp, before",
        "Unsupported param: tools",
        {"tools": None},
        "https://github.com/ggml-org/llama.cpp/issues/10920",
        500,
        **_TOOLS,
    ),
    _fix("only streams: DashScope", "This model only support stream mode.", {"stream": True}),
    _fix(
        "only streams: Qwen's thinking",
        "parameter.enable_thinking must be set to false for non-streaming calls",
        {"stream": True},
        "https://github.com/tencentmusic/supersonic/issues/2355",
    ),
    _fix(
        "streams not: OpenAI",
        "Your organization must be verified to stream this model.",
        {"stream": None, "stream_options": None},
        stream=True,
    ),
    # Waits.
    _wait(
        "Cerebras",
        "12 seconds",
        x_ratelimit_remaining_tokens_minute="0",
        x_ratelimit_reset_tokens_minute="11.4",
    ),
    _wait("Mistral", "37 seconds", ratelimitbysize_remaining="0", ratelimitbysize_reset="37"),
    _wait("in one header", "50 seconds", RateLimit='"default";r=0;t=50'),
    _wait("in one header, before", "50 seconds", RateLimit="limit=10, remaining=0, reset=50"),
    _wait(
        "resets_in_seconds", "1 hour", {"error": {"type": "usage_limit_reached", "resets_in_seconds": 3600}}
    ),
    _wait("in Chinese, before the unit", "30 seconds", {"error": {"message": "请求过于频繁，请等待30秒"}}),
    _wait("in Chinese and s", "30 seconds", {"error": {"message": "请求过多，请 30s 后重试"}}),
    # HTML pages and events inside messages.
    Case(
        "OpenRouter: the provider's words as a page",
        answer(
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 502,
                    "metadata": {"raw": _TITLE.format("502 Bad Gateway"), "provider_name": "Chutes"},
                }
            },
            502,
        ),
        {"error.message": "Chutes: 502 Bad Gateway"},
    ),
    Case(
        "a page within words",
        answer({"error": {"message": f"OpenAIException - {_TITLE.format('504: time-out')}. Group=x"}}, 500),
        {"error.message": "OpenAIException - 504: time-out . Group=x"},
    ),
    Case(
        "OpenRouter: the provider's words as events",
        answer(
            {
                "error": {
                    "message": "Provider returned error",
                    "metadata": {
                        "raw": 'event: error\ndata: {"error": {"message": "Too hot."}}\n\n',
                        "provider_name": "X",
                    },
                }
            },
            400,
        ),
        {"error.message": "X: Too hot."},
    ),
    Case(
        "words that begin like an event are none",
        answer({"error": {"message": "data: must be an object"}}, 400),
        {"error.message": "data: must be an object"},
    ),
    # Answers.
    Case(
        "a phase in each delta (Qwen)",
        deltas({"content": "Hel", "phase": "answer"}, {"content": "lo!", "phase": "answer"}),
        _HELLO | {"completion.choices.0.message.phase": "answer"},
        request=STREAM,
    ),
    Case(
        "error_msg beside a choice (Hunyuan)",
        sse(
            chunk({"content": "Hel"}) | {"error_msg": None},
            chunk({"content": ""}) | {"error_msg": {"code": 4001, "msg": "请求过于频繁"}},
            done=False,
        ),
        {"error.kind": "rate_limited", "completion.choices.0.message.content": "Hel"},
        ("请求过于频繁",),
        request=STREAM,
    ),
    Case(
        "a generation that fails in mid-stream (TGI)",
        sse(chunk({"content": "Hel"}), {"error": "Request failed during generation"}, done=False),
        {"error.kind": "server_error", "completion.choices.0.message.content": "Hel"},
        request=STREAM,
    ),
    _ends("Gemini's filter, and which", "content_filter: PROHIBITED_CONTENT", "content filter"),
    _ends("Gemini's recitation", "RECITATION", "content filter"),
    _ends("a window that is full", "model_context_window_exceeded", "Cut off"),
    _ends(
        "a call that went wrong",
        "function_call_filter: MALFORMED_FUNCTION_CALL",
        "reported the finish reason",
    ),
    _cites("Zhipu", web_search=[{"title": "A title", "link": "https://a.example/x", "refer": "ref_1"}]),
    _cites("Volcengine", references=[_SOURCE | {"summary": "s"}]),
    _cites("Hunyuan", search_info={"search_results": [_SOURCE | {"index": 1}]}),
    Case(
        "an error of Azure's filter is none of the answer's",
        answer(
            completion_body(
                choices=[
                    {
                        "index": 0,
                        "finish_reason": "stop",
                        "message": {"role": "assistant", "content": "Hello!"},
                        "content_filter_result": {
                            "error": {
                                "code": "content_filter_error",
                                "message": "The contents are not filtered",
                            }
                        },
                    }
                ]
            )
        ),
        _HELLO,
        source="https://github.com/BerriAI/litellm/issues/1564",
    ),
    Case(
        "a text beside each delta (Together)",
        sse(
            *(
                {
                    "choices": [
                        {
                            "index": 0,
                            "text": text,
                            "delta": {"role": "assistant", "content": text, "tool_calls": None},
                            "finish_reason": end,
                        }
                    ]
                }
                for text, end in (("la", None), ("la", None), ("", "stop"))
            )
        ),
        {"completion.choices.0.message.content": "lala", "error": None},
        request=STREAM,
    ),
    Case(
        "a completion after signs of life",
        http(f": OPENROUTER PROCESSING\n\n{json.dumps(completion_body('Hello!'))}"),
        _HELLO,
    ),
    Case(
        "an error after signs of life",
        http(f": keep-alive\n\n{json.dumps({'error': {'message': 'No.', 'code': 429}})}"),
        {"error.kind": "rate_limited", "error.message": "No."},
    ),
    Case(
        "data that is DONE, without brackets",
        http(
            "".join(
                f"data: {item if isinstance(item, str) else json.dumps(item)}\n\n"
                for item in (chunk({"content": "Hello!"}, finish_reason="stop"), "DONE")
            ),
            "text/event-stream",
        ),
        _HELLO,
        request=STREAM,
    ),
    Case(
        "binary frames are no UTF-32 (Amazon)",
        http(
            b'\x00\x00\x00\x9d\x00\x00\x00K\xe9\x1a\x0b\x05\x05:type\x07\x00\x05chunk{"bytes":"e30="}',
            "application/vnd.amazon.eventstream",
        ),
        {"error.kind": "not_json"},
        hides=("UTF-16",),
        request=STREAM,
    ),
    *(
        Case(
            f"http:// where https:// is spoken: {name}",
            http(body, "text/html", 400),
            {"error.kind": "not_http"},
            ("requires HTTPS",),
        )
        for name, body in (
            ("nginx", _TITLE.format("400 The plain HTTP request was sent to HTTPS port")),
            ("Go", "Client sent an HTTP request to an HTTPS server.\n"),
            ("Tomcat", "Bad Request\nThis combination of host and port requires TLS.\n"),
        )
    ),
    *(
        Case(
            f"a model that Responses has not: {words[:40]}",
            answer({"error": {"message": words, "param": "model", **code}}, 400),
            {"error.kind": "not_found", "error.title": "Model doesn’t support this API"},
            ("Choose another API",),
            dialect="responses",
            source=source,
        )
        for words, code, source in (
            (
                "The requested model 'gpt-4o-search-preview' is not supported with the Responses API.",
                {"code": "model_not_found"},
                "https://github.com/Laisky/one-api/issues/88",
            ),
            (
                "model gemini-3.1-pro-preview does not support Responses API.",
                {"code": "unsupported_api_for_model"},
                "https://github.com/decolua/9router/issues/1062",
            ),
            ("The requested model 'gpt-audio' cannot be used with the Responses API.", {}, ""),
        )
    ),
    *(
        Case(
            f"a model of another API: {words[:40]}",
            answer({"error": {"message": words, "type": "invalid_request_error"}}, status),
            {"error.kind": "not_found"},
            ("Choose another API", "List models"),
            hides=("/v1?",),
        )
        for status, words in (
            (404, "This model is only supported in v1/responses and not in v1/chat/completions."),
            (404, "This is not a chat model and thus not supported in the v1/chat/completions endpoint."),
            (400, 'model "gpt-5-codex" is not accessible via the /chat/completions endpoint'),
            (400, '"nomic-embed-text:latest" does not support chat'),
            (400, "The model does not support Chat Completions API"),
            (400, "The chatCompletion operation does not work with the specified model, gpt-image-2."),
        )
    ),
    *(
        Case(
            f"{status}: {words}",
            answer({"error": {"message": words}}, status),
            {"error.kind": kind},
        )
        for status, words, kind in (
            (403, "Invalid access token.", "unauthorized"),
            (403, "Authentication failed: Please make sure your API Key is valid.", "unauthorized"),
            (400, "Authorization header is correct, but the token seems invalid", "unauthorized"),
            (400, "Unavailable model: o1", "not_found"),
            (403, "No access to model: o1", "not_found"),
            (500, "model requires more system memory (5.6 GiB) than is available (3.4 GiB)", "overloaded"),
            (499, "The operation was cancelled.", "server_error"),
            (451, "Unavailable For Legal Reasons", "forbidden"),
            (407, "Sign in to the proxy first.", "unavailable"),
            (400, "Invalid token id in logit_bias", "bad_request"),
        )
    ),
    *(
        Case(
            f"{status} with a page is of who stands in between",
            http(_TITLE.format("Sign in to the network"), "text/html", status),
            {"error.kind": "unavailable", "error.message": "Sign in to the network"},
            ("A firewall or proxy in front of",),
            hides=("Your request isn’t the cause",),
        )
        for status in (407, 511)
    ),
]
