"""Reading completions, with anything that a provider may omit, set to null or rename."""

from typing import Any

import pytest

from playground.dialects.chat_completions.answer import SENT_BACK, ChatChoice, read_choices, turn
from playground.dialects.chat_completions.reasoning import NAMES


def _choice(message: Any = None, **changes: Any) -> ChatChoice:
    item = {"index": 0, "message": message, "finish_reason": "stop"} | changes
    [choice] = read_choices({"choices": [item]})
    return choice


def test_every_choice_is_read_in_order() -> None:
    items = [{"index": 1, "message": {"content": "b"}}, {"index": 0, "message": {"content": "a"}}]

    assert [(choice.index, choice.text) for choice in read_choices({"choices": items})] == [
        (1, "b"),
        (0, "a"),
    ]


@pytest.mark.parametrize("completion", [None, [], "text", {}, {"choices": None}, {"choices": {}}])
def test_what_has_no_choices_gives_none(completion: Any) -> None:
    assert read_choices(completion) == []


def test_a_broken_choice_is_skipped_and_the_others_stay() -> None:
    choices = read_choices({"choices": [5, None, {"message": {"content": "good"}}]})

    assert [(choice.index, choice.text) for choice in choices] == [(2, "good")]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Hello!", "Hello!"),
        ("", ""),
        (None, None),
        (5, None),
        ({}, None),
        ([], None),
        ([{"type": "image_url"}], None),
        ([{"type": "text", "text": "a"}, {"text": 1}, "b"], "ab"),
    ],
)
def test_text_is_what_the_content_says_and_null_is_not_the_empty_text(content: Any, text: str | None) -> None:
    assert _choice({"role": "assistant", "content": content}).text == text


@pytest.mark.parametrize("message", [None, [], 5])
def test_a_message_that_is_neither_object_nor_text_has_no_text(message: Any) -> None:
    assert _choice(message).text is None


@pytest.mark.parametrize("name", NAMES)
def test_reasoning_is_found_under_each_name(name: str) -> None:
    assert _choice({"content": "42", name: "Let me think."}).reasoning == "Let me think."


def test_reasoning_that_is_broken_into_lines_otherwise_is_said_once() -> None:
    details = [{"type": "reasoning.summary", "summary": text} for text in ("One.", "Two.")]

    assert _choice({"reasoning": "One.\n\nTwo.", "reasoning_details": details}).reasoning == "One.\n\nTwo."


def test_a_refusal_is_read() -> None:
    assert _choice({"content": None, "refusal": "I cannot."}).refusal == "I cannot."


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("length", "Cut off"),
        ("tool_calls", "tool messages"),
        ("function_call", "function message"),
        ("content_filter", "content filter"),
        ("tired", "“tired”"),
        (5, "“5”"),
        ({"type": "length"}, "Cut off"),
    ],
)
def test_a_finish_reason_other_than_stop_is_explained(reason: Any, words: str) -> None:
    assert words in str(_choice({}, finish_reason=reason).finish_note)


@pytest.mark.parametrize("reason", ["stop", None, 0, [], "", "null", "None", {"reason": "stop"}])
def test_stop_and_no_reason_need_no_words(reason: Any) -> None:
    assert _choice({}, finish_reason=reason).finish_note is None


def test_the_message_for_the_conversation_has_only_what_requests_take() -> None:
    message = {
        "role": "assistant", "content": "Hi", "refusal": None, "reasoning": "…", "annotations": [1],
        "logprobs": 1, "reasoning_content": "", "images": [], "name": None,
    }  # fmt: skip

    assert _choice(message).as_message == {"role": "assistant", "content": "Hi"}


@pytest.mark.parametrize("name", SENT_BACK)
def test_what_the_next_call_needs_goes_on(name: str) -> None:
    value: Any = {"name": "f", "arguments": "{}"} if name == "function_call" else [{"x": 1}]

    assert _choice({"content": "Hi", name: value}).as_message == {
        "role": "assistant",
        "content": "Hi",
        name: value,
    }


@pytest.mark.parametrize("value", ["auto", ["f"], 5, True])
def test_a_function_call_that_is_none_stays_behind(value: Any) -> None:
    message = _choice({"content": "Hi", "function_call": value}).as_message

    assert message == {"role": "assistant", "content": "Hi"}
    assert turn(message) == [message, {"role": "user", "content": ""}]


