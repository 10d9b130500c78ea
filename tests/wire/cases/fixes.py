"""Fixes: the change that a provider's message asks for, offered as one click."""

from typing import Any

from tests.wire.case import STREAM, Case, answer

_DEVELOPER = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
_SYSTEM = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]


def _fix(
    name: str,
    message: str,
    request: dict[str, Any],
    changes: dict[str, Any] | None,
    source: str = "",
    status: int = 400,
    **error: Any,
) -> Case:
    says: dict[str, Any] = {"error.fix.changes": changes} if changes else {"error.fix": None}
    return Case(
        f"fix: {name}",
        answer({"error": {"message": message, **error}}, status),
        says,
        request=request,
        source=source,
    )


CASES = [
    _fix(
        "temperature and top_p",
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        {"temperature": 0.5, "top_p": 0.5},
        {"top_p": None},
        source="https://github.com/aws-samples/bedrock-access-gateway/issues/191",
    ),
    _fix(
        "temperature and top_p, without quotes",
        "temperature and top_p cannot both be specified for this model. Please use only one.",
        {"temperature": 0.5, "top_p": 0.5},
        {"top_p": None},
        source="https://github.com/router-for-me/CLIProxyAPI/issues/193",
    ),
    _fix(
        "both limits",
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        {"max_tokens": 5, "max_completion_tokens": 5},
        {"max_tokens": None},
        source="https://github.com/langchain-ai/langgraph/issues/5943",
    ),
    _fix(
        "both limits: Volcengine",
        "The parameter max_tokens specified in the request are not valid: max_tokens and "
        "max_completion_tokens "
        "cannot be set at the same time.",
        {"max_tokens": 5, "max_completion_tokens": 5},
        {"max_tokens": None},
        param="max_tokens",
        source="https://github.com/HKUDS/nanobot/issues/2548",
    ),
    _fix(
        "FastAPI's place, in Python's own writing",
        "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens'), 'msg': 'Extra inputs are not "
        "permitted', 'input': 8192}]",
        {"max_completion_tokens": 8192},
        {"max_completion_tokens": None, "max_tokens": 8192},
        source="https://github.com/voideditor/void/issues/128",
    ),
    _fix(
        "only 1 is allowed",
        "invalid temperature: only 1 is allowed for this model",
        {"temperature": 0.3},
        {"temperature": 1},
        source="https://github.com/HKUDS/nanobot/pull/202",
    ),
    _fix(
        "may only be set to 1",
        "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.",
        {"temperature": 0.3},
        {"temperature": 1},
        source="https://github.com/mnfst/modelparams.dev/issues/214",
    ),
    _fix("one choice", "Only one completion choice is allowed", {"n": 2}, {"n": 1}),
    _fix(
        "n at most 1",
        "'n' : number must be at most 1",
        {"n": 2},
        {"n": 1},
        source="https://github.com/langchain-ai/langchain/issues/40590",
    ),
    _fix(
        "the default alone",
        "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) "
        "value is "
        "supported.",
        {"temperature": 0.7},
        {"temperature": None},
        source="https://platform.openai.com/docs/guides/reasoning",
    ),
    _fix(
        "no tools: Ollama",
        "registry.ollama.ai/library/gemma3:4b does not support tools",
        {"tools": [], "tool_choice": "auto"},
        {"tool_choice": None, "tools": None},
        source="https://github.com/louisho5/picobot/issues/6",
    ),
    _fix(
        "no tools: OpenRouter",
        "No endpoints found that support tool use. To learn more about provider routing, visit: https://…",
        {"tools": []},
        {"tools": None},
        status=404,
        source="https://github.com/dnakov/anon-kode/issues/2",
    ),
    _fix(
        "no tools: vLLM",
        '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        {"tools": []},
        {"tools": None},
        source="https://github.com/vllm-project/vllm/issues/9986",
    ),
    Case(
        "fix: FastAPI's place",
        answer(
            {
                "detail": [
                    {
                        "type": "extra_forbidden",
                        "loc": ["body", "seed"],
                        "msg": "Extra inputs are not permitted",
                    }
                ]
            },
            422,
        ),
        {"error.fix.changes": {"seed": None}},
        request={"seed": 1},
        source="https://github.com/editor-code-assistant/eca/issues/231",
    ),
    Case(
        "fix: two places",
        answer(
            {
                "detail": [
                    {"loc": ["body", name], "msg": "Extra inputs are not permitted"}
                    for name in ("seed", "user")
                ]
            },
            422,
        ),
        {"error.fix.changes": {"seed": None, "user": None}},
        request={"seed": 1, "user": "ada"},
    ),
    Case(
        "fix: a place within a message is none of the request's",
        answer(
            {
                "detail": [
                    {"loc": ["body", "messages", 0, "user", "name"], "msg": "Extra inputs are not permitted"}
                ]
            },
            422,
        ),
        {"error.fix": None},
        request={"user": "ada"},
        source="https://github.com/nomtek/mistralai_client_dart/issues/44",
    ),
    Case(
        "fix: max_completion_tokens at Mistral",
        answer(
            {
                "object": "error",
                "message": {
                    "detail": [
                        {
                            "type": "extra_forbidden",
                            "loc": ["body", "max_completion_tokens"],
                            "msg": "Extra inputs are not permitted",
                            "input": 32000,
                        }
                    ]
                },
            },
            422,
        ),
        {"error.fix.changes": {"max_completion_tokens": None, "max_tokens": 32000}},
        request={"max_completion_tokens": 32000},
        source="https://github.com/editor-code-assistant/eca/issues/231",
    ),
    _fix(
        "deprecated",
        "`temperature` is deprecated for this model.",
        {"temperature": 0.5},
        {"temperature": None},
        source="https://github.com/cline/cline/issues/10572",
    ),
    _fix(
        "deprecated, within Bedrock's words",
        "The model returned the following errors: temperature is deprecated for this model.",
        {"temperature": 0.5},
        {"temperature": None},
        source="https://github.com/DayuanJiang/next-ai-draw-io/issues/861",
    ),
    _fix(
        "unavailable", "logit_bias is unavailable with this model", {"logit_bias": {}}, {"logit_bias": None}
    ),
    _fix(
        "not permitted: stream_options",
        "stream_options: Extra inputs are not permitted",
        STREAM | {"stream_options": {"include_usage": True}},
        {"stream_options": None},
    ),
    _fix(
        "no streaming",
        "Unsupported value: 'stream' does not support true with this model. Only the default (false) "
        "value is "
        "supported.",
        STREAM,
        {"stream": None, "stream_options": None},
        source="https://github.com/GaiZhenbiao/ChuanhuChatGPT/issues/1160",
    ),
    _fix(
        "a plain word that is introduced",
        "Unrecognized request argument supplied: store",
        {"store": True},
        {"store": None},
    ),
    _fix(
        "named by param alone",
        "This model does not support it.",
        {"reasoning": {}},
        {"reasoning": None},
        param="reasoning",
        code="unsupported_parameter",
    ),
    _fix(
        "developer: DeepSeek",
        "Failed to deserialize the JSON body into the target type: messages[0].role: unknown variant "
        "`developer`, "
        "expected one of `system`, `user`, `assistant`, `tool` at line 1 column 85",
        {"messages": _DEVELOPER},
        {"messages": _SYSTEM},
        status=422,
        source="https://github.com/eclipse-theia/theia/issues/15144",
    ),
    _fix(
        "developer: a gateway",
        "invalid parameter 'messages[0].role': invalid role 'developer', must be one of: system, user, "
        "assistant",
        {"messages": _DEVELOPER},
        {"messages": _SYSTEM},
        source="https://github.com/QuantumNous/new-api/issues/5330",
    ),
    _fix(
        "developer: pydantic",
        "Input tag 'developer' found using 'role' does not match any of the expected tags: 'system', 'user'",
        {"messages": _DEVELOPER},
        {"messages": _SYSTEM},
        source="https://github.com/bramses/chatgpt-md/issues/189",
    ),
    _fix(
        "system: o1-mini, which takes neither",
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        {"messages": _SYSTEM},
        {"messages": [{"role": "user", "content": "Be brief."}, _SYSTEM[1]]},
        param="messages[0].role",
        source="https://github.com/Lambdua/openai4j/issues/62",
    ),
    _fix(
        "system: where developer is asked for",
        "The role 'system' is not supported by this model. Use 'developer' instead.",
        {"messages": _SYSTEM},
        {"messages": _DEVELOPER},
    ),
    _fix(
        "maximum: OpenAI",
        "max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you "
        "provided "
        "8192.",
        {"max_tokens": 8192},
        {"max_tokens": 4096},
        param="max_tokens",
        source="https://github.com/ChatGPTNextWeb/NextChat/issues/3195",
    ),
    _fix(
        "maximum: Groq",
        "`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less "
        "than the "
        "`context_window` for this model",
        {"max_tokens": 16000},
        {"max_tokens": 8192},
        source="https://github.com/Alishahryar1/free-claude-code/issues/955",
    ),
    _fix(
        "maximum: DashScope",
        "<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]",
        {"max_tokens": 32000},
        {"max_tokens": 8192},
        source="https://github.com/open-webui/open-webui/issues/10507",
    ),
    _fix(
        "maximum: DeepSeek",
        "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
        {"max_tokens": 16384},
        {"max_tokens": 8192},
        source="https://github.com/TencentCloudADP/youtu-agent/issues/175",
    ),
    _fix(
        "maximum: Volcengine",
        "The parameter max_tokens specified in the request is not valid: integer above maximum value, "
        "expected a "
        "value <= 32768, but got 64000 instead.",
        {"max_tokens": 64000},
        {"max_tokens": 32768},
        param="max_tokens",
        source="https://github.com/yiliqi78/TOKENICODE/issues/3",
    ),
    _fix(
        "maximum: Anthropic",
        "max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for "
        "claude-sonnet-4-5",
        {"max_tokens": 100_000},
        {"max_tokens": 64_000},
    ),
    _fix(
        "maximum: Bedrock",
        "The maximum tokens you requested exceeds the model limit of 2048. Try again with a maximum "
        "tokens value "
        "that is lower than 2048.",
        {"max_tokens": 4096},
        {"max_tokens": 2048},
        source="https://github.com/aws-samples/bedrock-access-gateway/issues/41",
    ),
    _fix(
        "maximum: what the credit is enough for",
        "This request requires more credits, or fewer max_tokens. You requested up to 64000 tokens, but "
        "can only "
        "afford 1204.",
        {"max_tokens": 64_000},
        {"max_tokens": 1204},
        status=402,
        source="https://github.com/babikov/doka-site/issues/7",
    ),
    _fix(
        "room for the answer: vLLM",
        "'max_tokens' or 'max_completion_tokens' is too large: 64000. This model's maximum context "
        "length is 64001 "
        "tokens and your request has 24235 input tokens (64000 > 64001 - 24235).",
        {"max_tokens": 64_000},
        {"max_tokens": 39_766},
        source="https://github.com/claude-code-best/claude-code/issues/272",
    ),
    _fix(
        "OpenRouter's provider has its words and its fix",
        "Provider returned error",
        {"temperature": 0.5},
        {"temperature": None},
        code=400,
        metadata={
            "raw": '{"type":"error","error":{"message":"`temperature` is deprecated for this model."}}',
            "provider_name": "Anthropic",
        },
        source="https://github.com/RooCodeInc/Roo-Code/issues/12162",
    ),
    _fix(
        "a minimum is none",
        "max_tokens must be at least 1, got -37938. Such a value is not allowed.",
        {"max_tokens": 5},
        None,
        source="https://github.com/lm-sys/FastChat/issues/3367",
    ),
    _fix("a maximum above what was sent is none", "max_tokens must be at most 9000", {"max_tokens": 5}, None),
    _fix(
        "an absurd maximum is none",
        "max_tokens must be at most 99999999999999999999",
        {"max_tokens": 5},
        None,
    ),
    _fix("a maximum of 0 is none", "max_tokens must be at most 0", {"max_tokens": 5}, None),
    _fix("a user is no parameter", "This user is not allowed to use the model", {"user": "ada"}, None),
    _fix(
        "a range with an exclusive end (Gemini)",
        "Unable to submit request because it has a maxOutputTokens value of 100000 but the supported range "
        "is from 1 (inclusive) to 65537 (exclusive). Update the value and try again.",
        {"max_tokens": 100_000},
        {"max_tokens": 65_536},
    ),
    _fix(
        "a range with an inclusive end (Gemini)",
        "a maxOutputTokens value of 9000 but the supported range is from 1 (inclusive) to 8192 (inclusive)",
        {"max_tokens": 9000},
        {"max_tokens": 8192},
    ),
    _fix("no n above 1", "This model does not support n > 1", {"n": 3}, {"n": 1}),
]
