"""Merge the events of a stream into the message that they describe."""

from typing import Any

from playground.dialects.finish import is_reason
from playground.dialects.messages.answer import LIVE, as_block, between, explanation_of
from playground.dialects.messages.blocks import TEXTS, Block
from playground.dialects.messages.usage import set_all, set_usage
from playground.errors import provider_error
from playground.exchange.dialect import LiveCall, LiveChoice
from playground.text.pieces import MOST_NAMES, Pieces, Room, check, copied, number_of, overlay, size

_DELTA = "content_block_delta"
_KNOWN = frozenset(("type", "index", "message", "content_block", "delta", "usage"))
_OF_DELTA_EVENT = frozenset(("type", "index", "delta"))
# Fields of a message that are known only at its end.
_AT_THE_END = ("stop_reason", "stop_sequence")
# How many events of unknown types are kept before any known one: it may be the stream of another API.
_MOST_BEFORE = 100
# Where the completion keeps events of unknown types.
OTHER_EVENTS = "other_events"


class EventCollector:
    """`add` each event's JSON value; `completion` is the whole message so far.

    Accepts what compatible servers send: no `message_start` (llama.cpp), blocks without a start or an end,
    the same index for several blocks, usage in any event, a whole message as the only event. Events of
    unknown types are kept, and so are unknown blocks, deltas, and fields. `add` raises `TooManyError` before
    the events fill the memory.
    """

    def __init__(self) -> None:
        self.error: Any = None
        self.tokens = 0
        self.has_begun = False
        self._room = Room()
        self._head: dict[str, Any] = {}
        self._foretold: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._blocks: list[tuple[int, Block]] = []
        self._by_index: dict[int, Block] = {}
        self._others: list[Any] = []
        self._names: set[str] = set()
        self._texts: dict[str, Pieces] = {}

    def add(self, chunk: Any) -> str:
        """Add an event; return its new text, thinking, or part of a tool call; "" if none."""
        if not isinstance(chunk, dict):
            return ""
        kind = chunk.get("type")
        if kind == _DELTA and not chunk.keys() - _OF_DELTA_EVENT:  # most of a stream
            brought = self._delta(chunk.get("index"), chunk.get("delta"))
        else:
            brought = self._add(kind, chunk)
        self.tokens += brought != ""
        return brought

    def _add(self, kind: Any, event: dict[str, Any]) -> str:
        match kind:
            case "message_start":
                return self._started(event)
            case "content_block_start":
                return self._begun(event.get("index"), event.get("content_block"), event)
            case "content_block_delta":
                self._beside(event)
                return self._delta(event.get("index"), event.get("delta"))
            case "message_delta":
                return self._changed(event)
            case "message_stop":
                self._stopped(event)
            case "content_block_stop":
                self._beside(event)
            case "message" if not self.has_begun and "content" in event:
                brought = self._started({"message": event})
                self._stopped({})
                return brought
            case _:
                self._other(event)
        return ""

    # --- the events ---

    def _started(self, event: dict[str, Any]) -> str:
        self._beside(event)
        message = event.get("message")
        if not isinstance(message, dict):
            return ""
        self._restart(message.get("id"))
        set_usage(self._usage, message.get("usage"), self._room)
        # Gateways that had the whole answer before streaming it (LiteLLM) send its stop reason at the start.
        self._foretold = {name: message[name] for name in _AT_THE_END if message.get(name) is not None}
        fields = {name: message[name] for name in message if name not in ("usage", *self._foretold)}
        set_all(self._head, fields, self._room)
        content = self._head.pop("content", None)
        blocks = [content] if isinstance(content, str) else content if isinstance(content, list) else []
        return "".join([self._begin(index, as_block(block)) for index, block in enumerate(blocks)])

    def _restart(self, id_: Any) -> None:
        """Set a message aside if another one begins before its end: a proxy lost it, and asked again."""
        if self._blocks and id_ and self._head.get("id") not in (None, id_) and not self.is_finished(1):
            self._others.append({"type": "message", "id": self._head["id"], "content": self._content})
            self._blocks, self._by_index = [], {}

    def _begun(self, index: Any, block: Any, event: dict[str, Any]) -> str:
        self._beside(event)
        place = number_of(index)
        return self._begin(len(self._blocks) if place is None else place, as_block(block))

    def _begin(self, index: int, start: dict[str, Any]) -> str:
        block = self._new(index, Block(start, self._room))
        brought = [self._show(block, name, start.get(name)) for name in ("text", "thinking")]
        name = start.get("name") if block.is_call else None
        return "".join([*brought, name if isinstance(name, str) else ""])

    def _delta(self, index: Any, delta: Any) -> str:
        self.has_begun = True
        if not isinstance(delta, dict):
            return ""
        kind = delta.get("type")
        block = self._block(index)
        if block is None:
            place = number_of(index)
            new = Block.of_delta(kind, self._room)
            block = self._new(len(self._blocks) if place is None else place, new)
        name = TEXTS.get(kind) if isinstance(kind, str) else None
        if name is None and block.kind in LIVE:  # its text, with another type or none
            name = block.kind
        text = delta.get(name) if name else None
        if name and isinstance(text, str) and len(delta) == 2:
            into = block.fields.get(name)
            if isinstance(into, Pieces):
                into.append(text)
                if block.live is None:
                    return self._show(block, name, text)
                block.live.append(text)
                return text
        brought = block.add(delta)
        if name:
            self._show(block, name, text)
        return brought

    def _changed(self, event: dict[str, Any]) -> str:
        """Handle a `message_delta`: the stop reason, and the usage so far."""
        self._beside(event)
        if not isinstance(delta := event.get("delta"), dict):
            return ""
        set_usage(self._usage, delta.get("usage"), self._room)
        fields = {name: delta[name] for name in delta if name not in ("type", "usage")}
        set_all(self._head, fields, self._room)
        explained = explanation_of(self._head)
        if explained and "refusal" not in self._texts:
            self._texts["refusal"] = Pieces()
            self._texts["refusal"].append(explained)
            return explained
        return ""

    def _stopped(self, event: dict[str, Any]) -> None:
        """Handle a `message_stop`. If no event gave a stop reason, use the one sent at the start."""
        self._beside(event)
        if not self.is_finished(1):
            set_all(self._head, self._foretold, self._room)

    def _other(self, event: dict[str, Any]) -> None:
        self._names.update(event)
        check(len(self._names), MOST_NAMES)
        # Once an answer has begun, only an explicit error counts as one.
        if (error := provider_error.error_in(event, [{}] if self.has_begun else [])) is not None:
            self.error = error if self.error is None else self.error
        elif self.has_begun or len(self._others) < _MOST_BEFORE:
            self._room.keep(size(event))
            self._others.append(copied(event))

    def _beside(self, event: dict[str, Any]) -> None:
        """Keep the extra fields of an event: Bedrock's metrics, `context_management`."""
        self.has_begun = True
        set_usage(self._usage, event.get("usage"), self._room)
        if not event.keys() <= _KNOWN:
            if (error := event.get("error")) and self.error is None:
                self.error = error
            others = {name: event[name] for name in event if name not in _KNOWN and name != "error"}
            overlay(self._head, others, self._room)

    # --- the blocks ---

    def _block(self, index: Any) -> Block | None:
        """Return the block of a delta; without an index, the last one."""
        place = index if type(index) is int else number_of(index)
        if place is None:
            return self._blocks[-1][1] if self._blocks else None
        return self._by_index.get(place)

    def _new(self, index: int, block: Block) -> Block:
        self._room.take_place()
        self._blocks.append((index, block))
        self._by_index[index] = block
        return block

    def _show(self, block: Block, name: str, text: Any) -> str:
        """Add a text to those that a page shows, separated from that of earlier blocks."""
        if not text or not isinstance(text, str):
            return ""
        shown = self._texts.setdefault(LIVE[name], Pieces())
        if block.live is None and shown.length:
            shown.append(between(self._kind_before(block), block.kind))
        block.live = shown
        shown.append(text)
        return text

    def _kind_before(self, block: Block) -> str:
        position = next(at for at, (_, known) in enumerate(self._blocks) if known is block)
        return self._blocks[position - 1][1].kind if position else ""

    # --- the result ---

    @property
    def fields(self) -> int:
        """The number of fields in events of unknown types."""
        return len(self._names)

    def is_finished(self, choices: int) -> bool:
        """Return whether the stop reason has arrived. There is only ever one choice."""
        return choices <= 1 and is_reason(self._head.get("stop_reason"))

    @property
    def indexes(self) -> list[int]:
        return [0] if self.has_begun else []

    @property
    def live(self) -> list[LiveChoice]:
        if not self.has_begun:
            return []
        calls = [
            LiveCall(block.fields.get("name"), block.arguments) for _, block in self._blocks if block.is_call
        ]
        return [LiveChoice(self._texts, calls)]

    @property
    def _content(self) -> list[dict[str, Any]]:
        blocks = sorted(self._blocks, key=lambda numbered: numbered[0])
        return [block.whole for _, block in blocks]

    @property
    def completion(self) -> dict[str, Any]:
        head: dict[str, Any] = {"type": "message", "role": "assistant"}
        head |= copied(self._head)
        head["content"] = self._content
        head.setdefault("stop_reason", None)
        if self._usage:
            head["usage"] = copied(self._usage)
        if self._others:
            head[OTHER_EVENTS] = copied(self._others)
        return head
