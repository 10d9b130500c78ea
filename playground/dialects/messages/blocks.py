"""One content block of a streamed message."""

from typing import Any

from playground.text import jsontext
from playground.text.pieces import Pieces, Room, copied, is_label, joined, merge, size

# The field of a block that each kind of delta appends to; the delta has the text in a field of the same name.
TEXTS = {"text_delta": "text", "thinking_delta": "thinking"}
# For a block whose start event is missing: how it begins, by its first kind of delta.
_OF_DELTA: dict[str, dict[str, Any]] = {
    "text_delta": {"type": "text", "text": ""},
    "citations_delta": {"type": "text", "text": ""},
    "thinking_delta": {"type": "thinking", "thinking": ""},
    "signature_delta": {"type": "thinking", "thinking": ""},
    "input_json_delta": {"type": "tool_use", "input": {}},
}
# Strings of a delta that are not meant for people.
_NOT_READ = frozenset(("type", "signature", "data", "encrypted_content"))


class Block:
    """`add` each delta; `whole` is the block so far.

    `input` is the growing JSON of a tool's input: it is parsed only when the block is read. `live` is the
    text of the whole message that the block continues, once it has any.
    """

    __slots__ = ("_room", "fields", "input", "kind", "live")

    def __init__(self, start: dict[str, Any], room: Room) -> None:
        self._room = room
        self.live: Pieces | None = None
        self.input = Pieces()
        room.keep(size(start))
        self.fields: dict[str, Any] = copied(start)
        kind = start.get("type")
        self.kind = kind if isinstance(kind, str) else ""
        for name in ("text", "thinking"):
            if isinstance(text := start.get(name), str):
                self.fields[name] = pieces = Pieces()
                pieces.append(text)

    @classmethod
    def of_delta(cls, kind: Any, room: Room) -> "Block":
        """Return the block for a delta whose block has no start event."""
        return cls(_OF_DELTA.get(kind, {}) if isinstance(kind, str) else {}, room)

    def add(self, delta: dict[str, Any]) -> str:
        """Add a delta and return its text. Unknown fields are merged into the block."""
        kind, rest, brought = delta.get("type"), {}, []
        for name, value in delta.items():
            if name in ("type", "estimated_tokens"):  # a hint for the display; Claude rejects it in a block
                continue
            if kind == "input_json_delta" and name == "partial_json" and isinstance(value, str):
                self.input.append(value)
                brought.append(value)
            elif kind == "citations_delta" and name == "citation":
                self._cite(value)
            else:
                rest[name] = value
                if isinstance(value, str) and name not in _NOT_READ and not is_label(name):
                    brought.append(value)
        if rest:
            merge(self.fields, rest, self._room)
        return "".join(brought)

    def _cite(self, citation: Any) -> None:
        self._room.keep(size(citation))
        cited = self.fields.get("citations")
        if not isinstance(cited, list):
            cited = self.fields["citations"] = []
        cited.append(copied(citation))

    @property
    def is_call(self) -> bool:
        return self.kind == "tool_use"

    @property
    def arguments(self) -> Any:
        """A call's arguments so far: the growing JSON, or what the block began with."""
        return self.input if self.input.length else self.fields.get("input") or ""

    @property
    def whole(self) -> dict[str, Any]:
        whole: dict[str, Any] = joined(self.fields)
        if self.input.length:
            whole["input"] = parsed(str(self.input))
        return whole


def parsed(text: str) -> Any:
    """Return the input of a tool; JSON that is broken or cut off stays a string."""
    try:
        return jsontext.loads_leniently(text) if text.strip() else {}
    except jsontext.JSONTextError:
        return text
