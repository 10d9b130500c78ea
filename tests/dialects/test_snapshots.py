"""Deltas with the whole text so far are told apart from deltas with only what is new."""

from time import process_time

import pytest

from playground.dialects.chat_completions.chunks import ChunkCollector
from tests.upstreams.scripted import chunk


def _collected(*texts: str) -> str:
    collector = ChunkCollector()
    for text in texts:
        collector.add(chunk({"content": text}))
    content: str = collector.completion["choices"][0]["message"]["content"]
    return content


@pytest.mark.parametrize(
    ("texts", "content"),
    [
        (("Hello", "Hello you", "Hello you two"), "Hello you two"),
        (("Hello", "Hello you", "Hello you", "Hello"), "Hello you"),
        (("", "Hello", "", "Hello you"), "Hello you"),
        (("a", "ab", "abc", "abcd", "abcde"), "abcde"),
        (("Hello", "Hello you", "Sorry."), "Hello youSorry."),
    ],
)
def test_snapshots_are_said_once(texts: tuple[str, ...], content: str) -> None:
    assert _collected(*texts) == content


@pytest.mark.parametrize(
    "texts",
    [
        ("ha", "haha"),
        ("#", "##", "###"),
        ("-----", "----------"),
        ("Hello", "Hello", "Hello"),
        ("Hi ", "there. Hello", " Hi there. Hello"),
        ("1", "2", "12", "123", "1234", "12345"),
    ],
)
def test_pieces_that_repeat_are_kept(texts: tuple[str, ...]) -> None:
    assert _collected(*texts) == "".join(texts)


def test_each_choice_is_judged_by_itself() -> None:
    collector = ChunkCollector()
    for first, second in (("Hello", "He"), ("Hello you", "llo")):
        collector.add(chunk({"content": first}))
        collector.add(chunk({"content": second}, index=1))

    texts = [choice["message"]["content"] for choice in collector.completion["choices"]]

    assert texts == ["Hello you", "Hello"]


def test_time_grows_with_what_came() -> None:
    def seconds(size: int) -> float:
        text, collector = "Hello " * size, ChunkCollector()
        started = process_time()
        for end in range(6, len(text), 6):
            collector.add(chunk({"content": text[:end]}))
        _ = collector.completion
        return process_time() - started

    seconds(200)
    # A text twice as long arrives as four times as many bytes.
    assert seconds(2000) < 10 * max(seconds(1000), 0.01)
