"""Messages as rows of the form, and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects.messages.dialect import MESSAGES
from playground.exchange.parameter import Row
from tests.exchange.strategies import json_values, texts

RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "sunny"}


def _result(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


@pytest.mark.parametrize(
    ("message", "row"),
    [
        ({"role": "user", "content": "Hi\nthere"}, Row("user", "Hi\nthere")),
        ({"role": "user", "content": [{"type": "text"}]}, Row("user", rest={"content": [{"type": "text"}]})),
        ({"content": ""}, Row()),
        (_result(RESULT), Row("tool_result", "sunny", "t1")),
        (_result(RESULT | {"is_error": True}), Row("tool_result", "sunny", "t1", {"is_error": True})),
        (_result(RESULT | {"content": [{}]}), Row("tool_result", "", "t1", {"content": [{}]})),
        (_result(RESULT | {"content": ""}), Row("tool_result", "", "t1")),
        (_result(RESULT, RESULT), Row("user", rest={"content": [RESULT, RESULT]})),
        (_result({"type": "tool_result"}), Row("user", rest={"content": [{"type": "tool_result"}]})),
    ],
)
def test_a_message_is_a_row_and_the_same_message_again(message: Any, row: Row) -> None:
    assert MESSAGES.rows([message]) == [row]
    assert MESSAGES.prompt([row]) == [message]


@pytest.mark.parametrize("prompt", [None, "Hi", {}, ["Hi"], [[]]])
def test_what_is_no_list_of_objects_has_no_rows(prompt: Any) -> None:
    assert MESSAGES.rows(prompt) is None


_blocks = st.one_of(
    json_values,
    st.fixed_dictionaries(
        {"type": st.just("tool_result")},
        optional={"tool_use_id": texts, "content": st.one_of(texts, json_values), "is_error": st.booleans()},
    ),
)
_messages = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["user", "assistant", "system", " user", ""]),
        "content": st.one_of(texts, st.lists(_blocks, max_size=2), json_values),
        "extra": json_values,
    },
)


@given(st.lists(_messages.filter(lambda message: "content" in message), max_size=4))
def test_rows_carry_every_message_unchanged(messages: list[dict[str, Any]]) -> None:
    rows = MESSAGES.rows(messages)

    assert rows is not None
    assert MESSAGES.prompt(rows) == messages
