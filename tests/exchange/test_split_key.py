"""A key split anywhere over a stream's events appears in none of its views."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects import DIALECTS
from playground.dialects.chat_completions.answer import read_choices
from playground.dialects.chat_completions.dialect import CHAT_COMPLETIONS
from playground.exchange.split_key import MOST_PLACES, HeldTexts, SplitKeyGuard, without_split_key
from playground.exchange.stream import Stream, StreamEvent, StreamReader
from playground.text import jsontext
from playground.text.redact import MASK, Redactor
from playground.text.sse import Event
from tests.exchange.strategies import escaped, keys, unescaped
from tests.growth import is_linear

KEY = "sk-canary-51c0de"


def _event(delta: Any, **choice: Any) -> bytes:
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta} | choice]})}\n\n".encode()


def _read(events: list[bytes], live: bool = True, key: str = KEY) -> tuple[Stream, list[StreamEvent]]:
    redactor = Redactor(key)
    reader, fresh = StreamReader(CHAT_COMPLETIONS, redactor, live=live), []
    for number, data in enumerate(events):
        reader.feed(data, float(number))
        fresh += reader.take_fresh()
    reader.close(float(len(events)))
    stream = reader.result(redactor.of_whole_keys.data(b"".join(events)))
    return stream, [*fresh, *reader.take_fresh()]


@given(
    before=st.text(max_size=10),
    after=st.text(max_size=10),
    cuts=st.sets(st.integers(0, 40), max_size=8),
    field=st.sampled_from(["content", "reasoning_content"]),
)
def test_a_split_key_is_never_shown(before: str, after: str, cuts: set[int], field: str) -> None:
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


def _pieces(draw: st.DataObject, text: str) -> list[str]:
    cuts = draw.draw(st.sets(st.integers(0, len(text)), max_size=8))
    edges = sorted({0, len(text), *cuts})
    return [text[start:end] for start, end in pairwise(edges)]


def _json(text: str, draw: st.DataObject) -> str:
    """Write a JSON string with some of its letters as escapes."""
    parts = [
        f"\\u{ord(letter):04{draw.draw(st.sampled_from('xX'))}}"
        if draw.draw(st.booleans())
        else json.dumps(letter)[1:-1]
        for letter in text
    ]
    return f'"{"".join(parts)}"'


def _shown(stream: Stream, fresh: list[StreamEvent]) -> Iterator[str]:
    """Yield everything that the page and the JSON interface make of a stream."""
    for events in (fresh, list(stream.events)):
        for event in events:
            yield event.name + event.data + event.brought
        yield "".join(event.data for event in events)
        yield "".join(event.brought for event in events)
    text = stream.body.decode()
    yield text
    yield jsontext.indent(text)
    yield json.dumps(stream.completion)
    yield json.dumps(stream.completion, ensure_ascii=False, indent=2)
    for choice in read_choices(stream.completion):
        yield from (
            choice.text or "",
            choice.reasoning or "",
            json.dumps([call.raw for call in choice.tool_calls]),
        )


@given(
    st.data(), keys, st.sampled_from(["content", "reasoning_content", "refusal", "arguments"]), st.booleans()
)
def test_an_escaped_key_is_never_shown_however_it_is_split(
    data: st.DataObject, key: str, field: str, others_between: bool
) -> None:
    said = "a " + data.draw(st.one_of(st.just(key), escaped(key))) + " b"
    events = []
    for piece in _pieces(data, said):
        text = _json(piece, data)
        delta = f'{{"{field}":{text}}}'
        if field == "arguments":
            delta = f'{{"tool_calls":[{{"index":0,"function":{{"arguments":{text}}}}}]}}'
        events.append(f'data: {{"choices":[{{"index":0,"delta":{delta}}}]}}\n\n'.encode())
        if others_between:
            events.append(_event({"content": "other "}, index=1))

    stream, fresh = _read(events, key=key)

    assert len(fresh) == len(list(stream.events)) == len(events)
    for shown in _shown(stream, fresh):
        assert key not in unescaped(shown)
        assert key not in "".join(re.findall('"(?:content|arguments)": ?"([^"]*)"', shown))
    others = [event for event in fresh if event.brought == "other "]
    assert len(others) == (len(events) // 2 if others_between else 0)


@given(st.data(), keys, st.sampled_from(["text", "message", "data", "name", "string", "other shape"]))
def test_events_that_are_not_chat_chunks_do_not_show_it(data: st.DataObject, key: str, kind: str) -> None:
    def event(piece: str) -> bytes:
        text = json.dumps(piece)
        return {
            "text": f'data: {{"choices":[{{"index":0,"text":{text}}}]}}',
            "message": f'data: {{"choices":[{{"message":{{"content":{text}}}}}]}}',
            "data": f"data: {piece}",
            "name": f"event: {piece}\ndata: 1",
            "string": f"data: {text}",
            "other shape": f'data: {{"type":"delta","delta":{{"text":{text}}}}}',
        }[kind].encode() + b"\n\n"

    events = [event(piece) for piece in _pieces(data, key)]

    stream, fresh = _read(events, key=key)

    for shown in (fresh, list(stream.events)):
        names = "".join(event.name for event in shown if event.name != "message")
        assert key not in names
        found = "".join(
            re.findall(r'(?:text|content|message)": ?"((?:[^"\\]|\\.)*)"', "".join(e.data for e in shown))
        )
        assert key not in unescaped(found)
        assert key not in "".join(event.data.strip('"') for event in shown)
    assert key not in stream.body.decode().replace("\n\ndata: ", "").replace('""', "")


def test_a_word_in_every_event_holds_back_only_the_last_one() -> None:
    events = [_event({"role": "tasks", "content": text}) for text in ("one ", "two ", "three ")]
    redactor = Redactor(KEY)
    reader, counts = StreamReader(CHAT_COMPLETIONS, redactor, live=True), []
    for data in events:
        reader.feed(data, 0.0)
        counts.append(len(reader.take_fresh()))

    assert counts == [0, 1, 1]


def test_a_key_in_tool_call_arguments_is_masked() -> None:
    first = {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": f'{{"k": "{KEY[:7]}'}}]}
    rest = {"tool_calls": [{"index": 0, "function": {"arguments": f'{KEY[7:]}"}}'}}]}

    stream, fresh = _read([_event(first), _event(rest)])

    assert [event.data for event in fresh] == [MASK, MASK]
    assert [event.data for event in stream.events] == [MASK, MASK]
    assert KEY[:7].encode() not in stream.body


def test_other_events_are_unchanged() -> None:
    events = [_event({"content": text}) for text in ("is ", "this ", "sk", "y blue?")]

    stream, fresh = _read(events)

    assert [event.brought for event in fresh] == ["is ", "this ", "sk", "y blue?"]
    assert stream.body == b"".join(events)


@pytest.mark.parametrize("reason", ["stop", "null", "length", "", None, 1])
def test_a_finish_reason_does_not_release_held_events(reason: Any) -> None:
    pieces = ["a ", KEY[:5], KEY[5:9], KEY[9:], " b"]
    events = [_event({"content": piece}, finish_reason=reason) for piece in pieces]

    stream, fresh = _read(events)

    assert [event.data == MASK for event in fresh] == [False, True, True, True, False]
    assert [event.data == MASK for event in stream.events] == [False, True, True, True, False]


def test_the_end_of_the_stream_releases_held_events() -> None:
    guard = SplitKeyGuard(Redactor(KEY), CHAT_COMPLETIONS)

    chunk = {"choices": [{"index": 0, "delta": {"content": "s"}, "finish_reason": "stop"}]}

    assert guard.add(0, Event("", value=chunk)) == []
    assert guard.release() == [(0, False)]


def test_an_event_with_too_many_held_texts_is_masked() -> None:
    guard = SplitKeyGuard(Redactor(KEY), CHAT_COMPLETIONS)

    assert guard.add(0, Event("", value=["s"] * (MOST_PLACES + 1))) == []
    assert guard.add(1, Event("", value={"text": "s"})) == []
    assert guard.release() == [(0, True), (1, True)]


@pytest.mark.parametrize("chunk", [None, 1, [], {"choices": 3}, {"choices": [None, {"delta": 4}]}])
def test_events_without_text_pass(chunk: Any) -> None:
    assert SplitKeyGuard(Redactor(KEY), CHAT_COMPLETIONS).add(0, Event("", value=chunk)) == [(0, False)]


def test_nothing_is_held_back_without_a_secret() -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "oll"}}]}

    assert SplitKeyGuard(Redactor("ollama"), CHAT_COMPLETIONS).add(0, Event("", value=chunk)) == [(0, False)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"reasoning": KEY[:7]}, {"reasoning_content": KEY[7:]}),
        ({"reasoning_content": KEY[:7]}, {"reasoning_details": [{"type": "text", "text": KEY[7:]}]}),
        ({"content": KEY[:7]}, {"content": [{"type": "text", "text": KEY[7:]}]}),
        ({"content": KEY[:7]}, KEY[7:]),
        (KEY[:7], [{"content": KEY[7:]}]),
        (
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": KEY[:7]}]}]},
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": KEY[7:]}]}]},
        ),
        (
            {"tool_calls": [{"index": 0, "function": {"arguments": KEY[:7]}}]},
            {"tool_calls": [{"index": 1, "function": {"arguments": KEY[7:]}}]},
        ),
        (
            {"tool_calls": [{"id": "a", "function": {"name": KEY[:7]}}]},
            {"tool_calls": [{"id": "a", "function": {"name": KEY[7:]}}]},
        ),
        ({"function_call": {"arguments": KEY[:7]}}, {"function_call": {"arguments": KEY[7:]}}),
        ({"audio": {"transcript": KEY[:7]}}, {"audio": {"transcript": KEY[7:]}}),
        ({"refusal": KEY[:7]}, {"refusal": KEY[7:]}),
    ],
    ids=lambda delta: "-".join(delta) if isinstance(delta, dict) else type(delta).__name__,
)
def test_fields_that_people_read_as_one_text_count_as_one(first: Any, second: Any) -> None:
    stream, fresh = _read([_event(first), _event(second)])

    assert [event.data for event in fresh] == [MASK, MASK]
    assert KEY[:7].encode() not in stream.body
    assert KEY[7:].encode() not in stream.body


_KINDS = ({"reasoning": KEY[:7]}, {"content": KEY[7:]}, {"refusal": KEY[7:]}, {"tool_calls": [
    {"index": 0, "id": "a", "type": "function", "function": {"name": KEY[7:], "arguments": ""}}
]})  # fmt: skip
_BLOCKS = ({"thinking": KEY[:7]}, {"text": KEY[7:]}, {"partial_json": KEY[7:]}, {"name": KEY[7:]})
_ITEMS = (("reasoning_text", KEY[:7]), ("output_text", KEY[7:]), ("refusal", KEY[7:]))


@pytest.mark.parametrize(
    ("dialect", "first", "second"),
    [
        *(("chat_completions", {"choices": [{"index": 0, "delta": _KINDS[0]}]},
            {"choices": [{"index": 0, "delta": kind}]}) for kind in _KINDS[1:]),
        *(("messages", {"type": "content_block_delta", "index": 0, "delta": _BLOCKS[0]},
            {"type": "content_block_delta", "index": 1, "delta": kind}) for kind in _BLOCKS[1:]),
        ("messages", {"type": "content_block_delta", "index": 0, "delta": _BLOCKS[0]},
            {"type": "message_delta", "delta": {"stop_details": {"explanation": KEY[7:]}}}),
        *(("responses", {"type": f"response.{_ITEMS[0][0]}.delta", "delta": _ITEMS[0][1]},
            {"type": f"response.{name}.delta", "delta": text}) for name, text in _ITEMS[1:]),
    ],
)  # fmt: skip
def test_a_key_split_over_several_kinds_of_text_is_masked(dialect: str, first: Any, second: Any) -> None:
    guard = SplitKeyGuard(Redactor(KEY), DIALECTS[dialect])

    settled = [*guard.add(0, Event("", value=first)), *guard.add(1, Event("", value=second))]

    assert [*settled, *guard.release()] == [(0, True), (1, True)]


def test_a_key_split_over_reasoning_and_answer_of_another_choice_is_none() -> None:
    choices = [{"index": index, "delta": {"content": text}} for index, text in enumerate((KEY[:7], KEY[7:]))]
    guard = SplitKeyGuard(Redactor(KEY), CHAT_COMPLETIONS)

    assert [*guard.add(0, Event("", value={"choices": choices})), *guard.release()] == [(0, False)]


def test_a_key_split_over_a_completions_reasoning_and_answer_is_masked() -> None:
    message = {"role": "assistant", "reasoning": f"So: {KEY[:7]}", "content": f"{KEY[7:]}."}
    completion = {"choices": [{"index": 0, "message": message}]}

    masked = without_split_key(Redactor(KEY), completion, CHAT_COMPLETIONS)

    assert masked["choices"][0]["message"] == message | {"reasoning": MASK, "content": MASK}


def test_a_choice_that_is_a_string_counts_as_one() -> None:
    parts = [{"type": "text", "text": text} for text in (KEY[:7], KEY[7:])]
    choices = ["Hello", {"index": 1, "message": {"role": "assistant", "content": parts}}]

    masked = without_split_key(Redactor(KEY), {"choices": choices}, CHAT_COMPLETIONS)

    assert masked["choices"][0] == "Hello"
    assert [part["text"] for part in masked["choices"][1]["message"]["content"]] == [MASK, MASK]


def test_a_key_split_over_content_parts_is_masked() -> None:
    parts = [{"type": "text", "text": text} for text in ("It is ", KEY[:7], KEY[7:], ".")]
    completion = {"choices": [{"index": 0, "message": {"role": "assistant", "content": parts}}]}

    masked = without_split_key(Redactor(KEY), completion, CHAT_COMPLETIONS)

    said = masked["choices"][0]["message"]["content"]
    assert [part["text"] for part in said] == ["It is ", MASK, MASK, "."]
    assert without_split_key(Redactor(""), completion, CHAT_COMPLETIONS) is completion
    assert without_split_key(Redactor(KEY[:-1] + "x"), completion, CHAT_COMPLETIONS) is completion
    assert without_split_key(Redactor(KEY), None, CHAT_COMPLETIONS) is None


_FIELDS = ("content", "reasoning", "reasoning_content", "refusal", "arguments", "name", "part")


def _delta(field: str, piece: str) -> dict[str, Any]:
    if field in ("arguments", "name"):
        return {"tool_calls": [{"index": 0, "function": {field: piece}}]}
    return {"content": [{"type": "text", "text": piece}]} if field == "part" else {field: piece}


@given(
    st.data(),
    st.sampled_from(_FIELDS),
    st.sampled_from(["a ", "", "sk-", KEY[:-1], "\\u0073"]),
    st.sampled_from([" b", "", KEY, KEY[1:]]),
    st.sampled_from([b"\n\n", b"\n", b"\r\n\r\n"]),
)
def test_a_split_key_is_never_shown_whatever_the_framing_or_finish_reasons(
    data: st.DataObject, field: str, before: str, after: str, between: bytes
) -> None:
    reasons = st.sampled_from([None, "", "null", "stop", "length", "tool_calls"])
    events = [
        _event(_delta(field, piece), finish_reason=data.draw(reasons))[:-2] + between
        for piece in _pieces(data, before + KEY + after)
    ]
    texts = HeldTexts(Redactor(KEY))
    live = "".join(texts.add("place", piece) for piece in _pieces(data, before + KEY + after))

    stream, fresh = _read(events)

    assert KEY not in live
    assert len(fresh) == len(list(stream.events)) == len(events)
    for shown in (fresh, list(stream.events)):
        said = [
            MASK if event.data == MASK else _said(json.loads(event.data)["choices"][0]["delta"])
            for event in shown
        ]
        assert KEY not in "".join(said)
    whole = stream.completion
    assert KEY not in json.dumps(whole)
    assert without_split_key(Redactor(KEY), whole, CHAT_COMPLETIONS) == whole


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(_said(item) for name, item in value.items() if name != "type")
    return "".join(map(_said, value)) if isinstance(value, list) else value if isinstance(value, str) else ""


@given(st.data(), st.sampled_from(["content", "reasoning_content", "refusal"]), st.text(max_size=60))
def test_without_the_key_nothing_is_lost(data: st.DataObject, field: str, text: str) -> None:
    text += data.draw(st.sampled_from(["", "s", "sk-", KEY[:11]]))
    if KEY[:12] in text:
        return
    redactor, pieces = Redactor(KEY), _pieces(data, text)
    texts, events = HeldTexts(redactor), [_event({field: piece}) for piece in pieces]
    live = "".join(texts.add("place", piece) for piece in pieces)

    stream, fresh = _read(events)

    assert text.startswith(live)
    assert len(text) - len(live) < len(KEY)
    assert [event.data for event in fresh] == [event.data for event in stream.events]
    assert stream.body == b"".join(events)
    if text and stream.completion:
        assert stream.completion["choices"][0]["message"][field] == jsontext.mended_text(text)


@pytest.mark.parametrize("field", ["content", "reasoning_content", "tool_calls"])
def test_a_key_that_grows_from_event_to_event_is_shown_to_less_than_half(field: str) -> None:
    key = "sk-canary-51c0de-7f93a2b8"
    seen = [key[:length] for length in range(3, len(key))]
    calls = [[{"index": 0, "function": {"arguments": text}}] for text in seen]
    events = [_event({field: value}) for value in (calls if field == "tool_calls" else seen)]
    texts = HeldTexts(Redactor(key))

    stream, fresh = _read(events, key=key)
    live = "".join(texts.add("place", text) for text in seen)

    assert [event.data for event in fresh] == [event.data for event in stream.events]
    for shown in (live, repr(fresh), repr(stream), json.dumps(stream.completion)):
        assert key[:13] not in shown


def test_a_stream_that_ends_within_the_key_shows_less_than_half_of_it() -> None:
    stream, fresh = _read([_event({"content": KEY[:6]}), _event({"content": KEY[6:-1]})])

    assert KEY[:-1] not in json.dumps(stream.completion)
    assert [event.data for event in fresh] == [event.data for event in stream.events]


@pytest.mark.thorough
@pytest.mark.parametrize("piece", ["x", "s", "&#", "0", "\\", "%25", KEY[:-1]])
def test_a_long_stream_takes_linear_time(piece: str) -> None:
    def work(size: int) -> None:
        guard = SplitKeyGuard(Redactor(KEY), CHAT_COMPLETIONS)
        texts = HeldTexts(Redactor(KEY))
        chunk = {"choices": [{"index": 0, "delta": {"reasoning": piece, "tool_calls": [{"x": piece}]}}]}
        guard.add(0, Event("", value={"choices": [{"index": 0, "delta": {"reasoning": "&#"}}]}))
        for number in range(1, size):
            guard.add(number, Event("", value=chunk))
            texts.add("place", piece)
        guard.release()

    assert is_linear(work, 1000)


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\n\n\n", b"\n", b"\r\n"])
def test_the_body_is_masked_with_any_line_endings(end: bytes) -> None:
    events = [_event({"content": part})[:-2] + end for part in ("x", KEY[:5], KEY[5:], "y")]

    stream, _ = _read(events, live=False)

    assert [event.data == MASK for event in stream.events] == [False, True, True, False]
    assert KEY[5:].encode() not in stream.body


def test_event_names_and_truncated_texts_do_not_show_it() -> None:
    named = f"event: {KEY}\ndata: 1\n\n".encode()

    stream, fresh = _read([named, _event({"content": "x" * 75 + KEY})])

    assert KEY not in repr(stream)
    assert KEY[:6] not in repr(fresh)
