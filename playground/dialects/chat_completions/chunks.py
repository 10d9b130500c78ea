"""Merge the chunks of a streamed answer into a `chat.completion`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.dialects.chat_completions.media import media_in_delta
from playground.dialects.chat_completions.message import as_message, beside, other_texts, texts_in
from playground.dialects.chat_completions.reasoning import NAMES
from playground.dialects.chat_completions.snapshots import Snapshots
from playground.dialects.chat_completions.tool_calls import ToolCalls, add_to_function
from playground.dialects.chat_completions.usage import StreamedUsage
from playground.dialects.chat_completions.wrapping import error_in_unwrapped
from playground.dialects.finish import is_reason
from playground.exchange.dialect import LiveCall, LiveChoice
from playground.text.pieces import (
    Parts,
    Pieces,
    Room,
    joined,
    merge,
    numbered,
    overlay,
    size,
)

_OF_ITS_OWN = frozenset(("choices", "usage", "error", "object"))
_OF_A_CHOICE = frozenset(("index", "delta", "message", "text", "finish_reason", "logprobs"))
_CALLS = ("tool_calls", "function_call")
# What most chunks consist of. None of it can report an error.
_PLAIN = frozenset((
    "id", "object", "created", "model", "choices", "system_fingerprint", "service_tier", "provider",
    "obfuscation", "usage",
))  # fmt: skip
_OF_A_PLAIN_CHOICE = frozenset(("index", "delta", "finish_reason", "logprobs"))
_TEXTS = ("content", *NAMES)


class ChunkCollector:
    """`add` each chunk's JSON value, unwrapped; `completion` is the merged result so far.

    Accepts what providers really send: choices may be empty or out of order, deltas null, tool calls without
    an index, usage in a last chunk of its own or in every chunk, a `message` or a `text` instead of a delta.
    `tokens` counts the chunks with new content; most providers send one token per chunk. `add` raises
    `TooManyError` before the chunks fill the memory.
    """

    def __init__(self) -> None:
        self.error: Any = None
        self.tokens = 0
        self.has_begun = False  # a chunk had `choices`, even if empty
        self._room = Room()
        self._head: dict[str, Any] = {}
        self._choices: dict[int, _Choice] = {}
        self._finished: set[int] = set()
        self._continued: _Choice | None = None  # by the last chunk, if that did nothing else
        self._usage = StreamedUsage(self._room)

    def add(self, chunk: Any) -> str:
        """Add a chunk; return its new text, reasoning, refusal or part of a tool call; "" if none."""
        if plain := self._add_plain(chunk):
            return plain
        self._continued = None
        if (error := error_in_unwrapped(chunk)) is not None and self.error is None:
            self.error = error
        if not isinstance(chunk, dict):
            return ""
        overlay(self._head, chunk, self._room, _OF_ITS_OWN)
        choices = chunk.get("choices")
        self.has_begun |= "choices" in chunk
        brought = "".join([self._add(index, choice) for index, choice in numbered(choices)])
        if chunk.get("usage"):
            alone = not (isinstance(choices, list) and choices)
            self._usage.add(chunk["usage"], finished=len(self._finished), alone=alone)
        self.tokens += brought != ""
        return brought

    @property
    def fields(self) -> int:
        """The number of fields that the chunks had next to `choices`."""
        return len(self._head)

    def is_finished(self, choices: int) -> bool:
        """Return whether at least this many choices arrived, all with a finish reason."""
        return len(self._finished) == len(self._choices) >= choices

    @property
    def indexes(self) -> list[int]:
        """The choices' indexes, in the order of `live`."""
        return list(self._choices)

    @property
    def live(self) -> list[LiveChoice]:
        """The choices so far, in the order of their first chunks."""
        return [LiveChoice(choice.texts, choice.calls) for choice in self._choices.values()]

    @property
    def completion(self) -> dict[str, Any]:
        completion: dict[str, Any] = joined(self._head) | {"object": "chat.completion"}
        completion["choices"] = [self._choices[index].whole for index in sorted(self._choices)]
        if (usage := self._usage.whole(len(self._choices))) is not None:
            completion["usage"] = usage
        return completion

    def _add_plain(self, chunk: Any) -> str:
        """Add a chunk if all it does is continue the text of a choice, as nearly all do; return that text.

        Returns "" for any other, without adding it. This path takes a quarter of the time.
        """
        if type(chunk) is not dict or not chunk.keys() <= _PLAIN or chunk.get("usage"):
            return ""
        choices = chunk.get("choices")
        if type(choices) is not list or len(choices) != 1 or chunk.get("object") != "chat.completion.chunk":
            return ""
        choice = choices[0]
        if type(choice) is not dict or not choice.keys() <= _OF_A_PLAIN_CHOICE:
            return ""
        index, delta = choice.get("index"), choice.get("delta")
        known = self._choices.get(index) if type(index) is int else None
        if known is None or type(delta) is not dict or len(delta) != 1:
            return ""
        text = delta.get("content")
        if not text or choice.get("finish_reason") is not None or choice.get("logprobs") is not None:
            return ""
        for name, value in chunk.items():
            if name not in _OF_ITS_OWN and (old := self._head.get(name)) != value:
                if not (old and value and type(old) is type(value) is str):
                    return ""
                self._head[name] = value
        if type(text) is not str or not known.continues(text):
            return ""
        self.tokens += 1
        self._continued = known
        return text

    def go_on(self, texts: Sequence[str]) -> bool:
        if self._continued is None or not self._continued.continues("".join(texts)):
            return False
        self.tokens += len(texts)
        return True

    def _add(self, index: int, choice: dict[str, Any]) -> str:
        if index not in self._choices:
            self._room.take_place()
            self._choices[index] = _Choice(index, self._room)
        if is_reason(choice.get("finish_reason")):
            self._finished.add(index)
        return self._choices[index].add(choice)


