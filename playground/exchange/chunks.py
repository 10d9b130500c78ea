"""Puts the chunks of a streamed answer together into the `chat.completion` that they add up to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playground.exchange.jsontext import MAX_VALUES, mended_text

_MOST_PIECES = 64
# Choices and tool calls; providers make 128 of either at most.
MOST_PLACES = 500
_MOST_NAMES = 1000
_OF_ITS_OWN = frozenset(("choices", "usage", "error", "object"))


class TooManyError(ValueError):
    """More of something than is put together: `limit` of them."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit}")
        self.limit = limit


class Pieces:
    """A text that grows: joining it anew for each piece would take quadratic time, keeping each much room."""

    def __init__(self) -> None:
        self._head = ""
        self._tail: list[str] = []
        # The first half of a surrogate pair, until the other one comes.
        self._half = ""
        self.length = 0

    def append(self, piece: str) -> None:
        if self._half or not piece.isascii():
            piece = self._half + piece
            self._half = piece[-1] if "\ud800" <= piece[-1:] <= "\udbff" else ""
            piece = mended_text(piece.removesuffix(self._half))
        self._tail.append(piece)
        self.length += len(piece)
        # The longer it is, the more rarely: otherwise the time would be quadratic again.
        if len(self._tail) >= max(_MOST_PIECES, len(self._head) >> 10):
            self._head, self._tail = self.since(0), []

    def since(self, start: int) -> str:
        """What came after the first `start` characters, but for half a character at the end."""
        if start < len(self._head):
            return (self._head + "".join(self._tail))[start:]
        return "".join(self._tail)[start - len(self._head) :]

    def __str__(self) -> str:
        return self.since(0) + ("\ufffd" if self._half else "")


@dataclass
class ChunkCollector:
    """`add` each chunk's JSON value; `completion` is what they add up to so far.

    Built on what providers send, not on what they should: choices may be empty or out of order, deltas
    null, tool calls without an index, usage in a last chunk of its own or in every one. `tokens` counts the
    chunks that brought something, which for most providers is a token each. `add` raises `TooManyError` at
    what would fill the memory.
    """

    error: Any = None
    tokens: int = 0
    _head: dict[str, Any] = field(default_factory=dict)
    _choices: dict[int, dict[str, Any]] = field(default_factory=dict)
    _usage: Any = None
    _calls: int = 0
    _values: int = 0

    def add(self, chunk: Any) -> str:
        """What the chunk brought: text, reasoning, a refusal, a part of a tool call; empty if nothing."""
        if not isinstance(chunk, dict):
            return ""
        if chunk.get("error") or chunk.get("object") == "error":
            self.error = chunk.get("error") or chunk
        if chunk.get("usage"):
            self._usage = chunk["usage"]
        for name, value in chunk.items():
            if name not in _OF_ITS_OWN and (value is not None or name not in self._head):
                self._head[name] = value
        _check(len(self._head), _MOST_NAMES)
        choices = chunk.get("choices")
        if not isinstance(choices, list):
            return ""
        brought = "".join(
            self._add_choice(at, choice) for at, choice in enumerate(choices) if isinstance(choice, dict)
        )
        self.tokens += brought != ""
        return brought

    @property
    def has_choices(self) -> bool:
        return bool(self._choices)

    def is_finished(self, choices: int) -> bool:
        """Whether at least so many choices came, and each has its finish reason."""
        reasons = [choice["finish_reason"] for choice in self._choices.values()]
        return len(reasons) >= choices and all(reasons)

    @property
    def indexes(self) -> list[int]:
        """The choices' own numbers, in the order of `messages`."""
        return list(self._choices)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Each choice's message as far as it came, in the order of their first chunks; texts as `Pieces`."""
        return [choice["message"] for choice in self._choices.values()]

    @property
    def completion(self) -> dict[str, Any]:
        completion = self._head | {"object": "chat.completion"}
        completion["choices"] = [_whole(self._choices[index]) for index in sorted(self._choices)]
        if self._usage is not None:
            completion["usage"] = self._usage
        return completion

    def _add_choice(self, position: int, choice: dict[str, Any]) -> str:
        index = choice.get("index")
        index = index if isinstance(index, int) else position
        collected = self._choices.setdefault(
            index, {"index": index, "message": {"role": "assistant", "content": None}, "finish_reason": None}
        )
        _check(len(self._choices) + self._calls, MOST_PLACES)
        if choice.get("finish_reason") is not None:
            collected["finish_reason"] = choice["finish_reason"]
        if isinstance(choice.get("logprobs"), dict):
            self._keep(choice["logprobs"])
            _merge_lists(collected.setdefault("logprobs", {}), choice["logprobs"])
        delta = choice.get("delta")
        return self._add_delta(collected["message"], delta) if isinstance(delta, dict) else ""

    def _add_delta(self, message: dict[str, Any], delta: dict[str, Any]) -> str:
        for name, value in delta.items():
            if name != "tool_calls" and isinstance(value, list):
                self._keep(value)
        calls = len(message.get("tool_calls", ()))
        brought = _merge_delta(message, delta)
        self._calls += len(message.get("tool_calls", ())) - calls
        _check(len(message), _MOST_NAMES)
        _check(len(self._choices) + self._calls, MOST_PLACES)
        return brought

    def _keep(self, value: Any) -> None:
        self._values += _size(value)
        _check(self._values, MAX_VALUES)


