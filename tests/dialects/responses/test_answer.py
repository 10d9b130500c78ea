"""A response as every view reads it, and as it goes back into the conversation."""

from typing import Any

import pytest

from playground.exchange.answer import Finish
from tests.dialects.responses.streams import RESPONSES, answer, call, message, response

THOUGHT = {
    "type": "reasoning", "id": "rs_1", "encrypted_content": "gAAA", "status": None,
    "summary": [{"type": "summary_text", "text": "Say hello."}],
}  # fmt: skip
NOTE = {"role": "user", "content": ""}


@pytest.mark.parametrize(
    ("completion", "finish", "reason"),
    [
        (response(message("Hi")), Finish.STOP, "completed"),
        (response(message("Hi"), call()), Finish.TOOL_CALLS, "completed"),
        (response(message(content=[{"type": "refusal", "refusal": "No."}])), Finish.REFUSAL, "completed"),
        (response(status="incomplete", incomplete_details=None), None, "incomplete"),
        (response(status="failed"), Finish.ERROR, "failed"),
        (response(status="cancelled"), Finish.ERROR, "cancelled"),
        (response(status="queued", background=True), None, "queued"),
        (response(status="in_progress", background=True), None, "in_progress"),
        (response(status="in_progress"), None, None),
        ({"output": []}, None, None),
    ],
)
def test_the_end_is_told_in_the_common_word_and_the_providers_own(
    completion: dict[str, Any], finish: Finish | None, reason: str | None
) -> None:
    (choice,) = answer(completion).choices

    assert (choice.finish, choice.finish_reason) == (finish, reason)
    assert (choice.finish_note is None) == (finish is Finish.STOP or reason is None)
    assert choice.is_broken_off == (finish is Finish.ERROR)


def test_a_single_part_may_stand_alone() -> None:
    (choice,) = answer(response(message(content={"type": "output_text", "text": "Hi"}))).choices

    assert (choice.text, choice.others) == ("Hi", {})
    assert choice.following(media=True)[0]["content"] == "Hi"


def test_texts_of_a_message_are_one_and_messages_stand_apart() -> None:
    assert answer(response(message("a", "b"), message("c"))).choices[0].text == "ab\n\nc"
    assert answer(response(THOUGHT)).choices[0].text is None


def test_reasoning_in_full_is_read_beside_its_summary() -> None:
    both = THOUGHT | {
        "content": [
            {"type": "reasoning_text", "text": "Hm."},
            {"type": "reasoning_text", "text": "Say hello."},
        ]
    }

    assert answer(response(both)).choices[0].reasoning == "Say hello.\n\nHm."


def test_calls_of_tools_are_read_in_one_shape() -> None:
    custom = {"type": "custom_tool_call", "call_id": "c2", "name": "sql", "input": "select 1"}
    odd = {"type": "function_call", "call_id": 3, "name": None, "arguments": {"a": 1}}

    calls = answer(response(call(), custom, odd)).choices[0].tool_calls

    assert [(item.id, item.name, item.arguments) for item in calls] == [
        ("call_1", "get_weather", '{"city":"Paris"}'),
        ("c2", "sql", "select 1"),
        (None, None, '{"a": 1}'),
    ]
    assert [item.raw for item in calls] == [call(), custom, odd]


def _item(type_: str, **fields: Any) -> dict[str, Any]:
    return {"type": type_, "id": "item_1", "call_id": "call_9", "status": "completed"} | fields


# Code that the model wrote, and that the provider runs, has made the call.
PROGRAM = {"status": "in_progress", "caller": {"type": "program", "caller_id": "call_1"}}


