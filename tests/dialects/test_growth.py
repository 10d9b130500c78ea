"""What one event left behind does not make each of the next ones slower."""

from collections.abc import Callable
from typing import Any

import pytest

from playground.dialects import DIALECTS
from tests.growth import is_linear

Event = dict[str, Any]


def _chunk(**choice: Any) -> Event:
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, **choice}]}


def _parts(count: int) -> Event:
    content = [{"type": "text", "text": "x", "number": number} for number in range(10 * count)]
    return _chunk(delta={"content": content})


def _items(count: int) -> Event:
    output = [{"type": "function_call", "name": "f"} for _ in range(10 * count)]
    return {"type": "response.completed", "response": {"output": output}}


def _text(count: int) -> Event:
    return _of_last("response.output_text.delta", 10**6, delta="x" * 4000 * count)


def _of_last(type_: str, index: int, **fields: Any) -> Event:
    return {"type": type_, "output_index": 0, "content_index": index, **fields}


@pytest.mark.parametrize(
    ("dialect", "first", "more"),
    [
        ("chat_completions", _parts, lambda _: _chunk(message={"content": "x"})),
        ("chat_completions", _parts, lambda _: _chunk(text="x")),
        ("responses", _items, lambda _: {"type": "response.completed"}),
        (
            "responses",
            _text,
            lambda number: _of_last(
                "response.content_part.done", number, part={"type": "output_text", "text": "y"}
            ),
        ),
    ],
    ids=["whole messages", "whole texts", "ends", "parts of a long text"],
)
def test_time_grows_with_the_events_after_a_large_one(
    dialect: str, first: Callable[[int], Event], more: Callable[[int], Event]
) -> None:
    events = {count: [first(count), *map(more, range(count))] for count in (200, 400, 800)}

    def read(count: int) -> None:
        collector = DIALECTS[dialect].collector()
        if dialect == "responses":
            collector.add(_of_last("response.output_text.delta", 10**6, delta="x"))
        for event in events[count]:
            collector.add(event)

    assert is_linear(read, 200)
