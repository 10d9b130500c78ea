"""Server-sent events: the WHATWG rules, with the bytes split in every possible way."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.text.sse import LINES, Event, EventParser
from tests.growth import is_linear

FRAMINGS = {
    "LF": (b"data: a\n\ndata: b\n\n", ["a", "b"]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
    "CR": (b"data: a\r\rdata: b\r\r", ["a", "b"]),
    "mixed": (b"data: a\r\n\ndata: b\n\r\ndata: c\r\r\ndata: d\r\n\r", ["a", "b", "c", "d"]),
    "BOM": (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
    "a BOM inside is text": (b"data: \xef\xbb\xbfa\n\n", ["\ufeffa"]),
    "lines of data": (b"data: a\ndata: b\ndata:\n\n", ["a\nb\n"]),
    "comments": (b": ping\n\n:\ndata: a\n: b\n\n", ["a"]),
    "no space": (b"data:a\ndata:  b\n\n", ["a\n b"]),
    "no colon": (b"data\n\ndata\ndata\n\n", ["", "\n"]),
    "unknown fields": (b"retry: 10\nnothing: x\ndata: a\nDATA: b\n\n", ["a"]),
    "no data, no event": (b"event: x\nid: 1\n\ndata: a\n\n", ["a"]),
    "no blank line at the end": (b"data: a\n\ndata: b\n", ["a", "b"]),
    "no line end at the end": (b"data: a\n\ndata: b", ["a", "b"]),
    "letters of several bytes": ("data: é中👍\u2028x\n\n".encode(), ["é中👍\u2028x"]),
    "broken letters": (b"data: a\xff\xe4\xb8b\n\n", ["a\ufffd\ufffdb"]),
    "blank lines": (b"\n\n\r\n\rdata: a\n\n\n\n", ["a"]),
    "nothing": (b"", []),
}
A, B = '{"a":1}', '{"b":2}'
# Streams that depart from the rules, and the events that they mean.
LENIENT = {
    "no blank lines": (f"data: {A}\ndata: {B}\ndata: [DONE]\n", [A, B, "[DONE]"]),
    "no blank lines, CR": (f"data: {A}\rdata: {B}\rdata: [DONE]\r", [A, B, "[DONE]"]),
    "no blank line once": (f"data: {A}\n\ndata: {A}\ndata: {B}\n\ndata: {A}\n\n", [A, A, B, A]),
    "an error behind what breaks off": (f'data: {{"id":"x","cho\ndata: {B}\n\n', ['{"id":"x","cho', B]),
    "what breaks off between values": (f'data: {{"id":[1,\ndata: {B}\n\n', ['{"id":[1,', B]),
    "what breaks off, and no blank lines": (f'data: {{"i\ndata: {A}\ndata: {B}\n', ['{"i', A, B]),
    "an error on the same line": (f'data: {{"id":"x","chodata: {B}\n\n', ['{"id":"x","cho', B]),
    "two on one line": (f"data: {A}data: {B}\n\n", [A, B]),
    "a prefix too many": (f"data: data: {A}\n\ndata:data:data: [DONE]\n\n", [A, "[DONE]"]),
    "data: within a text": ('data: {"t":"say data: {x}"}\n\n', ['{"t":"say data: {x}"}']),
    "lines without data:": (f"{A}\n{B}\n[DONE]\n", [A, B, "[DONE]"]),
    "one without data:": (f"data: {A}\n\n{B}\n\ndata: {A}\n\n", [A, B, A]),
    "JSON in lines": ('data: {\ndata: "a": [\ndata: {"c":1}\ndata: ]}\n\n', ['{\n"a": [\n{"c":1}\n]}']),
    "JSON in lines without data:": ('data: {\n  "a": [\n    1\n  ]\n}\n\n', ['{\n  "a": [\n    1\n  ]\n}']),
    "JSON in bare lines": ('{\n  "a": 1\n}\ndata: [DONE]\n\n', ['{\n  "a": 1\n}', "[DONE]"]),
    "two of them in lines": ("data: {\ndata: }\ndata: [\ndata: ]\n\n", ["{\n}", "[\n]"]),
    "a text in two lines": ('data: {"a":"x\ndata: y: {"}\n\n', ['{"a":"x\ny: {"}']),
    "a text with a line of its own": ('data: {"a":"x\nnote: y"}\n\n', ['{"a":"x\nnote: y"}']),
    "words": ("data: rate limit exceeded,\ndata: please wait\n\n", ["rate limit exceeded,\nplease wait"]),
    "words without data:": (
        f"data: {A}\n\nupstream not available: try\n",
        [A, "upstream not available: try"],
    ),
    "words, then JSON": (f"data: connecting\ndata: {A}\ndata: {B}\n", ["connecting", A, B]),
    "a page": ("<html>\n<h1>502</h1>\n", ["<html>\n<h1>502</h1>"]),
    "blanks around": (f" data : {A}\n\ndata:  [DONE] \n\n", [A, " [DONE] "]),
    "a byte order mark in each event": (f"data: \ufeff{A}\n\n", ["\ufeff" + A]),
    "blank data lines": (f"data:\ndata: {A}\ndata:\n\n", [f"\n{A}\n"]),
    "a masked event": (
        f"data: [redacted]\ndata: {A}\n\ndata: [redacted]data: {B}\n",
        ["[redacted]", A, "[redacted]", B],
    ),
}
_TOKENS = (
    *("data:", "data: ", "event: e", "id: 1", "error: ", ": c", "{", "}", "[", "]", '"', ":", ",", "\\", "x"),
    *(" ", "\n", "\r", "\r\n", "\n\n", '{"a":1}', "[DONE]", "[redacted]", "\ufeff"),
)
_LINES = (
    *(
        "data: {\n",
        'data: "\n',
        "data: {}\n",
        'data: {"a\n',
        "data: }\n",
        "x y\n",
        "data:\n",
        "{\n",
        "a: b\n",
    ),
    *('data: {"\\\n', "data: [{}\n", "event: x\n", 'data: {"a":1,\n', "data: data: {", "data: {data:"),
    *("\r", "\n"),
)
FRAMINGS |= {name: (stream.encode(), data) for name, (stream, data) in LENIENT.items()}


def parse(*pieces: bytes) -> list[Event]:
    parser = EventParser()
    events = [event for piece in pieces for event in parser.feed(piece)]
    return [*events, *parser.close()]


@pytest.mark.parametrize(("stream", "data"), FRAMINGS.values(), ids=FRAMINGS)
def test_each_framing_at_every_split(stream: bytes, data: list[str]) -> None:
    for first in range(len(stream) + 1):
        for second in range(first, len(stream) + 1):
            events = parse(stream[:first], stream[first:second], stream[second:])
            assert [event.data for event in events] == data, (first, second)


@pytest.mark.parametrize(("stream", "data"), FRAMINGS.values(), ids=FRAMINGS)
def test_each_framing_byte_by_byte_with_empty_pieces(stream: bytes, data: list[str]) -> None:
    pieces = [piece for byte in stream for piece in (bytes([byte]), b"")]

    assert [event.data for event in parse(*pieces)] == data


def test_names_apply_to_one_event_and_ids_to_later_ones_too() -> None:
    events = parse(b"event: error\nid: 1\ndata: a\n\ndata: b\n\nid: bad\0\ndata: c\n\nid\ndata: d\n\n")

    assert events == [
        Event("a", "error", "1"),
        Event("b", "message", "1"),
        Event("c", "message", "1"),
        Event("d", "message", ""),
    ]


def test_events_are_yielded_as_soon_as_they_are_complete() -> None:
    parser = EventParser()

    assert list(parser.feed(b"data: a\r\n\r")) == [Event("a")]
    assert list(parser.feed(b"\ndata: b\n")) == []
    assert list(parser.feed(b"\n")) == [Event("b")]


@pytest.mark.parametrize("name", LENIENT)
def test_each_event_says_where_it_ends(name: str) -> None:
    stream, _ = FRAMINGS[name]
    events = parse(stream)

    ends = [0, *(event.end for event in events)]
    assert ends == sorted(set(ends))
    pieces = [stream[start:end] for start, end in pairwise(ends)]
    assert [[event.data for event in parse(piece)] for piece in pieces] == [[event.data] for event in events]


def test_a_field_named_error_is_an_event_of_that_name() -> None:
    assert parse(b'error: {"code":500}\n\ndata: 1\n\n') == [Event('{"code":500}', "error"), Event("1")]
    assert parse(b"data: {}\nerror: out of memory\n") == [Event("{}"), Event("out of memory", "error")]


def test_without_blank_lines_a_name_applies_to_the_data_after_it() -> None:
    events = parse(b"event: a\ndata: {}\nevent: b\nid: 2\ndata: {}\ndata: []\nevent: c\n\n")

    assert events == [Event("{}", "a"), Event("{}", "b", "2"), Event("[]", "message", "2")]


def test_without_blank_lines_a_complete_event_is_yielded_at_once() -> None:
    parser = EventParser()

    assert list(parser.feed(b'data: {"a":1}\n')) == []
    assert [event.data for event in parser.feed(b'data: {"b":2}\n')] == ['{"a":1}', '{"b":2}']
    assert [event.data for event in parser.feed(b'data: {"c":3}\n')] == ['{"c":3}']
    assert [event.data for event in parser.feed(b"data: [DONE]\n")] == ["[DONE]"]


def test_the_end_marker_does_not_wait_for_a_blank_line() -> None:
    parser = EventParser()

    assert [event.data for event in parser.feed(b"data: {}\n\ndata: [DONE]\n")] == ["{}", "[DONE]"]


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (b"data: please wait\n\n", "please wait"),
        (b'data: "please wait"\n\n', "please wait"),
        (b'data: {"a":\n\n', '{"a":'),
        (b'event: ping\ndata: {"a":\n\n', '{"a":'),
        (b"event: ping\ndata: 12:30\n\n", None),
        (b'data: {"a":NaN}\n\n', None),
        (b"data: []\n\n", None),
        (b"data: 1\n\n", None),
        (b"data: null\n\n", None),
        (b"data:\n\n", None),
        (b"data: [DONE]\n\n", None),
        (b"data: [redacted]\n\n", None),
    ],
)
def test_text_that_is_not_json_counts_as_words(stream: bytes, words: str | None) -> None:
    [event] = parse(stream)

    assert event.words == words


@given(
    st.lists(
        st.sampled_from(_TOKENS),
        max_size=30,
    ).map("".join),
    st.lists(st.integers(0, 100), max_size=5),
)
def test_any_split_gives_the_same_events(text: str, cuts: list[int]) -> None:
    stream = text.encode()
    edges = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})

    assert parse(*(stream[start:end] for start, end in pairwise(edges))) == parse(stream)
    assert parse(*(line[0] for line in LINES.finditer(stream))) == parse(stream)
    assert b"".join(line[0] for line in LINES.finditer(stream)) == stream


@pytest.mark.thorough
@pytest.mark.parametrize("line", _LINES)
@pytest.mark.parametrize("start", ["", "data: {\n", 'data: {"\n', "data: x\n"])
def test_any_lines_take_linear_time(start: str, line: str) -> None:
    def work(size: int) -> None:
        parser = EventParser()
        list(parser.feed((start + line * size).encode()))
        list(parser.close())

    assert is_linear(work, 1000)


def test_a_long_line_takes_linear_time() -> None:
    def work(size: int) -> None:
        parser = EventParser()
        for _ in range(size // 1000):
            list(parser.feed(b"x" * 1000))
        list(parser.feed(b"\n\n"))

    # If each piece searched the whole line again, twice the line would take four times as long.
    assert is_linear(work, 1_000_000)
