"""Reading completions: everything a provider may leave out, null or rename."""

from typing import Any

import pytest

from playground.exchange.completion import Choice, read_choices


def _choice(message: Any = None, **changes: Any) -> Choice:
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
    choices = read_choices({"choices": ["text", None, {"message": {"content": "good"}}]})

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
        ([{"type": "text", "text": "a"}, "x", {"text": 1}, {"type": "text", "text": "b"}], "ab"),
    ],
)
def test_text_is_what_the_content_says_and_null_is_not_the_empty_text(content: Any, text: str | None) -> None:
    assert _choice({"role": "assistant", "content": content}).text == text


@pytest.mark.parametrize("message", [None, [], "text", 5])
def test_a_message_that_is_no_object_has_no_text(message: Any) -> None:
    assert _choice(message).text is None


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_is_found_under_both_names(name: str) -> None:
    assert _choice({"content": "42", name: "Let me think."}).reasoning == "Let me think."


def test_a_refusal_is_read() -> None:
    assert _choice({"content": None, "refusal": "I cannot."}).refusal == "I cannot."


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("length", "Cut off"),
        ("tool_calls", "call tools"),
        ("function_call", "call a function"),
        ("content_filter", "content filter"),
        ("tired", "ended the answer with “tired”"),
    ],
)
def test_a_finish_reason_other_than_stop_is_explained(reason: str, words: str) -> None:
    assert words in str(_choice({}, finish_reason=reason).finish_note)


@pytest.mark.parametrize("reason", ["stop", None, 5, []])
def test_stop_and_no_reason_need_no_words(reason: Any) -> None:
    assert _choice({}, finish_reason=reason).finish_note is None


def test_the_message_for_the_conversation_has_only_what_requests_take() -> None:
    message = {"role": "assistant", "content": "Hi", "refusal": None, "reasoning": "…", "annotations": []}

    assert _choice(message).as_message == {"role": "assistant", "content": "Hi"}


def test_an_answer_that_only_calls_tools_goes_on_as_one() -> None:
    calls = [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]

    assert _choice({"content": None, "tool_calls": calls}).as_message == {
        "role": "assistant",
        "content": None,
        "tool_calls": calls,
    }


def test_an_answer_without_text_and_tools_goes_on_as_an_empty_one() -> None:
    assert _choice({"content": None}).as_message == {"role": "assistant", "content": ""}


@pytest.mark.parametrize("calls", [None, {}, "f()"])
def test_tool_calls_that_are_no_list_are_none(calls: Any) -> None:
    assert _choice({"tool_calls": calls}).tool_calls == []
