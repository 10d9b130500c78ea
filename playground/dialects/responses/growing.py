"""An item of a response that grows with each event."""

from dataclasses import dataclass, field
from typing import Any

from playground.dialects.numbered_parts import NumberedParts
from playground.dialects.responses.items import CALLS
from playground.dialects.values import is_bare
from playground.text.pieces import Pieces, Room, joined


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a text grows: in `field` of an item of type `item`, or of the part of its `list` at `index`.

    `live` is the name of the text in `Choice`; "" if it is shown elsewhere.
    """

    item: str
    field: str
    live: str = ""
    list: str = ""
    index: str = ""
    part: str = ""


# By the part of the event name between `response.` and `.delta` or `.done`.
TEXTS = {
    "output_text": Spot("message", "text", "text", "content", "content_index", "output_text"),
    "refusal": Spot("message", "refusal", "refusal", "content", "content_index", "refusal"),
    "reasoning_text": Spot("reasoning", "text", "reasoning", "content", "content_index", "reasoning_text"),
    # The Open Responses specification
    "reasoning": Spot("reasoning", "text", "reasoning", "content", "content_index", "reasoning_text"),
    "reasoning_summary_text": Spot(
        "reasoning", "text", "reasoning", "summary", "summary_index", "summary_text"
    ),
    "function_call_arguments": Spot("function_call", "arguments"),
    "custom_tool_call_input": Spot("custom_tool_call", "input"),
    "mcp_call_arguments": Spot("mcp_call", "arguments"),
    "code_interpreter_call_code": Spot("code_interpreter_call", "code"),
}
# The list of an item that a part is in, and the type of the item.
PARTS = {
    "content_part": ("content", "message"),
    "reasoning_part": ("content", "reasoning"),  # vLLM
    "reasoning_summary_part": ("summary", "reasoning"),
}
_LISTS = ("content", "summary")
_GROWING = (*_LISTS, "arguments", "input", "code")


@dataclass(eq=False)
class Item:
    """An item so far. `fields` are its JSON, in which growing texts are `Pieces`.

    `position` is its place in the output. `has_begun`: an event introduced it. `has_grown`: some of its text
    has already been shown. `events` are those about it that no field can hold; they are redundant once the
    whole item has arrived.
    """

    position: int
    fields: dict[str, Any]
    is_done: bool = False
    has_begun: bool = False
    has_grown: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)
    _parts: dict[str, NumberedParts] = field(default_factory=dict)
    _last: tuple[str, str] = ("", "")

    def begin(self, fields: dict[str, Any]) -> None:
        self.has_begun = True
        for name in _LISTS:
            if isinstance(parts := fields.get(name), list):
                del fields[name]
                self._parts.setdefault(name, NumberedParts())
                for index, part in enumerate(parts):
                    self.set_part(name, index, part, is_done=False)
        self._take(fields)

    def end(self, fields: dict[str, Any]) -> None:
        """Set the whole item; fields that it lacks keep their collected values."""
        self.has_begun = self.is_done = True
        for name in _LISTS:
            if not is_bare(fields.get(name)):
                self._parts.pop(name, None)
            elif name in self._parts or self.fields.get(name):
                fields.pop(name, None)
        self._take(fields)
        self.events.clear()

    def kept(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return what was collected and the whole item came without: some proxies leave out its texts."""
        whole = self.whole if fields.get("type") == self.fields.get("type") else {}
        return {name: whole[name] for name in _GROWING if whole.get(name) and is_bare(fields.get(name))}

    def set_part(self, name: str, index: int | None, part: Any, *, is_done: bool) -> None:
        """Set a part of a list; without an index, a new one or (if done) the last one."""
        self._parts_of(name).set(index, part if isinstance(part, dict) else {"value": part}, is_done=is_done)

    def index_of(self, spot: Spot, index: int | None, *, is_done: bool) -> int | None:
        """Return the index of the part that a text belongs to."""
        parts = self._parts_of(spot.list)
        index = parts.index_of_text(index, spot.part) if spot.list == "content" else index
        parts.is_open = not is_done
        return index

    def holder(self, spot: Spot, index: int | None, room: Room) -> dict[str, Any]:
        """Return the object whose `spot.field` holds the growing text; without an index, the last part."""
        if not spot.list:
            return self.fields
        parts = self._parts_of(spot.list)
        if index is None:
            index = parts.last
            if parts.by_index and parts.by_index[index].get("type", spot.part) != spot.part:
                index += 1
        if index not in parts.by_index:
            room.keep(5)
            parts.put(index, {"type": spot.part})
        return parts.by_index[index]

    def growing(self, holder: dict[str, Any], name: str) -> Pieces:
        text = holder.get(name)
        if not isinstance(text, Pieces):
            holder[name] = Pieces()
            if isinstance(text, str):
                holder[name].append(text)
        growing: Pieces = holder[name]
        return growing

    def is_echo(self, spot: Spot, text: str) -> bool:
        """Return whether a reasoning text repeats the one before: a summary its content, or the reverse."""
        before, self._last = self._last, (spot.list, text)
        return spot.live == "reasoning" and before[0] not in ("", spot.list) and before[1] == text != ""

    def shown_as(self, spot: Spot, index: int | None) -> tuple[Any, ...]:
        """Return what identifies the text: a message is one text, each part of reasoning a separate one."""
        return (self.position, spot.list, index) if spot.live == "reasoning" else (self.position,)

    @property
    def call(self) -> tuple[Any, Any] | None:
        """The name and arguments, if it calls a tool."""
        type_ = self.fields.get("type")
        name = CALLS.get(type_) if isinstance(type_, str) else None
        return (self.fields.get("name"), self.fields.get(name)) if name else None

    @property
    def whole(self) -> dict[str, Any]:
        lists = {name: parts.in_order for name, parts in self._parts.items()}
        whole: dict[str, Any] = joined({**self.fields, **lists})
        if whole.get("type") is None:
            whole.pop("type", None)
        return whole

    def _parts_of(self, name: str) -> NumberedParts:
        """Return the parts of a list, including those that arrived in a whole item."""
        if name not in self._parts:
            parts = self._parts[name] = NumberedParts()
            whole = self.fields.pop(name, None)
            for index, part in enumerate(whole if isinstance(whole, list) else []):
                parts.put(index, part if isinstance(part, dict) else {"value": part})
        return self._parts[name]

    def _take(self, fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            if value or not self.fields.get(name):
                self.fields[name] = value
