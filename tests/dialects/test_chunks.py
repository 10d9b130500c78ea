"""Chunks of a stream as providers send them, merged."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects.chat_completions.answer import read_choices
from playground.dialects.chat_completions.chunks import ChunkCollector
from playground.text.pieces import MOST_PLACES, TooManyError
from tests.growth import seconds


def _chunk(delta: Any = None, index: int = 0, **choice: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": index, "delta": delta} | choice],
    }


def _collected(*chunks: Any) -> dict[str, Any]:
    collector = ChunkCollector()
    for chunk in chunks:
        collector.add(chunk)
    return collector.completion


def test_text_is_joined_and_the_head_is_kept() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}

    assert _collected(
        _chunk({"role": "assistant", "content": ""}),
        _chunk({"content": "Hel"}),
        _chunk({"content": "lo"}),
        _chunk({}, finish_reason="stop"),
        {"id": "chatcmpl-1", "model": "m", "choices": [], "usage": usage},
    ) == {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
        ],
        "usage": usage,
    }


def test_choices_are_kept_apart_and_in_order() -> None:
    completion = _collected(
        _chunk({"content": "b"}, index=1), _chunk({"content": "a"}), _chunk({"content": "B"}, index=1)
    )

    assert [choice["message"]["content"] for choice in completion["choices"]] == ["a", "bB"]


def test_reasoning_and_refusals_are_joined_beside_the_text() -> None:
    message = _collected(
        _chunk({"reasoning_content": "Be"}),
        _chunk({"reasoning_content": "cause", "content": None}),
        _chunk({"content": "x"}),
        _chunk({"refusal": "no"}),
    )["choices"][0]["message"]

    assert message == {"role": "assistant", "reasoning_content": "Because", "content": "x", "refusal": "no"}


def test_tool_calls_are_put_together_by_index() -> None:
    calls = _collected(
        _chunk(
            {
                "tool_calls": [
                    {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}
                ]
            }
        ),
        _chunk(
            {
                "tool_calls": [
                    {"index": 1, "id": "b", "type": "function", "function": {"name": "g", "arguments": "{"}}
                ]
            }
        ),
        _chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"x"'}}]}),
        _chunk(
            {
                "tool_calls": [
                    {"index": 0, "function": {"arguments": ": 1}"}},
                    {"index": 1, "function": {"arguments": "}"}},
                ]
            }
        ),
    )["choices"][0]["message"]["tool_calls"]

    assert [(call["id"], call["function"]) for call in calls] == [
        ("a", {"name": "f", "arguments": '{"x": 1}'}),
        ("b", {"name": "g", "arguments": "{}"}),
    ]


def test_tool_calls_without_an_index_begin_with_their_id() -> None:
    calls = _collected(
        _chunk({"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{"}}]}),
        _chunk({"tool_calls": [{"function": {"arguments": "}"}}]}),
        _chunk({"tool_calls": [{"id": "b", "function": {"name": "g", "arguments": "{}"}}]}),
    )["choices"][0]["message"]["tool_calls"]

    assert [call["function"]["arguments"] for call in calls] == ["{}", "{}"]


def test_logprobs_are_joined() -> None:
    completion = _collected(
        _chunk({"content": "a"}, logprobs={"content": [1]}),
        _chunk({"content": "b"}, logprobs={"content": [2]}),
    )

    assert completion["choices"][0]["logprobs"] == {"content": [1, 2]}


@pytest.mark.parametrize(
    ("chunk", "token"),
    [
        (_chunk({"content": "x"}), True),
        (_chunk({"reasoning": "x"}), True),
        (_chunk({"tool_calls": [{"index": 0, "function": {"name": "f"}}]}), True),
        (_chunk({"role": "assistant", "content": ""}), False),
        (_chunk({"content": None}), False),
        (_chunk(None), False),
        (_chunk("text"), True),
        ({"choices": []}, False),
        ({"choices": None}, False),
        ({"choices": [5, None]}, False),
        ({"error": {"message": "no"}}, False),
        ([], False),
        (None, False),
        ("text", False),
    ],
)
def test_what_counts_as_a_token(chunk: Any, token: bool) -> None:
    assert bool(ChunkCollector().add(chunk)) is token


@pytest.mark.parametrize(
    ("delta", "brought"),
    [
        ({"reasoning": "Hm", "reasoning_details": [{"text": "Hm"}]}, "Hm"),
        (
            {"content": [{"type": "thinking", "thinking": [{"text": "Hm"}]}, {"type": "text", "text": "42"}]},
            "Hm42",
        ),
        ({"function_call": {"name": "f", "arguments": "{"}}, "f{"),
        ({"tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]}, 'f{"a": 1}'),
        ({"audio": {"data": "AAAA", "transcript": "Hi"}}, "Hi"),
        ({"audio": {"id": "audio_1", "data": "AAAA"}}, "[audio]"),
        ({"audio": {"id": "audio_1", "expires_at": 5}}, ""),
        ({"images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}, "[image]"),
        ({"refusal": "No."}, "No."),
        ({"mood": "cheerful"}, "cheerful"),
        ({"role": "assistant", "id": "x", "thought_signature": "c2ln", "padding": "abc"}, ""),
    ],
)
def test_what_a_delta_brings_is_each_text_once(delta: Any, brought: str) -> None:
    assert ChunkCollector().add(_chunk(delta)) == brought


def test_what_a_page_shows_of_a_growing_message() -> None:
    collector = ChunkCollector()
    collector.add(
        _chunk({"content": [{"type": "thinking", "thinking": "Hm"}], "audio": {"transcript": "Hel"}})
    )
    collector.add(_chunk({"content": "42", "audio": {"transcript": "lo"}, "function_call": {"name": "f"}}))

    (choice,) = collector.live
    texts = {place: str(text) for place, text in choice.texts.items()}
    assert texts == {"reasoning": "Hm", "text": "42", "transcript": "Hello"}
    assert [str(call.name) for call in choice.calls] == ["f"]


def test_a_chunk_is_left_as_it_came() -> None:
    chunks = [
        _chunk({"audio": {"data": "AA"}, "images": [{"index": 0, "text": "a"}, {"index": 0, "text": "b"}]},
               filtered={"a": {"b": "c"}}),
        _chunk({"audio": {"data": "BB"}}, filtered={"a": {"b": "d"}}),
    ]  # fmt: skip
    before = copy.deepcopy(chunks)
    _collected(*chunks)

    assert chunks == before


def test_an_error_in_mid_stream_is_kept_beside_what_arrived() -> None:
    collector = ChunkCollector()
    collector.add(_chunk({"content": "so far"}))
    collector.add({"error": {"message": "overloaded"}})

    assert collector.error == {"message": "overloaded"}
    assert collector.completion["choices"][0]["message"]["content"] == "so far"


def test_what_is_given_out_does_not_change_afterwards() -> None:
    collector = ChunkCollector()
    collector.add(_chunk({"content": "a"}))
    before = collector.completion
    collector.add(_chunk({"content": "b"}))

    assert before["choices"][0]["message"]["content"] == "a"


def _calls(*parts: Any) -> Any:
    chunks = [_chunk({"tool_calls": part if isinstance(part, str | dict) else [part]}) for part in parts]
    return _collected(*chunks)["choices"][0]["message"].get("tool_calls")


def test_what_a_call_has_said_is_not_unsaid() -> None:
    first = {"index": 0, "id": "call_1", "function": {"name": "f", "arguments": ""}}
    rest = [
        {"index": 0, "id": "", "type": None, "function": {"name": None, "arguments": '{"a"'}},
        {"index": 0, "id": None, "function": {"name": "", "arguments": ":1}"}},
        {"index": 0, "function": {"name": "f"}},
    ]

    assert _calls(first, *rest) == [
        {"index": 0, "id": "call_1", "function": {"name": "f", "arguments": '{"a":1}'}}
    ]


def test_calls_of_one_index_and_different_ids_are_two() -> None:
    calls = _calls(
        {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}},
        {"index": 0, "id": "b", "function": {"name": "g", "arguments": "{"}},
        {"index": 0, "function": {"arguments": "}"}},
    )

    assert [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in calls] == [
        ("a", "f", "{}"),
        ("b", "g", "{}"),
    ]


def test_an_id_that_is_repeated_without_an_index_is_one_call() -> None:
    calls = _calls(
        {"id": "a", "function": {"name": "f", "arguments": '{"a"'}},
        {"id": "a", "function": {"arguments": ":1}"}},
    )

    assert [call["function"]["arguments"] for call in calls] == ['{"a":1}']


@pytest.mark.parametrize(
    "parts",
    [
        ["text"],
        [{"index": 0, "function": {"name": "f"}}],
        [{"index": 0, "function": "f"}, {"index": 0, "function": {"name": "g"}}],
        [{"index": 0, "function": {"name": 3}}, {"index": 0, "function": {"name": "g"}}],
        [3, None, []],
    ],
)
def test_no_shape_of_calls_breaks_it(parts: list[Any]) -> None:
    _calls(*parts)


def test_parts_and_texts_of_a_content_are_kept_in_their_order() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm. "}]}

    completion = _collected(
        _chunk({"content": [thinking]}),
        _chunk({"content": [{"type": "text", "text": "One"}]}),
        _chunk({"content": " two"}),
    )

    (choice,) = read_choices(completion)
    assert choice.text == "One two"
    assert choice.reasoning == "Hm. "


def test_what_a_server_ran_is_shown_once_though_its_call_is_repeated_with_the_output() -> None:
    """Groq's tools: the arguments come whole, twice; as pieces, they are joined."""
    search = {"index": 0, "type": "search", "arguments": '{"query":"x"}'}
    pieces = ['{"query":', '{"query":', '"x"}}']

    repeated = _collected(
        _chunk({"executed_tools": [search]}), _chunk({"executed_tools": [search | {"output": "Y"}]})
    )
    joined = _collected(*(_chunk({"executed_tools": [{"index": 0, "arguments": item}]}) for item in pieces))

    assert read_choices(repeated)[0].others == {"executed_tools": [search | {"output": "Y"}]}
    assert read_choices(joined)[0].others["executed_tools"][0]["arguments"] == "".join(pieces)


