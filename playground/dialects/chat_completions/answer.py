"""Read a `chat.completion`, tolerating fields that providers omit, set to null or rename."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from playground.dialects import finish
from playground.dialects.chat_completions import reasoning
from playground.dialects.chat_completions import usage as usage_of
from playground.dialects.chat_completions.media import audio_in, images_in, is_media
from playground.dialects.chat_completions.message import as_message, beside, texts_in
from playground.dialects.chat_completions.sources import of_completion, of_message
from playground.dialects.sources import source_in
from playground.dialects.values import is_bare, is_whole, listed, string, tool_call
from playground.exchange.answer import Answer, Choice, Cited, Finish, Media, Sources, ToolCall
from playground.text.pieces import numbered
from playground.text.sentence import Sentence

# Fields that a provider expects back in the next call, besides role, content, and calls. The rest is not sent
# back: annotations, logprobs, `reasoning` (which most providers reject).
SENT_BACK = {
    "refusal": "OpenAI",
    "function_call": "OpenAI, before tools",
    "reasoning_content": "DeepSeek and Kimi answer 400 to tool results without it",
    "reasoning_details": "OpenRouter",
    "reasoning_text": "GitHub Copilot",
    "reasoning_opaque": "GitHub Copilot",
    "thinking_blocks": "LiteLLM: Claude refuses tool results without them",
    "extra_content": "Gemini, whose thought signatures are in it, in tool calls too",
    "thought_signature": "Gemini behind other gateways",
    "images": "OpenRouter, to change an image that was made",
}
_MEDIA = ("images", "audio")
# Fields that have their own view in the answer panel.
_SHOWN = frozenset((
    "role", "content", "refusal", "tool_calls", "function_call", "audio", "images", "annotations",
    "citations", "index", "padding",
))  # fmt: skip
# Fields of a choice that are not part of its message.
_OF_A_CHOICE = frozenset(("index", "finish_reason", "logprobs", "usage"))
# The types that those views can show; any other value is shown as received.
_READ_AS = {"tool_calls": dict | list, "function_call": dict, "refusal": str, "citations": list}


@dataclass(frozen=True)
class ChatChoice(Choice):
    """A choice of a chat completion. `ended` is the `finish_reason` as received.

    `others` are the fields of the message, and parts of its content, that have no view of their own.
    """

    ended: Any
    message: dict[str, Any]
    whole: "_Whole"

    @property
    def finish(self) -> Finish | None:
        return finish.with_calls(finish.common(self.ended), self.tool_calls)

    @property
    def finish_reason(self) -> str | None:
        return finish.shown(self.ended)

    @property
    def finish_note(self) -> Sentence | None:
        if self.finish is Finish.TOOL_CALLS and finish.common(self.ended) is Finish.STOP:
            return finish.meaning("tool_calls" if self.message.get("tool_calls") else "function_call")
        return finish.meaning(self.ended)

    @property
    def is_broken_off(self) -> bool:
        return finish.is_broken_off(self.ended)

    @cached_property
    def images(self) -> list[Media]:
        return images_in(self.message)

    @cached_property
    def audio(self) -> list[Media]:
        return audio_in(self.message, self.whole.audio_format)

    @property
    def sources(self) -> Sources:
        return Sources(of_message(self.message), self.whole.cited)

    @cached_property
    def others(self) -> dict[str, Any]:
        return _others(self.message, self.reasoning)

    def following(self, *, media: bool) -> list[dict[str, Any]]:
        message = self.as_message if media else self.as_message_without_media
        has_calls = "tool_calls" in message or "function_call" in message
        # Of an answer that was cut off within its only call, nothing is left.
        return turn(message) if message["content"] or has_calls or not self.tool_calls else []

    @property
    def as_message(self) -> dict[str, Any]:
        """The message for the conversation, with only what the next call needs."""
        kept: dict[str, Any] = {"role": "assistant", "content": _content(self.message, self.text)}
        calls = [call for call in _listed(self.message.get("tool_calls")) if not self._is_cut_off(call)]
        if calls:
            kept["tool_calls"] = [_sent_back(call, number) for number, call in enumerate(calls, 1)]
        kept |= {name: self.message[name] for name in SENT_BACK if self.message.get(name)}
        function = kept.get("function_call")
        if not isinstance(function, dict) or is_bare(function) or self._is_cut_off(function):
            kept.pop("function_call", None)
        audio = self.message.get("audio")
        if isinstance(audio, dict) and audio.get("id"):  # OpenAI still supports it
            kept["audio"] = {"id": audio["id"]}
        if kept["content"] is None and not kept.keys() & {"tool_calls", "function_call", "audio", "refusal"}:
            kept["content"] = ""
        return kept

    def _is_cut_off(self, call: Any) -> bool:
        """Whether the answer ended within the call. Servers parse all calls, and reject broken JSON."""
        function = call.get("function", call) if isinstance(call, dict) else None
        arguments = function.get("arguments") if isinstance(function, dict) else None
        return self.finish in finish.CUT_OFF and not is_whole(arguments)

    @property
    def as_message_without_media(self) -> dict[str, Any]:
        kept = {name: value for name, value in self.as_message.items() if name not in _MEDIA}
        return kept | {"content": self.text or ""} if isinstance(kept["content"], list) else kept


def turn(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the message and the empty ones that must follow: results of its calls, or the user's."""
    calls = message.get("tool_calls") or []
    results = [{"role": "tool", "content": "", "tool_call_id": call["id"]} for call in calls if _has_id(call)]
    if function := message.get("function_call"):
        results.append({"role": "function", "name": function.get("name") or "", "content": ""})
    return [message, *(results or [{"role": "user", "content": ""}])]