@pytest.mark.parametrize(
    ("asked", "type_", "named"),
    [
        (call(call_id="call_9"), "function_call_output", "call_id"),
        (call(call_id="call_9", **PROGRAM), "function_call_output", "call_id"),
        (_item("custom_tool_call", name="exec", input="ls"), "custom_tool_call_output", "call_id"),
        (_item("computer_call", action={"type": "screenshot"}), "computer_call_output", "call_id"),
        (_item("local_shell_call", action={"command": ["ls"]}), "local_shell_call_output", "call_id"),
        (_item("shell_call", action={"commands": ["ls"]}), "shell_call_output", "call_id"),
        (_item("shell_call", environment={"type": "local"}), "shell_call_output", "call_id"),
        (_item("apply_patch_call", operation={}), "apply_patch_call_output", "call_id"),
        (_item("tool_search_call", execution="client"), "tool_search_output", "call_id"),
        (
            {"type": "mcp_approval_request", "id": "call_9", "name": "roll", "arguments": "{}"},
            "mcp_approval_response",
            "approval_request_id",
        ),
    ],
)
def test_a_call_of_the_callers_tool_awaits_its_result(asked: dict[str, Any], type_: str, named: str) -> None:
    (choice,) = answer(response(asked)).choices
    *_, sent, result = choice.following(media=True)

    assert choice.finish is Finish.TOOL_CALLS
    assert choice.finish_note is not None
    assert type_ in str(choice.finish_note.params)
    assert (sent["type"], result["type"], result[named]) == (asked["type"], type_, "call_9")
    assert result.get("caller") == asked.get("caller")
    body = {"model": "m", "store": False, "input": [{"role": "user", "content": "Hi"}, sent, result]}
    assert RESPONSES.problems(body, 10) == []


@pytest.mark.parametrize(
    "items",
    [
        (_item("tool_search_call", execution="server", call_id=None), _item("tool_search_output")),
        (_item("shell_call", environment={"type": "container_reference"}), _item("shell_call_output")),
        (call(), {"type": "function_call_output", "call_id": "call_1", "output": "12 °C"}),
        (_item("code_interpreter_call", code="1"),),
        (_item("mcp_call", name="roll"),),
    ],
)
def test_what_the_provider_ran_awaits_nothing(items: tuple[dict[str, Any], ...]) -> None:
    (choice,) = answer(response(*items, message("Done."))).choices

    assert (choice.finish, choice.finish_note) == (Finish.STOP, None)
    assert choice.following(media=True)[-1] == NOTE


SEARCH = _item("custom_tool_call", name="x_keyword_search", input='{"query":"AI"}')


@pytest.mark.parametrize("streamed", [False, True])
def test_a_custom_call_of_a_tool_that_nobody_offered_is_the_providers(streamed: bool) -> None:
    """xAI runs its searches itself, and reports them as calls of custom tools."""
    tools = [{"type": "x_search"}]
    completion = response(SEARCH, message("Done."), tools=tools if streamed else [])
    (choice,) = answer(completion, tools=None if streamed else tools).choices

    assert (choice.finish, choice.finish_note, choice.tool_calls) == (Finish.STOP, None, [])
    assert choice.others == {"custom_tool_call": [SEARCH]}
    assert choice.following(media=True) == [
        SEARCH, {"type": "message", "role": "assistant", "content": "Done."}, NOTE,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"tools": [{"type": "custom", "name": "x_keyword_search"}]},
        {
            "tools": [
                {"type": "namespace", "name": "x", "tools": [{"type": "custom", "name": SEARCH["name"]}]}
            ]
        },
        {
            "tools": [{"type": "tool_search"}],
            "input": [{"type": "tool_search_output", "tools": [{"type": "custom", "name": SEARCH["name"]}]}],
        },
    ],
)
def test_a_custom_call_of_an_offered_tool_awaits_its_result(asked: dict[str, Any]) -> None:
    (choice,) = answer(response(SEARCH), **asked).choices

    assert (choice.finish, len(choice.tool_calls)) == (Finish.TOOL_CALLS, 1)


