"""Merge the parts of streamed tool calls, even if a server does not say which call a part belongs to."""

import json
from dataclasses import dataclass, field
from typing import Any

from playground.dialects.chat_completions.nesting import Nesting
from playground.text.pieces import (
    MOST_NAMES,
    Pieces,
    Room,
    check,
    copied,
    joined,
    merge,
    number_of,
    size,
)


class ToolCalls:
    """`add` each delta's `tool_calls`. Parts of one call share an index or an id, or follow each other.

    Some servers give every call index 0, change the id with each part, or send neither. Then the name and
    the arguments decide: a name after complete arguments begins a new call.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[tuple[int | None, str], _Call] = {}

    @property
    def fields(self) -> list[Any]:
        """Return each call so far, with its texts as `Pieces`."""
        return [call.fields for call in self._calls]

    def add(self, value: Any) -> str:
        """Add the parts; return the new text of their names and arguments."""
        added: list[str] = []
        begun: set[_Call] = set()
        for item in value if isinstance(value, list) else [value] if value else []:
            if not isinstance(item, dict):
                continue
            part = _Part.of(item)
            call = before = self._find(part)
            if call is None or call.is_over_before(part) or (part.name and call in begun):
                call = self._new(part)
                if before and before.named_again and not part.name:
                    added.append(call.take_name(before))
            begun.add(call)
            added.append(call.add(item, part, self._room))
            self._remember(call, part)
        return "".join(added)

    def _find(self, part: "_Part") -> "_Call | None":
        known = self._by_id.get((part.index, part.id)) if part.id else None
        if known is None and part.index is not None:
            known = self._by_index.get(part.index)
        elif known is None and self._calls:
            known = self._calls[-1]
        return known

    def _new(self, part: "_Part") -> "_Call":
        self._room.take_place()
        call = _Call()
        self._calls.append(call)
        if part.index is not None:
            self._by_index[part.index] = call
        return call

    def _remember(self, call: "_Call", part: "_Part") -> None:
        if part.id and call.fields.get("id") == part.id:
            for index in {part.index, None}:
                self._by_id[index, part.id] = call


@dataclass(frozen=True, slots=True)
class _Part:
    index: int | None
    id: str
    name: str
    arguments: str

    @classmethod
    def of(cls, item: dict[str, Any]) -> "_Part":
        function = item.get("function", item)
        function = function if isinstance(function, dict) else {"name": function}
        id_, name, arguments = item.get("id"), function.get("name"), function.get("arguments")
        return cls(
            number_of(item.get("index")),
            str(id_) if id_ not in (None, "") else "",
            _text(name),
            json.dumps(arguments) if isinstance(arguments, dict | list) else _text(arguments),
        )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


@dataclass(eq=False)
class _Call:
    fields: dict[str, Any] = field(default_factory=dict)
    named_again: bool = False
    _nesting: Nesting = field(default_factory=Nesting)

    def add(self, item: dict[str, Any], part: _Part, room: Room) -> str:
        added = ""
        if self._repeats_arguments(part) and self._is_whole:
            return added
        if part.arguments.strip() and self._is_opened_empty:
            self._begin_arguments()
        for name, value in item.items():
            if name == "function" and value:
                function = self.fields.setdefault("function", {"name": Pieces(), "arguments": Pieces()})
                more = value if isinstance(value, dict) else {"name": value}
                added += add_to_function(function, more, room)
            elif name in ("name", "arguments"):  # not wrapped in a function
                added += add_to_function(self.fields, {name: value}, room)
            elif name in ("id", "index"):
                # Keep the first: some servers change the id with each part.
                if value not in (None, "") and self.fields.get(name) is None:
                    self.fields[name] = part.id if name == "id" else value
            elif value not in (None, ""):
                merge(self.fields, {name: value}, room)
        return added

    def take_name(self, before: "_Call") -> str:
        """Take over the name that arrived before this was known to be another call."""
        name = str(before._part("name") or "")
        before.named_again = False
        self.fields["function"] = {"name": Pieces(), "arguments": Pieces()}
        self.fields["function"]["name"].append(name)
        return name

    def is_over_before(self, part: _Part) -> bool:
        """Return whether a part that could belong to this call begins another one."""
        name, arguments = self._part("name"), self._part("arguments")
        other_id = bool(part.id and self.fields.get("id") and part.id != self.fields["id"])
        brings_arguments = part.arguments.strip() != ""
        if not part.name:
            return (other_id or self.named_again) and brings_arguments and self._is_whole
        if not (isinstance(name, Pieces) and name.length):
            return other_id  # its arguments arrived before its name
        same_name = name.is_text(part.name)
        if self._is_whole:
            if same_name and not other_id and (not brings_arguments or self._repeats_arguments(part)):
                self.named_again = not part.id  # its arguments will show whether it is another call
                return False
            return True
        begun = not isinstance(arguments, Pieces) or arguments.length > 0
        if other_id:  # the same call under a new id, if the part continues its arguments
            return not (begun and same_name) or part.arguments.lstrip().startswith("{")
        # A name can come in pieces too, but never after the first arguments.
        return not same_name and (begun or (part.index is None and brings_arguments))

    @property
    def _is_opened_empty(self) -> bool:
        """Whether its arguments are `{}` so far, as gateways to Claude begin a call."""
        arguments = self._part("arguments")
        return isinstance(arguments, Pieces) and arguments.is_text("{}")

    def _begin_arguments(self) -> None:
        self.fields.get("function", self.fields)["arguments"] = Pieces()
        self._nesting = Nesting()

    def _part(self, name: str) -> Any:
        function = self.fields.get("function", self.fields)
        return function.get(name)

    def _repeats_arguments(self, part: _Part) -> bool:
        arguments = self._part("arguments")
        return bool(part.id) and isinstance(arguments, Pieces) and arguments.is_text(part.arguments)

    @property
    def _is_whole(self) -> bool:
        arguments = self._part("arguments")
        if isinstance(arguments, Pieces):
            return self._nesting.closes(arguments)
        return arguments is not None


def add_to_function(function: dict[str, Any], part: dict[str, Any], room: Room) -> str:
    """Add a part of a function's name and arguments; return the new text."""
    added = ""
    for name, value in part.items():
        old = function.get(name)
        if isinstance(value, dict | list) and not (isinstance(old, Pieces) and old.length):
            # Arguments that are an object (Ollama, llama.cpp, Gemini) are complete.
            if joined(old) != value:
                room.keep(size(value))
                function[name] = copied(value)
                added += json.dumps(value, ensure_ascii=False)
        elif isinstance(value, str):
            said_again = name == "name" and isinstance(old, Pieces) and old.is_text(value)
            merge(function, {name: value}, room)
            added += "" if said_again else value
        elif value is not None and not isinstance(old, Pieces):
            function[name] = value
    check(len(function), MOST_NAMES)
    return added
