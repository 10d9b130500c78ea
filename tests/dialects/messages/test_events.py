"""Streams of the Messages API: every event, block and delta, each also byte by byte."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects.messages.dialect import MESSAGES
from playground.dialects.messages.events import EventCollector
from playground.text.pieces import MOST_PLACES, TooManyError
from playground.text.redact import MASK
from tests.dialects.messages.events import (
    begin,
    completed,
    delta,
    encoded,
    end,
    read,
    start,
    stopped,
    text,
    thinking,
    tool,
)
from tests.exchange.strategies import json_values
from tests.growth import is_linear

PING = {"type": "ping"}
KEY = "sk-ant-canary-51c0de"


def _collected(*events: Any) -> EventCollector:
    collector = EventCollector()
    for event in events:
        collector.add(event)
    return collector


def test_a_message_that_broke_off_has_no_count_of_its_output() -> None:
    message = completed(start(usage={"input_tokens": 25, "output_tokens": 1}), *text(0, "Hi"))

    usage = MESSAGES.answer(message, {}).usage

    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (25, None, None)


@pytest.mark.parametrize("hint", [50, None])
def test_a_hint_for_the_display_is_no_part_of_the_thinking(hint: int | None) -> None:
    """A block with any field of its own is rejected when it is sent back."""
    thought = {"type": "thinking", "thinking": "", "signature": "sig"}
    message = completed(
        start(),
        begin(0, {"type": "thinking", "thinking": "", "signature": ""}),
        delta(0, "thinking_delta", thinking="", estimated_tokens=hint),
        delta(0, "signature_delta", signature="sig"),
        end(0),
        *text(1, "Hi"),
        *stopped(),
    )

    assert message["content"][0] == thought


def test_text_and_head_make_the_message() -> None:
    assert completed(start(), PING, *text(0, "Hel", "lo", "!"), *stopped()) == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-m",
        "content": [{"type": "text", "text": "Hello!"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 25, "output_tokens": 15},
    }


def test_thinking_has_its_signature() -> None:
    message = completed(start(), *thinking(0, "Let me ", "see."), *text(1, "42"), *stopped())

    assert message["content"] == [
        {"type": "thinking", "thinking": "Let me see.", "signature": "sig=="},
        {"type": "text", "text": "42"},
    ]


def test_a_signature_may_come_in_pieces_and_alone() -> None:
    pieces = [delta(0, "signature_delta", signature=piece) for piece in ("Eq", "Qb")]
    block = begin(0, {"type": "thinking", "thinking": "", "signature": ""})

    message = completed(start(), block, *pieces, end(0), *stopped())

    assert message["content"] == [{"type": "thinking", "thinking": "", "signature": "EqQb"}]


def test_the_input_of_tools_is_read_at_the_end() -> None:
    first = tool(0, "", '{"ci', 'ty": "Pa', 'ris"}')
    second = tool(1, id_="toolu_2", name="now")

    content = completed(start(), *first, *second, *stopped("tool_use"))["content"]

    assert content == [
        {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}},
        {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},
    ]


@pytest.mark.parametrize("pieces", [('{"city": "Pa',), ("{]",), ("no JSON",)])
def test_broken_input_stays_a_text(pieces: tuple[str, ...]) -> None:
    message = completed(start(), *tool(0, *pieces), *stopped("max_tokens"))

    assert message["content"][0]["input"] == "".join(pieces)


def test_half_a_character_in_the_input_of_a_tool_is_whole_in_the_end() -> None:
    message = completed(start(), *tool(0, '{"x": "\\ud83d', '\\ude00"}'), *stopped("tool_use"))

    assert message["content"][0]["input"] == {"x": "😀"}


def test_blocks_between_one_another_are_kept_apart() -> None:
    message = completed(
        start(),
        begin(0, {"type": "text", "text": ""}),
        begin(1, {"type": "text", "text": ""}),
        delta(1, "text_delta", text="b"),
        delta(0, "text_delta", text="a"),
        delta(1, "text_delta", text="B"),
        *stopped(),
    )

    assert [block["text"] for block in message["content"]] == ["a", "bB"]


def test_a_server_that_numbers_every_block_0_sends_several() -> None:
    message = completed(start(), *thinking(0, "Hm"), *text(0, "Yes"), *tool(0, "{}"), *stopped())

    assert [block["type"] for block in message["content"]] == ["thinking", "text", "tool_use"]


def test_citations_are_listed_in_their_block() -> None:
    cited = {"type": "web_search_result_location", "url": "https://a.example/", "title": "A"}
    message = completed(
        start(),
        begin(0, {"type": "text", "text": "", "citations": []}),
        delta(0, "citations_delta", citation=cited),
        delta(0, "text_delta", text="It is so."),
        end(0),
        *stopped(),
    )

    assert message["content"] == [{"type": "text", "text": "It is so.", "citations": [cited]}]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        # Anthropic: cumulative, so the last counts are the whole.
        ({"input_tokens": 25, "output_tokens": 1}, {"output_tokens": 15}, (25, 15)),
        ({"input_tokens": 25, "output_tokens": 1}, {"input_tokens": 25, "output_tokens": 15}, (25, 15)),
        # Imitations: a guess first, then the real counts.
        ({"input_tokens": 0, "output_tokens": 0}, {"input_tokens": 30, "output_tokens": 15}, (30, 15)),
        ({"input_tokens": 99, "output_tokens": 9}, {"input_tokens": 30, "output_tokens": 15}, (30, 15)),
        ({"input_tokens": 25, "output_tokens": 1}, {"input_tokens": None, "output_tokens": 15}, (25, 15)),
        ({"input_tokens": 25}, {}, (25, None)),
    ],
)
def test_the_last_value_of_each_count_holds_and_none_is_added(
    first: Any, last: Any, expected: tuple[int, int]
) -> None:
    middle = {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 7}}
    middles = [middle, middle] if last else []

    usage = completed(start(usage=first), *text(0, "Hi"), *middles, *stopped(usage=last))["usage"]

    assert (usage["input_tokens"], usage.get("output_tokens")) == expected


def test_a_count_of_0_replaces_a_guess() -> None:
    first = {"input_tokens": 100, "output_tokens": 1}
    last = {"input_tokens": 0, "cache_read_input_tokens": 100, "output_tokens": 5}

    message = completed(start(usage=first), *text(0, "Hi"), *stopped(usage=last))

    usage = MESSAGES.answer(message, {}).usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens) == (100, 100, 5)


def test_counts_within_counts_are_set_too() -> None:
    first = {"input_tokens": 3, "cache_creation": {"ephemeral_5m_input_tokens": 0}, "output_tokens": 0}
    last = {"cache_creation": {"ephemeral_5m_input_tokens": 8}, "output_tokens": 2}

    usage = completed(start(usage=first), *stopped(usage=last))["usage"]

    assert usage["cache_creation"] == {"ephemeral_5m_input_tokens": 8}


def test_why_it_ended_comes_with_all_that_belongs_to_it() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "It could do harm."}

    message = completed(start(), *stopped("refusal", stop_details=details, container={"id": "c"}))

    assert message["stop_reason"] == "refusal"
    assert message["stop_details"] == details
    assert message["container"] == {"id": "c"}


@pytest.mark.parametrize(
    "reason",
    [
        "end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal",
        "model_context_window_exceeded", "compaction",
    ],
)  # fmt: skip
def test_a_stop_reason_finishes_it(reason: str) -> None:
    stream = read(encoded(start(), *text(0, "Hi"), *stopped(reason)), each_byte=True)

    assert (stream.done, stream.is_finished, stream.ended_early) == (True, True, False)
    assert stream.completion is not None
    assert MESSAGES.answer(stream.completion, {}).choices[0].finish_reason == reason


def test_only_message_stop_ends_it() -> None:
    *events, _ = [start(), *text(0, "Hi"), *stopped()]

    assert not read(encoded(*events)).done
    assert read(encoded(*events[:-1])).ended_early
    assert read(encoded(*events[:-1]) + b"data: [DONE]\n\n").done  # some imitations


# --- what does not come by the book ---


def test_a_stream_without_its_start_is_read_all_the_same() -> None:
    message = completed(*text(0, "Hi"), *stopped())

    assert message["content"] == [{"type": "text", "text": "Hi"}]
    assert (message["type"], message["role"]) == ("message", "assistant")
    assert message["usage"] == {"output_tokens": 15}


@pytest.mark.parametrize(
    ("first", "block"),
    [
        (delta(0, "text_delta", text="Hi"), {"type": "text", "text": "Hi"}),
        (delta(0, "thinking_delta", thinking="Hm"), {"type": "thinking", "thinking": "Hm"}),
        (
            delta(0, "signature_delta", signature="s"),
            {"type": "thinking", "thinking": "", "signature": "s"},
        ),
        (delta(0, "input_json_delta", partial_json='{"a":1}'), {"type": "tool_use", "input": {"a": 1}}),
        (
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}},
            {"type": "text", "text": "Hi"},
        ),
    ],
)
def test_a_delta_without_its_block_begins_one(first: Any, block: Any) -> None:
    assert completed(start(), first, *stopped())["content"] == [block]


def test_a_message_that_starts_with_content_keeps_it() -> None:
    begun = start(content=[{"type": "text", "text": "Well, "}])

    message = completed(begun, delta(0, "text_delta", text="yes."), *stopped())

    assert message["content"] == [{"type": "text", "text": "Well, yes."}]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "redacted_thinking", "data": "EmwK"},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"url": "https://a"}]},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": {"error_code": "unavailable"}},
        {"type": "code_execution_tool_result", "tool_use_id": "s", "content": {"stdout": "1"}},
        {"type": "container_upload", "file_id": "f"},
        {"type": "block_of_next_year", "shape": {"round": True}},
    ],
)
def test_blocks_without_a_view_pass_and_are_shown(block: dict[str, Any]) -> None:
    message = completed(start(), begin(0, block), end(0), *text(1, "Hi"), *stopped())

    assert message["content"][0] == block
    assert MESSAGES.answer(message, {}).choices[0].others == {"content": [block]}


def test_the_input_of_a_server_tool_is_read_too() -> None:
    block = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    pieces = [delta(0, "input_json_delta", partial_json=piece) for piece in ('{"query":', ' "x"}')]

    message = completed(start(), begin(0, block), *pieces, end(0), *stopped())

    assert message["content"] == [block | {"input": {"query": "x"}}]
    assert MESSAGES.answer(message, {}).choices[0].tool_calls == []


def test_unknown_events_deltas_and_fields_pass_and_are_shown() -> None:
    event = {"type": "event_of_next_year", "news": [1]}
    message = completed(
        start(mood="fine"),
        event,
        begin(0, {"type": "text", "text": "", "tone": "dry"}),
        delta(0, "melody_delta", melody="la "),
        delta(0, "melody_delta", melody="la"),
        delta(0, "text_delta", text="Hi", weight=1),
        end(0) | {"metrics": {"ms": 3}},
        *stopped(weather="rain"),
    )

    assert message["content"] == [
        {"type": "text", "text": "Hi", "tone": "dry", "melody": "la la", "weight": 1}
    ]
    assert (message["mood"], message["weather"], message["metrics"]) == ("fine", "rain", {"ms": 3})
    (choice,) = MESSAGES.answer(message, {}).choices
    assert choice.others == {
        "mood": "fine",
        "weather": "rain",
        "metrics": {"ms": 3},
        "other_events": [event],
        "content": [{"type": "text", "tone": "dry", "melody": "la la", "weight": 1}],
    }


ERROR = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


@pytest.mark.parametrize("each_byte", [False, True])
def test_an_error_may_come_at_any_time(each_byte: bool) -> None:
    early = read(encoded(ERROR), each_byte=each_byte)
    late = read(encoded(start(), *text(0, "Hi"), ERROR), each_byte=each_byte)

    assert early.error == ERROR["error"]
    assert early.completion is None
    assert late.error == ERROR["error"]
    assert late.completion is not None
    assert late.completion["content"] == [{"type": "text", "text": "Hi"}]


def test_an_error_of_an_imitation_is_one_too() -> None:
    stream = read(b'data: {"error": {"code": 500, "message": "gone"}}\n\n')

    assert stream.error == {"code": 500, "message": "gone"}


def test_the_stream_of_another_api_is_foreign() -> None:
    chunk = {"id": "1", "object": "chat.completion.chunk", "choices": [{"delta": {"content": "Hi"}}]}

    stream = read(encoded(chunk, chunk))

    assert stream.completion is None
    assert stream.is_foreign


# --- while it arrives ---


def test_what_is_shown_while_it_grows_is_what_the_answer_says() -> None:
    events = [
        start(),
        *thinking(0, "One", "."),
        *text(1, "I'll ", "look."),
        *tool(2, '{"a"', ": 1}"),
        *thinking(3, "Two."),
        *text(4, "It ", "is"),
        *text(5, " so."),
        *stopped(),
    ]
    collector = _collected(*events)

    (live,) = collector.live
    (choice,) = MESSAGES.answer(collector.completion, {}).choices

    shown = {name: str(pieces) for name, pieces in live.texts.items()}
    assert shown == {"text": choice.text, "reasoning": choice.reasoning}
    assert shown == {"text": "I'll look.\n\nIt is so.", "reasoning": "One.\n\nTwo."}
    assert [(call.name, str(call.arguments)) for call in live.calls] == [("get_weather", '{"a": 1}')]
    assert collector.indexes == [0]


def test_what_each_event_brought_is_told() -> None:
    collector = EventCollector()
    events = [start(), *thinking(0, "Hm"), *text(1, "Hel", "lo"), *tool(2, "{}"), *stopped()]

    brought = [collector.add(event) for event in events]

    assert [piece for piece in brought if piece] == ["Hm", "Hel", "lo", "get_weather", "{}"]
    assert collector.tokens == 5


def test_a_refusal_is_shown_while_it_arrives() -> None:
    details = {"type": "refusal", "category": None, "explanation": "No."}
    collector = _collected(start(), *stopped("refusal", stop_details=details))

    assert {name: str(pieces) for name, pieces in collector.live[0].texts.items()} == {"refusal": "No."}


def test_events_are_not_changed() -> None:
    events = [start(), *thinking(0, "Hm"), *text(1, "Hi"), *tool(2, "{}"), {"type": "x", "y": [1]}]
    before = copy.deepcopy(events)

    collector = _collected(*events, *stopped())
    first = collector.completion
    kept = copy.deepcopy(first)
    collector.add(delta(1, "text_delta", text="!"))
    collector.add({"type": "x", "z": 1})

    assert events == before
    assert first == kept


def test_a_delta_goes_on_with_an_unknown_text_that_its_block_began_with() -> None:
    collector = _collected(start(), begin(0, {"type": "new", "a": "Hel"}), delta(0, "new_delta", a="lo"))

    assert collector.completion["content"] == [{"type": "new", "a": "Hello"}]


@pytest.mark.parametrize("cut", [3, 10, len(KEY) - 1])
@pytest.mark.parametrize(
    "pieces",
    [
        lambda first, last: text(0, "a" + first, last + "b"),
        lambda first, last: [*text(0, first), *text(1, last)],
        lambda first, last: thinking(0, first, last),
        lambda first, last: (
            thinking(0, "x", signature=None)[:2]
            + [delta(0, "signature_delta", signature=part) for part in (first, last)]
        ),
        lambda first, last: tool(0, '{"a": "' + first, last + '"}'),
        lambda first, last: (
            [begin(0, {"type": "new", "a": ""})] + [delta(0, "new_delta", a=part) for part in (first, last)]
        ),
        lambda first, last: [begin(0, {"type": "new", "a": first}), delta(0, "new_delta", a=last)],
    ],
)
def test_a_key_in_pieces_is_in_no_view(cut: int, pieces: Any) -> None:
    body = encoded(start(), *pieces(KEY[:cut], KEY[cut:]), *stopped())

    stream = read(body, key=KEY)

    shown = json.dumps([stream.completion, [event.data for event in stream.events], stream.body.decode()])
    assert KEY not in shown
    assert KEY[cut:] not in shown or len(KEY) - cut < 4
    assert MASK in shown


# --- whatever comes ---

_names = st.sampled_from(["type", "index", "delta", "message", "content_block", "usage", "error", "content"])
_types = st.sampled_from(
    [
        "message_start", "message_delta", "message_stop", "content_block_start", "content_block_delta",
        "content_block_stop", "error", "ping", "text", "text_delta", "thinking_delta", "input_json_delta",
        "signature_delta", "citations_delta", "thinking", "tool_use", "refusal",
    ]
)  # fmt: skip
_inner = st.recursive(
    st.one_of(json_values, _types),
    lambda children: st.dictionaries(
        st.one_of(
            _names,
            st.sampled_from(
                ["text", "thinking", "signature", "partial_json", "input", "citation", "citations",
                 "stop_reason", "stop_details", "stop_sequence", "source", "name", "id", "explanation"]
            ),
        ),
        children,
        max_size=4,
    ),
    max_leaves=6,
)  # fmt: skip
_events = st.one_of(
    json_values,
    st.fixed_dictionaries({"type": _types}, optional={"index": _inner, "delta": _inner, "usage": _inner,
        "message": _inner, "content_block": _inner, "error": _inner, "x": _inner}),
)  # fmt: skip


@given(st.lists(_events, max_size=8))
def test_any_json_may_come_as_an_event(events: list[Any]) -> None:
    collector = _collected(*events)

    answer = MESSAGES.answer(json.loads(json.dumps(collector.completion)), {})

    for choice in answer.choices:
        assert json.dumps(choice.following(media=True))
        assert json.dumps([choice.others, choice.finish_reason, str(choice.finish_note), choice.texts])
        assert len(choice.sources) == len(list(choice.sources))
    for event in events:
        texts = [item for _, item in MESSAGES.texts(event)]
        assert all(isinstance(item, str) for item in texts)
        MESSAGES.is_chunk(event)
        MESSAGES.is_done("", event)
        MESSAGES.error(event)
        MESSAGES.completion(event)
    assert collector.live is not None


def test_more_blocks_than_can_be_kept_are_refused() -> None:
    events = [begin(index, {"type": "text", "text": ""}) for index in range(MOST_PLACES + 1)]

    with pytest.raises(TooManyError):
        _collected(*events)


def test_the_time_grows_with_the_number_of_events() -> None:
    def collect(count: int) -> None:
        collector = _collected(start(), begin(0, {"type": "text", "text": ""}))
        for _ in range(count):
            collector.add(delta(0, "text_delta", text="word "))
            collector.add(delta(1, "input_json_delta", partial_json="1,"))
        assert collector.live

    assert is_linear(collect, 2000)


def test_words_in_an_unknown_event_are_an_error_only_before_the_message() -> None:
    event = {"type": "rate_limit_note", "detail": "Slow down, please."}

    before, within = _collected(event), _collected(start(), event)

    assert before.error is not None
    assert within.error is None
    assert within.completion["other_events"] == [event]


def test_of_a_stream_that_may_be_another_apis_not_every_event_is_kept() -> None:
    notes = [{"type": "note", "number": number} for number in range(200)]

    before, within = _collected(*notes, start()), _collected(start(), *notes)

    assert before.completion["other_events"] == notes[:100]
    assert within.completion["other_events"] == notes
