"""Framing of events, where providers depart from the rules of server-sent events."""

import json

from tests.upstreams.scripted import chunk
from tests.wire.case import STREAM, Case, http, sse

_HEL, _LO = (json.dumps(chunk({"content": text})) for text in ("Hel", "lo!"))
_END = json.dumps(chunk({}, finish_reason="stop"))
_ERROR = '{"error":{"message":"The GPU caught fire","type":"server_error"}}'
_PRETTY = [json.dumps(chunk({"content": text}), indent=2) for text in ("Hel", "lo!")]

_ENVOY = "upstream connect error or disconnect/reset before headers. reset reason: overflow"

_HELLO = {
    "completion.choices.0.message.content": "Hello!",
    "completion.choices.0.finish_reason": "stop",
    "error": None,
    "response.unread_events": None,
}
_BROKEN = {"error.kind": "server_error", "error.message": "The GPU caught fire"}


def _stream(text: str) -> bytes:
    return http(text, "text/event-stream")


def _hello(name: str, text: str, source: str = "") -> Case:
    """Make a case from a stream that says Hello!, framed in some way."""
    shows = ("Hello!", "Finish reason: stop")
    return Case(name, _stream(text), request=STREAM, says=_HELLO, shows=shows, source=source)


def _lines(*lines: str, end: str = "\n") -> str:
    return "".join(line + end for line in lines)


def _spaced(*events: str) -> str:
    return _lines(*events, end="\n\n")


def _prefixed(text: str) -> str:
    """Prefix each line of a text with `data:`."""
    return "data: " + text.replace("\n", "\ndata: ")


_DATA = (f"data: {_HEL}", f"data: {_LO}", f"data: {_END}", "data: [DONE]")

