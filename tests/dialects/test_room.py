"""All that is kept of a stream is counted, whatever its events are: it must not fill the memory."""

from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from playground.dialects import DIALECTS
from playground.text import pieces
from playground.text.pieces import TooManyError
from tests.dialects.messages import events as messages
from tests.dialects.responses.streams import call, event, message, response
from tests.upstreams.scripted import chunk

MOST = 2000
Flood = Callable[[list[int]], dict[str, Any]]
PLACE = {"item_id": "msg_1", "output_index": 0, "content_index": 0}


def _item(value: list[int]) -> dict[str, Any]:
    return message("Hi", id="msg_1") | {"more": value}


FLOODS: list[tuple[str, str, Flood]] = [
    ("chat_completions", "a field", lambda value: chunk({"more": [value]})),
    ("chat_completions", "a field beside the choices", lambda value: chunk() | {"more": [value]}),
    ("chat_completions", "logprobs", lambda value: chunk({}, logprobs={"content": [value]})),
    ("messages", "message_start", lambda value: messages.start(more=value)),
    ("messages", "content_block_start", lambda value: messages.begin(0, {"type": "x", "more": value})),
    ("messages", "a delta's field", lambda value: messages.delta(0, "text_delta", more=[value])),
    ("messages", "a citation", lambda value: messages.delta(0, "citations_delta", citation=value)),
    ("messages", "message_delta", lambda value: messages.stopped(more=value)[0]),
    ("messages", "usage", lambda value: messages.stopped(usage={"more": value})[0]),
    ("messages", "beside a delta", lambda value: messages.end(0) | {"more": value}),
    ("messages", "an unknown event", lambda value: {"type": "note", "more": value}),
    ("responses", "an item", lambda value: event("response.output_item.done", item=_item(value))),
    ("responses", "a call", lambda value: event("response.output_item.added", item=call() | {"more": value})),
    (
        "responses",
        "a part",
        lambda value: event("response.content_part.done", part={"type": "x", "more": value}, **PLACE),
    ),
    (
        "responses",
        "beside a delta",
        lambda value: event("response.output_text.delta", delta="", more=[value], **PLACE),
    ),
    (
        "responses",
        "logprobs",
        lambda value: event("response.output_text.delta", delta="", logprobs=[value], **PLACE),
    ),
    (
        "responses",
        "an annotation",
        lambda value: event("response.output_text.annotation.added", annotation=value, **PLACE),
    ),
    ("responses", "the response", lambda value: event("response.in_progress", response={"more": value})),
    ("responses", "its end", lambda value: event("response.completed", response=response(_item(value)))),
    ("responses", "an unknown event", lambda value: event("response.note", more=value)),
    ("responses", "an unknown event of an item", lambda value: event("response.note", more=value, **PLACE)),
]


@pytest.mark.parametrize(("name", "_", "flood"), FLOODS, ids=[f"{name}-{what}" for name, what, _ in FLOODS])
def test_no_event_is_kept_without_being_counted(
    name: str, _: str, flood: Flood, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "MAX_VALUES", MOST)
    collector = DIALECTS[name].collector()
    for first in (
        messages.start(),
        *messages.text(0, "Hi"),
        event("response.output_item.added", item=_item([])),
    ):
        collector.add(first)

    with pytest.raises(TooManyError) as raised:
        deque(collector.add(flood([number] * 10)) for number in range(MOST))

    assert raised.value.limit == MOST
