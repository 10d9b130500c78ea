"""The shapes in which providers list their models."""

from typing import Any

import pytest
from hypothesis import given

from playground.dialects.model_list import read_models
from playground.exchange.dialect import ModelList
from tests.exchange.strategies import json_values


@pytest.mark.parametrize(
    ("answer", "ids", "unread"),
    [
        ({"object": "list", "data": [{"id": "a", "object": "model"}, {"id": "b"}]}, ("a", "b"), 0),
        ([{"id": "a"}], ("a",), 0),  # Together
        (
            {"models": [{"name": "models/gemini-2.5-flash", "displayName": "x"}]},
            ("models/gemini-2.5-flash",),
            0,
        ),
        ({"models": [{"name": "llama3.2:latest", "model": "llama3.2:latest"}]}, ("llama3.2:latest",), 0),
        ({"models": ["a", "b"]}, ("a", "b"), 0),
        (["a", "b", "a"], ("a", "b"), 0),
        ({"data": ["a"]}, ("a",), 0),
        ({"data": [{"model": "a"}]}, ("a",), 0),
        ({"data": {"models": [{"id": "a"}]}}, ("a",), 0),
        ({"data": {"data": [{"id": "a"}]}, "success": True}, ("a",), 0),
        ([{"id": "azureml://registries/x/models/gpt-4o/versions/2", "name": "gpt-4o"}], ("gpt-4o",), 0),
        ([{"id": "azureml://registries/x"}], ("azureml://registries/x",), 0),
        ({"data": [{"id": "", "name": "a"}, {"id": 5}, {"title": "x"}, None, 5, ""]}, ("a",), 5),
        ({"data": [{"id": "x" * 301}, {"id": "a\nb"}]}, (), 2),
        ({"data": []}, (), 0),
        ({"object": "list", "data": None}, (), 0),
        ([], (), 0),
    ],
)
def test_a_list_is_read(answer: Any, ids: tuple[str, ...], unread: int) -> None:
    assert read_models(answer) == ModelList(ids, unread)


@pytest.mark.parametrize(
    "answer", [{}, {"object": "list"}, {"data": 5}, {"models": "a"}, {"data": {"a": {}}}, "a", 5, None]
)
def test_what_is_no_list_is_not_taken_for_an_empty_one(answer: Any) -> None:
    assert read_models(answer) is None


@given(json_values)
def test_any_answer_is_read_or_not(answer: Any) -> None:
    found = read_models(answer)

    assert found is None or all(isinstance(id_, str) and id_ for id_ in found.ids)