def _has_id(call: Any) -> bool:
    return isinstance(call, dict) and isinstance(call.get("id"), str)


def read_answer(completion: Any, asked: Mapping[str, Any]) -> Answer:
    """Read a completion. `asked` is the request body, which gives the format of raw audio."""
    named = completion if isinstance(completion, dict) else {}
    model, tier = string(named.get("model")), string(named.get("service_tier")) or ""
    return Answer(read_choices(completion, asked), usage_of.of(named), model, tier)


def read_choices(completion: Any, asked: Mapping[str, Any] = MappingProxyType({})) -> list[ChatChoice]:
    """Read every choice that is an object or a string; skip broken ones (the raw view shows them)."""
    choices = completion.get("choices") if isinstance(completion, dict) else None
    whole = _Whole(completion, asked)
    if asked.get("n") in (None, 1) and _are_parts(parts := listed(choices)):
        choices = [_as_one(parts)]
    return [_choice(index, item, whole) for index, item in numbered(choices)]


def _are_parts(choices: list[Any]) -> bool:
    """Whether all choices are one answer: GitHub Copilot sends its text and its calls without an index."""
    return len(choices) > 1 and all(
        isinstance(item, dict) and "index" not in item and isinstance(item.get("message"), dict)
        for item in choices
    )


def _as_one(choices: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a choice with what is in the messages of all of them."""
    message: dict[str, Any] = {}
    for item in choices:
        for name, value in item["message"].items():
            old = message.get(name)
            joined = isinstance(value, str | list) and type(old) is type(value) and name != "role"
            if value or not old:
                message[name] = old + value if joined else value
    return choices[-1] | {"message": message}


@dataclass(frozen=True)
class _Whole:
    """What all choices of an answer have in common."""

    completion: Any
    asked: Mapping[str, Any]

    @cached_property
    def cited(self) -> Cited:
        return of_completion(self.completion)

    @property
    def audio_format(self) -> str | None:
        audio = self.asked.get("audio")
        wanted = audio.get("format") if isinstance(audio, dict) else None
        return wanted if isinstance(wanted, str) else None


def _choice(index: int, item: dict[str, Any], whole: _Whole) -> ChatChoice:
    message = _message(item)
    texts = texts_in(message)
    return ChatChoice(
        index=index,
        text=texts["text"],
        reasoning=texts["reasoning"],
        refusal=texts["refusal"],
        transcript=texts["transcript"],
        tool_calls=_calls(message),
        ended=item.get("finish_reason"),
        message=message,
        whole=whole,
    )


def _message(item: dict[str, Any]) -> dict[str, Any]:
    """Return a choice's message; some servers send a delta, or the text of the older Completions API."""
    for name in ("message", "delta", "text"):
        if name in item and (found := as_message(item[name])) is not None:
            return found | beside(item, found)
    # The answer is in unknown fields.
    return {name: value for name, value in item.items() if name not in _OF_A_CHOICE}


def _calls(message: dict[str, Any]) -> list[ToolCall]:
    function = message.get("function_call")
    older = [_call(function)] if isinstance(function, dict) and not is_bare(function) else []
    return [_call(call) for call in _listed(message.get("tool_calls"))] + older


def _call(raw: Any) -> ToolCall:
    call = raw if isinstance(raw, dict) else {}
    function = call.get("function")
    function = function if isinstance(function, dict) else call
    return tool_call(call.get("id"), function.get("name"), function.get("arguments"), raw)


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value] if value else []
    return value if isinstance(value, list) else []


def _others(message: dict[str, Any], thought: str | None) -> dict[str, Any]:
    known = _SHOWN | frozenset(reasoning.NAMES if thought else ())
    others = {
        name: value
        for name, value in message.items()
        if name not in known and value not in (None, "", [], {})
    }
    if parts := _other_parts(message.get("content")):
        others["content"] = parts
    annotations = message.get("annotations")
    unread = (
        [item for item in annotations if source_in(item) is None]
        if isinstance(annotations, list)
        else annotations
    )
    others |= {"annotations": unread} if unread else {}
    return others | {
        name: message[name]
        for name, type_ in _READ_AS.items()
        if message.get(name) and not isinstance(message[name], type_)
    }


def _other_parts(content: Any) -> Any:
    """Return the parts of a `content` that are not text, reasoning, images, or audio."""
    if isinstance(content, list):
        return [part for part in content if not isinstance(part, str) and _is_other(part)]
    return content if not isinstance(content, str | None) and _is_other(content) else None


def _is_other(part: Any) -> bool:
    if not isinstance(part, dict):
        return part not in (None, "")
    return bool(part) and not (
        isinstance(part.get("text"), str)
        or isinstance(part.get("refusal"), str)
        or reasoning.is_reasoning(part)
        or is_media(part)
    )


def _content(message: dict[str, Any], text: str | None) -> Any:
    """Return the text; if some parts are not text, all parts (Mistral expects its thinking back)."""
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    told = all(isinstance(part.get("text") if isinstance(part, dict) else part, str) for part in parts)
    return text if told else content


def _sent_back(call: Any, number: int) -> Any:
    """Return a call as requests accept it: without `index`, with an id, and with arguments as a string."""
    if not isinstance(call, dict):
        return call
    kept = {name: value for name, value in call.items() if name != "index" and value is not None}
    function = kept.get("function")
    if not isinstance(function, dict):
        return kept
    if not isinstance(function.get("arguments"), str):
        arguments = json.dumps(function.get("arguments") or {}, ensure_ascii=False)
        kept["function"] = function | {"arguments": arguments}
    return {"id": kept.get("id") or f"call_{number}", "type": "function"} | {
        name: value for name, value in kept.items() if value != ""
    }
