"""A key in pieces, split anywhere over the events of a stream, is in none of its views."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.exchange.redact import MASK, Redactor
from playground.exchange.split_key import SplitKeyGuard
from playground.exchange.stream import Stream, StreamEvent, StreamReader

KEY = "sk-canary-51c0de"


def _event(delta: dict[str, Any], **choice: Any) -> bytes:
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta} | choice]})}\n\n".encode()


def _read(events: list[bytes], live: bool = True) -> tuple[Stream, list[StreamEvent]]:
    redactor = Redactor(KEY)
    reader, fresh = StreamReader(1 << 20, redactor, live=live), []
    for number, data in enumerate(events):
        reader.feed(data, float(number))
        fresh += reader.take_fresh()
    stream = reader.result(redactor.data(b"".join(events)))
    return stream, [*fresh, *reader.take_fresh()]


@given(
    before=st.text(max_size=10),
    after=st.text(max_size=10),
    cuts=st.sets(st.integers(0, 40), max_size=8),
    field=st.sampled_from(["content", "reasoning_content"]),
)
def test_no_split_shows_it(before: str, after: str, cuts: set[int], field: str) -> None:
    whole = before + KEY + after
    edges = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    pieces = [whole[start:end] for start, end in pairwise(edges)]
    events = [_event({field: piece}) for piece in pieces]

    stream, fresh = _read(events)

    for shown in (fresh, list(stream.events)):
        assert len(shown) == len(events)
        texts = []
        for event in shown:
            chunk = json.loads(event.data) if event.data != MASK else {"choices": [{"delta": {}}]}
            texts.append(chunk["choices"][0]["delta"].get(field, ""))
        assert KEY not in "".join(texts)
    assert stream.completion is not None
    assert KEY not in json.dumps(stream.completion)


def test_a_tool_calls_arguments_count_as_well() -> None:
    first = {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": f'{{"k": "{KEY[:7]}'}}]}
    rest = {"tool_calls": [{"index": 0, "function": {"arguments": f'{KEY[7:]}"}}'}}]}

    stream, fresh = _read([_event(first), _event(rest)])

    assert [event.data for event in fresh] == [MASK, MASK]
    assert [event.data for event in stream.events] == [MASK, MASK]
    assert KEY[:7].encode() not in stream.body


def test_other_events_stay_as_they_came() -> None:
    events = [_event({"content": text}) for text in ("is ", "this ", "sk", "y blue?")]

    stream, fresh = _read(events)

    assert [event.brought for event in fresh] == ["is ", "this ", "sk", "y blue?"]
    assert stream.body == b"".join(events)


def test_a_choice_that_ended_keeps_nobody_waiting() -> None:
    guard = SplitKeyGuard(Redactor(KEY))

    assert guard.add(0, {"choices": [{"index": 0, "delta": {"content": "s"}}]}) == []
    assert guard.add(1, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}) == [
        (0, False),
        (1, False),
    ]


@pytest.mark.parametrize("chunk", [None, 1, [], {"choices": 3}, {"choices": [None, {"delta": 4}]}])
def test_what_is_no_chunk_passes(chunk: Any) -> None:
    assert SplitKeyGuard(Redactor(KEY)).add(0, chunk) == [(0, False)]


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\n\n\n"])
def test_the_body_is_masked_whatever_its_line_ends(end: bytes) -> None:
    events = [_event({"content": part})[:-2] + end for part in ("x", KEY[:5], KEY[5:], "y")]

    stream, _ = _read(events, live=False)

    assert [event.data == MASK for event in stream.events] == [False, True, True, False]
    assert KEY[5:].encode() not in stream.body


def test_neither_an_events_name_nor_a_cut_text_shows_it() -> None:
    named = f"event: {KEY}\ndata: 1\n\n".encode()

    stream, fresh = _read([named, _event({"content": "x" * 75 + KEY})])

    assert KEY not in repr(stream)
    assert KEY[:6] not in repr(fresh)