def test_a_text_before_parts_is_not_lost() -> None:
    completion = _collected(
        _chunk({"content": "One"}),
        _chunk({"content": [{"type": "text", "text": " two"}]}),
        _chunk({"content": " three"}),
    )

    assert read_choices(completion)[0].text == "One two three"


@pytest.mark.parametrize(
    "chunk", [{"error": {"message": "boom"}}, {"object": "error", "message": "boom", "code": 400}]
)
def test_each_shape_of_an_error_is_one(chunk: Any) -> None:
    collector = ChunkCollector()
    collector.add(chunk)

    assert collector.error["message"] == "boom"


def _call(index: int, **changes: Any) -> dict[str, Any]:
    return _chunk({"tool_calls": [{"index": index} | changes]})


@pytest.mark.parametrize(
    "chunks",
    [
        lambda number: _chunk({}, index=number),
        _call,
        lambda number: _chunk({"tool_calls": [{"index": number}]}, index=number // 2),
        lambda number: {f"name {number}": 1},
        lambda number: _chunk({f"name {number}": "x"}),
        lambda number: _call(0, **{f"name {number}": "x"}),
        lambda number: _call(0, function={f"name {number}": "x"}),
        lambda number: _chunk({}, logprobs={"content": [[]] * 2000}),
        lambda number: _chunk({"content": [{"type": "text"}] * 1000}),
        lambda number: _chunk({"images": [{"index": number * 600 + at, "text": "x"} for at in range(600)]}),
        lambda number: _chunk({"audio": {f"name {number}": "x"}}),
        lambda number: _chunk({}, **{f"name {number}": "x"}),
        lambda number: {"x_groq": {f"name {number}": "x"}},
        lambda number: {"citations": [number] * 1000},
        lambda number: {"usage": {f"name {number}": 1}},
    ],
    ids=[
        "choices",
        "calls",
        "both",
        "head",
        "message",
        "call",
        "function",
        "logprobs",
        "parts",
        "indexed",
        "nested",
        "choice",
        "head's object",
        "head's list",
        "usage",
    ],
)
def test_what_would_fill_the_memory_is_refused(chunks: Callable[[int], Any]) -> None:
    collector = ChunkCollector()

    def add_all() -> None:
        for number in range(2000):
            collector.add(chunks(number))

    with pytest.raises(TooManyError):
        add_all()


def test_as_many_choices_as_any_provider_makes_are_taken() -> None:
    collector = ChunkCollector()
    for number in range(MOST_PLACES):
        collector.add(_chunk({"content": "x"}, index=number))

    assert len(collector.completion["choices"]) == MOST_PLACES


@pytest.mark.thorough
@pytest.mark.parametrize(
    "piece",
    [
        lambda _: _call(0, function={"arguments": "x" * 50}),
        lambda _: _call(0, function={"name": "x" * 50}),
        lambda _: _call(0, function={"name": "f", "arguments": '{"x' * 10}),
        lambda number: _call(0, id=str(number), function={"name": "f", "arguments": " [" * 20}),
        lambda _: _chunk({"content": [{"type": "thinking", "thinking": [{"text": "x" * 50}]}]}),
        lambda _: _chunk({"reasoning": "x" * 50, "reasoning_details": [{"index": 0, "text": "x" * 50}]}),
        lambda _: _chunk({"audio": {"id": "a", "data": "AAAA" * 10}}),
        lambda _: _chunk({"function_call": {"name": "f", "arguments": "x" * 50}}),
        lambda number: _chunk({"annotations": [{"url": f"https://{number}.example"}]}),
        lambda number: _chunk({"reasoning_details": [{"index": number, "text": "x"}]}),
        lambda _: _chunk({"content": "x"}, content_filter_results={"hate": {"filtered": False}}),
        lambda _: _chunk({"content": "x"}) | {"usage": {"prompt_tokens": 1, "completion_tokens": 1}},
    ],
    ids=["arguments", "name", "name again", "ids", "parts", "both", "audio", "function", "list", "places",
         "filter", "usage"],
)  # fmt: skip
def test_many_small_pieces_take_time_as_their_number(piece: Callable[[int], Any]) -> None:
    def taken(count: int) -> float:
        collector = ChunkCollector()
        pieces = [piece(number) for number in range(count)]

        def collect() -> None:
            for chunk in pieces:
                collector.add(chunk)
            _ = collector.completion

        return seconds(collect)

    pairs: list[tuple[float, float]] = []
    for _ in range(10):
        pairs.append((taken(4_000), taken(8_000)))
        once, double = (min(times) for times in zip(*pairs, strict=True))
        if double < 2.5 * once:  # clear at the first try, unless other processes disturb it
            break
    assert double < 3 * once


@given(
    st.lists(
        st.fixed_dictionaries(
            {"choices": st.lists(st.fixed_dictionaries({}, optional={
                "index": st.sampled_from([0, 1, "0", None]),
                "delta": st.sampled_from([
                    {"content": "a"}, {"content": "b c"}, {"content": ""}, {"content": None}, {}, None, "x",
                    {"content": "a", "role": "assistant"}, {"reasoning": "r"}, {"content": [{"text": "t"}]},
                    {"error": {"message": "no"}},
                ]),
                "finish_reason": st.sampled_from([None, "", "stop", "null"]),
                "logprobs": st.sampled_from([None, {"content": []}]),
            }), max_size=2)},
            optional={
                "id": st.sampled_from(["1", "2", "", None, 3]),
                "object": st.sampled_from(["chat.completion.chunk", "error", None]),
                "usage": st.sampled_from([None, {}, {"total_tokens": 3}]),
                "obfuscation": st.text("xy", max_size=2),
                "error": st.sampled_from([None, {"message": "no"}]),
            },
        ),
        max_size=8,
    )
)  # fmt: skip
def test_the_short_path_adds_what_the_long_one_does(chunks: list[Any]) -> None:
    short, long = ChunkCollector(), ChunkCollector()
    long._add_plain = lambda chunk: ""  # type: ignore[method-assign]

    assert [short.add(chunk) for chunk in chunks] == [long.add(chunk) for chunk in chunks]

    assert (short.completion, short.error, short.tokens) == (long.completion, long.error, long.tokens)
    assert [choice.texts.keys() for choice in short.live] == [choice.texts.keys() for choice in long.live]
