"""The providers that the docs' examples call: each of the docs' questions has a scripted answer.

An unknown question, another provider's key, a model that the provider list does not suggest, or a request
that the playground would reject gets an error that says why, so that the example fails.
"""

import json
import re
import socket
from typing import Any

from playground.catalogue.entries import read_providers
from playground.catalogue.providers import BUILT_IN
from playground.exchange.refusal import InvalidRequestError
from tests import chat
from tests.docs.other_apis import answer_of
from tests.upstreams.scripted import Answer, Recorded, event, event_stream, json_answer, models

KEYS = {
    "openai": "sk-docs-openai",
    "claude": "sk-docs-claude",
    "gemini": "docs-gemini",
    "deepseek": "sk-docs-deepseek",
    "dashscope": "sk-docs-dashscope",
    "moonshot": "sk-docs-moonshot",
    "zhipu": "docs-zhipu",
    "openrouter": "sk-or-docs",
    "ollama": "ollama",
}
HOSTS = {
    "api.openai.com": "openai",
    "api.anthropic.com": "claude",
    "generativelanguage.googleapis.com": "gemini",
    "api.deepseek.com": "deepseek",
    "dashscope.aliyuncs.com": "dashscope",
    "api.moonshot.cn": "moonshot",
    "open.bigmodel.cn": "zhipu",
    "openrouter.ai": "openrouter",
}
# On the reader's own machine, over plain HTTP.
OLLAMA_PORT = 11434
UNKNOWN_MODEL = "gpt-none"
ANSWERS = {
    "Hello!": "Hello! How can I help?",
    "你好！": "你好！有什么可以帮你？",
    "Say hello in French.": "Bonjour !",
    "用法语打个招呼。": "Bonjour !",
    "Count to three.": "One, two, three.",
    "从一数到三。": "一、二、三。",
    "My name is Ada.": "Hello Ada!",
    "我叫小艾。": "你好，小艾！",
    "What is my name?": "Your name is Ada.",
    "我叫什么名字？": "你叫小艾。",
    "Tell me a long story.": "Once upon a time",
    "讲一个长故事。": "从前有座山",
    "Name two colors.": '{"colors": ["red", "blue"]}',
    "说出两种颜色。": '{"colors": ["红", "蓝"]}',
    "Are you there?": "Yes.",
    "在吗？": "在。",
    "1 + 1 = ?": "2",
}
# The first call that asks this is rejected as rate limited.
BUSY = ("Are you there?", "在吗？")
STORIES = ("Tell me a long story.", "讲一个长故事。")
WEATHER = {
    "What is the weather in Paris?": ("Paris", "It is 18 °C and cloudy in Paris."),
    "巴黎现在天气怎么样？": ("巴黎", "巴黎现在 18 °C，多云。"),
}
CREATED = 1_767_225_600


