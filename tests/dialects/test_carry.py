"""A conversation carried from one API to another: what means the same is the same, the rest is listed."""

import copy
import json
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.dialects import DIALECTS
from playground.dialects.carrying import carried
from playground.exchange.conversation import Loss, Lost
from tests.dialects.echo import ECHO
from tests.dialects.requests import CHAT, MESSAGES, RESPONSES, leaves, numbered, odd

BODIES = {"chat_completions": CHAT, "messages": MESSAGES, "responses": RESPONSES}
PAIRS = list(permutations(BODIES, 2))
GONE = (Loss.LEFT_OUT, Loss.UNREAD, Loss.REASONING)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def _carried(body: Any, *names: str) -> tuple[Any, list[Lost]]:
    """Carry from the first API over the others to the last."""
    lost: list[Lost] = []
    for old, new in pairwise(names):
        body, more = carried(body, DIALECTS[old], DIALECTS[new])
        lost += more
    return body, lost


def _names(lost: list[Lost], *losses: Loss) -> list[str]:
    return [item.name for item in lost if item.loss in (losses or GONE)]


def _unaccounted(body: Any, new: Any, lost: list[Lost]) -> list[str]:
    """Return the values that are neither in the new body nor where something was listed as left out.

    The role of a message goes with the message.
    """
    text = json.dumps(new, ensure_ascii=False)
    places = [f"{place}." for item in lost if item.loss in GONE for place in item.places]
    return [
        place
        for place, mark in leaves(body)
        if mark not in text
        and not any(f"{place}.".startswith(gone) for gone in places)
        and ".role" not in place
    ]


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_no_value_of_a_request_is_lost_in_silence(old: str, new: str) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(BODIES[old] | odd(BODIES[old]))
    def check(value: Any) -> None:
        body = numbered(value)
        before = copy.deepcopy(body)

        made, lost = _carried(body, old, new)

        assert _unaccounted(body, made, lost) == []
        assert body == before
        assert len({(item.loss, item.name) for item in lost}) == len(lost)
        assert all(item.places and str(item.sentence) for item in lost)

    check()


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_any_json_is_read(old: str, new: str) -> None:
    names = st.sampled_from(
        ["messages", "input", "system", "tools", "tool_choice", "text", "response_format"]
    )

    @settings(max_examples=100, deadline=None)
    @given(ANY_JSON | st.dictionaries(names, ANY_JSON))
    def check(body: Any) -> None:
        made, _ = _carried(body, old, new)

        json.dumps(made)

    check()


# --- a whole conversation ---

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION = {"name": "get_weather", "description": "The weather in a city now", "parameters": SCHEMA}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
}
TALK: dict[str, Any] = {
    "model": "some-model",
    "messages": [
        {"role": "system", "content": "You are brief."},
        {"role": "user", "content": "What is the weather in Paris?"},
        {"role": "assistant", "reasoning_content": "I should look.", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "Sunny, 21 °C"},
        {"role": "assistant", "content": "It is sunny.", "reasoning_content": "That is short."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "And here?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0K"}},
            ],
        },
    ],
    "temperature": 0.5,
    "max_tokens": 150,
    "stream": True,
    "stream_options": {"include_usage": True},
    "tools": [{"type": "function", "function": FUNCTION}],
    "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
    "parallel_tool_calls": False,
}


def _without(messages: list[Any], name: str) -> list[Any]:
    return [{field: value for field, value in item.items() if field != name} for item in messages]


def test_five_turns_go_through_each_api_and_come_back() -> None:
    body = TALK | {"stop": ["END"], "seed": 7, "n": 1}

    back, lost = _carried(body, "chat_completions", "messages", "responses", "chat_completions")

    assert back == TALK | {"messages": _without(TALK["messages"], "reasoning_content")}
    assert sorted(_names(lost)) == ["anthropic-version", "n", "reasoning_content", "seed", "stop_sequences"]
    assert _names(lost, Loss.ADDED) == ["anthropic-version", "store"]
    assert _names(lost, Loss.MOVED, Loss.CHANGED) == []


