"""Error bodies: the provider's message is found in any shape, status and wrapping."""

import json

from tests.upstreams.scripted import completion_body
from tests.wire.case import Case, answer, http

_RAW = {"error": {"message": "Prompt must contain the word 'json'.", "type": "invalid_request_error"}}
_PAGE = "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{heading}</h1></body></html>"
_GOOD = completion_body("Hello!")


def _openrouter(raw: object, **metadata: object) -> bytes:
    error = {"message": "Provider returned error", "code": 400, "metadata": {"raw": raw, **metadata}}
    return answer({"error": error, "user_id": "user_1"}, 400)


def _said(name: str, reply: bytes, message: str | None, kind: str = "bad_request", source: str = "") -> Case:
    shows = tuple(message.split("\n")) if message else ()
    return Case(name, reply, {"error.message": message, "error.kind": kind}, shows=shows, source=source)


CASES = [
    _said("error: an object", answer({"error": {"message": "No."}}, 400), "No."),
    _said(
        "error: a text",
        answer({"error": "registry.ollama.ai/library/x: bad template"}, 400),
        "registry.ollama.ai/library/x: bad template",
        source="https://github.com/ollama/ollama/issues/14795",
    ),
    _said("error: a list", answer({"error": [{"message": "One."}, {"message": "Two."}]}, 400), "One.\nTwo."),
    _said(
        "error: in a list",
        answer([{"error": {"code": 400, "message": "Bad schema.", "status": "INVALID_ARGUMENT"}}], 400),
        "Bad schema.",
        source="https://github.com/google-gemini/gemini-cli/issues/6678",
    ),
    _said(
        "error: the same words twice",
        answer({"error": {"message": "Bad schema.", "errors": [{"message": "Bad schema."}]}}, 400),
        "Bad schema.",
        source="https://github.com/google-gemini/gemini-cli/issues/12098",
    ),
    _said(
        "OpenRouter: the provider's words as JSON in a text",
        _openrouter(json.dumps(_RAW, indent=2), provider_name="OpenAI"),
        "OpenAI: Prompt must contain the word 'json'.",
        source="https://github.com/reVrost/go-openrouter/pull/21",
    ),
    _said(
        "OpenRouter: the provider's words as an object",
        _openrouter(_RAW, provider_name="OpenAI"),
        "OpenAI: Prompt must contain the word 'json'.",
        source="https://github.com/prism-php/prism/pull/813",
    ),
    _said(
        "OpenRouter: the provider's words as a text",
        answer(
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 429,
                    "metadata": {
                        "raw": "z-ai/glm-5.3-flash is temporarily rate-limited upstream.",
                        "provider_name": "BaseTen",
                    },
                }
            },
            429,
        ),
        "BaseTen: z-ai/glm-5.3-flash is temporarily rate-limited upstream.",
        "rate_limited",
        source="https://github.com/open-webui/computer/issues/293",
    ),
    _said(
        "OpenRouter: nothing raw",
        answer({"error": {"message": "Provider returned error", "metadata": {"raw": ""}}}, 400),
        "Provider returned error",
    ),
    _said(
        "message: an object, with entries of FastAPI",
        answer(
            {
                "object": "error",
                "message": {
                    "detail": [
                        {
                            "type": "extra_forbidden",
                            "loc": ["body", "n"],
                            "msg": "Extra inputs are not permitted",
                        }
                    ]
                },
                "type": "invalid_request_error",
                "code": None,
            },
            422,
        ),
        "body.n: Extra inputs are not permitted",
        source="https://github.com/crewAIInc/crewAI/issues/60",
    ),
    _said(
        "message: a list, and the same as detail",
        answer(
            {
                "object": "Error",
                "detail": [{"loc": ["body", "tools"], "msg": "Extra inputs are not permitted"}],
                "message": [{"loc": ["body", "tools"], "msg": "Extra inputs are not permitted"}],
                "code": 3001,
            },
            422,
        ),
        "body.tools: Extra inputs are not permitted",
        source="https://github.com/partITech/php-mistral/issues/76",
    ),
    _said(
        "message: JSON in a text",
        answer(
            {
                "object": "error",
                "message": json.dumps({"detail": [{"loc": ["body", "user"], "msg": "Extra inputs"}]}),
                "type": "internal_error_proxy",
            },
            422,
        ),
        "body.user: Extra inputs",
        source="https://github.com/mistralai/platform-docs-public/issues/7",
    ),
    _said(
        "message: a list of texts",
        answer(
            {"statusCode": 400, "message": ["model is empty", "n is no number"], "error": "Bad Request"}, 400
        ),
        "model is empty\nn is no number",
        source="https://docs.nestjs.com/techniques/validation",
    ),
    _said(
        "detail: two entries, both shown",
        answer(
            {
                "detail": [
                    {"type": "missing", "loc": ["body", "stop"], "msg": "Field required"},
                    {"type": "int_parsing", "loc": ["body", "seed"], "msg": "Input is no integer"},
                ]
            },
            422,
        ),
        "body.stop: Field required\nbody.seed: Input is no integer",
        source="https://fastapi.tiangolo.com/tutorial/handling-errors/",
    ),
    _said("detail: a text", answer({"detail": "Not allowed here."}, 400), "Not allowed here."),
    _said("detail: an object", answer({"detail": {"error": {"message": "Not here."}}}, 400), "Not here."),
    _said(
        "errors, with success: false",
        answer(
            {
                "result": None,
                "success": False,
                "errors": [{"code": 7003, "message": "Could not route, is your object identifier invalid?"}],
                "messages": [],
            },
            400,
        ),
        "Could not route, is your object identifier invalid?",
        source="https://github.com/anomalyco/opencode/issues/23773",
    ),
    _said(
        "code, msg, success: false, with status 200",
        answer({"code": 500, "msg": "404 NOT_FOUND for this plan", "success": False}),
        "404 NOT_FOUND for this plan",
        "not_found",
    ),
    _said(
        "base_resp of MiniMax, with status 200",
        answer(
            {
                "base_resp": {"status_code": 1004, "status_msg": "login fail: carry the API key"},
                "choices": None,
            }
        ),
        "login fail: carry the API key",
        "unauthorized",
        source="https://github.com/adrianlyjak/obsidian-aloud-tts/pull/114",
    ),
    Case(
        "base_resp of MiniMax that says success is no error",
        answer(_GOOD | {"base_resp": {"status_code": 0, "status_msg": "success"}}),
        {"error": None},
        shows=("Hello!",),
    ),
    _said(
        "error_description",
        answer({"error": "invalid_client", "error_description": "The client is not registered."}, 400),
        "The client is not registered.",
        source="https://www.rfc-editor.org/rfc/rfc6749#section-5.2",
    ),
    _said(
        "title and detail",
        answer({"title": "Too Many Requests", "detail": "Too many tokens in a minute.", "status": 429}, 429),
        "Too many tokens in a minute.",
        "rate_limited",
        source="https://github.com/meta-llama/llama-models/issues/354",
    ),
    _said("title alone", answer({"type": "about:blank", "title": "Model is asleep"}, 400), "Model is asleep"),
    _said(
        "an empty phrase beside the reason",
        answer({"error": "Bad Request", "message": "the real reason"}, 400),
        "the real reason",
    ),
    _said(
        "the reason in param",
        answer(
            {
                "error": {
                    "message": "Param Incorrect",
                    "param": "top_k is 5000, which no model has",
                    "code": "400",
                }
            },
            400,
        ),
        "top_k is 5000, which no model has",
        source="https://github.com/AQBot-Desktop/AQBot/issues/93",
    ),
    _said(
        "a JSON error within a text",
        answer(
            {
                "error": {
                    "message": "litellm.BadRequestError: AnthropicException - b'"
                    + json.dumps({"type": "error", "error": {"message": "messages: must alternate"}})
                    + "'. Received Model Group=claude",
                    "code": "400",
                }
            },
            400,
        ),
        "litellm.BadRequestError: AnthropicException - b' messages: must alternate '. Received Model "
        "Group=claude",
        source="https://github.com/BrokkAi/brokk-app/issues/540",
    ),
    _said(
        "JSON in JSON in a text",
        answer({"error": json.dumps({"error": {"message": "x is not open to you"}, "user_id": "u"})}, 400),
        "x is not open to you",
        source="https://github.com/maxnowack/anthropic-proxy/issues/4",
    ),
    Case(
        "JSON of the request in a message stays as it is",
        answer({"error": {"message": 'Bad schema: {"type": "object", "description": "The city"}'}}, 400),
        {"error.message": 'Bad schema: {"type": "object", "description": "The city"}'},
    ),
    _said(
        "events with status 400",
        http(
            'event: error\ndata: {"error": {"message": "Too hot."}}\n\ndata: [DONE]\n\n',
            "text/event-stream",
            400,
        ),
        "Too hot.",
        source="https://github.com/anomalyco/opencode/issues/40770",
    ),
    _said(
        "a page with a title",
        http(_PAGE.format(title="502 Bad Gateway", heading="Sorry"), "text/html", 502),
        "502 Bad Gateway",
        "unavailable",
    ),
    _said(
        "a page with an empty title",
        http(_PAGE.format(title=" ", heading="<span>Error</span> <span>1101</span>"), "text/html", 500),
        "Error 1101",
        "server_error",
        source="https://github.com/Jazee6/cloudflare-ai-web/issues/49",
    ),
    _said(
        "XML",
        http(
            "<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Slow down.</Message></Error>",
            "text/xml",
            400,
        ),
        "Slow down.",
    ),
    _said(
        "plain text",
        http("upstream connect error", "text/plain", 503),
        "upstream connect error",
        "unavailable",
    ),
    _said(
        "an empty message, and a code",
        answer({"error": {"message": "", "type": "overloaded_error"}}, 529),
        "overloaded_error",
        "overloaded",
    ),
    Case(
        "nothing said",
        answer({"error": {"message": ""}}, 500),
        {"error.message": None},
        hides=("words </p>",),
    ),
    Case("no body", http("", status=500), {"error.message": None, "error.kind": "server_error"}),
    _said(
        "FastChat's text and code, with status 200",
        answer({"text": "(max_tokens must be at least 1, got -37938.)", "error_code": 50001}),
        "(max_tokens must be at least 1, got -37938.)",
        "provider_error",
        source="https://github.com/lm-sys/FastChat/issues/3367",
    ),
    _said(
        "code and message, with status 200",
        answer({"code": 30011, "message": "Your paid balance is insufficient.", "data": None}),
        "Your paid balance is insufficient.",
        "quota",
        source="https://github.com/FoundationAgents/OpenManus/issues/438",
    ),
    _said(
        "an error with status 200",
        answer({"error": {"message": "Too many requests", "code": 429}}),
        "Too many requests",
        "rate_limited",
    ),
    Case(
        "an error in a choice, beside what came before it",
        answer(
            _GOOD
            | {
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": "Once upon"},
                        "finish_reason": "error",
                        "error": {"code": 502, "message": "Upstream idle timeout exceeded"},
                    }
                ]
            }
        ),
        {"error.message": "Upstream idle timeout exceeded", "error.kind": "unavailable"},
        shows=("Once upon", "Upstream idle timeout exceeded"),
        source="https://openrouter.ai/docs/api-reference/overview",
    ),
    *(
        Case(
            f"an error of {json.dumps(nothing)} beside an answer is none",
            answer(_GOOD | {"error": nothing}),
            {"error": None},
            shows=("Hello!",),
        )
        for nothing in (None, False, {}, "", [], {"code": 0, "message": "success"}, {"message": None})
    ),
    Case(
        "words of an answer that is none of Chat Completions",
        answer({"message": "Welcome to the gateway."}),
        {"error.kind": "not_completion", "error.message": "Welcome to the gateway."},
    ),
    Case(
        "a pong is no error",
        answer({"status": "ok", "code": 0, "msg": "pong"}),
        {"error.kind": "not_completion"},
    ),
    _said(
        "half an emoji in JSON in a text",
        answer({"error": '{"message": "Too \\ud83d\\ude00 hot \\ud83d"}'}, 400),
        "Too 😀 hot \ufffd",
    ),
    Case(
        "endless words are cut",
        answer({"error": {"message": "x" * 5000}}, 400),
        {"error.message": "x" * 2000 + "…"},
    ),
    Case(
        "of many entries the first are shown",
        answer({"detail": [{"loc": ["body", f"p{n}"], "msg": "Extra inputs"} for n in range(30)]}, 422),
        {"error.message": "\n".join(f"body.p{n}: Extra inputs" for n in range(10))},
    ),
    Case(
        "an error that only says true",
        answer({"error": True}, 400),
        {"error.message": None, "error.kind": "bad_request"},
    ),
    _said("an error that says true, and why", answer({"error": True, "message": "No."}, 400), "No."),
    _said(
        "a page whose title says no more than that there is an error (Express)",
        http(
            "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=utf-8>\n<title>Error</title>\n</head>\n"
            "<body>\n<pre>Cannot POST /chat/completions</pre>\n</body>\n</html>\n",
            "text/html; charset=utf-8",
            404,
        ),
        "Cannot POST /chat/completions",
        "not_found",
    ),
    _said(
        "a page with nothing but that title",
        http("<html><head><title>Error</title></head><body></body></html>", "text/html", 500),
        "Error",
        "server_error",
    ),
    Case(
        "a choice under names that nobody knows is shown (Snowflake)",
        answer({"choices": [{"messages": " Hello!"}]}),
        shows=("Other fields messages", "Hello!"),
        hides=("no text",),
    ),
]
