"""The check of a Messages request, what it asks for, and what is posted."""

from typing import Any

import pytest

from playground.calls import caps
from playground.catalogue.caps import Caps
from playground.dialects.examples import in_language
from playground.dialects.messages.dialect import MESSAGES
from playground.exchange.call import X_API_KEY
from playground.exchange.dialect import call_of
from playground.exchange.request import checked

NAME, OLDER, NEWER = "anthropic-version", "2023-06-01", "2026-10-21"
HELLO = {"role": "user", "content": "Hello!"}
CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}]}


def _body(**changes: Any) -> dict[str, Any]:
    body = {"model": "m", "max_tokens": 2000, "messages": [HELLO]} | changes
    return {name: value for name, value in body.items() if value is not ...}


def _fields(**changes: Any) -> list[str]:
    return [problem.field for problem in MESSAGES.problems(_body(**changes), 100)]


def _said(*blocks: Any, role: str = "user") -> dict[str, Any]:
    return {"messages": [CALL, {"role": role, "content": list(blocks)}]}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {NAME: NEWER},
        {NAME: OLDER, "temperature": 1.0, "top_p": 0, "top_k": 0},
        {NAME: NEWER, "temperature": None},
        {"temperature": 0.5},
        {"max_tokens": 0},
        {"system": "Be brief."},
        {"system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]},
        {"stop_sequences": ["\n", "END"]},
        {"stop_sequences": []},
        {"thinking": {"type": "adaptive", "display": "summarized"}},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        {"thinking": {"type": "disabled"}},
        {"output_config": {"effort": "max", "format": {"type": "json_schema", "schema": {}}}},
        {"tools": [{"name": "f", "input_schema": {"type": "object"}}], "tool_choice": {"type": "any"}},
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"metadata": {"user_id": "u"}, "service_tier": "standard_only", "speed": "fast"},
        {"stream": True},
        {"field_of_next_year": {"a": 1}, "mcp_servers": []},
        {"messages": [HELLO, {"role": "assistant", "content": "He"}]},
        {"messages": [HELLO, {"role": "system", "content": "From now on, answer in French."}]},
        _said({"type": "tool_result", "tool_use_id": "t1", "content": "x"}, {"type": "text", "text": "so"}),
        _said({"type": "tool_result", "tool_use_id": "t1"}),
        _said({"type": "thinking", "thinking": "", "signature": ""}, role="assistant"),
        _said({"type": "redacted_thinking", "data": "x"}, role="assistant"),
        _said({"type": "block_of_next_year"}),
        _said({"type": "document", "source": {}}) | {NAME: NEWER},
        _said({"type": "document", "source": {}}, role="assistant"),
        _said({"type": "text", "text": "x", "citations": [{}]}),
        _said({"type": "text", "text": "x", "citations": []}) | {NAME: NEWER},
    ],
)
def test_what_the_api_takes_passes(changes: dict[str, Any]) -> None:
    assert _fields(**changes) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"model": ...}, "model"),
        ({"model": " "}, "model"),
        ({"max_tokens": ...}, "max_tokens"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": "9"}, "max_tokens"),
        ({"messages": ...}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [HELLO] * 101}, "messages"),
        ({"messages": ["Hello!"]}, "messages.0"),
        ({NAME: "2024-01-01"}, NAME),
        ({NAME: NEWER, "temperature": 1}, "temperature"),
        ({NAME: NEWER, "top_p": 1}, "top_p"),
        ({NAME: NEWER, "top_k": 1}, "top_k"),
        ({NAME: NEWER, "temperature": 7}, "temperature"),
        ({"temperature": 1.5}, "temperature"),
        ({"top_p": 2}, "top_p"),
        ({"top_k": 0.5}, "top_k"),
        ({"system": 1}, "system"),
        ({"system": [{"type": "image"}]}, "system"),
        ({"stop_sequences": "END"}, "stop_sequences"),
        ({"stop_sequences": [""]}, "stop_sequences"),
        ({"stream": "yes"}, "stream"),
        ({"thinking": "adaptive"}, "thinking"),
        ({"thinking": {}}, "thinking.type"),
        ({"thinking": {"type": "deep"}}, "thinking.type"),
        ({"thinking": {"type": "enabled"}}, "thinking.budget_tokens"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1000}}, "thinking.budget_tokens"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, "thinking.budget_tokens"),
        ({"thinking": {"type": "adaptive", "display": "all"}}, "thinking.display"),
        ({"output_config": {"effort": "none"}}, "output_config.effort"),
        ({"output_config": []}, "output_config"),
        ({"metadata": {"user_id": 1}}, "metadata.user_id"),
        ({"anthropic-workspace-id": ""}, "anthropic-workspace-id"),
        ({"anthropic-workspace-id": "w\r\nx: y"}, "anthropic-workspace-id"),
        ({"service_tier": "flex"}, "service_tier"),
        ({"speed": "slow"}, "speed"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"tools": {}}, "tools"),
        ({"tools": [{"name": "f"}]}, "tools"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"tools": [{"type": "function", "name": "f", "parameters": {}}]}, "tools"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        ({"messages": [HELLO | {"content": 1}]}, "messages.0.content"),
        ({"messages": [{"role": "assistant", "content": "", "tool_calls": [{}]}]}, "messages.0.tool_calls"),
        ({"messages": [{"role": "system", "content": "Be brief."}, HELLO]}, "messages.0.role"),
        *[
            ({"messages": [{"role": role, "content": "x"}]}, "messages.0.role")
            for role in ("developer", "tool", "function", "model", "x", None, ["user"])
        ],
        *[
            (_said(block), "messages.1.content")
            for block in (
                "text",
                {},
                {"type": ["text"]},
                {"type": "text"},
                {"type": "tool_result", "content": "x"},
                {"type": "tool_result", "tool_use_id": ["t1"]},
                {"type": "tool_result", "tool_use_id": "t2", "content": "x"},
                {"type": "thinking", "thinking": "Hm."},
                {"type": "image_url", "image_url": {"url": "https://a.example/"}},
                {"type": "input_text", "text": "x"},
                {"type": "function_call_output", "call_id": "t1"},
            )
        ],
        (_said({"type": "document"}, role="assistant") | {NAME: NEWER}, "messages.1.content"),
        (_said({"type": "text", "text": "x", "citations": [{}]}) | {NAME: NEWER}, "messages.1.content"),
    ],
)  # fmt: skip
def test_what_it_does_not_take_is_refused_at_its_field(changes: dict[str, Any], field: str) -> None:
    assert _fields(**changes) == [field]


