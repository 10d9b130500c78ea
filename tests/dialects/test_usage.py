"""Usage: the provider's counts, and nothing made up."""

from typing import Any

import pytest

from playground.dialects.usage import read
from playground.exchange.usage import Usage


def test_counts_are_read_with_their_details() -> None:
    usage = read(
        {
            "prompt_tokens": 9,
            "completion_tokens": 30,
            "total_tokens": 39,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 5},
            "completion_tokens_details": {"reasoning_tokens": 21},
        }
    )

    assert usage == Usage(9, 30, 39, cached_tokens=0, reasoning_tokens=21, audio_tokens=5)


def test_a_zero_is_a_count() -> None:
    usage = read({"prompt_tokens": 0})

    assert usage is not None
    assert usage.as_json() == {"prompt_tokens": 0}


def test_what_was_not_said_is_none_and_not_zero() -> None:
    usage = read({"total_tokens": 12})

    assert usage == Usage(None, None, 12)


@pytest.mark.parametrize("value", ["9", 9.5, True, None, -1, 10**9 + 1, 1e30, [9], {"count": 9}])
def test_a_count_that_is_none_is_left_out(value: Any) -> None:
    usage = read({"prompt_tokens": value, "total_tokens": 12})

    assert usage is not None
    assert usage.as_json() == {"total_tokens": 12}


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        [],
        "12 tokens",
        5,
        {"prompt_tokens": "9", "completion_tokens": "3", "total_tokens": "12"},
        {"prompt_tokens_details": None, "completion_tokens_details": "none"},
    ],
)
def test_without_any_count_there_is_no_usage(value: Any) -> None:
    assert read(value) is None
