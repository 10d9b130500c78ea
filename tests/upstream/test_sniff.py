"""Which parser reads a body: decided by its first bytes, however they are cut."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects import DEFAULT
from playground.text.event_data import without_done
from playground.upstream.sniff import Sniffer, Sort
from tests.upstreams.scripted import chunk, completion_body

STREAM, WHOLE = Sort.STREAM, Sort.WHOLE
CHUNK, COMPLETION = json.dumps(chunk({"content": "a"})), json.dumps(completion_body())
BODIES = [
    # Body, its sort without a Content-Type, its sort labelled as a stream
    ("", WHOLE, STREAM),
    (" \n", WHOLE, STREAM),
    ("data: {}\n\n", STREAM, STREAM),
    ("data:{}\n\n", STREAM, STREAM),
    ("\ufeffdata: {}\n\n", STREAM, STREAM),
    ("\ufeff" + COMPLETION, WHOLE, WHOLE),
    ("event: ping\n", STREAM, STREAM),
    ("id: 1\n", STREAM, STREAM),
    ("retry: 1\n", STREAM, STREAM),
    ('error: {"code": 500}\n', STREAM, STREAM),
    (": ping\n\n", STREAM, STREAM),
    ("dat", WHOLE, STREAM),
    ("date: today", WHOLE, STREAM),
    ("rate limit exceeded", WHOLE, STREAM),
    ("<html>", WHOLE, WHOLE),
    (COMPLETION, WHOLE, WHOLE),
    (COMPLETION + "\n\ndata: [DONE]\n\n", WHOLE, WHOLE),
    (json.dumps(completion_body(), indent=1), WHOLE, WHOLE),
    ("[1,\n2]", WHOLE, WHOLE),
    ("{", WHOLE, WHOLE),
    ('{"error": {"message": "No."}}\n', WHOLE, WHOLE),
    (CHUNK, STREAM, STREAM),
    (f"{CHUNK}\n{CHUNK}\n", STREAM, STREAM),
    (f"{CHUNK}\n\ndata: {CHUNK}\n", STREAM, STREAM),
    ('{"object": "chat.completion.chunk", "choices": []}\n', STREAM, STREAM),
    ('{"choices": [{"message": {"content": "\\"delta\\": 1"}}]}\n', WHOLE, WHOLE),
]


def _sort(label: str, pieces: list[bytes]) -> Sort:
    sniffer, body = Sniffer(DEFAULT, label), bytearray()
    for piece in pieces:
        body += piece
        if sort := sniffer.look(body):
            return sort
    return sniffer.close(body)


@given(st.sampled_from(BODIES), st.data())
def test_the_first_bytes_decide_however_they_come(body: tuple[str, Sort, Sort], data: st.DataObject) -> None:
    text, unlabelled, labelled = body[0].encode(), body[1], body[2]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    assert _sort("application/json", pieces) == unlabelled
    assert _sort("text/event-stream; charset=utf-8", pieces) == labelled


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[0][:30])
def test_byte_by_byte(body: tuple[str, Sort, Sort]) -> None:
    pieces = [bytes([byte]) for byte in body[0].encode()]

    assert (_sort("", pieces), _sort("text/event-stream", pieces)) == body[1:]


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (b'{"a": 1}', b'{"a": 1}'),
        (b'{"a": 1}\n\ndata: [DONE]\n\n', b'{"a": 1}\n\n'),
        (b'{"a": 1}\ndata:[DONE]', b'{"a": 1}\n'),
        (b'{"a": 1}[DONE]', b'{"a": 1}'),
        (b'{"a": "[DONE]"}', b'{"a": "[DONE]"}'),
        (b"[1]", b"[1]"),
    ],
)
def test_a_streams_end_after_json_is_none_of_it(body: bytes, left: bytes) -> None:
    assert without_done(body) == left
