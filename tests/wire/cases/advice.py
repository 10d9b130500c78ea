"""Advice: each kind of error in each provider's words."""

from typing import Any

from tests.wire.case import STREAM, Case, answer, http

_CHATTY = {"messages": [{"role": "user", "content": "Hi"}, {"role": "user", "content": "long " * 50}]}


def _error(
    name: str, message: str, kind: str, *shows: str, status: int = 400, source: str = "", **error: Any
) -> Case:
    return Case(
        name,
        answer({"error": {"message": message, **error}}, status),
        {"error.kind": kind, "error.message": message},
        shows,
        request=_CHATTY,
        source=source,
    )


def _too_long(
    name: str, message: str, *shows: str, status: int = 400, source: str = "", **error: Any
) -> Case:
    return _error(
        f"too long: {name}", message, "context_window", *shows, status=status, source=source, **error
    )


CASES = [
    _error(
        "quota: OpenAI",
        "You exceeded your current quota, please check your plan and billing details.",
        "quota",
        status=429,
        type="insufficient_quota",
        code="insufficient_quota",
        source="https://platform.openai.com/docs/guides/error-codes",
    ),
    _error(
        "quota: Zhipu",
        "Insufficient balance or no resource package. Please recharge.",
        "quota",
        status=429,
        code="1113",
        source="https://github.com/zai-org/GLM-5/issues/148",
    ),
    _error(
        "quota: Zhipu in Chinese",
        "余额不足或无可用资源包,请充值。",
        "quota",
        status=429,
        source="https://github.com/continuedev/continue/issues/11823",
    ),
    _error(
        "quota: MiniMax, with status 500",
        "insufficient balance (1008)",
        "quota",
        status=500,
        type="api_error",
        source="https://github.com/MiniMax-AI/MiniMax-M2/issues/62",
    ),
    _error(
        "quota: Anthropic, with status 400",
        "Your credit balance is too low to access the Anthropic API.",
        "quota",
        type="invalid_request_error",
        source="https://docs.claude.com/en/api/errors",
    ),
    _error(
        "no credit: DeepSeek",
        "Insufficient Balance",
        "payment_required",
        status=402,
        code="invalid_request_error",
        source="https://github.com/666ghj/BettaFish/issues/286",
    ),
    _too_long(
        "OpenAI",
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8500 in the "
        "messages, 500 in the completion). Please reduce the length of the messages or completion.",
        "9,000",
        "808",
        "8,192",
        "message 2",
        code="context_length_exceeded",
        source="https://github.com/ChatGPTNextWeb/NextChat/issues/3195",
    ),
    _too_long(
        "vLLM, for the answer",
        "This model's maximum context length is 8192 tokens. However, you requested 8204 tokens (12 in the "
        "messages, 8192 in the completion). Please reduce the length of the messages or completion.",
        "8,204",
        "12",
        "8,180",
        source="https://github.com/gpustack/gpustack/issues/929",
    ),
    _too_long(
        "Anthropic",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "210,000",
        "10,000",
        "200,000",
        type="invalid_request_error",
        source="https://github.com/sojohnnysaid/project-guide/issues/2",
    ),
    _too_long(
        "Anthropic, with the answer",
        "input length and `max_tokens` exceed context limit: 179413 + 32768 > 200000, decrease input "
        "length or "
        "`max_tokens` and try again",
        "212,181",
        "20,587",
        source="https://github.com/BrokkAi/brokk-app/issues/540",
    ),
    _too_long(
        "Gemini",
        "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).",
        "1,200,293",
        "151,717",
        "1,048,576",
        code=400,
        status_="INVALID_ARGUMENT",
        source="https://github.com/google-gemini/gemini-cli/issues/6678",
    ),
    _too_long(
        "Gemini, without a count",
        "The input token count exceeds the maximum number of tokens allowed (1048576).",
        "1,048,576",
        source="https://github.com/BerriAI/litellm/issues/18282",
    ),
    _too_long(
        "llama.cpp",
        "the request exceeds the available context size. try increasing the context size or enable "
        "context shift",
        "14,429",
        "6,237",
        "8,192",
        code=400,
        type="exceed_context_size_error",
        n_prompt_tokens=14_429,
        n_ctx=8192,
        source="https://github.com/oobabooga/textgen/issues/7257",
    ),
    _too_long(
        "llama.cpp, with status 500",
        "the request exceeds the available context size. try increasing the context size or enable "
        "context shift",
        "1,407",
        "1,151",
        status=500,
        code=500,
        type="exceed_context_size_error",
        n_prompt_tokens=1407,
        n_ctx=256,
        source="https://github.com/ggml-org/llama.cpp/pull/15780",
    ),
    _too_long(
        "llama-cpp-python",
        "Requested tokens (2285) exceed context window of 2048",
        "2,285",
        "237",
        source="https://github.com/fedora-copr/logdetective-website/pull/193",
    ),
    _too_long(
        "LM Studio",
        "Trying to keep the first 15857 tokens when context the overflows. However, the model is loaded with "
        "context length of only 4096 tokens, which is not enough.",
        "15,857",
        "11,761",
        source="https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/237",
    ),
    _too_long(
        "Mistral",
        "Prompt contains 40002 tokens and 0 draft tokens, too large for model with 32768 maximum context "
        "length",
        "40,002",
        "7,234",
        type="invalid_request_prompt",
    ),
    _too_long(
        "Azure",
        "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 509178 tokens. "
        "Please reduce the length of the messages.",
        "509,178",
        "237,178",
        code="context_length_exceeded",
        source="https://github.com/BerriAI/litellm/issues/15968",
    ),
    _too_long(
        "xAI",
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
        "537,812",
        "406,740",
        source="https://github.com/cline/cline/issues/3120",
    ),
    _too_long(
        "xAI, since 2026",
        "[input_too_large] Current message (1149677 tokens) exceeds budget (975424 tokens)",
        "1,149,677",
        "174,253",
        source="https://github.com/UKGovernmentBEIS/inspect_ai/pull/5208",
    ),
    _too_long(
        "Moonshot, in its first year",
        "model max length exceeded, max length:8192",
        "8,192",
        source="https://github.com/MoonshotAI/MoonshotAI-Cookbook/issues/18",
    ),
    _too_long(
        "OpenAI, in its first year",
        "This model's maximum context length is 8191 tokens, however you requested 8238 tokens (8238 in your "
        "prompt; 0 for the completion). Please reduce your prompt; or completion length.",
        "8,238",
        "47",
        source="https://github.com/fierceX/Document_QA/issues/3",
    ),
    _too_long(
        "Text Generation Inference",
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 8740 "
        "`inputs` tokens "
        "and 500 `max_new_tokens`",
        "9,240",
        "5,144",
        status=422,
        http_status_code=422,
        source="https://github.com/huggingface/huggingface_hub/issues/2763",
    ),
    _too_long(
        "Bedrock",
        "The model returned the following errors: Input is too long for requested model.",
        "message 2",
        source="https://github.com/aws-samples/bedrock-chat/issues/95",
    ),
    _too_long(
        "Moonshot",
        "Invalid request: Your request exceeded model token limit: 262144 (requested: 269030)",
        "269,030",
        "6,886",
        source="https://github.com/MoonshotAI/kimi-cli/issues/2011",
    ),
    _too_long(
        "DashScope",
        "Range of input length should be [1, 30720]",
        "30,720",
        source="https://github.com/QwenLM/Qwen-Agent/issues/615",
    ),
    _too_long(
        "Cohere",
        "too many tokens: total number of tokens (prompt and prediction) cannot exceed 2048 - received "
        "6354. Try "
        "using a shorter prompt or a smaller max_tokens value.",
        "6,354",
        "4,306",
        source="https://github.com/cohere-ai/sandbox-topically/issues/4",
    ),
    _too_long(
        "LiteLLM, around Anthropic's words",
        "litellm.ContextWindowExceededError: AnthropicError - prompt is too long: 209303 tokens > 200000 "
        "maximum",
        "9,303",
        code="400",
        source="https://github.com/OpenHands/OpenHands/issues/5350",
    ),
    _error(
        "about the request: llama.cpp",
        "Cannot use both json_schema and grammar",
        "bad_request",
        "Correct what",
        status=500,
        code=500,
        type="server_error",
    ),
    _error(
        "no model: OpenRouter",
        "claude-sonnet-4-6 is not a valid model ID",
        "not_found",
        "List",
        code=400,
        source="https://github.com/OpenRouterTeam/openrouter-examples/issues/74",
    ),
    _error(
        "no model: OpenAI",
        "The model `gpt-9.5` does not exist or you do not have access to it.",
        "not_found",
        "List",
        status=404,
        code="model_not_found",
        source="https://github.com/Routstr/routstr-core/issues/554",
    ),
    _error("no model: DeepSeek", "Model Not Exist", "not_found", "List", code="invalid_request_error"),
    _error(
        "no model: Ollama",
        'model "llama9:8b" not found, try pulling it first',
        "not_found",
        "List",
        status=404,
        source="https://github.com/netease-youdao/QAnything/issues/555",
    ),
    _error(
        "no model: Bedrock",
        "The provided model identifier is invalid.",
        "not_found",
        "List",
        source="https://github.com/anomalyco/opencode/issues/11037",
    ),
    Case(
        "a path that is none is no unknown model",
        answer({"detail": "Not Found"}, 404),
        {"error.kind": "not_found", "error.message": "Not Found"},
        shows=("/v1",),
    ),
    Case("405 names the method", answer({"detail": "Method Not Allowed"}, 405), shows=("POST",)),
    Case(
        "403 with a page is a firewall's",
        http("<!DOCTYPE html><html><title>Attention Required! | Cloudflare</title>", "text/html", 403),
        {"error.kind": "forbidden", "error.message": "Attention Required! | Cloudflare"},
        shows=("firewall", "127.0.0.1"),
    ),
    *(
        Case(
            f"403 with Cloudflare's error {number}, as text",
            http(f"error code: {number}", "text/plain; charset=UTF-8", 403),
            {"error.kind": "forbidden", "error.message": f"error code: {number}"},
            ("Blocked by a firewall", "Cloudflare", "127.0.0.1", f"error {number}"),
        )
        for number in (1006, 1009, 1010, 1020)
    ),
    Case(
        "403 with Cloudflare's error 1010, as JSON",
        answer(
            {
                "type": "https://developers.cloudflare.com/support/troubleshooting/http-status-codes/",
                "title": "Error 1010: Access denied",
                "status": 403,
                "error_code": 1010,
                "error_name": "browser_signature_banned",
                "cloudflare_error": True,
            },
            403,
        ),
        {"error.kind": "forbidden"},
        ("Blocked by a firewall", "error 1010"),
    ),
    *(
        Case(
            f"Cloudflare's rate limit, with status {status}",
            http("error code: 1015", "text/plain; charset=UTF-8", status),
            {"error.kind": "rate_limited", "error.message": "error code: 1015"},
        )
        for status in (403, 429)
    ),
    Case(
        "a provider's 403 that quotes a number is no firewall's",
        answer({"error": {"message": "Refused. The error code: 1010 means no access."}}, 403),
        {"error.kind": "forbidden"},
        hides=("firewall",),
    ),
    Case(
        "524 suggests streaming",
        http("error code: 524", "text/plain", 524),
        {"error.kind": "timeout"},
        ("streaming",),
    ),
    Case(
        "524 of a stream suggests no streaming",
        http("error code: 524", "text/plain", 524),
        {"error.kind": "timeout"},
        hides=("with streaming",),
        request=STREAM,
    ),
    Case(
        "520 is Cloudflare's",
        http("error code: 520", "text/plain", 520),
        {"error.kind": "unavailable", "error.message": "error code: 520"},
        source="https://github.com/n8n-io/n8n/issues/18275",
    ),
    Case(
        "529",
        answer({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, 529),
        {"error.kind": "overloaded"},
    ),
    _error(
        "a wrong request with status 500",
        "image input is not supported",
        "bad_request",
        status=500,
        code=400,
        type="invalid_request_error",
    ),
    _error(
        "a broken call in the conversation, with status 500 (llama.cpp)",
        "Failed to parse tool call arguments as JSON: [json.exception.parse_error.101] parse error",
        "bad_request",
        status=500,
        code=500,
        type="server_error",
    ),
    _too_long(
        "watsonx",
        "Invalid input argument for Model 'ibm/granite': the number of input tokens 5000 cannot exceed "
        "the total tokens limit 4096 for this model",
        "5,000 tokens, 904 more than the model’s limit of 4,096",
    ),
    _too_long(
        "LM Studio, with what is kept",
        "Cannot truncate prompt with n_keep (5000) >= n_ctx (4096)",
        "5,000 tokens, 904 more than the model’s limit of 4,096",
    ),
    _too_long(
        "LM Studio, with what is kept, in words",
        "The number of tokens to keep from the initial prompt is greater than the context length. Try to "
        "load the model with a larger context length, or provide a shorter input.",
        "Shorten message",
    ),
]
