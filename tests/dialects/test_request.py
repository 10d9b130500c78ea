"""Checking a request: what is valid is sent unchanged, what is not is named field by field."""

import json
from typing import Any

import pytest
from hypothesis import given

from playground.dialects.chat_completions.request import ROLES
from playground.exchange.refusal import InvalidRequestError
from playground.exchange.request import Request
from tests import chat
from tests.exchange.strategies import requests

USER = {"role": "user", "content": "Hello!"}


def _body(**changes: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [USER]} | changes


def _check(body: Any, *, max_messages: int = 10, max_bytes: int = 1000) -> Request:
    return chat.check(body, max_messages=max_messages, max_bytes=max_bytes)


def _errors(body: Any, **limits: int) -> dict[str, str]:
    with pytest.raises(InvalidRequestError) as refused:
        _check(body, **limits)
    return {error.field: str(error.sentence) for error in refused.value.problems}


@given(requests)
def test_the_bytes_mean_the_body(body: dict[str, Any]) -> None:
    request = _check(body, max_messages=1000, max_bytes=1 << 20)

    assert json.dumps(json.loads(request.encoded)) == json.dumps(body)


def test_keys_keep_their_order() -> None:
    body = {"temperature": 0, "messages": [USER], "x": 1, "model": "m"}

    assert list(json.loads(_check(body).encoded)) == list(body)


def test_unknown_keys_pass_untouched() -> None:
    body = _body(reasoning_effort="low", x_own={"deep": [None, 1e-7, True]})

    assert _check(body).body == body


@pytest.mark.parametrize("role", [role for role in ROLES if role != "tool"])
def test_each_role_passes(role: str) -> None:
    assert _check(_body(messages=[{"role": role, "content": "x"}]))


@pytest.mark.parametrize(
    "message",
    [
        {"role": "tool", "content": "42", "tool_call_id": "call_1"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1"}]},
        {"role": "assistant", "tool_calls": [{"id": "call_1"}]},
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        {"role": "user", "content": "", "name": "ada"},
    ],
)
def test_messages_of_every_shape_pass(message: dict[str, Any]) -> None:
    assert _check(_body(messages=[message])).body["messages"] == [message]


def test_a_null_is_a_parameter_not_set() -> None:
    assert _check(_body(temperature=None, stop=None))


@pytest.mark.parametrize("body", [None, [], "text", 1, [_body()]])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    assert _errors(body) == {"request": "The request must be a JSON object."}


@pytest.mark.parametrize("model", [None, "", " \t", 5, ["m"]])
def test_a_model_is_needed(model: Any) -> None:
    assert set(_errors(_body(model=model))) == {"model"}


@pytest.mark.parametrize("messages", [None, [], {}, "Hello!", 0])
def test_at_least_one_message_is_needed(messages: Any) -> None:
    assert set(_errors(_body(messages=messages))) == {"messages"}


@pytest.mark.parametrize(
    ("message", "field", "words"),
    [
        ("Hello!", "messages.1", "JSON object"),
        ({"content": "x"}, "messages.1.role", "Choose a role"),
        ({"role": "User", "content": "x"}, "messages.1.role", "“User”"),
        ({"role": ["user"], "content": "x"}, "messages.1.role", "“['user']”"),
        ({"role": "user", "content": {}}, "messages.1.content", "or null"),
        ({"role": "user", "content": 5}, "messages.1.content", "or null"),
        ({"role": "tool", "content": "x"}, "messages.1.tool_call_id", "tool_call_id"),
        ({"role": "tool", "content": "x", "tool_call_id": ""}, "messages.1.tool_call_id", "tool_call_id"),
        ({"role": "tool", "content": "x", "tool_call_id": 7}, "messages.1.tool_call_id", "tool_call_id"),
    ],
)
def test_a_broken_message_is_named_by_its_place(message: Any, field: str, words: str) -> None:
    assert words in _errors(_body(messages=[USER, message]))[field]


def test_all_that_is_wrong_is_said_at_once() -> None:
    body = {"messages": [{"role": "boss"}, "x"], "temperature": 9, "n": 0}

    assert set(_errors(body)) == {"model", "messages.0.role", "messages.1", "temperature", "n"}


def test_an_endless_role_is_cut_in_the_sentence() -> None:
    assert len(_errors(_body(messages=[{"role": "x" * 10_000}]))["messages.0.role"]) < 150


def test_one_message_over_the_limit_says_both_numbers_and_the_setting() -> None:
    assert _check(_body(messages=[USER] * 3), max_messages=3)

    sentence = _errors(_body(messages=[USER] * 4), max_messages=3)["messages"]

    assert "limit is 3 messages, but the request has 4" in sentence
    assert "PLAYGROUND_MESSAGES" in sentence


def test_the_limit_counts_the_bytes_that_are_sent() -> None:
    body = _body(user="é" * 100)
    size = len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())

    assert _check(body, max_bytes=size)
    assert f"limit of {size - 1} B" in _errors(body, max_bytes=size - 1)["request"]


@pytest.mark.parametrize("text", ["\ud800", "a\udfff"])
def test_half_a_surrogate_pair_cannot_be_sent(text: str) -> None:
    assert "surrogate" in _errors(_body(user=text))["request"]


def test_a_value_nested_too_deep_is_refused() -> None:
    deep: Any = 1
    for _ in range(1000):
        deep = [deep]

    assert "more than 100 levels" in _errors(_body(x=deep))["request"]
