"""Malformed HTTP: an odd head or framing must not lose any of the answer."""

import gzip
import json
import sys
import zlib

import brotli

from tests.upstreams.scripted import chunk, completion_body, event
from tests.wire.case import STREAM, Case, http, sse

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BODY = json.dumps(completion_body("Hello!")).encode()
REFUSAL = json.dumps({"error": {"message": "The model is overloaded."}}).encode()
EVENTS = (
    event(chunk({"content": "Hel"}))
    + event(chunk({"content": "lo!"}))
    + event(chunk({}, finish_reason="stop"))
    + event("[DONE]")
)
SAYS = {"completion.choices.0.message.content": "Hello!", "error": None, "response.status": 200}
SHOWS = ("Hello!", "Finish reason: stop")
OK = b"HTTP/1.1 200 OK\r\n"
JSON = b"Content-Type: application/json\r\n"
SSE = b"Content-Type: text/event-stream\r\n"
INTERIM = (
    b"HTTP/1.1 100 Continue\r\n\r\n"
    b"HTTP/1.1 102 Processing\r\nX-Queue: 3\r\n\r\n"
    b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\nContent-Length: 5\r\n\r\n"
)
RAW_DEFLATE = zlib.compressobj(wbits=-zlib.MAX_WBITS)
RAW = RAW_DEFLATE.compress(BODY) + RAW_DEFLATE.flush()


