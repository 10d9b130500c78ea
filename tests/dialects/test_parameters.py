"""Each parameter accepts the range of the Chat Completions reference, and any other value is explained."""

import re
from typing import Any

import pytest

from playground.dialects.chat_completions.parameters import PARAMETERS, ParameterError

_BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}


def _refusal(name: str, value: Any) -> str:
    with pytest.raises(ParameterError) as refused:
        _BY_NAME[name].check(value)
    return str(refused.value.sentence)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("temperature", 0, 2), ("top_p", 0, 1), ("presence_penalty", -2, 2), ("frequency_penalty", -2, 2)],
)
def test_a_number_is_taken_up_to_both_ends_of_its_range(name: str, low: int, high: int) -> None:
    for value in (low, float(low), (low + high) / 2, float(high), high):
        _BY_NAME[name].check(value)
    for value in (low - 0.01, high + 0.01, 10**400, -(10**400)):
        refusal = _refusal(name, value)
        assert re.findall(r"−?\d+", refusal)[:2] == [f"{low}".replace("-", "−"), f"{high}"]


@pytest.mark.parametrize("name", ["temperature", "top_p", "presence_penalty", "frequency_penalty"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, False, "1", "", [], {}, [1]])
def test_what_is_no_number_is_none(name: str, value: Any) -> None:
    assert "a number" in _refusal(name, value)


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "n"])
def test_a_count_starts_at_one(name: str) -> None:
    for value in (1, 2, 10**30):
        _BY_NAME[name].check(value)
    for value in (0, -1, 1.0, 1.5, True, "1", float("nan"), [1]):
        assert _refusal(name, value) == "Enter a whole number of at least 1."


def test_a_seed_is_any_whole_number() -> None:
    for value in (0, -7, 2**63):
        _BY_NAME["seed"].check(value)
    for value in (1.0, True, "7"):
        assert _refusal("seed", value) == "Enter a whole number."


@pytest.mark.parametrize("value", ["END", "\n", ["a"], ["a", "b", "c", "d"]])
def test_one_stop_or_four_are_taken(value: Any) -> None:
    _BY_NAME["stop"].check(value)


@pytest.mark.parametrize("value", ["", [], [""], ["a", ""], list("abcde"), [1], 1, {"a": 1}, [["a"]]])
def test_no_stop_five_stops_or_an_empty_one_are_not(value: Any) -> None:
    assert "1 to 4 stop sequences" in _refusal("stop", value)


@pytest.mark.parametrize("value", [1, True, ["ada"], {}])
def test_a_user_is_a_text(value: Any) -> None:
    _BY_NAME["user"].check("ada")

    assert _refusal("user", value) == "Enter a string."


def test_temperature_and_max_tokens_come_first() -> None:
    assert [parameter.name for parameter in PARAMETERS if parameter.common] == ["temperature", "max_tokens"]
    assert [parameter.name for parameter in PARAMETERS][:2] == ["temperature", "max_tokens"]


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_each_has_its_range_its_default_and_one_line_of_help(parameter: Any) -> None:
    assert parameter.range
    assert parameter.default
    assert 0 < len(parameter.help) < 110
    assert "\n" not in parameter.help