@pytest.mark.parametrize(
    "name",
    [
        "n", "stop", "max_completion_tokens", "max_output_tokens", "input", "instructions", "response_format",
        "reasoning_effort", "reasoning", "text", "functions", "function_call", "parallel_tool_calls",
        "stream_options", "user", "seed", "logprobs", "frequency_penalty", "presence_penalty", "logit_bias",
        "store", "previous_response_id", "contents", "systemInstruction",
    ],
)  # fmt: skip
def test_a_field_of_another_api_is_refused_and_says_what_to_use(name: str) -> None:
    assert _fields(**{name: 1}) == [name]
    assert _fields(**{name: None}) == []


def test_a_result_needs_a_call_before_it() -> None:
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "x"}]}

    assert _fields(messages=[HELLO, result, CALL]) == ["messages.1.content"]
    assert _fields(messages=[HELLO, CALL, HELLO, result]) == []


# --- what is asked for ---


def test_demands_and_question() -> None:
    body = _body(stream=True)

    demands = MESSAGES.demands(body)

    assert (demands.model, demands.streams, demands.count, demands.tokens) == (
        "m", True, 1, {"max_tokens": 2000},
    )  # fmt: skip
    assert MESSAGES.question(body) == "Hello!"
    assert MESSAGES.question(_body(messages=[HELLO | {"content": [{"type": "text", "text": "x"}]}])) == "x"
    assert MESSAGES.question(_body(messages=[CALL])) is None
    assert MESSAGES.question({}) is None
    assert MESSAGES.lengths(body) == [6]
    assert MESSAGES.demands({"model": 1, "max_tokens": True, "messages": 1}).tokens == {}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"system": "x", "thinking": {"type": "adaptive"}, "stop_sequences": ["x"], NAME: NEWER}, []),
        ({"tools": [{"name": "f", "input_schema": {}}]}, [("tools", "tools", "tools", False)]),
        ({"output_config": {"effort": "low"}}, []),
        ({"output_config": {"format": {"type": "json_schema"}}}, [("output_config", "", "schema", False)]),
        ({"speed": "fast"}, [("speed", "speed", "", False)]),
        ({"field_of_next_year": 1}, [("field_of_next_year", "field_of_next_year", "", False)]),
        (
            {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
            [("tools", "tools", "tools", False), ("tools", "web_search", "", False)],
        ),
        ({"tools": [{"type": "bash_20250124", "name": "bash"}]}, [("tools", "tools", "tools", False)]),
        (
            {"tools": [{"name": "f", "input_schema": {}, "cache_control": {"type": "ephemeral"}}]},
            [("tools", "tools", "tools", False), ("tools", "cache_control", "", False)],
        ),
        (_said({"type": "image", "source": {}}), [("messages.1.content", "images", "vision", True)]),
        (_said({"Type": "image"}), [("messages.1.content", "images", "vision", True)]),
        (_said({"type": "document"}), [("messages.1.content", "document", "", True)]),
        (
            _said({"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "image"}]}),
            [("messages.1.content", "images", "vision", True)],
        ),
        (
            _said({"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}),
            [("messages.1.content", "cache_control", "", False)],
        ),
        (
            {"system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}]},
            [("system", "cache_control", "", False)],
        ),
        (_said({"type": ["image"]}), [("messages.1.content", "['image']", "", True)]),
    ],
)
def test_what_may_cost_more_is_named(changes: dict[str, Any], expected: list[Any]) -> None:
    extras = list(MESSAGES.extras(_body(**changes)))

    assert [(extra.field, extra.group, extra.ability, extra.is_part) for extra in extras] == expected


def test_the_caps_hold() -> None:
    body = _body(speed="fast", output_config={"format": {"type": "json_schema"}})
    request = checked(MESSAGES, body, max_messages=9, max_bytes=9999)

    problems = caps.problems(request, Caps(models=("other",), max_tokens=10))

    assert [problem.field for problem in problems] == ["model", "max_tokens", "speed"]


# --- what is posted ---


@pytest.mark.parametrize(("named", "sent"), [({}, OLDER), ({NAME: OLDER}, OLDER), ({NAME: NEWER}, NEWER)])
def test_the_version_is_a_header(named: dict[str, str], sent: str) -> None:
    call = call_of(MESSAGES, "https://a.example/v1", "K", _body(**named))

    assert call.headers == ((NAME, sent),)
    assert call.wire == _body()
    assert (call.url, call.auth) == ("https://a.example/v1/messages", X_API_KEY)


def test_the_newer_version_has_no_sampling() -> None:
    names = [{parameter.name for parameter in MESSAGES.offered({NAME: name})} for name in (OLDER, NEWER)]

    assert names[0] - names[1] == {"temperature", "top_p", "top_k"}
    assert MESSAGES.offered({}) == MESSAGES.parameters


def test_what_is_counted_is_the_prompt() -> None:
    body = _body(
        system="x", stream=True, temperature=1, stop_sequences=["x"], tools=[], thinking={"type": "adaptive"}
    )

    assert MESSAGES.count_path == "/messages/count_tokens"
    assert MESSAGES.to_count(body | {NAME: NEWER}) == {
        "model": "m", "messages": [HELLO], "system": "x", "tools": [], "thinking": {"type": "adaptive"},
    }  # fmt: skip
    assert MESSAGES.counted({"input_tokens": 9}) == 9
    assert MESSAGES.counted({"input_tokens": "9"}) is None
    assert MESSAGES.counted([]) is None


def test_presets_may_be_sent_and_name_the_newer_version() -> None:
    for preset in MESSAGES.presets:
        assert MESSAGES.problems(in_language(preset.body) | {"model": "m"}, 100) == []
        assert preset.body[NAME] == NEWER
        assert preset.body["max_tokens"] <= Caps(models=()).max_tokens
    assert len({preset.id for preset in MESSAGES.presets}) == len(MESSAGES.presets)
