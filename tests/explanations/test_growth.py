"""Explaining takes time linear in the body's size, whatever a provider sends."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from playground.explanations.explain import explain
from tests.explanations.test_explain import exchange_of
from tests.growth import is_linear, seconds

_SIZE = 50_000
# Each body has about `size` characters.
_BODIES: dict[str, Callable[[int], Any]] = {
    "endless words": lambda size: {"error": {"message": "x" * size}},
    "endless digits": lambda size: {"error": {"message": "maximum context length is " + "1" * size}},
    "digits with commas": lambda size: {
        "error": {"message": "maximum context length is " + "1," * (size // 2)}
    },
    "names": lambda size: {"error": {"message": "unsupported: " + "'max_tokens' " * (size // 13)}},
    "quotes": lambda size: {"error": {"message": "unsupported " + "'" * size}},
    "half of each phrase": lambda size: {"error": {"message": "try again in model must be " * (size // 27)}},
    "entries": lambda size: {"detail": [{"loc": ["body", "a"], "msg": "no"}] * (size // 40)},
    "objects": lambda size: {"detail": [[{"code": 1}] * 10] * (size // 130)},
    "nested objects": lambda size: '{"error":' * (size // 9) + "1" + "}" * (size // 9),
    "JSON in JSON": lambda size: {"error": json.dumps({"error": json.dumps({"message": "x" * size})})},
    "JSON that breaks off": lambda size: "failed: " + '{"error": [' * (size // 11),
    "brackets": lambda size: "[{" * (size // 2),
    "opened tags": lambda size: "<html>" + "<title" * (size // 6),
    "headings": lambda size: "<html>" + "<h1>" * (size // 4),
    "events": lambda size: "data: x\n\n" * (size // 9),
}


def _explain(body: Any, **request: Any) -> None:
    assert explain(exchange_of(400, body, **request)) is not None


@pytest.mark.parametrize("make", _BODIES.values(), ids=_BODIES)
def test_explaining_takes_linear_time(make: Callable[[int], Any]) -> None:
    bodies = {factor * _SIZE: make(factor * _SIZE) for factor in (1, 2, 4)}

    assert is_linear(lambda size: _explain(bodies[size], max_tokens=5), _SIZE)


@pytest.mark.parametrize(
    "words", ["Unsupported parameter: 'max_tokens'", "max_tokens must be at most 3", "No."]
)
def test_many_parameters_cost_no_extra_time(words: str) -> None:
    many = {f"key_{number}": number for number in range(20_000)}
    body = {"error": {"message": words}}
    # Making the exchanges takes time that grows, so it isn't measured.
    few, most = (
        min(seconds(lambda one=one: explain(one)) for one in exchanges)
        for exchanges in (
            [exchange_of(400, body, max_tokens=5, **request) for _ in range(5)] for request in ({}, many)
        )
    )

    assert most < few + 0.005


def test_a_page_with_endless_tags_takes_linear_time() -> None:
    assert is_linear(lambda size: _explain("<html>" + "<title" * size), 3000)
