"""Any JSON as event, response or request is read without a failure."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from playground.text import jsontext
from tests.dialects.responses.streams import RESPONSES

_NAMES = st.sampled_from((
    "type", "delta", "item", "part", "response", "output", "content", "summary", "item_id", "output_index",
    "content_index", "summary_index", "text", "refusal", "arguments", "name", "call_id", "id", "status",
    "annotations", "annotation", "error", "logprobs", "usage", "incomplete_details", "reason", "role",
    "result", "events", "audio", "transcript", "data", "partial_image_b64", "encrypted_content", "object",
    "url", "title", "function", "tools", "tool_choice", "input", "store", "format", "reasoning", "model",
))  # fmt: skip
_WORDS = st.sampled_from((
    "message", "reasoning", "function_call", "custom_tool_call", "function_call_output", "output_text",
    "summary_text", "reasoning_text", "refusal", "input_text", "item_reference", "image_generation_call",
    "web_search_call", "response", "user", "assistant", "tool", "completed", "failed", "incomplete",
    "max_output_tokens", "error", "response.created", "response.in_progress", "response.completed",
    "response.incomplete", "response.failed", "response.output_item.added", "response.output_item.done",
    "response.content_part.added", "response.content_part.done", "response.output_text.delta",
    "response.output_text.done", "response.output_text.annotation.added", "response.refusal.delta",
    "response.reasoning_text.delta", "response.reasoning_summary_part.added",
    "response.reasoning_summary_text.delta", "response.function_call_arguments.delta",
    "response.function_call_arguments.done", "response.custom_tool_call_input.delta",
    "response.image_generation_call.partial_image", "response.web_search_call.searching",
    "response.audio.delta", "response.audio.transcript.delta", "response.new.delta", "response.new",
))  # fmt: skip
_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 5), st.floats(allow_nan=False), _WORDS, st.text(max_size=4)
)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_NAMES, inner, max_size=6)),
    max_leaves=14,
)
_EVENTS = st.one_of(
    _VALUES,
    st.builds(
        lambda type_, fields: fields | {"type": type_}, _WORDS, st.dictionaries(_NAMES, _VALUES, max_size=5)
    ),
)


@given(st.lists(_EVENTS, max_size=6), st.dictionaries(_NAMES, _VALUES, max_size=3))
def test_any_events_are_assembled_and_read(events: list[Any], asked: dict[str, Any]) -> None:
    collector = RESPONSES.collector()

    for event in events:
        assert isinstance(collector.add(RESPONSES.chunk(event)), str)
        assert len(collector.live) == len(collector.indexes)
        RESPONSES.is_done("", event)
        RESPONSES.is_chunk(event)
        list(RESPONSES.texts(event))

    _read(collector.completion, asked)


@given(_VALUES, st.dictionaries(_NAMES, _VALUES, max_size=3))
def test_any_value_is_a_response_or_none(value: Any, asked: dict[str, Any]) -> None:
    RESPONSES.error(value)
    RESPONSES.counted(value)
    if (completion := RESPONSES.completion(value)) is not None:
        _read(completion, asked)


@given(st.dictionaries(_NAMES, _VALUES, max_size=6), st.lists(_EVENTS, max_size=4))
def test_any_body_is_checked_and_measured(body: dict[str, Any], items: list[Any]) -> None:
    for asked in (body, body | {"model": "m", "input": items, "store": False}):
        RESPONSES.problems(asked, 5)
        RESPONSES.demands(asked)
        list(RESPONSES.extras(asked))
        RESPONSES.question(asked)
        RESPONSES.lengths(asked)
        RESPONSES.to_count(asked)


def _read(completion: dict[str, Any], asked: dict[str, Any]) -> None:
    json.dumps(jsontext.mended(completion))
    for choice in RESPONSES.answer(completion, asked).choices:
        assert (choice.finish is None) or choice.finish_reason
        assert choice.is_empty in (True, False)
        list(choice.sources)
        _ = (choice.finish_note, choice.is_broken_off, choice.images, choice.audio)
        for media in (True, False):
            rows = RESPONSES.rows(choice.following(media=media))
            assert rows is not None
            RESPONSES.prompt(rows)
    count = len(list(RESPONSES.texts(completion)))
    masked = RESPONSES.masked(completion, set(range(count)))
    assert len(list(RESPONSES.texts(masked))) == count