class Provider:
    """`reply` is a script for a `ScriptedUpstream`; `bodies` are the requests it received."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.lines: list[str] = []
        self._turned_away = False
        self._entries = read_providers(BUILT_IN)

    def forget(self) -> None:
        self.bodies, self.lines, self._turned_away = [], [], False

    def reply(self, connection: socket.socket, recorded: Recorded) -> None:
        self.lines.append(f"{recorded.method} {recorded.path}")
        connection.sendall(self._answer(recorded).encode())

    def _answer(self, recorded: Recorded) -> Answer:
        host, _, port = (recorded.header("Host") or "").partition(":")
        provider = "ollama" if port == str(OLLAMA_PORT) else HOSTS.get(host, "openai")
        endpoint = self._entries[provider].endpoints["chat_completions"]
        base = endpoint.base_url.split("/", 3)[3].rstrip("/")
        keys = recorded.header("Authorization"), recorded.header("x-api-key")
        if keys not in ((f"Bearer {KEYS[provider]}", None), (None, KEYS[provider])):
            return _error(401, f"This is not the key of {provider}.")
        if recorded.path == f"/{base}/models":
            return models(*self._entries[provider].models)
        api = recorded.path.removeprefix(f"/{base}/").partition("/")[0]
        if api in self._entries[provider].dialects:
            return self._in_other_api(recorded, self._entries[provider].models)
        if recorded.path != f"/{base}/chat/completions":
            return _error(404, f"Nothing stands at {recorded.path}.")
        return self._complete(recorded, self._entries[provider].models)

    def _in_other_api(self, recorded: Recorded, known: tuple[str, ...]) -> Answer:
        self.bodies.append(recorded.json)
        if recorded.json["model"] not in known:
            return _error(400, f"The catalogue does not suggest {recorded.json['model']}.")
        try:
            return answer_of(recorded, ANSWERS, WEATHER)
        except InvalidRequestError as error:
            return _error(400, str(error))
        except KeyError as error:
            return _error(400, f"Nobody has scripted an answer to {error}.")

    def _complete(self, recorded: Recorded, known: tuple[str, ...]) -> Answer:
        body = recorded.json
        self.bodies.append(body)
        try:
            chat.check(body)
        except InvalidRequestError as error:
            return _error(400, str(error))
        if body["model"] == UNKNOWN_MODEL:
            return _error(404, f"The model `{UNKNOWN_MODEL}` does not exist.", code="model_not_found")
        if body["model"] not in known:
            return _error(400, f"The catalogue does not suggest {body['model']}.")
        question = next(message for message in body["messages"][::-1] if message["role"] == "user")["content"]
        if question in BUSY and not self._turned_away:
            self._turned_away = True
            return json_answer({"error": {"message": "Slow down."}}, 429, Retry_After="1")
        if question in WEATHER:
            message, reason = _weather(body, *WEATHER[question])
        elif question in ANSWERS:
            message = {"role": "assistant", "content": ANSWERS[question]}
            reason = "length" if question in STORIES else "stop"
        else:
            return _error(400, f"Nobody has scripted an answer to {question!r}.")
        return _as_asked(body, message, reason)


def _weather(body: dict[str, Any], city: str, answer: str) -> tuple[dict[str, Any], str]:
    last = body["messages"][-1]
    if last["role"] == "tool":
        call = body["messages"][-2]["tool_calls"][0]
        assert last["tool_call_id"] == call["id"]
        assert json.loads(last["content"])["celsius"] == 18
        return {"role": "assistant", "content": answer}, "stop"
    name = body["tools"][0]["function"]["name"]
    arguments = json.dumps({"city": city}, ensure_ascii=False)
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"


def _as_asked(body: dict[str, Any], message: dict[str, Any], reason: str) -> Answer:
    content = message.get("content") or ""
    pieces = re.findall(r"\w+\W*|\W+", content)
    usage = {
        "prompt_tokens": 9 * len(body["messages"]),
        "completion_tokens": len(pieces) or 12,
        "total_tokens": 9 * len(body["messages"]) + (len(pieces) or 12),
    }
    head = {"id": "chatcmpl-1", "created": CREATED, "model": body["model"]}
    if not body.get("stream"):
        choices = [
            {"index": index, "message": message, "finish_reason": reason}
            for index in range(body.get("n") or 1)
        ]
        return json_answer({**head, "object": "chat.completion", "choices": choices, "usage": usage})
    return event_stream(b"".join(map(_event, _chunks(body, head, message, pieces, reason, usage))))


def _chunks(
    body: dict[str, Any],
    head: dict[str, Any],
    message: dict[str, Any],
    pieces: list[str],
    reason: str,
    usage: dict[str, int],
) -> list[Any]:
    head = {"id": head["id"], "object": "chat.completion.chunk", **head}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {"choices": [choice], **head}

    deltas = [{"tool_calls": [{"index": 0, **call}]} for call in message.get("tool_calls", [])]
    deltas += [{"content": piece} for piece in pieces]
    found: list[Any] = [chunk({"role": "assistant", "content": ""}), *map(chunk, deltas), chunk({}, reason)]
    if (body.get("stream_options") or {}).get("include_usage"):
        found.append({"choices": [], "usage": usage, **head})
    return [*found, "[DONE]"]


def _event(value: Any) -> bytes:
    return event(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _error(status: int, message: str, **more: str) -> Answer:
    return json_answer({"error": {"message": message, "type": "invalid_request_error", **more}}, status)
