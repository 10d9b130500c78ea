"""Read a message, tolerating fields that compatible servers omit, set to null, or write differently."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from playground.dialects import finish
from playground.dialects.media import image
from playground.dialects.messages import usage
from playground.dialects.messages.blocks import parsed
from playground.dialects.messages.sources import is_source, sources_of
from playground.dialects.values import is_empty, string, tool_call
from playground.exchange.answer import Answer, Choice, Finish, Media, Sources
from playground.text.sentence import Sentence, gettext_noop, say

# For each kind of block, the name of its text in `Choice`.
LIVE = {"text": "text", "thinking": "reasoning"}
# The fields that have a view of their own.
_SHOWN = frozenset((
    "id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "stop_details", "usage",
))  # fmt: skip
_OF_BLOCK = {
    "text": frozenset(("type", "text", "citations")),
    "thinking": frozenset(("type", "thinking", "signature")),
    "tool_use": frozenset(("type", "id", "name", "input")),
    "image": frozenset(("type", "source")),
}
_NOTES = {
    "tool_use": gettext_noop(
        "The model called tools. Send each result as a tool_result block in a user message."
    ),
    "refusal": gettext_noop(
        "The model declined to answer. Rephrase or remove the last message, or try another model."
    ),
    "model_context_window_exceeded": gettext_noop(
        "Cut off: the context window is full. Shorten the messages for a longer answer."
    ),
}
_STOPPED = gettext_noop("The answer ended at the stop sequence %(stop)s.")
_DECLINED = gettext_noop(
    "The model declined to answer (%(category)s). Rephrase or remove the last message, or try another model."
)
# The caller of a tool, unless it is code that the provider runs.
_DIRECT = {"type": "direct"}
# Calls that the provider runs, and that it has not answered if the message ends before their result.
_RUN_THERE = ("server_tool_use", "mcp_tool_use")


@dataclass(frozen=True)
class MessageChoice(Choice):
    """The only choice of an answer: the whole message."""

    message: dict[str, Any]
    asked: Mapping[str, Any]

    @property
    def finish(self) -> Finish | None:
        return finish.with_calls(finish.common(self.message.get("stop_reason")), self.tool_calls)

    @property
    def finish_reason(self) -> str | None:
        return finish.shown(self.message.get("stop_reason"))

    @property
    def finish_note(self) -> Sentence | None:
        reason, stop = self.message.get("stop_reason"), self.message.get("stop_sequence")
        category = _detail(self.message, "category")
        if isinstance(stop, str) and stop and self.finish is Finish.STOP:
            return say(_STOPPED, stop=json.dumps(stop[:80], ensure_ascii=False))
        if reason == "refusal" and category:
            return say(_DECLINED, category=category[:80])
        known = "tool_use" if self.finish is Finish.TOOL_CALLS else str(reason)
        if known in _NOTES:
            return say(_NOTES[known])
        return finish.meaning(reason)

    @property
    def is_broken_off(self) -> bool:
        return finish.is_broken_off(self.message.get("stop_reason"))

    @cached_property
    def images(self) -> list[Media]:
        return [image(source) for block in blocks_of(self.message) if (source := _image_source(block))]

    @property
    def audio(self) -> list[Media]:
        return []

    @cached_property
    def sources(self) -> Sources:
        return Sources(sources_of(blocks_of(self.message)), {})

    @cached_property
    def others(self) -> dict[str, Any]:
        others = {
            name: value for name, value in self.message.items() if name not in _SHOWN and not is_empty(value)
        }
        blocks = [rest for block in blocks_of(self.message) if not is_empty(rest := _unread(block))]
        found = {"content": blocks, "stop_details": self._other_details()}
        return others | {name: found[name] for name in found if not is_empty(found[name])}

    def _other_details(self) -> Any:
        """Return what no other view shows: of a refusal, for example, the model to try instead."""
        details = self.message.get("stop_details")
        if not isinstance(details, dict) or self.message.get("stop_reason") != "refusal":
            return details
        told = {"type", *(name for name in ("category", "explanation") if _detail(self.message, name))}
        return {name: details[name] for name in details if name not in told and details[name] is not None}

    @property
    def next_fields(self) -> dict[str, Any]:
        """Code that waits for a tool, or for the next call, goes on only in the same container."""
        container, asked = self.message.get("container"), self.asked.get("container")
        id_ = container.get("id") if isinstance(container, dict) else None
        if not isinstance(id_, str) or self.finish not in (Finish.PAUSED, Finish.TOOL_CALLS):
            return {}
        return {"container": {**asked, "id": id_} if isinstance(asked, dict) else id_}

    def following(self, *, media: bool) -> list[dict[str, Any]]:
        blocks = [_sent_back(block) for block in blocks_of(self.message) if _goes_back(block, media=media)]
        # Thinking that was cut off has no signature. Anywhere else, the server itself sent an empty one.
        if blocks and blocks[-1].get("type") == "thinking" and not blocks[-1]["signature"]:
            blocks.pop()
        answered = {str(block.get("tool_use_id")) for block in blocks}
        goes_on = self.finish in (Finish.PAUSED, Finish.TOOL_CALLS)
        blocks = [block for block in blocks if not _is_cut_off(block, None if goes_on else answered)]
        plain = all(_is_plain(block) for block in blocks)
        content = "".join(block["text"] for block in blocks) if plain else blocks
        if not content:
            return []
        answer = [{"role": "assistant", "content": content}]
        if self.finish is Finish.PAUSED:  # the model continues from there
            return answer
        results = [
            {"type": "tool_result", "tool_use_id": block["id"], "content": ""}
            for block in blocks
            if block.get("type") == "tool_use" and isinstance(block.get("id"), str)
        ]
        return [*answer, {"role": "user", "content": results or ""}]


def read_answer(completion: dict[str, Any], asked: Mapping[str, Any]) -> Answer:
    """Read a message."""
    blocks = blocks_of(completion)
    calls = [
        tool_call(block.get("id"), block.get("name"), block.get("input") or {}, block)
        for block in blocks
        if block.get("type") == "tool_use"
    ]
    choice = MessageChoice(
        index=0,
        text=_joined(blocks, "text"),
        reasoning=_joined(blocks, "thinking") or None,
        refusal=explanation_of(completion),
        transcript=None,
        tool_calls=calls,
        message=completion,
        asked=asked,
    )
    return Answer([choice], usage.of(completion), string(completion.get("model")), usage.tier(completion))


def blocks_of(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the content as blocks; a string becomes a text block."""
    content = message.get("content")
    blocks = content if isinstance(content, list) else [] if content in (None, "") else [content]
    return [as_block(block) for block in blocks]


