"""How many tokens a call can use at most."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from playground.calls import estimate
from playground.exchange.request import Request
from tests import chat


def _chat(**changes: Any) -> Request:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 50}
    return chat.request(body | changes)


def test_the_worst_case_is_each_answers_most_and_the_prompt() -> None:
    assert estimate.worst_case(_chat(n=2)) == 2 * 50 + len(_chat(n=2).encoded)
    both = _chat(max_tokens=10, max_completion_tokens=40)
    assert estimate.worst_case(both) == 40 + len(both.encoded)


def test_an_image_counts_as_the_dearest_there_is() -> None:
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": "x"}}]
    chat = _chat(messages=[{"role": "user", "content": parts}])

    assert estimate.worst_case(chat) - len(chat.encoded) - 50 >= 48_169


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_prompt_counts_at_least_its_bytes(text: str) -> None:
    chat = _chat(messages=[{"role": "user", "content": text}])

    assert estimate.worst_case(chat) >= 50 + len(text.encode())
