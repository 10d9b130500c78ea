"""Checking a Responses request, and what it asks for."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.calls import caps, estimate
from playground.catalogue.caps import Caps
from playground.dialects.examples import in_language
from playground.exchange.parameter import Kind
from playground.exchange.request import checked
from tests.dialects.responses.streams import RESPONSES
from tests.exchange.strategies import json_values

USER = {"role": "user", "content": "Hello!"}
SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi!"}]}
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "3"}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}}


def _fields(**changes: Any) -> list[str]:
    body = {"model": "m", "input": "Hello!"} | changes
    return [problem.field for problem in RESPONSES.problems(body, 10)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"input": [USER, SAID, USER]},
        {"input": [USER, CALL, RESULT]},
        {"input": [USER, {"type": "tool_search_call", "call_id": "c1", "arguments": {}}, RESULT]},
        {"input": [USER, THOUGHT, CALL, RESULT], "store": False},
        {"input": [USER, THOUGHT, SAID, USER], "store": False},
        {"input": [USER, {**THOUGHT, "encrypted_content": None}, SAID], "store": True},
        {"input": [USER, CALL, RESULT | {"output": [{"type": "input_text", "text": "3"}]}]},
        {"input": [RESULT], "previous_response_id": "resp_1"},
        {"input": [RESULT, {"id": "msg_1"}]},
        {"input": [{"type": "item_reference", "id": "msg_1"}, USER]},
        {"input": [{"type": "web_search_call", "id": "ws_1", "status": "completed"}, SAID]},
        {"input": None, "prompt": {"id": "pmpt_1"}, "model": None},
        {"tools": [TOOL, {"type": "web_search"}], "tool_choice": {"type": "function", "name": "f"}},
        {"text": {"format": {"type": "json_schema", "name": "n", "schema": {}}, "verbosity": "low"}},
        {"reasoning": {"effort": "xhigh", "summary": None}, "include": ["reasoning.encrypted_content"]},
        {"stream": True, "stream_options": {"include_obfuscation": False}},
        {"temperature": None, "seed": None, "top_k": 40, "json_schema": {}, "anything": [1]},
    ],
)
def test_what_is_valid_passes(changes: dict[str, Any]) -> None:
    assert _fields(**changes) == []


@pytest.mark.parametrize(
    "name",
    [
        "messages", "contents", "system", "stop", "stop_sequences", "seed", "n", "max_tokens",
        "max_completion_tokens", "logit_bias", "presence_penalty", "frequency_penalty", "response_format",
        "reasoning_effort", "verbosity", "functions", "function_call", "logprobs", "thinking",
        "output_config", "generationConfig", "web_search_options",
    ],
)  # fmt: skip
def test_a_field_of_another_api_is_refused_where_it_is(name: str) -> None:
    assert _fields(**{name: 1}) == [name]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"model": " "}, "model"),
        ({"model": None}, "model"),
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": 3}, "input"),
        ({"input": [USER] * 11}, "input"),
        ({"input": None, "messages": [USER]}, "messages"),
        ({"input": ["Hello!"]}, "input.0"),
        ({"input": [{"content": "Hello!"}, USER]}, "input.0.role"),
        ({"input": [USER | {"role": "tool"}]}, "input.0.role"),
        ({"input": [USER | {"role": "bard"}]}, "input.0.role"),
        ({"input": [{"role": "user"}]}, "input.0.content"),
        ({"input": [SAID | {"content": None, "tool_calls": [{}]}]}, "input.0.tool_calls"),
        ({"input": [USER | {"tool_call_id": "c"}]}, "input.0.tool_call_id"),
        ({"input": [USER | {"content": [{"type": "text", "text": "x"}]}]}, "input.0.content"),
        ({"input": [USER | {"content": [{"type": "image_url"}]}]}, "input.0.content"),
        ({"input": [RESULT]}, "input.0.call_id"),
        ({"input": [RESULT, CALL]}, "input.0.call_id"),
        ({"input": [CALL, RESULT | {"call_id": "c2"}]}, "input.1.call_id"),
        ({"input": [CALL, RESULT | {"call_id": ""}]}, "input.1.call_id"),
        ({"input": [CALL, {"type": "function_call_output", "call_id": "c1"}]}, "input.1.output"),
        ({"input": [CALL | {"arguments": {}}]}, "input.0.arguments"),
        ({"input": [{**CALL, "type": "custom_tool_call", "input": "x"}, RESULT]}, "input.1.call_id"),
        ({"input": [USER, THOUGHT]}, "input.1"),
        ({"input": [USER, THOUGHT, USER]}, "input.1"),
        ({"input": [CALL, THOUGHT, RESULT]}, "input.1"),
        ({"input": [{**THOUGHT, "encrypted_content": None}, SAID], "store": False}, "input.0"),
        ({"input": [{"type": "item_reference", "id": "i"}], "store": False}, "input.0"),
        ({"input": [{"id": "msg_1"}], "store": False}, "input.0"),
        ({"previous_response_id": "resp_1", "store": False}, "previous_response_id"),
        ({"background": True, "store": False}, "background"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools.0.function"),
        ({"tools": [{"type": "custom", "name": "f", "input_schema": {}}]}, "tools.0.input_schema"),
        ({"tools": [{"type": "function"}]}, "tools.0.name"),
        ({"tools": [{"name": "f"}]}, "tools.0"),
        ({"tools": {}}, "tools"),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, "tool_choice.function"),
        ({"tool_choice": {"type": "any"}}, "tool_choice.type"),
        ({"text": {"format": {"type": "json_schema", "json_schema": {}}}}, "text.format.json_schema"),
        ({"stream": True, "stream_options": {"include_usage": True}}, "stream_options.include_usage"),
        ({"stream": "yes"}, "stream"),
        ({"include": "all"}, "include"),
        ({"reasoning": "high"}, "reasoning"),
        ({"reasoning": {"effort": 3}}, "reasoning.effort"),
        ({"text": {"verbosity": ""}}, "text.verbosity"),
        ({"temperature": 3}, "temperature"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"top_logprobs": 21}, "top_logprobs"),
        ({"store": "no"}, "store"),
        ({"instructions": ["Be brief"]}, "instructions"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], field: str) -> None:
    assert _fields(**changes) == [field]


@given(st.dictionaries(st.sampled_from(("x", "provider_option", "metadata", "instructions")), json_values))
def test_what_is_sent_is_the_body(extra: dict[str, Any]) -> None:
    body = {"model": "m", "input": "Hello!", **extra}
    if not isinstance(body.get("instructions", ""), str | None):
        return

    request = checked(RESPONSES, body, max_messages=10, max_bytes=1 << 20)

    assert json.dumps(json.loads(request.encoded)) == json.dumps(body)


def test_every_preset_is_valid_and_stored_by_nobody() -> None:
    for preset in RESPONSES.presets:
        assert RESPONSES.problems({"model": "m"} | in_language(preset.body), 10) == []
        assert preset.body["store"] is False
    allowed = Caps(allow=("tools",))
    bodies = [{"model": "m"} | in_language(preset.body) for preset in RESPONSES.presets]
    requests = [checked(RESPONSES, body, max_messages=10, max_bytes=10_000) for body in bodies]
    assert [problem for request in requests for problem in caps.problems(request, allowed)] == []


def test_each_choice_is_one_that_the_check_takes() -> None:
    for parameter in RESPONSES.parameters:
        assert (parameter.kind is Kind.CHOICE) == bool(parameter.choices)
        for choice in parameter.choices:
            parameter.check(choice)


@pytest.mark.parametrize(
    ("change", "group"),
    [
        ({"tools": [TOOL | {"Type": "web_search"}]}, "web_search"),
        ({"tools": [{"Type": "web_search", "name": "f"}]}, "web_search"),
        ({"input": [USER | {"Type": "image_generation_call"}]}, "images"),
        ({"input": [USER | {"type": "message", "TYPE": "item_reference"}]}, "item_reference"),
        ({"input": [RESULT | {"type": ["mcp_call"]}]}, "['mcp_call']"),
    ],
)
def test_a_type_in_other_letters_costs_the_same(change: dict[str, Any], group: str) -> None:
    """A server written in Go reads `Type` as `type`."""
    body = {"model": "m", "input": "x"} | change

    assert group in [extra.group for extra in RESPONSES.extras(body)]


@pytest.mark.parametrize(
    ("kind", "abilities"), [("text", []), ("json_schema", ["schema"]), ("json_object", ["schema"])]
)
def test_a_schema_costs_nothing_and_needs_an_ability(kind: str, abilities: list[str]) -> None:
    body = {"model": "m", "input": "Hi", "text": {"verbosity": "low", "format": {"type": kind}}}

    assert [(extra.group, extra.ability) for extra in RESPONSES.extras(body)] == [
        ("", it) for it in abilities
    ]


def test_what_may_cost_more_is_told_by_its_name() -> None:
    body = {
        "model": "m",
        "max_output_tokens": 100,
        "input": [
            USER | {"content": [{"type": kind} for kind in ("input_text", "input_image", "input_file")]},
            {"type": "image_generation_call", "id": "i"},
            {"id": "msg_1"},
            CALL,
            RESULT | {"output": [{"type": "input_audio"}]},
        ],
        "tools": [TOOL, {"type": "web_search"}, {"type": "code_interpreter"}],
        "tool_choice": "auto",
        "reasoning": {"effort": "low", "mode": "pro"},
        "service_tier": "priority",
        "previous_response_id": "resp_1",
        "store": True,
    }  # fmt: skip

    found = [(extra.field, extra.name, extra.group, extra.ability) for extra in RESPONSES.extras(body)]

    assert found == [
        ("tools", "tools", "tools", "tools"),
        ("tools", "web_search", "web_search", ""),
        ("tools", "code_interpreter", "code_interpreter", ""),
        ("tool_choice", "tool_choice", "tools", "tools"),
        ("reasoning", "reasoning.mode", "reasoning.mode", ""),
        ("service_tier", "service_tier", "service_tier", ""),
        ("previous_response_id", "previous_response_id", "previous_response_id", ""),
        ("input.0.content", "input_image", "images", "vision"),
        ("input.0.content", "input_file", "files", ""),
        ("input.1", "image_generation_call", "images", ""),
        ("input.2", "item_reference", "item_reference", ""),
        ("input.4.output", "input_audio", "input_audio", "audio"),
    ]


def test_the_caps_and_the_budget_hold_its_limit() -> None:
    def request(**changes: Any) -> Any:
        body = {"model": "m", "input": "Hello!", "max_output_tokens": 5000} | changes
        return checked(RESPONSES, body, max_messages=10, max_bytes=10_000)

    most = Caps(max_tokens=100)

    assert [problem.field for problem in caps.problems(request(), most)] == ["max_output_tokens"]
    assert [problem.field for problem in caps.problems(request(max_output_tokens=None), most)] == [
        "max_output_tokens"
    ]
    assert estimate.worst_case(request()) == 5000 + len(request().encoded)


def test_the_question_and_the_lengths_are_those_of_the_items() -> None:
    assert RESPONSES.question({"input": "Hello!"}) == "Hello!"
    assert RESPONSES.question({"input": [CALL, RESULT]}) == "3"
    assert RESPONSES.question({"input": [SAID]}) is None
    assert RESPONSES.lengths({"input": [USER, CALL, RESULT]}) == [6, 2, 1]


def test_the_count_is_asked_for_with_what_it_reads() -> None:
    body = {"model": "m", "input": "x", "instructions": "y", "store": False, "stream": True, "temperature": 1}

    assert RESPONSES.to_count(body) == {"model": "m", "input": "x", "instructions": "y"}
    assert RESPONSES.counted({"object": "response.input_tokens", "input_tokens": 11}) == 11
    assert RESPONSES.counted({"error": {}}) is None


def test_the_result_of_a_patch_needs_no_output() -> None:
    patch = {"type": "apply_patch_call", "call_id": "call_1", "operation": {}, "status": "completed"}
    result = {"type": "apply_patch_call_output", "call_id": "call_1", "status": "completed"}
    body = {"model": "m", "input": [{"role": "user", "content": "Hi"}, patch, result]}

    assert RESPONSES.problems(body, 10) == []
