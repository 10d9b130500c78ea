"""What those who watch a call are told: values that stay as they are, each thing once, never the key."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects.chat_completions.dialect import CHAT_COMPLETIONS
from playground.exchange.stream import StreamReader
from playground.text.redact import MASK, Redactor
from playground.upstream import live
from playground.upstream.live import News, Progress

KEY = "sk-canary-51c0de"


class Watched:
    """A stream that arrives, and what is told of it."""

    def __init__(self, key: str = KEY) -> None:
        redactor = Redactor(key)
        self.stream, self.news = StreamReader(CHAT_COMPLETIONS, redactor, live=True), News(redactor)
        self._at_ms = 0.0

    def feed(self, *deltas: Any, index: int = 0) -> Progress:
        for delta in deltas:
            self._at_ms += 10
            choices = [{"index": index, "delta": delta}]
            self.stream.feed(f"data: {json.dumps({'choices': choices})}\n\n".encode(), self._at_ms)
        return self.news.take(self.stream)


def _call(name: str | None, arguments: str, index: int = 0) -> dict[str, Any]:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    return {"tool_calls": [{"index": index, "function": function}]}


def test_each_thing_is_told_once() -> None:
    watched = Watched()

    first = watched.feed({"content": "Hel"}, {"content": "lo", "reasoning_content": "Hm"})
    again = watched.feed()
    more = watched.feed({"content": "!"})

    assert [growth.texts for growth in first.growth] == [(("text", "Hello"), ("reasoning", "Hm"))]
    assert first.choices == (0,)
    assert [event.brought for event in first.events] == ["Hel", "Hmlo"]
    assert (first.arrived, first.tokens, first.first_token_ms, first.last_event_ms) == (2, 2, 10.0, 20.0)
    assert again == Progress(arrived=2, tokens=2, first_token_ms=10.0, last_event_ms=20.0)
    assert [growth.texts for growth in more.growth] == [(("text", "!"),)]
    assert more.choices == ()
    assert len(more.events) == 1


def test_what_was_told_stays_as_it_was() -> None:
    watched = Watched()

    first = watched.feed({"content": "Hello"} | _call("f", "{"))
    before = repr(first)
    watched.feed({"content": " world"} | _call(None, "}"))

    assert repr(first) == before


def test_the_status_is_told_once_and_without_the_key() -> None:
    news = News(Redactor(KEY))
    before = news.take(None)

    news.answered(200, f"OK {KEY}")

    assert (before.status, news.take(None).status, news.take(None).status) == ("", f"200 OK {MASK}", "")


def test_choices_are_told_by_their_numbers_in_the_order_in_which_they_came() -> None:
    watched = Watched()

    first, second = watched.feed({"content": "a"}, index=3), watched.feed({"content": "b"}, index=1)

    assert (first.choices, second.choices) == ((3,), (1,))
    assert [growth.position for growth in second.growth] == [1]


def test_calls_are_told_whole_whenever_one_has_changed() -> None:
    watched = Watched()

    told = [
        watched.feed(_call(None, "{")),
        watched.feed(_call("weather", "}")),
        watched.feed({"content": "x"}),
        watched.feed(_call("time", "{}", index=1)),
    ]

    assert [progress.growth[0].calls for progress in told] == [
        ("({)",),
        ("weather({})",),
        (),
        ("weather({})", "time({})"),
    ]


def test_calls_that_are_too_long_to_tell_anew_wait_for_the_end() -> None:
    assert _calls("x" * 20_000) == ()
    assert _calls("x" * 19_000) != ()


def test_calls_that_are_too_long_are_not_written_at_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    watched, written = Watched(), []
    watched.feed(_call("f", "x" * 20_000))
    monkeypatch.setattr(live, "_open_line", written.append)

    told = watched.feed(_call(None, "x"))

    assert (written, told.growth) == ([], ())


def _calls(arguments: str) -> tuple[str, ...]:
    return next((growth.calls for growth in Watched().feed(_call("f", arguments)).growth), ())


@given(
    before=st.text(max_size=10),
    cuts=st.sets(st.integers(1, len(KEY) - 1), max_size=4),
    place=st.sampled_from(["content", "reasoning_content", "refusal"]),
)
def test_no_text_adds_up_to_the_key(before: str, cuts: set[int], place: str) -> None:
    watched, edges = Watched(), [0, *sorted(cuts), len(KEY)]
    pieces = [before, *(KEY[start:end] for start, end in pairwise(edges)), "."]

    told = [watched.feed({place: piece}) for piece in pieces]

    texts = [text for progress in told for growth in progress.growth for _, text in growth.texts]
    assert KEY not in "".join(texts)
    assert "".join(texts).endswith(f"{MASK}.")


@given(
    before=st.text("({f)", max_size=5),
    after=st.text("({f)", max_size=5),
    key=st.sampled_from([KEY, "f(f(f()))", "f)f)f)f)"]),
)
def test_no_call_shows_the_key_nor_nearly_all_of_it(before: str, after: str, key: str) -> None:
    watched = Watched(key)

    told = [watched.feed(_call("f", before)), *(watched.feed(_call(None, piece)) for piece in (*key, after))]

    calls = [call for progress in told for growth in progress.growth for call in growth.calls]
    assert not any(key[:-1] in call for call in calls)