CASES = [
    _hello("events with no blank lines", _lines(*_DATA)),
    _hello("events with no blank lines and no end marker", _lines(*_DATA[:3])),
    _hello("events with no blank lines, CRLF", _lines(*_DATA, end="\r\n")),
    _hello("events with no blank lines, CR", _lines(*_DATA, end="\r")),
    _hello("events that a CR alone ends", _lines(*_DATA, end="\r\r")),
    _hello("line ends of every kind", f"{_DATA[0]}\r\n\n{_DATA[1]}\n\r\n{_DATA[2]}\r\r{_DATA[3]}\n\n"),
    _hello("one blank line is missing", f"{_DATA[0]}\n{_DATA[1]}\n\n{_DATA[2]}\n\n{_DATA[3]}\n\n"),
    _hello("no line end at the end", "\n\n".join(_DATA)),
    _hello("names and no blank lines", "".join(f"event: chunk\n{line}\n" for line in _DATA)),
    _hello("ids and no blank lines", "".join(f"id: {number}\n{line}\n" for number, line in enumerate(_DATA))),
    _hello("a name behind the data", f"{_DATA[0]}\nevent: chunk\n\n{_DATA[1]}\nevent: x\n\n{_DATA[2]}\n\n"),
    _hello(
        "comments between",
        f": OPENROUTER PROCESSING\n\n{_DATA[0]}\n: ping\n\n:\n{_DATA[1]}\n\n{_DATA[2]}\n\ndata: [DONE]\n\n",
        source="https://github.com/brainlid/langchain/pull/569",
    ),
    _hello("empty events between", f"data:\n\n{_DATA[0]}\n\ndata: \n\n{_DATA[1]}\n\n{_DATA[2]}\n\ndata\n\n"),
    _hello(
        "no blank behind data:",
        _spaced(*(line.replace("data: ", "data:") for line in _DATA)),
        source="https://github.com/dataelement/Clawith/pull/106",
    ),
    _hello("blanks before data:", _spaced(*(f"  {line}" for line in _DATA))),
    _hello("blanks around the end marker", _spaced(*_DATA[:3], "data:  [DONE]  ")),
    _hello(
        "data: twice",
        _spaced(*(f"data: {line}" for line in _DATA)),
        source="https://github.com/paiml/aprender/pull/2015",
    ),
    _hello(
        "JSON lines without data:",
        _lines(_HEL, _LO, _END, "[DONE]"),
        source="https://github.com/hyperonym/basaran/issues/144",
    ),
    _hello("JSON lines without data: among others", f"{_DATA[0]}\n\n{_LO}\n\n{_DATA[2]}\n\n{_DATA[3]}\n\n"),
    _hello("two events on one line", f"{_DATA[0]}{_DATA[1]}\n\n{_DATA[2]}{_DATA[3]}\n\n"),
    _hello(
        "JSON over several data lines",
        _spaced(*map(_prefixed, (*_PRETTY, _END, "[DONE]"))),
        source="https://github.com/SamSaffron/term-llm/pull/454",
    ),
    _hello(
        "JSON over several data lines, and no blank lines",
        _lines(*map(_prefixed, (*_PRETTY, _END, "[DONE]"))),
    ),
    _hello(
        "JSON over several lines, of which the first has data:",
        _spaced(*(f"data: {text}" for text in (*_PRETTY, _END, "[DONE]"))),
    ),
    _hello("JSON over several lines without data:", "\n".join((*_PRETTY, _END, "data: [DONE]\n"))),
    _hello("a byte order mark", "\ufeff" + _spaced(*_DATA)),
    _hello("a byte order mark in each event", _spaced(*_DATA).replace("data: ", "data: \ufeff")),
    _hello(
        "fields of other names", f"retry: 10\nfoo: bar\n{_DATA[0]}\nBAR: x\n\n{_DATA[1]}\n\n{_DATA[2]}\n\n"
    ),
    Case(
        "data: within the text",
        sse(chunk({"content": 'Write "data: {}" or "data: [DONE]".'}), chunk({}, finish_reason="stop")),
        request=STREAM,
        says={"completion.choices.0.message.content": 'Write "data: {}" or "data: [DONE]".', "error": None},
        shows=('Write "data: {}" or "data: [DONE]".',),
    ),
    Case(
        "an error behind an event that breaks off",
        _stream(f'{_DATA[0]}\n\ndata: {{"id":"chatcmpl-1","cho\ndata: {_ERROR}\n\n'),
        request=STREAM,
        says=_BROKEN
        | {
            "completion.choices.0.message.content": "Hel",
            "response.unread_events": {"count": 1, "first": '{"id":"chatcmpl-1","cho'},
        },
        shows=("Hel", "The GPU caught fire", '{"id":"chatcmpl-1","cho', "1 event couldn’t be read"),
        source="https://github.com/Wei-Shaw/sub2api/issues/1471",
    ),
    Case(
        "an error behind an event that breaks off between values",
        _stream(f'{_DATA[0]}\n\ndata: {{"id":"chatcmpl-1","choices":[\ndata: {_ERROR}\n\n'),
        request=STREAM,
        says=_BROKEN | {"completion.choices.0.message.content": "Hel"},
        shows=("Hel", "The GPU caught fire"),
    ),
    Case(
        "an error on the line that breaks off",
        _stream(f'{_DATA[0]}\n\ndata: {{"id":"chatcmpl-1","chodata: {_ERROR}\n\n'),
        request=STREAM,
        says=_BROKEN | {"completion.choices.0.message.content": "Hel", "response.unread_events.count": 1},
        shows=("Hel", "The GPU caught fire"),
    ),
    Case(
        "an error with no blank line before it",
        _stream(f"{_DATA[0]}\ndata: {_ERROR}\n\n"),
        request=STREAM,
        says=_BROKEN | {"completion.choices.0.message.content": "Hel", "response.unread_events": None},
        shows=("Hel", "The GPU caught fire"),
    ),
    Case(
        "an error without data:",
        _stream(f"{_DATA[0]}\n\n{_ERROR}\n"),
        request=STREAM,
        says=_BROKEN | {"completion.choices.0.message.content": "Hel"},
        shows=("Hel", "The GPU caught fire"),
    ),
    Case(
        "an error over several lines without data:",
        _stream(f"{_DATA[0]}\n\n{json.dumps(json.loads(_ERROR), indent=4)}\n"),
        request=STREAM,
        says=_BROKEN | {"completion.choices.0.message.content": "Hel"},
        shows=("Hel", "The GPU caught fire"),
    ),
    Case(
        "a field named error",
        _stream('error: {"code":400,"message":"The GPU caught fire"}\n\ndata: [DONE]\n\n'),
        request=STREAM,
        says=_BROKEN | {"error.kind": "bad_request"},
        shows=("The GPU caught fire",),
        source="https://github.com/coddy-project/coddy-agent/pull/106",
    ),
    Case(
        "a field named error in mid-stream",
        _stream(f'{_DATA[0]}\n\nerror: {{"code":500,"message":"The GPU caught fire"}}\n\n'),
        request=STREAM,
        says=_BROKEN | {"completion.choices.0.message.content": "Hel"},
        shows=("Hel", "The GPU caught fire"),
        source="https://github.com/ggml-org/llama.cpp/pull/16109",
    ),
    Case(
        "a field named error, with words and no blank line",
        _stream(f"{_DATA[0]}\nerror: The GPU caught fire\n"),
        request=STREAM,
        says=_BROKEN | {"error.kind": "provider_error", "completion.choices.0.message.content": "Hel"},
        shows=("Hel", "The GPU caught fire"),
    ),
    Case(
        "words and nothing else",
        _stream("data: rate limit exceeded, please wait\n\n"),
        request=STREAM,
        says={
            "error.kind": "rate_limited",
            "error.message": "rate limit exceeded, please wait",
            "completion": None,
        },
        shows=("rate limit exceeded, please wait",),
    ),
    Case(
        "words as a JSON string",
        _stream('data: "rate limit exceeded, please wait"\n\n'),
        request=STREAM,
        says={"error.kind": "rate_limited", "error.message": "rate limit exceeded, please wait"},
        shows=("rate limit exceeded, please wait",),
    ),
    Case(
        "words without data:",
        _stream(_ENVOY),
        request=STREAM,
        says={
            "error.kind": "unreadable_events",
            "error.message": _ENVOY,
        },
        shows=("reset reason: overflow",),
    ),
    Case(
        "words in place of the rest",
        _stream(f"{_DATA[0]}\n\ndata: rate limit exceeded, please wait\n\n"),
        request=STREAM,
        says={
            "error.kind": "rate_limited",
            "error.message": "rate limit exceeded, please wait",
            "completion.choices.0.message.content": "Hel",
        },
        shows=("Hel", "rate limit exceeded, please wait"),
    ),
    Case(
        "words between events",
        _stream(_spaced(_DATA[0], "data: please wait", "data: still <busy>", *_DATA[1:])),
        request=STREAM,
        says={
            "error": None,
            "completion.choices.0.message.content": "Hello!",
            "response.unread_events": {"count": 2, "first": "please wait"},
        },
        shows=("Hello!", "2 events couldn’t be read", "please wait"),
    ),
    Case(
        "an event that is cut within a stream",
        _stream(_spaced(_DATA[0], 'data: {"id":"chatcmpl-1","choi', *_DATA[1:])),
        request=STREAM,
        says={
            "error": None,
            "completion.choices.0.message.content": "Hello!",
            "response.unread_events": {"count": 1, "first": '{"id":"chatcmpl-1","choi'},
        },
        shows=("Hello!", "1 event couldn’t be read", '{"id":"chatcmpl-1","choi'),
    ),
    Case(
        "a page in place of a stream",
        _stream("<html>\n<head><title>Sign in</title></head>\n<body>no</body>\n</html>\n"),
        request=STREAM,
        says={"error.kind": "not_json", "error.message": "Sign in"},
        shows=("Sign in",),
    ),
    Case(
        "a heartbeat of another name is nothing unread",
        _stream(_spaced("event: ping\ndata: 12:30:01", *_DATA)),
        request=STREAM,
        says=_HELLO,
        shows=("Hello!",),
    ),
]