def test_the_same_conversation_in_messages() -> None:
    made, _ = _carried(TALK, "chat_completions", "messages")

    assert made == {
        "model": "some-model",
        "anthropic-version": "2023-06-01",
        "max_tokens": 150,
        "system": "You are brief.",
        "messages": [
            {"role": "user", "content": "What is the weather in Paris?"},
            {
                "role": "assistant",
                "content": [
                    {"type": "tool_use", "id": "call_1", "name": "get_weather", "input": {"city": "Paris"}}
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "call_1", "content": "Sunny, 21 °C"},
                ],
            },
            {"role": "assistant", "content": "It is sunny."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "And here?"},
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0K"},
                    },
                ],
            },
        ],
        "temperature": 0.5,
        "stream": True,
        "tools": [
            {"name": "get_weather", "description": FUNCTION["description"], "input_schema": SCHEMA},
        ],
        "tool_choice": {"type": "tool", "name": "get_weather", "disable_parallel_tool_use": True},
    }


def test_the_same_conversation_in_responses() -> None:
    made, _ = _carried(TALK, "chat_completions", "responses")

    assert made == {
        "model": "some-model",
        "instructions": "You are brief.",
        "input": [
            {"role": "user", "content": "What is the weather in Paris?"},
            {
                "type": "function_call",
                "call_id": "call_1",
                "name": "get_weather",
                "arguments": '{"city": "Paris"}',
            },
            {"type": "function_call_output", "call_id": "call_1", "output": "Sunny, 21 °C"},
            {"role": "assistant", "content": "It is sunny."},
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "And here?"},
                    {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0K"},
                ],
            },
        ],
        "temperature": 0.5,
        "max_output_tokens": 150,
        "stream": True,
        "store": False,
        "tools": [{"type": "function", **FUNCTION, "strict": False}],
        "tool_choice": {"type": "function", "name": "get_weather"},
        "parallel_tool_calls": False,
    }


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_a_carried_conversation_may_be_sent(old: str, new: str) -> None:
    body, _ = carried(TALK, DIALECTS["chat_completions"], DIALECTS[old])

    made, _ = carried(body, DIALECTS[old], DIALECTS[new])

    assert DIALECTS[new].problems(made, 100) == []


def test_within_an_api_nothing_is_lost() -> None:
    chat = DIALECTS["chat_completions"]

    made, lost = carried(TALK, chat, chat)

    assert made is TALK
    assert lost == []


def test_an_api_of_its_own_kind_takes_part() -> None:
    chat: Any = DIALECTS["chat_completions"]

    made, lost = carried(TALK | {"stream": False}, chat, ECHO)
    back, more = carried({"who": "parrot", "lines": ["Hi"], "limit": 9, "props": ["hat"]}, ECHO, chat)

    assert (made["who"], made["limit"], made["drip"], made["lines"][0]) == (
        "some-model",
        150,
        False,
        "You are brief.",
    )
    assert {"tool_call", "tool_result", "image", "temperature"} <= set(_names(lost))
    assert back == {"model": "parrot", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9}
    assert _names(more) == ["props"]


# --- one thing each ---


def test_what_a_message_of_a_tool_cannot_hold_is_listed_and_leaves_no_gap() -> None:
    file, text = {"type": "input_file", "file_id": "f"}, {"type": "input_text", "text": "Sunny"}

    made, lost = _carried({"input": [{"role": "tool", "content": [file, text]}]}, "responses", "messages")

    assert made["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Sunny"}]}]
    assert _names(lost) == ["file"]


HELLO = [{"role": "user", "content": "Hello!"}]


def _from_chat(new: str, **fields: Any) -> tuple[Any, list[Lost]]:
    return _carried({"model": "m", "messages": HELLO} | fields, "chat_completions", new)


def _from_messages(new: str, **fields: Any) -> tuple[Any, list[Lost]]:
    return _carried({"model": "m", "max_tokens": 9, "messages": HELLO} | fields, "messages", new)


def _from_responses(new: str, **fields: Any) -> tuple[Any, list[Lost]]:
    return _carried({"model": "m", "input": "Hello!"} | fields, "responses", new)


def test_a_limit_and_a_version_are_added_for_messages() -> None:
    made, lost = _from_chat("messages")

    assert (made["anthropic-version"], made["max_tokens"]) == ("2026-10-21", 4096)
    assert _names(lost, Loss.ADDED) == ["anthropic-version", "max_tokens"]


def test_of_two_limits_the_newer_one_is_carried() -> None:
    made, lost = _from_chat("responses", max_tokens=5, max_completion_tokens=7)

    assert made["max_output_tokens"] == 7
    assert _names(lost) == ["max_tokens"]