def _check(count: int, most: int) -> None:
    if count > most:
        raise TooManyError(most)


def _size(value: Any) -> int:
    """How many values there are in a value, itself included."""
    if isinstance(value, dict):
        return 1 + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1


def _merge_delta(message: dict[str, Any], delta: dict[str, Any]) -> str:
    brought = ""
    for name, value in delta.items():
        if name == "role":
            message["role"] = value or message["role"]
        elif name == "tool_calls":
            calls = message.setdefault("tool_calls", []) if value else []
            parts = value if isinstance(value, list) else [value]
            brought += "".join(_merge_call(calls, part) for part in parts if isinstance(part, dict))
        elif isinstance(value, str) and not isinstance(message.get(name), list):
            _add_piece(message, name, value)
            brought += value
        elif isinstance(value, str | list):
            parts = _as_parts(value)
            if not isinstance(message.get(name), list):
                message[name] = _as_parts(message.get(name))
            message[name] += parts
            brought += "".join(_texts_in(parts))
        elif value is not None:
            message[name] = value
    return brought


def _as_parts(value: Any) -> list[Any]:
    """A text among content parts is a part as well."""
    if isinstance(value, list):
        return list(value)
    return [{"type": "text", "text": str(value)}] if value and str(value) else []


def _texts_in(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from _texts_in(item)
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        yield value["text"]


def _merge_call(calls: list[dict[str, Any]], part: dict[str, Any]) -> str:
    """Parts of one call share an index, or an id where a server sends no index; nothing is unsaid later."""
    brought = ""
    call = _call_of(calls, part)
    for name, value in part.items():
        if name == "function":
            brought += _merge_function(call, value) if isinstance(value, dict) else ""
        elif value not in (None, ""):
            call[name] = value
    _check(len(call), _MOST_NAMES)
    return brought


def _call_of(calls: list[dict[str, Any]], part: dict[str, Any]) -> dict[str, Any]:
    index, id_ = part.get("index"), part.get("id")
    if isinstance(index, int):
        found: dict[str, Any] | None = next(
            (call for call in reversed(calls) if call.get("index") == index), None
        )
        # Some count every call as the first: then its id tells it from the one before.
        if found is not None and (not id_ or found.get("id", id_) == id_):
            return found
    elif id_:
        found = next((call for call in calls if call.get("id") == id_), None)
        if found is not None:
            return found
    elif calls:
        return calls[-1]
    new: dict[str, Any] = {}
    calls.append(new)
    return new


def _merge_function(call: dict[str, Any], part: dict[str, Any]) -> str:
    brought = ""
    function = call.setdefault("function", {"name": Pieces(), "arguments": Pieces()})
    for key, text in part.items():
        if isinstance(text, str):
            if key == "name" and _says(function.get(key), text):
                continue  # said once more
            _add_piece(function, key, text)
            brought += text
        elif text is not None:
            function[key] = text
    _check(len(function), _MOST_NAMES)
    return brought


def _says(value: Any, text: str) -> bool:
    # By their lengths first: to join the pieces for each one that comes would take quadratic time.
    return isinstance(value, Pieces) and value.length == len(text) and str(value) == text


def _add_piece(holder: dict[str, Any], name: str, text: str) -> None:
    if not isinstance(holder.get(name), Pieces):
        holder[name] = Pieces()
    holder[name].append(text)


def _whole(value: Any) -> Any:
    """A copy of a collected value with its texts joined."""
    if isinstance(value, Pieces):
        return str(value)
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value


def _merge_lists(into: dict[str, Any], more: dict[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, list):
            if not isinstance(into.get(name), list):
                into[name] = []
            into[name] += value
        else:
            into.setdefault(name, value)
