"""How long a model thought: told from the times of its events, or not at all."""

import json
from dataclasses import replace
from typing import Any

import pytest

from playground.dialects import DIALECTS
from playground.exchange.stream import read_again
from playground.explanations.thinking import thought_ms
from tests.explanations.test_explain import exchange_of

MS = 100.0  # between two events


def _chunk(index: int = 0, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": delta}]}


def _block(kind: str, name: str, *texts: str, index: int = 0) -> list[dict[str, Any]]:
    start = {"type": "content_block_start", "index": index, "content_block": {"type": kind, name: ""}}
    return [
        start,
        *(
            {"type": "content_block_delta", "index": index, "delta": {"type": f"{kind}_delta", name: text}}
            for text in texts
        ),
    ]


def _thought(api: str, events: list[dict[str, Any]], ms: float = MS) -> float | None:
    """Return the time if the events came one after another, at these intervals."""
    body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    stream = read_again(DIALECTS[api], body, [ms * (number + 1) for number in range(len(events))])
    exchange = exchange_of(200, body.decode())
    return thought_ms(replace(exchange, dialect=DIALECTS[api], stream=stream))


HM = [_chunk(role="assistant"), _chunk(reasoning_content="Hm"), _chunk(reasoning_content=", yes")]
STARTED = {"type": "message_start", "message": {"role": "assistant", "content": []}}
ITEM = {"item_id": "r", "output_index": 0, "summary_index": 0}


@pytest.mark.parametrize(
    ("api", "events", "thought"),
    [
        ("chat_completions", [*HM, _chunk(content="42"), _chunk(content="!")], 200),
        ("chat_completions", [*HM, _chunk(tool_calls=[{"index": 0, "function": {"name": "f"}}])], 200),
        ("chat_completions", HM, 100),  # stopped
        (
            "messages",
            [STARTED, *_block("thinking", "thinking", "Hm", "."), *_block("text", "text", "42", index=1)],
            300,
        ),
        (
            "responses",
            [
                {
                    "type": "response.output_item.added",
                    "output_index": 0,
                    "item": {"type": "reasoning", "id": "r"},
                },
                {"type": "response.reasoning_summary_text.delta", "delta": "Hm", **ITEM},
                {"type": "response.reasoning_summary_text.delta", "delta": ".", **ITEM},
                {
                    "type": "response.output_text.delta",
                    "item_id": "m",
                    "output_index": 1,
                    "content_index": 0,
                    "delta": "4",
                },
            ],
            200,
        ),
        (
            "responses",
            [
                {"type": "response.reasoning_summary_text.delta", "delta": "Hm", **ITEM},
                {"type": "response.reasoning_summary_text.delta", "delta": "So", **ITEM, "summary_index": 1},
            ],
            100,
        ),
        ("chat_completions", [_chunk(reasoning_content="Hm"), _chunk(role="assistant")], None),  # one event
        ("chat_completions", [_chunk(content="42"), *HM], None),
        ("chat_completions", [*HM, _chunk(content="42"), _chunk(reasoning_content="So")], None),
        ("chat_completions", [*HM, _chunk(1, reasoning_content="Well")], None),
        ("chat_completions", [_chunk(content="42"), _chunk(content="!")], None),
    ],
)
def test_it_is_told_where_it_was_measured(
    api: str, events: list[dict[str, Any]], thought: float | None
) -> None:
    assert _thought(api, events) == thought


def test_what_came_all_at_once_took_no_time() -> None:
    assert _thought("chat_completions", [*HM, _chunk(content="42")], MS / 10) is None


def test_without_a_stream_there_is_none() -> None:
    message = {"content": "42", "reasoning": "Hm"}

    assert thought_ms(exchange_of(200, {"choices": [{"index": 0, "message": message}]})) is None