def test_a_system_message_in_the_middle_keeps_its_place_where_it_can() -> None:
    talk = [*HELLO, {"role": "system", "content": "Now be brief."}, {"role": "developer", "content": "OK?"}]

    in_messages, moved = _from_chat("messages", messages=talk)
    in_responses, kept = _from_chat("responses", messages=talk)

    assert in_messages["messages"] == HELLO
    assert in_messages["system"] == [
        {"type": "text", "text": "Now be brief."},
        {"type": "text", "text": "OK?"},
    ]
    assert [(item.name, item.places) for item in moved if item.loss is Loss.MOVED] == [
        ("system", ("messages.1",)),
        ("developer", ("messages.2",)),
    ]
    assert "instructions" not in in_responses
    assert in_responses["input"] == talk
    assert _names(kept) == []


def test_results_of_one_answer_are_one_message_in_messages_and_several_elsewhere() -> None:
    results = [{"role": "tool", "tool_call_id": id_, "content": id_} for id_ in ("a", "b")]

    made, _ = _from_chat("messages", messages=[*results, *HELLO])
    back, _ = _carried(made, "messages", "chat_completions")

    assert [len(message["content"]) for message in made["messages"]] == [2, len("Hello!")]
    assert back["messages"] == [*results, *HELLO]


def test_parallel_items_are_one_answer_in_chat_completions() -> None:
    calls = [
        {"type": "function_call", "call_id": id_, "name": "f", "arguments": "{}"} for id_ in ("a", "b", "c")
    ]
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    output = {"type": "function_call_output", "call_id": "a", "output": "1"}

    made, lost = _from_responses(
        "chat_completions",
        input=[{"role": "assistant", "content": "Wait."}, *calls[:2], output, reasoning, calls[2]],
    )

    assert [
        (message["role"], message.get("content"), [call["id"] for call in message.get("tool_calls", ())])
        for message in made["messages"]
    ] == [("assistant", "Wait.", ["a", "b"]), ("tool", "1", []), ("assistant", None, ["c"])]
    assert [(item.loss, item.name) for item in lost] == [(Loss.REASONING, "reasoning")]


def test_thinking_of_one_api_goes_to_no_other() -> None:
    blocks = [
        {"type": "thinking", "thinking": "Hm.", "signature": "EqoB"},
        {"type": "redacted_thinking", "data": "Emwk"},
        {"type": "text", "text": "Hi."},
    ]

    for new in ("chat_completions", "responses"):
        made, lost = _from_messages(new, messages=[*HELLO, {"role": "assistant", "content": blocks}])

        assert not any(word in json.dumps(made) for word in ("Hm.", "EqoB", "Emwk"))
        assert _names(lost, Loss.REASONING) == ["thinking", "redacted_thinking"]


def test_arguments_that_are_no_object_are_kept_and_listed() -> None:
    def talk(arguments: Any) -> list[Any]:
        function = {"name": "f", "arguments": arguments}
        return [{"role": "assistant", "tool_calls": [{"id": "a", "function": function}]}]

    def block(arguments: Any) -> tuple[Any, list[str]]:
        made, lost = _from_chat("messages", messages=talk(arguments))
        return made["messages"][0]["content"][0]["input"], _names(lost, Loss.CHANGED)

    assert block('{"a": 1.5}') == ({"a": 1.5}, [])
    assert block({"a": 1}) == ({"a": 1}, [])
    assert block("") == ({}, [])
    assert block("[1") == ({"arguments": "[1"}, ["arguments"])
    assert block("[1]") == ({"arguments": "[1]"}, ["arguments"])
    assert block('{"a": 1, "a": 2}') == ({"arguments": '{"a": 1, "a": 2}'}, ["arguments"])