@dataclass(eq=False)
class _Choice:
    index: int
    room: Room
    texts: dict[str, Pieces] = field(default_factory=dict)
    _fields: dict[str, Any] = field(default_factory=dict)
    _message: dict[str, Any] = field(default_factory=lambda: {"role": "assistant", "content": None})
    _function: dict[str, Any] = field(default_factory=dict)
    _snapshots: dict[str, Snapshots] = field(default_factory=dict)
    _has_deltas: bool = False

    def __post_init__(self) -> None:
        self._tool_calls = ToolCalls(self.room)

    def add(self, choice: dict[str, Any]) -> str:
        if is_reason(choice.get("finish_reason")):
            self._fields["finish_reason"] = choice["finish_reason"]
        if isinstance(choice.get("logprobs"), dict):
            self.room.keep(size(choice["logprobs"]))
            _append_lists(self._fields.setdefault("logprobs", {}), choice["logprobs"])
        delta, apart = as_message(choice.get("delta")), dict[str, Any]()
        if not choice.keys() <= _OF_A_CHOICE:
            apart = beside(choice, delta or {})
            others = choice.keys() - _OF_A_CHOICE - apart.keys()
            self._add_others({name: value for name, value in choice.items() if name in others})
        brought = ""
        if delta or apart:
            brought = self._add_delta(self._without_said({**(delta or {}), **apart}))
            self._has_deltas |= brought != ""
        message = as_message(choice.get("message"))
        if message is None and "text" in choice:
            message = {"content": choice["text"]}
        if message is not None:
            # After deltas, a message repeats all of them.
            brought += self._add_delta(self._not_yet_said(message) if self._has_deltas else message)
        return brought

    def continues(self, text: str) -> bool:
        """Append a piece of the content; return False if it may be something else."""
        said, snapshots = self._message["content"], self._snapshots.get("content")
        if (
            type(said) is not Pieces
            or snapshots is None
            or not snapshots.are_pieces
            or "text" not in self.texts
        ):
            return False
        said.append(text)
        self.texts["text"].append(text)
        self._has_deltas = True
        return True

    @property
    def calls(self) -> list[LiveCall]:
        older = [self._function] if self._function else []
        return [_live_call(call.get("function", call)) for call in (*self._tool_calls.fields, *older)]

    @property
    def whole(self) -> dict[str, Any]:
        message = dict(self._message)
        if self._tool_calls.fields:
            message["tool_calls"] = self._tool_calls.fields
        if self._function:
            message["function_call"] = self._function
        whole = {"index": self.index, "message": message, "finish_reason": None} | self._fields
        return {name: joined(value) for name, value in whole.items()}

    def _add_delta(self, delta: dict[str, Any]) -> str:
        brought = [self._tool_calls.add(calls)] if (calls := delta.get("tool_calls")) else []
        if isinstance(function := delta.get("function_call"), dict):
            brought.append(add_to_function(self._function, function, self.room))
        merge(self._message, delta, self.room, _CALLS)
        for place, text in texts_in(delta).items():
            if text:
                self.texts.setdefault(place, Pieces()).append(text)
                brought.append(text)
        return "".join([*brought, other_texts(delta)]) or media_in_delta(delta)

    def _without_said(self, delta: dict[str, Any]) -> dict[str, Any]:
        """Reduce the delta to what is new, if each repeats the whole text so far."""
        for name in _TEXTS:
            if isinstance(text := delta.get(name), str):
                snapshots = self._snapshots.setdefault(name, Snapshots())
                delta[name] = snapshots.new_in(text)
                if snapshots.first:
                    self._message[name] = said = Pieces()
                    said.append(snapshots.first)
        return delta

    def _not_yet_said(self, message: dict[str, Any]) -> dict[str, Any]:
        said = {**self._message, "tool_calls": self._tool_calls.fields, "function_call": self._function}
        return {name: value for name, value in message.items() if not _has_any(said.get(name))}

    def _add_others(self, fields: dict[str, Any]) -> None:
        lists = {name: value for name, value in fields.items() if isinstance(value, list)}
        self.room.keep(size(lists) - 1)
        _append_lists(self._fields, lists)
        overlay(self._fields, {name: fields[name] for name in fields if name not in lists}, self.room)


def _has_any(value: Any) -> bool:
    """Whether a collected value has anything in it, without joining its strings."""
    if isinstance(value, Pieces):
        return value.length > 0
    return bool(value.items) if isinstance(value, Parts) else bool(value)


def _live_call(function: Any) -> LiveCall:
    function = function if isinstance(function, dict) else {}
    return LiveCall(function.get("name"), function.get("arguments"))


def _append_lists(into: dict[str, Any], more: dict[str, Any]) -> None:
    for name, value in more.items():
        if not isinstance(value, list):
            into.setdefault(name, value)
        elif isinstance(into.get(name), list):
            into[name] += value
        else:
            into[name] = list(value)