@pytest.mark.parametrize(
    ("status", "cut"),
    [
        ("incomplete", call(arguments='{"city":"Par')),
        ("incomplete", call(status="incomplete")),
        ("in_progress", call(arguments='{"city"', status="in_progress")),
        ("incomplete", {"type": "custom_tool_call", "call_id": "c2", "name": "sql", "status": "incomplete"}),
    ],
)
def test_a_call_that_was_cut_off_stays_behind(status: str, cut: dict[str, Any]) -> None:
    details = {"incomplete_details": {"reason": "max_output_tokens"}}
    (alone,) = answer(response(THOUGHT, cut, status=status, **details), store=False).choices
    (after,) = answer(response(message("So."), THOUGHT, cut, status=status, **details), store=False).choices

    assert alone.following(media=True) == []
    assert after.following(media=True) == [
        {"type": "message", "role": "assistant", "content": "So."}, NOTE,
    ]  # fmt: skip


def test_a_call_that_the_model_wrote_wrong_can_be_answered() -> None:
    (choice,) = answer(response(call(arguments="{city}"))).choices

    assert [item["type"] for item in choice.following(media=True)] == [
        "function_call",
        "function_call_output",
    ]


def test_a_text_goes_back_as_a_message() -> None:
    (choice,) = answer(response(message("a", "b"))).choices

    said = {"type": "message", "role": "assistant", "content": "ab"}
    assert choice.following(media=True) == [said, NOTE]


def test_reasoning_goes_back_whole_with_what_follows_it() -> None:
    whole = {name: value for name, value in THOUGHT.items() if value is not None}

    said = answer(response(THOUGHT, message("Hi")), store=False).choices[0].following(media=True)
    called = answer(response(THOUGHT, call()), store=False).choices[0].following(media=True)

    assert said == [whole, message("Hi"), NOTE]
    result = {"type": "function_call_output", "call_id": "call_1", "output": ""}
    assert called == [whole, call(), result]
    assert RESPONSES.problems({"model": "m", "input": said, "store": False}, 10) == []
    assert RESPONSES.problems({"model": "m", "input": [NOTE, *called], "store": False}, 10) == []


def test_reasoning_that_is_only_an_id_goes_back_if_the_provider_has_it() -> None:
    completion = response({"type": "reasoning", "id": "rs_1", "summary": []}, message("Hi"))

    kept = answer(completion).choices[0].following(media=True)
    dropped = answer(completion, store=False).choices[0].following(media=True)

    assert [item.get("type") for item in kept] == ["reasoning", "message", None]
    assert [item.get("type") for item in dropped] == ["message", None]


def test_reasoning_that_was_cut_off_stays_behind() -> None:
    image = {"type": "image_generation_call", "id": "ig_1", "result": "iVBORw0KGgo="}
    cut = answer(response(THOUGHT, status="incomplete"), store=False).choices[0].following(media=True)
    without_media = answer(response(THOUGHT, image)).choices[0].following(media=False)

    assert cut == without_media == []


def test_an_image_goes_back_only_with_media() -> None:
    made = {"type": "image_generation_call", "id": "ig_1", "result": "iVBORw0KGgo="}
    (choice,) = answer(response(made, message("Look."))).choices

    assert made in choice.following(media=True)
    assert made not in choice.following(media=False)
    assert choice.others == {}
    assert not choice.is_empty


def test_encrypted_reasoning_without_a_text_is_shown_as_it_is() -> None:
    hidden = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}

    assert answer(response(hidden)).choices[0].others == {"reasoning": [{"encrypted_content": "gAAA"}]}
    assert answer(response(THOUGHT | {"status": None})).choices[0].others == {}


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        (response(), True),
        ({"object": "response", "status": "queued"}, True),
        ({"output": [message("Hi")]}, True),
        ({"output": {"message": {}}, "stopReason": "end_turn"}, False),
        ({"object": "chat.completion", "choices": []}, False),
        ([], False),
    ],
)
def test_what_is_a_response(value: Any, is_one: bool) -> None:
    assert (RESPONSES.completion(value) is not None) == is_one
