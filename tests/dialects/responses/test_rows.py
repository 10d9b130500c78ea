"""Items as rows of the form, and back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.exchange.parameter import Row
from tests.dialects.responses.streams import RESPONSES
from tests.exchange.strategies import json_values, texts

_ITEMS = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"role": st.sampled_from(["user", "assistant", "developer"]), "content": texts},
            optional={"type": st.just("message"), "phase": texts},
        ),
        st.fixed_dictionaries({"role": st.just("user"), "content": json_values}),
        st.fixed_dictionaries(
            {"type": st.just("function_call"), "call_id": texts, "name": texts, "arguments": texts}
        ),
        st.fixed_dictionaries(
            {"type": st.just("function_call_output"), "call_id": texts, "output": texts},
            optional={"id": texts},
        ),
        st.fixed_dictionaries({"type": st.just("function_call_output"), "output": json_values}),
        st.fixed_dictionaries({"type": st.just("reasoning"), "summary": json_values}),
        st.fixed_dictionaries({"content": texts}),
    ),
    max_size=4,
)


@given(_ITEMS)
def test_rows_mean_the_items_that_they_came_from(items: list[dict[str, Any]]) -> None:
    rows = RESPONSES.rows(items)

    assert rows is not None
    # `==` would treat 1 and true as equal.
    assert _canonical(RESPONSES.prompt(rows)) == _canonical(items)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@given(texts)
def test_a_text_is_one_row_without_a_role(text: str) -> None:
    rows = RESPONSES.rows(text)

    assert rows is None if {"\r", "\0"} & set(text) else rows == [Row(content=text)]
    assert rows is None or RESPONSES.prompt(rows) == text


def test_a_result_has_its_call() -> None:
    item = {"type": "function_call_output", "call_id": "c1", "output": "3"}

    assert RESPONSES.rows([item]) == [Row("function_call_output", "3", "c1")]
    assert RESPONSES.prompt([Row("function_call_output", "3", "c1")]) == [item]
    assert RESPONSES.call_roles == ("function_call_output",)


def test_a_role_makes_a_text_an_item() -> None:
    assert RESPONSES.prompt([Row("user", "Hello!")]) == [{"role": "user", "content": "Hello!"}]
    assert RESPONSES.prompt([Row(content="a"), Row("user", "b")])[0] == {"content": "a"}


@pytest.mark.parametrize("value", [None, 3, {}, ["x"], "a\rb"])
def test_what_cannot_be_rows_is_none(value: Any) -> None:
    assert RESPONSES.rows(value) is None
