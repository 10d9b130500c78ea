"""Read a response, tolerating fields that servers omit, set to null, or rename."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from playground.dialects import finish, usage
from playground.dialects.media import image, sound
from playground.dialects.responses.items import CALLS, RESULTS, awaited, is_run_there, names_of, type_of
from playground.dialects.responses.texts import text_of, texts_of
from playground.dialects.sources import cited, source_or_file_in
from playground.dialects.values import is_empty, is_whole, listed, parts, string, tool_call
from playground.exchange.answer import Answer, Choice, Finish, Media, Sources
from playground.text.sentence import Sentence, gettext_noop, say

# Fields of items that have a view of their own, or that are of no interest to people.
_SHOWN = {
    "message": frozenset(("type", "id", "role", "status", "phase", "content")),
    "reasoning": frozenset(("type", "id", "status", "summary", "content", "encrypted_content")),
    "image_generation_call": frozenset((
        "type", "id", "status", "result", "action", "background", "output_format", "quality", "size",
    )),
}  # fmt: skip
_OF_A_PART = frozenset(("type", "text", "refusal", "annotations", "logprobs"))
# Items that are useless without their image.
_MEDIA = ("image_generation_call",)
_MEANINGS = {
    Finish.LENGTH: gettext_noop(
        "Cut off: the answer, including reasoning, reached max_output_tokens or the model’s limit. Raise "
        "max_output_tokens for a longer answer."
    ),
    Finish.FILTER: gettext_noop("The provider’s content filter removed text."),
    Finish.REFUSAL: gettext_noop("The model declined to answer."),
}
_CALLED = gettext_noop("The model called tools. Send their results as items of type %(types)s.")
_WAITS = gettext_noop(
    "The provider is still working on the answer in the background. Fetch it later by the response’s ID."
)


@dataclass(frozen=True)
class ResponseChoice(Choice):
    """The only answer of a response. `stored` tells whether the provider may have kept its items.

    `names` are those of the tools that were offered.
    """

    response: Mapping[str, Any]
    items: list[Any]
    stored: bool
    names: set[Any]

    @property
    def finish(self) -> Finish | None:
        match self.response.get("status"):
            case "completed" if self._awaited:
                return Finish.TOOL_CALLS
            case "completed":
                return Finish.REFUSAL if self.refusal and not self.text else Finish.STOP
            case "incomplete":
                return finish.common(self.finish_reason)
            case "failed" | "cancelled":
                return Finish.ERROR
        return None

    @property
    def finish_reason(self) -> str | None:
        status, details = self.response.get("status"), self.response.get("incomplete_details")
        if status == "in_progress" and not self.response.get("background"):
            return None  # a stream that was cut off
        reason = details.get("reason") if status == "incomplete" and isinstance(details, dict) else None
        return finish.shown(reason) or finish.shown(status)

    @property
    def finish_note(self) -> Sentence | None:
        reason, word = self.finish_reason, self.finish
        if reason is None or word is Finish.STOP:
            return None
        if reason in ("queued", "in_progress"):
            return say(_WAITS)
        if word is Finish.TOOL_CALLS:
            return say(_CALLED, types=sorted({RESULTS[type_of(call)]["type"] for call in self._awaited}))
        known = _MEANINGS.get(word) if word else None
        return say(known) if known else finish.other(reason)

    @property
    def is_broken_off(self) -> bool:
        return self.finish is Finish.ERROR

    @cached_property
    def images(self) -> list[Media]:
        return [image(item["result"]) for item in self.items if _has_image(item)]

    @cached_property
    def audio(self) -> list[Media]:
        data = _audio(self.response).get("data")
        return [sound(data, "pcm16")] if isinstance(data, str) and data else []

    @property
    def sources(self) -> Sources:
        return Sources(cited(map(source_or_file_in, _annotations(self.items))), {})

    @cached_property
    def others(self) -> dict[str, Any]:
        others: dict[str, Any] = {}
        for item in self.items:
            if not _is_ours(item, self.names) and (left := _left(item)):
                others.setdefault(type_of(item) or "output", []).append(left)
        if events := self.response.get("events"):
            others["events"] = events
        return others

    @cached_property
    def _awaited(self) -> list[dict[str, Any]]:
        return awaited(self.items, self.names)

    def _is_cut_off(self, item: dict[str, Any]) -> bool:
        """Whether the answer ended within the call: providers reject its broken JSON.

        One sign is not enough: a call in progress may only be waiting for its result, as a program's do.
        """
        type_, status = type_of(item), item.get("status")
        is_broken = type_ == "function_call" and not is_whole(item.get("arguments"))
        signs = (self.finish in finish.CUT_OFF, status == "in_progress", is_broken)
        return type_ in CALLS and (status == "incomplete" or sum(signs) > 1)

    def following(self, *, media: bool) -> list[dict[str, Any]]:
        """Return the items to send back, then empty results of calls or an empty user message.

        The provider rejects reasoning without the item that followed it, and the reverse, so both are sent
        back whole. Reasoning and a call at the end, where the answer was cut off, are left out.
        """
        items = [item for item in self.items if isinstance(item, dict) and (media or not _is_media(item))]
        items = [item for item in items if self.stored or not _is_reference(item)]
        while items and (type_of(items[-1]) == "reasoning" or self._is_cut_off(items[-1])):
            items.pop()
        if not items:
            return []
        whole = any(type_of(item) == "reasoning" for item in items)
        return [*(_sent_back(item, whole=whole) for item in items), *_results(awaited(items, self.names))]


def read_answer(completion: Any, asked: Mapping[str, Any]) -> Answer:
    """Read a response. `asked` is the request body, which tells whether the provider keeps the items."""
    if not isinstance(completion, dict):
        return Answer()
    text = string(completion.get("output_text"))  # only SDKs have it, and a few gateways have nothing else
    items = listed(completion.get("output")) or ([{"role": "assistant", "content": text}] if text else [])
    # A search for tools adds those that it found.
    found = [item.get("tools") for item in (*listed(asked.get("input")), *items) if isinstance(item, dict)]
    offered = (asked.get("tools"), completion.get("tools"), *found)
    names = {name for tools in offered for name in names_of(tools)}
    texts: dict[str, list[str]] = {"text": [], "refusal": [], "reasoning": []}
    for item in items:
        for kind, joined in _texts(item):
            texts[kind].append(joined)
    calls = [
        tool_call(item.get("call_id"), item.get("name"), item.get(CALLS[type_of(item)]), item)
        for item in items
        if _is_ours(item, names)
    ]
    choice = ResponseChoice(
        index=0,
        text=_joined(texts["text"]),
        reasoning=_joined(texts["reasoning"]),
        refusal=_joined(texts["refusal"]),
        transcript=string(_audio(completion).get("transcript")),
        tool_calls=calls,
        response=completion,
        items=items,
        stored=asked.get("store") is not False,
        names=names,
    )
    model, tier = string(completion.get("model")), string(completion.get("service_tier")) or ""
    return Answer([choice], usage.read(completion.get("usage")), model, tier)


def _is_ours(item: Any, names: set[Any]) -> bool:
    return type_of(item) in CALLS and not is_run_there(item, names)


def _texts(item: Any) -> Iterator[tuple[str, str]]:
    """Yield the texts of an item, joining those that are read as one."""
    found: dict[tuple[Any, ...], list[str]] = {}
    for kind, place, text in texts_of(item):
        found.setdefault((kind, *place), []).append(text)
    yield from ((key[0], "".join(said)) for key, said in found.items())


def _joined(texts: list[str]) -> str | None:
    return "\n\n".join(texts) if texts else None


def _audio(response: Mapping[str, Any]) -> dict[str, Any]:
    audio = response.get("audio")
    return audio if isinstance(audio, dict) else {}


def _annotations(items: list[Any]) -> list[Any]:
    found = [part for item in items if type_of(item) == "message" for part in parts(item.get("content"))]
    return [note for part in found if isinstance(part, dict) for note in listed(part.get("annotations"))]


def _is_media(item: Any) -> bool:
    return type_of(item) in _MEDIA


def _has_image(item: Any) -> bool:
    return _is_media(item) and isinstance(item.get("result"), str) and bool(item["result"])


def _left(item: Any) -> Any:
    """Return the fields of an item that no view shows."""
    if not isinstance(item, dict):
        return item
    type_ = type_of(item)
    if type_ not in _SHOWN:
        return item
    left = {name: item[name] for name in item if name not in _SHOWN[type_] and not is_empty(item[name])}
    if type_ == "image_generation_call":
        return left if _has_image(item) else item
    if type_ == "reasoning" and not any(texts_of(item)) and item.get("encrypted_content"):
        left["encrypted_content"] = item["encrypted_content"]
    content = item.get("content")
    unread = [found for part in parts(content) if (found := _left_of_part(part))]
    if not isinstance(content, str | list | dict | None):
        unread = [content]
    return left | ({"content": unread} if unread else {})


def _left_of_part(part: Any) -> Any:
    """Return a part that no view shows, or its fields besides the text."""
    if text_of(part)[1] is None or isinstance(part, str):
        return None if isinstance(part, str) else part
    left = {name: value for name, value in part.items() if name not in _OF_A_PART and value}
    annotations = part.get("annotations")
    unread = [note for note in listed(annotations) if source_or_file_in(note) is None]
    if annotations and not isinstance(annotations, list):
        unread = [annotations]
    return left | ({"annotations": unread} if unread else {})


def _is_reference(item: dict[str, Any]) -> bool:
    """Whether the item is reasoning with nothing but an id, the rest of which the provider kept."""
    texts = any(texts_of(item)) or item.get("encrypted_content")
    return type_of(item) == "reasoning" and not texts


def _sent_back(item: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    """Return an item in the form that requests accept: without null, which some providers reject.

    A message is sent back as plain text unless it has to be `whole` or contains more than text.
    """
    texts = [text_of(part) for part in parts(item.get("content"))]
    if type_of(item) == "message" and not whole and texts and all(kind == "text" for kind, _ in texts):
        phase = {"phase": item["phase"]} if item.get("phase") else {}
        content = "".join(text or "" for _, text in texts)
        return {"type": "message", "role": item.get("role", "assistant"), "content": content, **phase}
    return {name: value for name, value in item.items() if value is not None}


def _results(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    results = []
    for call in calls:
        asks = type_of(call) == "mcp_approval_request"
        field = "approval_request_id" if asks else "call_id"
        id_, empty = call.get("id" if asks else field), RESULTS[type_of(call)]
        if isinstance(id_, str):
            caller = {"caller": call["caller"]} if call.get("caller") else {}
            results.append({"type": empty["type"], field: id_} | empty | caller)
    return results or [{"role": "user", "content": ""}]
