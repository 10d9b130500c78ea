"""How an answer ends: by what it says itself, whatever the connection does afterwards."""

import gzip
import json

from tests.upstreams.scripted import CHUNKED_HEAD, STREAM_HEAD, chunk, completion_body, event, http_chunk
from tests.wire.case import STREAM, Case, http

HELLO = event(chunk({"content": "Hel"})) + event(chunk({"content": "lo!"}))
FINISH = event(chunk({}, finish_reason="stop"))
COUNTS = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
USAGE = event(chunk() | {"choices": [], "usage": COUNTS})
DONE = event("[DONE]")
WHOLE = HELLO + FINISH + USAGE + DONE
BODY = json.dumps(completion_body("Hello!")).encode()
PRETTY = json.dumps(completion_body("Hello!"), indent=2).encode()
SAYS = {
    "completion.choices.0.message.content": "Hello!",
    "completion.choices.0.finish_reason": "stop",
    "error": None,
}
SHOWS = ("Hello!", "Finish reason: stop")
NOT_SHOWN = ("stopped responding", "cut off", "ended early")
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TWO = [
    event({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": None}]})
    for index, text in ((0, "one"), (1, "two"))
]
ENDS_OF_TWO = [
    event({"choices": [{"index": index, "delta": {}, "finish_reason": "stop"}]}) for index in (0, 1)
]


def _stream(name: str, reply: bytes, *, holds: bool = False, source: str = "", **says: int) -> Case:
    usage = {f"usage.{key}": value for key, value in says.items()}
    return Case(
        name,
        reply,
        request=STREAM,
        says=SAYS | usage,
        shows=SHOWS,
        hides=NOT_SHOWN,
        holds=holds,
        source=source,
    )


def _plain(name: str, reply: bytes, *, holds: bool = False) -> Case:
    return Case(name, reply, says=SAYS, shows=SHOWS, hides=NOT_SHOWN, holds=holds)


CASES = [
    # [DONE], and the connection stays open
    _stream("[DONE], open", STREAM_HEAD + WHOLE, holds=True, total_tokens=11),
    _stream("[DONE] without usage, open", STREAM_HEAD + HELLO + FINISH + DONE, holds=True),
    _stream(
        "[DONE] without a blank line, open", STREAM_HEAD + WHOLE.rstrip() + b"\n", holds=True, total_tokens=11
    ),
    _stream(
        "usage after [DONE], open", STREAM_HEAD + HELLO + FINISH + DONE + USAGE, holds=True, total_tokens=11
    ),
    _stream("[DONE] in chunks, open", CHUNKED_HEAD + http_chunk(WHOLE), holds=True, total_tokens=11),
    _stream("[DONE] and the last chunk, open", CHUNKED_HEAD + http_chunk(WHOLE) + b"0\r\n\r\n", holds=True),
    _stream(
        "the last chunk without its blank line, open", CHUNKED_HEAD + http_chunk(WHOLE) + b"0\r\n", holds=True
    ),
    _stream("[DONE] and a comment, open", STREAM_HEAD + WHOLE + b": ping\n\n", holds=True, total_tokens=11),
    _stream("a length that is reached, open", http(WHOLE, "text/event-stream"), holds=True, total_tokens=11),
    _stream(
        "a length that is not reached after [DONE], open",
        STREAM_HEAD[:-2] + b"Content-Length: 100000\r\n\r\n" + WHOLE,
        holds=True,
    ),
    _stream(
        "gzip without its end after [DONE], open",
        STREAM_HEAD[:-2] + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(WHOLE)[:-4],
        holds=True,
    ),
    # [DONE], and the connection ends badly
    _stream("[DONE] without the last chunk", CHUNKED_HEAD + http_chunk(WHOLE), total_tokens=11),
    _stream("[DONE] within a chunk that is cut", CHUNKED_HEAD + b"ffff\r\n" + WHOLE, total_tokens=11),
    _stream("[DONE] short of the length", STREAM_HEAD[:-2] + b"Content-Length: 100000\r\n\r\n" + WHOLE),
    _stream("[DONE] as the last bytes of a cut chunk", CHUNKED_HEAD + b"ffff\r\n" + WHOLE.rstrip()),
    _stream(
        "gzip without its end after [DONE]",
        STREAM_HEAD[:-2] + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(WHOLE)[:-4],
    ),
    # Finish reasons, and no [DONE]
    _stream("all finished, no [DONE]", STREAM_HEAD + HELLO + FINISH),
    _stream("all finished, no [DONE], open", STREAM_HEAD + HELLO + FINISH, holds=True),
    _stream(
        "all finished, usage, no [DONE], open",
        STREAM_HEAD + HELLO + FINISH + USAGE,
        holds=True,
        total_tokens=11,
    ),
    _stream("all finished, no last chunk", CHUNKED_HEAD + http_chunk(HELLO + FINISH)),
    _stream(
        "all finished, short of the length",
        STREAM_HEAD[:-2] + b"Content-Length: 9999\r\n\r\n" + HELLO + FINISH,
    ),
    Case(
        "two choices, both finished, open",
        STREAM_HEAD + b"".join(TWO + ENDS_OF_TWO),
        request=STREAM | {"n": 2},
        says={"error": None, "completion.choices.1.message.content": "two"},
        shows=("one", "two"),
        hides=NOT_SHOWN,
        holds=True,
    ),
    # Incomplete
    Case(
        "one choice of two finished, cut off",
        CHUNKED_HEAD + http_chunk(b"".join([*TWO, ENDS_OF_TWO[0]])),
        request=STREAM | {"n": 2},
        says={"error.kind": "cut_off", "completion.choices.1.message.content": "two"},
        shows=("one", "two"),
    ),
    Case(
        "text without an end, cut off",
        CHUNKED_HEAD + http_chunk(HELLO),
        request=STREAM,
        says={"error.kind": "cut_off", "completion.choices.0.message.content": "Hello!"},
        shows=("Hello!",),
    ),
    Case(
        "text without an end",
        STREAM_HEAD + HELLO,
        request=STREAM,
        says={"error.kind": "ended_early", "completion.choices.0.message.content": "Hello!"},
        shows=("Hello!",),
    ),
    Case(
        "a completion that is cut off",
        JSON_HEAD + b"Content-Length: 5000\r\n\r\n" + BODY[:-30],
        says={"error.kind": "cut_off", "response.body": BODY[:-30].decode()},
    ),
    # Complete JSON
    _plain("JSON, open", JSON_HEAD + b"\r\n" + BODY, holds=True),
    _plain("JSON and line ends, open", JSON_HEAD + b"\r\n" + PRETTY + b"\r\n\r\n", holds=True),
    _plain(
        "JSON without the last chunk, open",
        JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + http_chunk(BODY),
        holds=True,
    ),
    _plain(
        "JSON without the last chunk", JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + http_chunk(BODY)
    ),
    _plain(
        "JSON short of the length, open", JSON_HEAD + b"Content-Length: 100000\r\n\r\n" + BODY, holds=True
    ),
    _plain("JSON short of the length", JSON_HEAD + b"Content-Length: 100000\r\n\r\n" + BODY),
    _plain("JSON at its length, open", http(BODY), holds=True),
    _plain(
        "JSON in gzip without its end",
        JSON_HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(BODY)[:-6],
    ),
    Case(
        "an error, open",
        b"HTTP/1.1 503 Service Unavailable\r\n\r\n" + b'{"error": {"message": "Overloaded."}}',
        says={"response.status": 503, "error.kind": "unavailable", "error.message": "Overloaded."},
        shows=("Overloaded.",),
        hides=NOT_SHOWN,
        holds=True,
    ),
    Case(
        "an error where a stream was asked for, open",
        b"HTTP/1.1 503 Service Unavailable\r\n\r\n" + b'{"error": {"message": "Overloaded."}}\n',
        request=STREAM,
        says={"response.status": 503, "error.kind": "unavailable", "error.message": "Overloaded."},
        shows=("Overloaded.",),
        hides=NOT_SHOWN,
        holds=True,
    ),
    Case(
        "a page of HTML, open",
        b"HTTP/1.1 502 Bad Gateway\r\n\r\n<html><head><title>502</title></head></html>\n",
        says={"response.status": 502, "error.kind": "unavailable"},
        hides=NOT_SHOWN,
        holds=True,
    ),
    # A line as long as the largest response
    _stream(
        "an image of 1.4 MB in one line",
        STREAM_HEAD
        + HELLO
        + event(
            chunk(
                {
                    "images": [
                        {
                            "type": "image_url",
                            "image_url": {"url": "data:image/png;base64," + "A" * 1_400_000},
                        }
                    ]
                }
            )
        )
        + FINISH
        + DONE,
        source="https://openrouter.ai/docs/features/multimodal/image-generation",
    ),
    # Full Content-Length, but the content does not say that it is complete
    *(
        Case(f"{name}, its length reached, open", reply, says={"error.kind": kind}, holds=True)
        for name, reply, kind in (
            ("an error without a body", http(b"", None, 401), "unauthorized"),
            ("an error in plain words", http(b"oops", "text/plain", 500), "server_error"),
            ("JSON that breaks off", http(b'{"choices": [', status=200), "not_json"),
            ("an empty answer", http(b"", None, 200), "empty"),
            ("an answer that has no body", b"HTTP/1.1 204 No Content\r\n\r\n", "empty"),
        )
    ),
]