@pytest.mark.parametrize("strict", [True, None])
def test_a_schema_has_its_place_in_each_api(strict: bool | None) -> None:
    given_strict = {} if strict is None else {"strict": strict}
    chat = {"type": "json_schema", "json_schema": {"name": "fruit", "schema": SCHEMA, **given_strict}}

    in_messages, lost = _from_chat("messages", response_format=chat)
    in_responses, _ = _from_chat("responses", response_format=chat)
    back, added = _from_messages("chat_completions", output_config=in_messages["output_config"])

    assert in_messages["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}}
    assert _names(lost) == ["name"]
    assert in_responses["text"] == {
        "format": {"type": "json_schema", "name": "fruit", "schema": SCHEMA, **given_strict}
    }
    assert back["response_format"]["json_schema"] == {"name": "answer", "strict": True, "schema": SCHEMA}
    assert _names(added, Loss.ADDED) == ["name"]


def test_a_schema_that_need_not_hold_is_listed_where_it_has_to() -> None:
    chat = {"type": "json_schema", "json_schema": {"name": "fruit", "schema": SCHEMA, "strict": False}}

    _, lost = _from_chat("messages", response_format=chat)
    in_responses, kept = _from_chat("responses", response_format=chat)

    assert _names(lost, Loss.CHANGED) == ["strict"]
    assert in_responses["text"]["format"]["strict"] is False
    assert _names(kept, Loss.CHANGED) == []


@pytest.mark.parametrize(
    ("chat", "messages_fields", "responses_fields"),
    [
        (
            {"reasoning_effort": "high"},
            {"output_config": {"effort": "high"}},
            {"reasoning": {"effort": "high"}},
        ),
        ({"service_tier": "default"}, {"service_tier": "standard_only"}, {"service_tier": "default"}),
        ({"user": "u-1"}, {"metadata": {"user_id": "u-1"}}, {"user": "u-1"}),
        ({"tool_choice": "required"}, {"tool_choice": {"type": "any"}}, {"tool_choice": "required"}),
        ({"tool_choice": "none"}, {"tool_choice": {"type": "none"}}, {"tool_choice": "none"}),
        ({"top_p": 0.5}, {"top_p": 0.5}, {"top_p": 0.5}),
        ({"verbosity": "low"}, None, {"text": {"verbosity": "low"}}),
        ({"reasoning_effort": "minimal"}, None, {"reasoning": {"effort": "minimal"}}),
        ({"metadata": {"a": "b"}}, None, {"metadata": {"a": "b"}}),
        ({"store": True}, None, {"store": True}),
        ({"response_format": {"type": "json_object"}}, None, {"text": {"format": {"type": "json_object"}}}),
        (
            {"logprobs": True, "top_logprobs": 2},
            None,
            {"include": ["message.output_text.logprobs"], "top_logprobs": 2},
        ),
        ({"stop": ["END"]}, {"stop_sequences": ["END"]}, None),
        ({"seed": 1}, None, None),
        ({"n": 2}, None, None),
        ({"presence_penalty": 1}, None, None),
    ],
)
def test_a_setting_means_the_same_or_is_listed(
    chat: dict[str, Any], messages_fields: dict[str, Any] | None, responses_fields: dict[str, Any] | None
) -> None:
    for new, fields in (("messages", messages_fields), ("responses", responses_fields)):
        made, lost = _from_chat(new, **chat)
        back, _ = _carried(made, new, "chat_completions")

        assert bool(_names(lost)) is (fields is None)
        if fields is not None:
            assert {name: made[name] for name in fields} == fields
            assert {name: back[name] for name in chat} == chat


def test_equal_losses_are_one_line() -> None:
    blocks = [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}} for _ in range(100)]

    _, lost = _from_messages("responses", messages=[{"role": "user", "content": blocks}])

    (line,) = (item for item in lost if item.name == "cache_control")
    assert len(line.places) == 100
    assert line.place == "messages.0.content.0.cache_control"


def test_a_request_that_is_no_object_stays_and_is_listed() -> None:
    made, lost = _carried([1], "chat_completions", "messages")

    assert made == [1]
    assert [item.loss for item in lost] == [Loss.UNREAD]


def test_what_cannot_be_read_is_listed() -> None:
    _, lost = _from_chat("messages", messages=[7, {"role": "user", "content": [None, {"type": "hologram"}]}])
    _, more = _from_responses("messages", input=[7, {"type": "web_search_call", "id": "ws_1"}])

    assert [(item.loss, item.place) for item in lost if item.loss in GONE] == [
        (Loss.UNREAD, "messages.0"),
        (Loss.UNREAD, "messages.1.content.0"),
        (Loss.LEFT_OUT, "messages.1.content.1"),
    ]
    assert [(item.name, item.place) for item in more if item.loss in GONE] == [
        ("message", "input.0"),
        ("web_search_call", "input.1"),
    ]


@pytest.mark.parametrize("unset", [None, []])
def test_what_is_not_set_is_not_lost(unset: Any) -> None:
    body = {"model": "m", "max_tokens": 5, "messages": [], "odd": unset, "metadata": {"odd": unset}}

    _, lost = carried(body, DIALECTS["messages"], DIALECTS["responses"])

    assert {item.name for item in lost} == {"store"}