def test_a_tool_call_goes_on_as_requests_take_it() -> None:
    signed = {"google": {"thought_signature": "c2ln"}}
    calls = [
        {
            "index": 0,
            "id": "a",
            "type": "function",
            "function": {"name": "f", "arguments": ""},
            "extra_content": signed,
        },
        {"index": 1, "id": "", "function": {"name": "g", "arguments": {"x": 1}}},
    ]

    assert _choice({"content": None, "tool_calls": calls}).as_message["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": ""}, "extra_content": signed},
        {"id": "call_2", "type": "function", "function": {"name": "g", "arguments": '{"x": 1}'}},
    ]


def test_audio_goes_on_as_its_id() -> None:
    message = {"content": None, "audio": {"id": "audio_1", "data": "AAAA", "transcript": "Hi"}}

    assert _choice(message).as_message == {"role": "assistant", "content": None, "audio": {"id": "audio_1"}}


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "ab"),
        ([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "b"}],) * 2,
    ],
)
def test_content_parts_go_on_as_parts_only_when_some_are_no_texts(content: Any, kept: Any) -> None:
    assert _choice({"content": content}).as_message["content"] == kept


def test_without_its_media_a_message_keeps_its_text() -> None:
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    message = {"content": [{"type": "text", "text": "Look"}, part], "images": [part]}

    assert _choice(message).as_message_without_media == {"role": "assistant", "content": "Look"}


@pytest.mark.parametrize(
    ("message", "following"),
    [
        ({"content": "Hi"}, [{"role": "user", "content": ""}]),
        (
            {"tool_calls": [{"id": "a"}, {"id": "b"}]},
            [
                {"role": "tool", "content": "", "tool_call_id": "a"},
                {"role": "tool", "content": "", "tool_call_id": "b"},
            ],
        ),
        ({"function_call": {"name": "f"}}, [{"role": "function", "name": "f", "content": ""}]),
    ],
)
def test_what_the_conversation_wants_next(message: Any, following: Any) -> None:
    assert turn(message) == [message, *following]


def test_an_answer_that_only_calls_tools_goes_on_as_one() -> None:
    calls = [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]

    assert _choice({"content": None, "tool_calls": calls}).as_message == {
        "role": "assistant",
        "content": None,
        "tool_calls": calls,
    }


def test_an_answer_without_text_and_tools_goes_on_as_an_empty_one() -> None:
    assert _choice({"content": None}).as_message == {"role": "assistant", "content": ""}


def _call(id_: str, arguments: str) -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": "f", "arguments": arguments}}


@pytest.mark.parametrize("ended", ["length", "content_filter", None])
def test_a_call_that_was_cut_off_stays_behind(ended: str | None) -> None:
    whole, cut = _call("call_1", '{"a":1}'), _call("call_2", '{"a":')

    assert _choice({"tool_calls": [whole, cut]}, finish_reason=ended).following(media=True) == [
        {"role": "assistant", "content": None, "tool_calls": [whole]},
        {"role": "tool", "content": "", "tool_call_id": "call_1"},
    ]
    assert _choice({"tool_calls": [cut]}, finish_reason=ended).following(media=True) == []
    assert _choice({"content": "So", "tool_calls": [cut]}, finish_reason=ended).following(media=True) == [
        {"role": "assistant", "content": "So"},
        {"role": "user", "content": ""},
    ]


def test_a_call_that_the_model_wrote_wrong_can_be_answered() -> None:
    choice = _choice({"tool_calls": [_call("call_1", '{"a":')]}, finish_reason="tool_calls")

    assert [message["role"] for message in choice.following(media=True)] == ["assistant", "tool"]


def test_a_call_of_nothing_is_none_and_stays_behind() -> None:
    choice = _choice({"content": "4", "function_call": {"name": "", "arguments": ""}})

    assert choice.tool_calls == []
    assert choice.following(media=True) == [
        {"role": "assistant", "content": "4"},
        {"role": "user", "content": ""},
    ]


@pytest.mark.parametrize(("asked", "choices"), [({}, 1), ({"n": 1}, 1), ({"n": 2}, 2)])
def test_choices_without_an_index_are_one_unless_several_were_asked_for(asked: Any, choices: int) -> None:
    parts: list[Any] = [
        {"message": {"role": "assistant", "content": "Hel"}},
        {"message": {"role": "assistant", "content": "lo", "tool_calls": [_call("call_1", "{}")]}},
    ]

    assert len(read_choices({"choices": parts}, asked)) == choices
    numbered = [part | {"index": index} for index, part in enumerate(parts)]
    assert len(read_choices({"choices": numbered}, asked)) == 2


@pytest.mark.parametrize("calls", [None, {}, "f()"])
def test_tool_calls_that_are_no_list_are_none(calls: Any) -> None:
    assert _choice({"tool_calls": calls}).tool_calls == []
