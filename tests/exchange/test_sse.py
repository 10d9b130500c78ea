"""Server-sent events: the WHATWG rules, under every way in which the bytes can be split."""

import time

import pytest

from playground.exchange.sse import Event, EventParser

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


def test_names_end_with_their_event_and_ids_stay() -> None:
    events = parse(b"event: error\nid: 1\ndata: a\n\ndata: b\n\nid: bad\0\ndata: c\n\nid\ndata: d\n\n")

    assert events == [
        Event("a", "error", "1"),
        Event("b", "message", "1"),
        Event("c", "message", "1"),
        Event("d", "message", ""),
    ]


def test_events_come_as_soon_as_they_are_whole() -> None:
    parser = EventParser()

    assert list(parser.feed(b"data: a\r\n\r")) == [Event("a")]
    assert list(parser.feed(b"\ndata: b\n")) == []
    assert list(parser.feed(b"\n")) == [Event("b")]


def test_a_long_line_costs_no_more_than_its_length() -> None:
    def seconds(size: int) -> float:
        parser = EventParser()
        pieces = [b"x" * 1000] * (size // 1000)
        began = time.thread_time()
        for piece in pieces:
            list(parser.feed(piece))
        list(parser.feed(b"\n\n"))
        return time.thread_time() - began

    # Were each piece to search the whole line anew, ten times the line would take a hundred times as long.
    # The processor's time, and the best of each: others may be at work, too.
    pairs = [(seconds(1_000_000), seconds(20_000_000)) for _ in range(3)]
    short, long = (min(times) for times in zip(*pairs, strict=True))
    assert long < 60 * max(short, 0.002)
