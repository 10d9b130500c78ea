"""Puts the chunks of a streamed answer together into the `chat.completion` that they add up to."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

DONE = "[DONE]"


@dataclass
class ChunkCollector:
    """`add` each chunk's JSON value; `completion` is what they add up to so far.

    Built on what providers send, not on what they should: choices may be empty or out of order, deltas
    null, tool calls without an index, usage in a last chunk of its own or in every one.
    """

    error: Any = None
    _head: dict[str, Any] = field(default_factory=dict)
    _choices: dict[int, dict[str, Any]] = field(default_factory=dict)
    _usage: Any = None

    def add(self, chunk: Any) -> bool:
        """Whether the chunk brought a token: text, reasoning, a refusal or a part of a tool call."""
        if not isinstance(chunk, dict):
            return False
        if chunk.get("error"):
            self.error = chunk["error"]
        if chunk.get("usage"):
            self._usage = chunk["usage"]
        choices = chunk.get("choices")
        known = {name: chunk[name] for name in chunk if name not in ("choices", "usage", "error", "object")}
        self._head |= {
            name: value for name, value in known.items() if value is not None or name not in self._head
        }
        if not isinstance(choices, list):
            return False
        brought = [
            self._add_choice(at, choice) for at, choice in enumerate(choices) if isinstance(choice, dict)
        ]
        return any(brought)

    @property
    def has_choices(self) -> bool:
        return bool(self._choices)

    @property
    def completion(self) -> dict[str, Any]:
        completion = self._head | {"object": "chat.completion"}
        completion["choices"] = [deepcopy(self._choices[index]) for index in sorted(self._choices)]
        if self._usage is not None:
            completion["usage"] = self._usage
        return completion

    def _add_choice(self, position: int, choice: dict[str, Any]) -> bool:
        index = choice.get("index")
        index = index if isinstance(index, int) else position
        collected = self._choices.setdefault(
            index, {"index": index, "message": {"role": "assistant", "content": None}, "finish_reason": None}
        )
        if choice.get("finish_reason") is not None:
            collected["finish_reason"] = choice["finish_reason"]
        if isinstance(choice.get("logprobs"), dict):
            _merge_lists(collected.setdefault("logprobs", {}), choice["logprobs"])
        delta = choice.get("delta")
        return isinstance(delta, dict) and _merge_delta(collected["message"], delta)


def _merge_delta(message: dict[str, Any], delta: dict[str, Any]) -> bool:
    brought = False
    for name, value in delta.items():
        if name == "role":
            message["role"] = value or message["role"]
        elif name == "tool_calls" and isinstance(value, list):
            calls = message.setdefault("tool_calls", [])
            for part in value:
                brought = (isinstance(part, dict) and _merge_call(calls, part)) or brought
        elif isinstance(value, str):
            before = message.get(name)
            message[name] = (before if isinstance(before, str) else "") + value
            brought = brought or bool(value)
        elif value is not None:
            message[name] = value
    return brought


def _merge_call(calls: list[dict[str, Any]], part: dict[str, Any]) -> bool:
    """Parts of one call share an index; where a server sends none, an id begins a new call."""
    index = part.get("index")
    call = next((call for call in calls if isinstance(index, int) and call.get("index") == index), None)
    if call is None and not isinstance(index, int) and calls and not part.get("id"):
        call = calls[-1]
    if call is None:
        call = {}
        calls.append(call)
    for name, value in part.items():
        if name == "function" and isinstance(value, dict):
            function = call.setdefault("function", {"name": "", "arguments": ""})
            for key, text in value.items():
                before = function.get(key)
                function[key] = before + text if isinstance(before, str) and isinstance(text, str) else text
        elif value is not None:
            call[name] = value
    return True


def _merge_lists(into: dict[str, Any], more: dict[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, list):
            into[name] = [*(into.get(name) or []), *value]
        else:
            into.setdefault(name, value)