def _length(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def _chunked(body: bytes, size: int = 50) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"Transfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"


def _whole(name: str, reply: bytes, source: str = "") -> Case:
    return Case(name, reply, says=SAYS, shows=SHOWS, source=source)


def _stream(name: str, reply: bytes, source: str = "") -> Case:
    return Case(name, reply, request=STREAM, says=SAYS, shows=SHOWS, source=source)


def _refused(name: str, reply: bytes, **request: bool) -> Case:
    return Case(
        name,
        reply,
        request=request,
        says={"response.status": 503, "error.message": "The model is overloaded.", "completion": None},
        shows=("The model is overloaded.",),
    )


UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\n" + JSON + _length(REFUSAL)

CASES = [
    # Interim responses
    _whole("1xx before a completion", INTERIM + OK + JSON + _length(BODY)),
    _stream("1xx before a stream", INTERIM + OK + SSE + _chunked(EVENTS)),
    _refused("1xx before an error", INTERIM + UNAVAILABLE),
    _refused("1xx before an error, where a stream was asked for", INTERIM + UNAVAILABLE, stream=True),
    _whole("many 102s", b"HTTP/1.1 102 Processing\r\n\r\n" * 500 + OK + JSON + _length(BODY)),
    # Heads
    _whole("a status line without a reason", b"HTTP/1.1 200\r\n" + JSON + _length(BODY)),
    _whole("HTTP/2 in a status line", b"HTTP/2 200\r\n" + JSON + _length(BODY)),
    _whole("HTTP/1.0", b"HTTP/1.0 200 OK\r\n" + JSON + b"\r\n" + BODY),
    _whole("line feeds only", (OK + JSON + _length(BODY)).replace(b"\r\n", b"\n")),
    _whole("blank lines before the head", b"\r\n\r\n" + OK + JSON + _length(BODY)),
    _whole("a header line without a colon", OK + b"X-Broken\r\n" + JSON + _length(BODY)),
    _whole("a header line without a colon in front of the length", OK + JSON + b"oops\r\n" + _length(BODY)),
    _whole("a space before the colon", OK + b"Content-Type : application/json\r\n" + _length(BODY)),
    _stream(
        "a space before the colon of a stream", OK + b"Content-Type : text/event-stream\r\n\r\n" + EVENTS
    ),
    _whole(
        "a space before the colon of the framing", OK + b"Transfer-Encoding : chunked\r\n" + _chunked(BODY)
    ),
    _whole("a header line that is folded", OK + b"X-Long: one\r\n two\r\n\tthree\r\n" + JSON + _length(BODY)),
    _whole("a first header line that is folded", OK + b" X-Long: one\r\n" + JSON + _length(BODY)),
    _whole("150 headers", OK + b"X-Many: y\r\n" * 150 + JSON + _length(BODY)),
    _whole("a header of 100,000 bytes", OK + b"X-Long: " + b"a" * 100_000 + b"\r\n" + JSON + _length(BODY)),
    _whole("a pseudo-header", OK + b":status: 200\r\n" + JSON + _length(BODY)),
    _whole("a header without a name", OK + b": x\r\n" + JSON + _length(BODY)),
    _whole("control characters in a header", OK + b"X: a\0b\rc\x1b[31m\r\n" + JSON + _length(BODY)),
    _whole(
        "markup in a header", OK + b"X-<script>: </pre><script>alert(1)</script>\r\n" + JSON + _length(BODY)
    ),
    Case(
        "headers are shown as they came",
        OK
        + b"X-Broken line\r\nX-A: 1\r\nX-A: 2\r\nX-Name: \xe4\xb8\xad\xe6\x96\x87\r\nX-Latin: caf\xe9\r\n"
        + JSON
        + _length(BODY),
        says={
            "response.headers.X-Broken line": "",
            "response.headers.X-A": "1, 2",
            "response.headers.X-Name": "中文",
            "response.headers.X-Latin": "café",
            "error": None,
        },
    ),
    # Framing
    _whole("chunked", OK + JSON + _chunked(BODY)),
    _whole("chunked, a byte each", OK + JSON + _chunked(BODY, 1)),
    _stream("chunks that cut events", OK + SSE + _chunked(EVENTS, 7)),
    _whole("chunk extensions and blanks", OK + JSON + _chunked(BODY).replace(b"32\r\n", b" 32 ;a=b\r\n")),
    _whole("a length beside chunks", OK + JSON + b"Content-Length: 3\r\n" + _chunked(BODY)),
    _whole("two equal lengths", OK + JSON + b"Content-Length: %d\r\n" % len(BODY) + _length(BODY)),
    _whole("two lengths that differ", OK + JSON + b"Content-Length: 3\r\n" + _length(BODY)),
    _whole("a length that is none", OK + JSON + b"Content-Length: many\r\n\r\n" + BODY),
    _whole("a negative length", OK + JSON + b"Content-Length: -1\r\n\r\n" + BODY),
    _whole("a length of 5,000 digits", OK + JSON + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n" + BODY),
    _whole("said to be in chunks, and is not", OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n" + BODY),
    _stream(
        "a stream said to be in chunks, and is not", OK + SSE + b"Transfer-Encoding: chunked\r\n\r\n" + EVENTS
    ),
    _whole("transfer coding identity", OK + JSON + b"Transfer-Encoding: identity\r\n" + _length(BODY)),
    _whole(
        "gzip as a transfer coding",
        OK + JSON + _chunked(gzip.compress(BODY)).replace(b"chunked", b"gzip, chunked", 1),
    ),
    # Codings
    _whole("gzip", http(gzip.compress(BODY), Content_Encoding="gzip")),
    _whole("GZip, in capitals", http(gzip.compress(BODY), Content_Encoding="GZip")),
    _whole("x-gzip", http(gzip.compress(BODY), Content_Encoding="x-gzip")),
    _whole(
        "gzip in two members",
        http(gzip.compress(BODY[:50]) + gzip.compress(BODY[50:]), Content_Encoding="gzip"),
    ),
    _whole("gzip with padding", http(gzip.compress(BODY) + b"\0" * 20, Content_Encoding="gzip")),
    _whole("deflate", http(zlib.compress(BODY), Content_Encoding="deflate")),
    _whole("deflate without its wrapping", http(RAW, Content_Encoding="deflate")),
    _whole("br", http(brotli.compress(BODY), Content_Encoding="br")),
    _whole("zstd", http(zstd.compress(BODY), Content_Encoding="zstd")),
    _whole(
        "zstd in two frames", http(zstd.compress(BODY[:9]) + zstd.compress(BODY[9:]), Content_Encoding="zstd")
    ),
    _whole("gzip in br", http(brotli.compress(gzip.compress(BODY)), Content_Encoding="gzip, br")),
    _whole("gzip without a label", http(gzip.compress(BODY))),
    _whole("zstd without a label", http(zstd.compress(BODY))),
    _whole("gzip labelled identity", http(gzip.compress(BODY), Content_Encoding="identity")),
    _whole("labelled gzip, and is not", http(BODY, Content_Encoding="gzip")),
    _whole("labelled zstd, and is not", http(BODY, Content_Encoding="zstd")),
    _whole("labelled deflate, and is not", http(BODY, Content_Encoding="deflate")),
    _whole("labelled br, and is not", http(BODY, Content_Encoding="br")),
    _whole("labelled gzip twice, packed once", http(gzip.compress(BODY), Content_Encoding="gzip, gzip")),
    _whole("labelled with a charset", http(BODY, Content_Encoding="utf-8")),
    _stream("a stream in gzip", http(gzip.compress(EVENTS), "text/event-stream", Content_Encoding="gzip")),
    _stream("a stream in br", http(brotli.compress(EVENTS), "text/event-stream", Content_Encoding="br")),
    _stream("a stream in zstd", http(zstd.compress(EVENTS), "text/event-stream", Content_Encoding="zstd")),
    _stream("a stream in gzip without a label", http(gzip.compress(EVENTS), "text/event-stream")),
    _stream("a stream in gzip without any label", http(gzip.compress(EVENTS), None)),
    _refused(
        "an error in gzip without a label",
        http(gzip.compress(REFUSAL), status=503),
    ),
    Case(
        "a coding that nobody knows",
        http(b"\xff\xfe\x00packed", Content_Encoding="snappy"),
        says={
            "error.kind": "bad_encoding",
            "error.message": "Content-Encoding: snappy",
            "response.status": 200,
        },
        shows=("Content-Encoding: snappy",),
    ),
    Case(
        "a stream in a coding that nobody knows",
        http(b"\xff\xfe\x00packed", "text/event-stream", Content_Encoding="snappy"),
        request=STREAM,
        says={"error.kind": "bad_encoding", "error.message": "Content-Encoding: snappy"},
        shows=("Content-Encoding: snappy",),
    ),
    Case(
        "gzip that breaks off",
        http(gzip.compress(BODY)[:-40], Content_Encoding="gzip"),
        says={"error.kind": "cut_off", "response.status": 200},
    ),
    Case(
        "a stream in br that breaks off",
        http(brotli.compress(EVENTS[:300])[:-10], "text/event-stream", Content_Encoding="br"),
        request=STREAM,
        says={"error.kind": "cut_off"},
    ),
    # Not HTTP
    Case("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n", says={"error.kind": "not_http", "response": None}),
    Case("nothing at all", b"", says={"error.kind": "cut_off", "response": None}),
    Case("only an interim response", INTERIM, says={"error.kind": "cut_off", "response": None}),
    Case(
        "only an interim response, where a stream was asked for",
        INTERIM,
        request=STREAM,
        says={"error.kind": "cut_off", "response": None},
    ),
    Case(
        "chunks that lose their sizes",
        OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[1, 2\r\nno size\r\n",
        says={"error.kind": "not_http", "response.body": "[1, 2"},
    ),
    Case(
        "a head that ends with the connection",
        b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3",
        says={"response.status": 429, "error.kind": "rate_limited", "response.headers.Retry-After": "3"},
    ),
    Case(
        "an event stream in good order",
        sse(chunk({"content": "Hello!"}, finish_reason="stop")),
        request=STREAM,
        says=SAYS,
        shows=SHOWS,
    ),
    Case(
        "a body of nothing but a line's end, open",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n\r\n",
        says={"error.kind": "empty"},
        holds=True,
    ),
]
