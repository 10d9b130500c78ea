"""Assemble the events of a streamed response into the response."""

from typing import Any

from playground.dialects.live_texts import LiveTexts
from playground.dialects.responses.growing import PARTS, TEXTS, Item
from playground.dialects.responses.items import END_EVENTS, ENDS, error_of
from playground.dialects.responses.texts import texts_of
from playground.dialects.values import extend, listed
from playground.errors import provider_error
from playground.exchange.dialect import LiveCall, LiveChoice
from playground.text.pieces import MOST_NAMES, Pieces, Room, check, copied, joined, merge, number_of, size

# Fields of any event that carry no content. Servers pad deltas with `obfuscation` to hide their lengths.
_OF_ANY = frozenset(("type", "sequence_number", "obfuscation"))
_OF_A_DELTA = _OF_ANY | {
    "delta", "item_id", "output_index", "content_index", "summary_index", "logprobs",
}  # fmt: skip
_AUDIO = {"response.audio.delta": "data", "response.audio.transcript.delta": "transcript"}


class EventCollector:
    """`add` each event's JSON value; `completion` is the response so far.

    The last event has the whole response, which takes precedence over what was collected. Servers leave out
    indexes, ids, deltas, or the items of the last event (llama.cpp, gateways), or change an item's id with
    each event (GitHub Copilot). Unknown events are kept in `events` of the completion. `add` raises
    `TooManyError` before the events fill the memory.
    """

    def __init__(self) -> None:
        self.error: Any = None
        self.tokens = 0
        self.has_begun = False
        self.fields = 0  # of the largest event that is not of this API
        self._room = Room()
        self._head: dict[str, Any] = {}
        self._audio: dict[str, Pieces] = {}
        self._items: list[Item] = []
        self._by_index: dict[int, Item] = {}
        self._by_id: dict[str, Item] = {}
        self._unknown: list[dict[str, Any]] = []
        self._live = LiveTexts()
        self._ended = False
        # Where the last delta went: the next one nearly always goes there, too.
        self._place: tuple[Any, ...] = ()
        self._open: tuple[Pieces, ...] = ()

    def add(self, chunk: Any) -> str:
        """Add an event; return its new text, reasoning, refusal or part of a call; "" if none."""
        if not isinstance(chunk, dict):
            self._report(provider_error.error_in(chunk))
            return ""
        delta = chunk.get("delta")
        if self._open and isinstance(delta, str) and _place(chunk) == self._place and _is_plain(chunk):
            for text in self._open:
                text.append(delta)
            brought = delta
        else:
            self._open = ()
            brought = self._add(chunk)
        self.tokens += brought != ""
        return brought

    def is_finished(self, choices: int) -> bool:
        """Whether the response has ended; this API returns one answer."""
        del choices
        return self._ended

    @property
    def indexes(self) -> list[int]:
        return [0] if self.has_begun else []

    @property
    def live(self) -> list[LiveChoice]:
        calls = [LiveCall(*call) for item in self._items if (call := item.call)]
        return [LiveChoice(self._live.texts, calls)] if self.has_begun else []

    @property
    def completion(self) -> dict[str, Any]:
        completion: dict[str, Any] = {"object": "response", **joined(self._head)}
        completion["output"] = [item.whole for item in self._in_order()]
        if self._audio:
            completion["audio"] = joined(self._audio)
        if unknown := [*self._unknown, *(event for item in self._items for event in item.events)]:
            completion["events"] = joined(unknown)
        return completion

    # --- the kinds of events ---

    def _add(self, event: dict[str, Any]) -> str:
        kind = event.get("type")
        name = kind if isinstance(kind, str) else ""
        if not name.startswith("response."):
            return self._add_other(event, name)
        self.has_begun = True
        response = event.get("response")
        if isinstance(response, dict) or name in END_EVENTS:
            beside = {field: event[field] for field in event if field not in (*_OF_ANY, "response")}
            whole = beside | response if isinstance(response, dict) else beside
            return self._add_response(whole, name.removeprefix("response."))
        if name == "response.error":  # OpenRouter, new-api
            self._report(provider_error.error_in(event) or event)
            return ""
        stem, _, word = name.removeprefix("response.").rpartition(".")
        if stem == "output_item" and isinstance(event.get("item"), dict):
            return self._add_item(event, event["item"], is_done=word == "done")
        if stem in PARTS and isinstance(event.get("part"), dict):
            return self._add_part(event, stem, event["part"], is_done=word == "done")
        if stem in TEXTS and word in ("delta", "done"):
            return self._add_text(event, stem, is_done=word == "done")
        if name in _AUDIO and isinstance(event.get("delta"), str):
            return self._add_audio(_AUDIO[name], event["delta"])
        return self._add_about_item(event, stem, word)

    def _add_other(self, event: dict[str, Any], name: str) -> str:
        """Add an event that is not of this API, unless it is a whole response."""
        if event.get("object") == "response" and isinstance(event.get("output"), list):
            self.has_begun = True
            return self._add_response(event, str(event.get("status")))
        error = provider_error.error_in(event)
        self._report(error)
        if error is None and self.has_begun and name:
            return self._keep(event, self._unknown)
        if error is None:
            self.fields = max(self.fields, len(event))
        return ""

    def _add_response(self, response: dict[str, Any], word: str) -> str:
        self._overlay({name: response[name] for name in response if name != "output"})
        if word not in ENDS and word != "done":
            self._report(error_of(response))
            return ""
        self._ended = True
        if self._head.get("status") not in ENDS:
            self._head["status"] = "completed" if word == "done" else word
        self._report(error_of(self._head))
        output = [item for item in listed(response.get("output")) if isinstance(item, dict)]
        items = self._in_order() if output else []  # an end without items may come thousands of times
        for position, collected in enumerate(items[: len(output)]):
            output[position] = output[position] | collected.kept(output[position])
        texts, has_grown = list[str](), list[bool]()
        for position, item in enumerate(output):
            was_shown = position < len(items) and items[position].has_grown
            texts.append("" if was_shown else self._show_whole(item, position))
            has_grown.append(was_shown or texts[-1] != "")
        if output:
            self._room.keep(size(output))
            self._items = [
                Item(index, copied(item), is_done=True, has_grown=grown)
                for index, (item, grown) in enumerate(zip(output, has_grown, strict=True))
            ]
            self._by_index, self._by_id = {}, {}
        return "".join(texts)

    def _add_item(self, event: dict[str, Any], fields: dict[str, Any], *, is_done: bool) -> str:
        item = self._known(event, fields, is_done=is_done) or self._new_item(event)
        self._room.keep(size(fields))
        had_name = item.call is not None
        if is_done:
            item.end(copied(fields))
        else:
            item.begin(copied(fields))
        if isinstance(id_ := fields.get("id"), str):
            self._by_id[id_] = item
        if not item.has_grown:
            brought = self._show_whole(fields, item.position)
            item.has_grown = brought != ""
            return brought
        name = item.call[0] if item.call and not had_name else ""
        return name if isinstance(name, str) else ""

    def _add_part(self, event: dict[str, Any], stem: str, part: dict[str, Any], *, is_done: bool) -> str:
        name, of_item = PARTS[stem]
        item = self._find(event, of_item)
        self._room.keep(size(part))
        index = number_of(event.get("content_index" if name == "content" else "summary_index"))
        item.set_part(name, index, copied(part), is_done=is_done)
        if item.has_grown:
            return ""
        type_ = item.fields.get("type")
        brought = self._show_whole({"type": type_, name: [part]}, item.position)
        item.has_grown = brought != ""
        return brought

    def _add_text(self, event: dict[str, Any], stem: str, *, is_done: bool) -> str:
        spot = TEXTS[stem]
        item = self._find(event, spot.item)
        index = item.index_of(spot, number_of(event.get(spot.index)), is_done=is_done) if spot.list else None
        holder = item.holder(spot, index, self._room)
        text = event.get(spot.field) if is_done else event.get("delta")
        if not isinstance(text, str):
            return self._keep(event, item.events)
        if not event.keys() <= _OF_A_DELTA:
            known = _OF_A_DELTA | {spot.field}
            merge(holder, {name: event[name] for name in event if name not in known}, self._room)
        if isinstance(logprobs := event.get("logprobs"), list) and logprobs and not is_done:
            self._room.keep(size(logprobs))
            extend(holder, "logprobs", copied(logprobs))
        growing = item.growing(holder, spot.field)
        if is_done and growing.length:
            if not growing.is_text(text):
                holder[spot.field] = text
            return ""
        item.has_grown |= text != ""
        growing.append(text)
        if item.is_echo(spot, text):
            return ""
        shown = self._live.at(spot.live, item.shown_as(spot, index)) if spot.live and text else None
        if shown:
            shown.append(text)
        if not is_done and (shown or not spot.live):
            self._place, self._open = _place(event), (growing, shown) if shown else (growing,)
        return text

    def _add_audio(self, name: str, delta: str) -> str:
        self._audio.setdefault(name, Pieces()).append(delta)
        if name == "data":
            return "[audio]" if delta else ""
        self._live.texts.setdefault("transcript", Pieces()).append(delta)
        return delta

    def _add_about_item(self, event: dict[str, Any], stem: str, word: str) -> str:
        """Add an event about the progress of a built-in tool, or an unknown one."""
        item = self._known(event, {}, is_done=True)
        about = item and item.fields.get("type") == stem
        partial = event.get("partial_image_b64")
        if item and about and word == "partial_image" and isinstance(partial, str):
            item.fields["result"] = partial
            return "[image]" if partial else ""
        if item and about and event.keys() <= _OF_A_DELTA - {"delta"}:
            if not item.is_done:
                item.fields["status"] = word
            return ""
        if stem in ("output_text.annotation", "output_text_annotation") and "annotation" in event:
            part = self._find(event, "message").holder(
                TEXTS["output_text"], number_of(event.get("content_index")), self._room
            )
            self._room.keep(size(event["annotation"]))
            extend(part, "annotations", [copied(event["annotation"])])
            return ""
        is_named = "item_id" in event or number_of(event.get("output_index")) is not None
        return self._keep(event, item.events if item and is_named else self._unknown)

    # --- what they share ---

    def _report(self, error: Any) -> None:
        if self.error is None:
            self.error = error

    def _overlay(self, fields: dict[str, Any]) -> None:
        """Set fields that each event has in full; an empty value replaces nothing."""
        for name, value in fields.items():
            old = self._head.get(name)
            if name not in self._head or (value != old and value not in (None, "", [], {})):
                self._room.keep(size(value))
                self._head[name] = copied(value)
        check(len(self._head), MOST_NAMES)

    def _in_order(self) -> list[Item]:
        return sorted(self._items, key=lambda item: item.position)

    def _known(self, event: dict[str, Any], fields: dict[str, Any], *, is_done: bool) -> Item | None:
        """Return the item of an event: by its id, its index, or (without either) the last one of its type."""
        index, id_ = number_of(event.get("output_index")), event.get("item_id", fields.get("id"))
        if isinstance(id_, str) and id_ in self._by_id:
            return self._by_id[id_]
        if index is not None:
            item = self._by_index.get(index)
            return None if item and not is_done and item.has_begun else item  # some give every item index 0
        last = self._items[-1] if self._items else None
        if last is None or last.is_done or (last.has_begun and not is_done):
            return None
        return last if fields.get("type") in (None, last.fields.get("type")) else None

    def _find(self, event: dict[str, Any], type_: str) -> Item:
        """Return the item of an event, creating it if no event has."""
        item = self._known(event, {"type": type_}, is_done=True)
        if item is None:
            item = self._new_item(event)
            item.fields["type"] = type_
            if isinstance(id_ := event.get("item_id"), str):
                item.fields["id"] = id_
                self._by_id[id_] = item
        return item

    def _new_item(self, event: dict[str, Any]) -> Item:
        self._room.take_place()
        index = number_of(event.get("output_index"))
        item = Item(len(self._items) if index is None or index in self._by_index else index, {"type": None})
        self._items.append(item)
        if index is not None:
            self._by_index[index] = item
        return item

    def _show_whole(self, item: dict[str, Any], position: int) -> str:
        """Show the texts of an item that arrived without deltas, and return them."""
        brought = []
        for kind, place, text in texts_of(item):
            self._live.at(kind, (position, *place)).append(text)
            brought.append(text)
        call = Item(position, item).call
        return "".join([*brought, *(text for text in call or () if isinstance(text, str))])

    def _keep(self, event: dict[str, Any], into: list[dict[str, Any]]) -> str:
        """Keep an event as received, merging the deltas of one text. Return its text."""
        delta, last = event.get("delta"), into[-1] if into else {}
        rest = {name: value for name, value in event.items() if name not in (*_OF_ANY, "delta")}
        if delta is None or last.get("type") != event.get("type") or rest.items() != _rest(last).items():
            self._room.keep(size(event))
            into.append({"type": event.get("type"), **copied(rest)})
        if delta is not None:
            merge(into[-1], {"delta": delta}, self._room)
        return delta if isinstance(delta, str) else ""


def _rest(kept: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kept.items() if name not in ("type", "delta")}


def _place(event: dict[str, Any]) -> tuple[Any, ...]:
    get = event.get
    return (get("type"), get("item_id"), get("output_index"), get("content_index"), get("summary_index"))


def _is_plain(event: dict[str, Any]) -> bool:
    return event.keys() <= _OF_A_DELTA and not event.get("logprobs")