def as_block(value: Any) -> dict[str, Any]:
    """Return a block; a string becomes a text block, and anything else is shown as received."""
    if isinstance(value, dict):
        return value
    return {"type": "text", "text": value} if isinstance(value, str) else {"content": value}


def between(before: str, after: str) -> str:
    """Return the separator between two blocks that are read as one text: "" between parts of the same text.

    A text that cites sources arrives as several blocks; `fallback` is where another model continues it.
    """
    return "" if after == "text" and before in ("text", "fallback") else "\n\n"


def explanation_of(message: Mapping[str, Any]) -> str | None:
    """Return a detail of why the model declined to answer, if there is one."""
    return _detail(message, "explanation") if message.get("stop_reason") == "refusal" else None


def _detail(message: Mapping[str, Any], name: str) -> str | None:
    details = message.get("stop_details")
    value = details.get(name) if isinstance(details, dict) else None
    return value if isinstance(value, str) and value else None


def _joined(blocks: list[dict[str, Any]], name: str) -> str | None:
    """Return the texts in the field `name` of the blocks of that type; None if there are none."""
    texts, before = list[str](), ""
    for block in blocks:
        kind, text = block.get("type"), block.get(name)
        if kind == name and isinstance(text, str):
            if text and any(texts):
                texts.append(between(before, name))
            texts.append(text)
        before = kind if isinstance(kind, str) else ""
    return "".join(texts) if texts else None


def _image_source(block: dict[str, Any]) -> str:
    """Return the base64 or the URL of an image; "" if the block is not an image."""
    source = block.get("source") if block.get("type") == "image" else None
    found = (source.get("data") or source.get("url")) if isinstance(source, dict) else None
    return found if isinstance(found, str) else ""


def _unread(block: dict[str, Any]) -> dict[str, Any]:
    """Return the block, or the fields of it that no other view shows."""
    kind = block.get("type")
    known = _OF_BLOCK.get(kind) if isinstance(kind, str) else None
    if known is None or not _is_read(block):
        return block
    rest = {name: value for name, value in block.items() if name not in known and not is_empty(value)}
    if rest.get("caller") == _DIRECT:
        del rest["caller"]
    if isinstance(cited := block.get("citations"), list) and kind == "text":
        rest |= {"citations": left} if (left := [item for item in cited if not is_source(item)]) else {}
    return {"type": kind, **rest} if rest else {}


def _is_read(block: dict[str, Any]) -> bool:
    """Whether a block of a known type has what its type requires. Thinking can be just a signature."""
    match block.get("type"):
        case "text":
            return isinstance(block.get("text"), str)
        case "thinking":
            return isinstance(thought := block.get("thinking"), str) and thought != ""
        case "image":
            return _image_source(block) != ""
    return True


def _goes_back(block: dict[str, Any], *, media: bool) -> bool:
    """Whether the next call accepts the block: no empty text, and no thinking without its signature."""
    match block.get("type"):
        case "text":
            return bool(block.get("text"))
        case "thinking":
            return isinstance(block.get("signature"), str)
        case "image":
            return media
    return True


def _is_cut_off(block: dict[str, Any], answered: set[str] | None) -> bool:
    """Whether a call lacks its input or, if the provider runs it, its result. With None, that comes later."""
    if (kind := block.get("type")) not in ("tool_use", *_RUN_THERE):
        return False
    is_without_result = answered is not None and kind in _RUN_THERE and str(block.get("id")) not in answered
    return is_without_result or not isinstance(block.get("input"), dict)


def _sent_back(block: dict[str, Any]) -> dict[str, Any]:
    """Return a block in the form that requests accept: a call's input is an object, not null or a string."""
    given = block.get("input")
    if block.get("type") not in ("tool_use", *_RUN_THERE) or (given and not isinstance(given, str)):
        return block
    return block | {"input": parsed(given or "")}


def _is_plain(block: dict[str, Any]) -> bool:
    rest = {name for name in block if name not in ("type", "text") and not is_empty(block[name])}
    return block.get("type") == "text" and isinstance(block.get("text"), str) and not rest
