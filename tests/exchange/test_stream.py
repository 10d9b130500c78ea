"""A stream's events: limited in number, and parsed anew on each iteration."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects.chat_completions.dialect import CHAT_COMPLETIONS
from playground.exchange import stream as stream_room
from playground.exchange.stream import Stream, StreamReader, Unread, read_again
from playground.text import event_data, jsontext
from playground.text.pieces import Pieces, TooManyError
from playground.text.redact import MASK, Redactor
from tests.growth import is_linear


def _read(body: bytes) -> Stream:
    reader = StreamReader(CHAT_COMPLETIONS, Redactor(""))
    reader.feed(body, 0.0)
    reader.close(0.0)
    return reader.result(body)


def test_events_can_be_counted_without_parsing_them() -> None:
    stream = _read(b"data: 1\n\n" * 1000)

    assert len(stream.events) == 1000
    assert [event.data for event in stream.events] == ["1"] * 1000
    assert len(list(stream.events)) == 1000


def test_heartbeats_are_listed_but_not_part_of_the_completion() -> None:
    stream = _read(b'data: ping\n\ndata: {"type": "ping"}\n\n' + _event('{"content":"x"}'))

    assert [event.data for event in stream.events][:2] == ["ping", '{"type": "ping"}']
    assert stream.unread is None
    assert stream.completion
    assert "type" not in stream.completion


def test_a_result_does_not_change_while_the_stream_continues() -> None:
    reader = StreamReader(CHAT_COMPLETIONS, Redactor(""))
    reader.feed(b"data: 1\n\n", 0.0)
    stream = reader.result(b"data: 1\n\n")

    reader.feed(b"data: 2\n\n", 0.0)

    assert len(stream.events) == 1


_KEY = "sk-canary-51c0de"
_TEXTS = st.sampled_from([
    " the", " the| fox", "s", "sk-", "sk-can|ary-51c0de", "sk-can|ary", _KEY, '"', "\\", "", "é",
    " the| fox|data: {|!", "\ud83d", "\u2028", ",", "m",
])  # fmt: skip
_KINDS = st.sampled_from([
    lambda text: {"choices": [{"index": 0, "delta": {"content": text}}], "object": "chat.completion.chunk"},
    lambda text: {"object": "chat.completion.chunk", "choices": [{"delta": {"content": text}, "index": 1}]},
    lambda text: {"id": _KEY[:12], "choices": [{"index": 0, "delta": {"reasoning": text}}]},
    lambda text: {
        "id": _KEY[:12],
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": {"content": text}}],
    },
    lambda text: {"type": "ping", "of": text},
])  # fmt: skip


@given(
    runs=st.lists(st.tuples(_KINDS, st.lists(_TEXTS, max_size=12)), max_size=4),
    ascii_only=st.booleans(),
    end=st.sampled_from(["\n\n", "\r\n\r\n", "\n"]),
    key=st.sampled_from(["", _KEY]),
)
def test_events_read_as_one_are_what_they_are_line_by_line(
    runs: list[tuple[Callable[[str], Any], list[str]]], ascii_only: bool, end: str, key: str
) -> None:
    events = [kind(text) for kind, texts in runs for together in texts for text in together.split("|")]
    lines = [f"data: {json.dumps(event, ensure_ascii=ascii_only)}{end}" for event in events]
    body = "".join(lines).encode("utf-8", "surrogatepass")
    read = []
    for pieces in ([body], body.splitlines(keepends=True)):
        reader = StreamReader(CHAT_COMPLETIONS, Redactor(key), live=True)
        for piece in pieces:
            reader.feed(piece, 0.0)
        reader.close(0.0)
        stream = reader.result(body)
        read.append((reader.take_fresh(), stream, reader.collector.tokens, reader.told))

    assert read[0] == read[1]


def test_what_stands_around_a_text_is_not_taken_for_it() -> None:
    """A text that is itself like the JSON around it: `"content":":"`."""
    chunk = '{"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content"%s"}}]}'
    texts = [':"a', ':"b', ': "c', ':":', ' :":', 'X":', ':"."']

    stream = _read("".join(f"data: {chunk % text}\n\n" for text in texts).encode())

    assert [event.brought for event in stream.events] == ["a", "b", "c", ":", ":", "", ""]
    assert _message(stream)["content"] == "abc::"
    assert stream.unread == Unread(2, chunk % 'X":')


@pytest.mark.thorough
def test_looking_for_events_that_are_alike_takes_linear_time() -> None:
    """In one piece, every other event has to be parsed, but begins and ends like the one before."""

    def read(size: int) -> None:
        chunk = {"choices": [{"index": 0, "delta": {"content": "%s"}}]}
        event = f"data: {json.dumps(chunk)}\n\n"
        _read((event.replace("%s", "a") + event.replace("%s", "\\n")).encode() * size)

    assert is_linear(read, 2000)


def test_events_that_are_alike_are_not_parsed_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = b'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"%d; "}}]}\n\n'
    parsed = []
    monkeypatch.setattr(
        event_data, "read", lambda text: parsed.append(text) or jsontext.loads_leniently(text)
    )

    body, times_ms = (
        b"".join(chunk % number for number in range(100)),
        [float(number) for number in range(100)],
    )
    stream = _read(body)
    assert len(stream.times_ms) == 100
    again = read_again(CHAT_COMPLETIONS, body, times_ms)  # as a run does when it is opened

    assert stream.completion == again.completion
    assert stream.completion
    assert stream.completion["choices"][0]["message"]["content"].endswith("98; 99; ")
    assert list(again.times_ms) == times_ms
    assert len(parsed) < 10


@pytest.mark.parametrize("piece", [b"data:1\n\n", b"\n", b":\n", b"data:\n", b":\n\n"])
def test_endless_small_events_hit_a_limit(monkeypatch: pytest.MonkeyPatch, piece: bytes) -> None:
    """A twelfth of the real limits, which tests/served reaches through a whole server."""
    monkeypatch.setattr(stream_room, "MOST_EVENTS", 20_000)
    monkeypatch.setattr(stream_room, "_MOST_LINES", 80_000)
    reader = StreamReader(CHAT_COMPLETIONS, Redactor(""))

    def feed_all() -> None:
        for _ in range(200):
            reader.feed(piece * 10_000, 0.0)

    with pytest.raises(TooManyError) as refused:
        feed_all()

    assert refused.value.limit >= 20_000
    assert len(reader.times_ms) <= 20_000


def _event(delta: str) -> bytes:
    return f'data: {{"choices":[{{"index":0,"delta":{delta}}}]}}\n\n'.encode()


@pytest.mark.parametrize(
    ("field", "delta"),
    [
        ("content", '{"content":"%s"}'),
        ("reasoning_content", '{"reasoning_content":"%s"}'),
        ("reasoning", '{"reasoning":"%s"}'),
        ("refusal", '{"refusal":"%s"}'),
        ("tool_calls", '{"tool_calls":[{"index":0,"function":{"arguments":"%s"}}]}'),
    ],
)
def test_surrogate_halves_in_two_deltas_make_one_character(field: str, delta: str) -> None:
    halves = ["a", r"b\ud83d", "", r"\ude00c", r"\ud83d\ude00", r"\ud83d", r"\ud83d", "d"]

    message = _message(_read(b"".join(_event(delta % half) for half in halves)))

    text = message["tool_calls"][0]["function"]["arguments"] if field == "tool_calls" else message[field]
    assert text == "ab😀c😀\ufffd\ufffdd"


def test_a_lone_surrogate_is_shown_as_broken_everywhere() -> None:
    chunk = rb'{"id":"\udc00","x":["\ud83d"],"choices":[{"delta":{"role":"\ud83d","content":"a\ud83d"}}]}'
    body = b"data: " + chunk + b'\n\ndata: {"error":{"message":"\\ud83d"}}\n\ndata: b\\ud83d\n\n'

    stream = _read(body)

    assert _message(stream) == {"role": "\ufffd", "content": "a\ufffd"}
    assert stream.completion is not None
    assert stream.error == {"message": "\ufffd"}
    for text in (str(stream.completion), str(list(stream.events)), str(stream.unread)):
        assert text.encode()


def _message(stream: Stream) -> dict[str, Any]:
    assert stream.completion is not None
    message: dict[str, Any] = stream.completion["choices"][0]["message"]
    return message


@pytest.mark.parametrize("text", ["\ud83d\ude00", "a\ud83d\ude00b", "\ud83dx", "中\ude00"])
def test_a_growing_text_never_holds_half_a_character(text: str) -> None:
    pieces, shown = Pieces(), ""
    for _ in range(200):
        for letter in text:
            pieces.append(letter)
            shown += pieces.since(len(shown))
            assert shown.encode().decode() == shown
            assert pieces.length == len(shown)

    assert str(pieces) == jsontext.mended_text(text * 200)
    assert str(pieces).startswith(shown)


def test_unreadable_events_are_counted_and_the_first_is_quoted() -> None:
    stream = _read(_event('{"content":"Hi"}') + b'data: please wait\n\ndata: {"cut\n\ndata: [DONE]\n\n')

    assert stream.unread == Unread(2, "please wait")
    assert _message(stream)["content"] == "Hi"
    assert _read(_event("{}")).unread is None


def test_a_quote_is_truncated() -> None:
    stream = _read(b"data: " + b"x" * 100_000 + b"\n\n")

    assert stream.unread is not None
    assert len(stream.unread.first) < 2000


@pytest.mark.parametrize("key", ["sk-canary-51c0de"])
@pytest.mark.parametrize("cut", [0, 5])
def test_a_quote_does_not_show_the_key(key: str, cut: int) -> None:
    first, second = key[: cut or None], key[cut:]
    body = f"data: {first}\n\ndata: {second}\n\n".encode()
    reader = StreamReader(CHAT_COMPLETIONS, Redactor(key))
    reader.feed(body, 0.0)

    unread = reader.result(body).unread

    assert unread == Unread(2, MASK)


def test_an_error_event_does_not_count_as_unread() -> None:
    stream = _read(b"event: error\ndata: out of memory\n\n")

    assert (stream.error, stream.unread) == ("out of memory", None)


def test_events_are_the_same_live_and_parsed_again() -> None:
    body = b'data: {"a":1}\ndata: {"b":2}\nerror: {"c":3}\n{"d":4}\ndata: {"cut\ndata: {"e":5}\n\nwords\n'
    reader = StreamReader(CHAT_COMPLETIONS, Redactor("sk-canary-51c0de"), live=True)
    for position in range(len(body)):
        reader.feed(body[position : position + 1], 0.0)
    reader.close(0.0)

    stream = reader.result(body)

    fresh = reader.take_fresh()
    assert fresh == list(stream.events)
    assert [event.name for event in fresh].count("error") == 1
    assert len(fresh) == 7
