"""A stream's events: as many as are taken, and made anew for each who asks."""

import pytest

from playground.exchange.pieces import TooManyError
from playground.exchange.redact import Redactor
from playground.exchange.stream import MOST_EVENTS, Stream, StreamReader


def _read(body: bytes) -> Stream:
    reader = StreamReader(Redactor(""))
    reader.feed(body, 0.0)
    return reader.result(body)


def test_events_can_be_counted_without_being_made() -> None:
    stream = _read(b"data: 1\n\n" * 1000)

    assert len(stream.events) == 1000
    assert [event.data for event in stream.events] == ["1"] * 1000
    assert len(list(stream.events)) == 1000


def test_a_record_does_not_change_while_the_stream_goes_on() -> None:
    reader = StreamReader(Redactor(""))
    reader.feed(b"data: 1\n\n", 0.0)
    stream = reader.result(b"data: 1\n\n")

    reader.feed(b"data: 2\n\n", 0.0)

    assert len(stream.events) == 1


@pytest.mark.parametrize("piece", [b"data:1\n\n", b"\n", b":\n", b"data:\n", b":\n\n"])
def test_endless_small_things_meet_a_limit(piece: bytes) -> None:
    reader = StreamReader(Redactor(""))

    def feed_all() -> None:
        for _ in range(200):
            reader.feed(piece * 10_000, 0.0)

    with pytest.raises(TooManyError) as refused:
        feed_all()

    assert refused.value.limit >= MOST_EVENTS
    assert len(reader.times_ms) <= MOST_EVENTS
