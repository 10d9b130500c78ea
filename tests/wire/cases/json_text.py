"""Almost valid JSON, in streams and in plain responses."""

import json

from tests.upstreams.scripted import chunk, completion_body
from tests.wire.case import STREAM, Case, answer, http, sse

_BODY = json.dumps(completion_body("Hello!"))
_INF = "https://github.com/sgl-project/sglang/pull/20323"


def _with(field: str, value: str) -> str:
    """Write a completion with one more field, whose value is raw text."""
    return _BODY[:-1] + f', "{field}": {value}}}'


def _chunks(field: str, value: str) -> bytes:
    text = json.dumps(chunk({"content": "Hello!"}))[:-1] + f', "{field}": {value}}}'
    return sse(text, chunk({}, finish_reason="stop"))


def _unusual(value: str, shown: object) -> list[Case]:
    """Make two cases with a value that JSON does not have: in a plain response and in a stream."""
    says = {"completion.choices.0.message.content": "Hello!", "completion.x": shown, "error": None}
    return [
        Case(
            f"{value[:12]} in an answer", http(_with("x", value)), says=says, shows=("Hello!",), source=_INF
        ),
        Case(
            f"{value[:12]} in a stream",
            _chunks("x", value),
            request=STREAM,
            says=says,
            shows=("Hello!",),
            source=_INF,
        ),
    ]


def _broken(name: str, body: str | bytes, *shows: str, message: str | None = None) -> Case:
    """Make a case whose body cannot be parsed: the page says what is wrong, and where."""
    says: dict[str, object] = {"error.kind": "not_json", "completion": None}
    return Case(name, http(body), says=says | ({"error.message": message} if message else {}), shows=shows)


CASES = [
    *_unusual("NaN", "NaN"),
    *_unusual("Infinity", "Infinity"),
    *_unusual("-Infinity", "-Infinity"),
    *_unusual("1e400", "1e400"),
    *_unusual("-1e400", "-1e400"),
    *_unusual("1e-400", "1e-400"),
    *_unusual("0e-5", 0.0),
    *_unusual("9" * 5000, "9" * 5000),
    *_unusual("123456789012345678901234567890", 123456789012345678901234567890),
    Case(
        "logprobs of minus infinity",
        _chunks(
            "choices", '[{"index":0,"delta":{"content":"Hi"},"logprobs":{"content":[{"logprob":-Infinity}]}}]'
        ),
        request=STREAM,
        says={"completion.choices.0.logprobs.content": [{"logprob": "-Infinity"}], "error": None},
        shows=("Hi",),
        source="https://github.com/vllm-project/vllm/issues/10234",
    ),
    Case(
        "usage that is no number",
        http(_with("usage", '{"prompt_tokens": NaN, "completion_tokens": 1e400, "total_tokens": 12}')),
        says={"usage": {"total_tokens": 12}, "error": None},
        shows=("Hello!",),
    ),
    Case(
        "raw line breaks and tabs in an answer",
        http(_BODY.replace("Hello!", "one\ntwo\tthree\x01")),
        says={"completion.choices.0.message.content": "one\ntwo\tthree\x01", "error": None},
        shows=("one two three",),
    ),
    Case(
        "raw tabs and controls in a stream",
        sse(
            json.dumps(chunk({"content": "Hello!"})).replace("Hello!", "one\ttwo\x01"),
            chunk({}, finish_reason="stop"),
        ),
        request=STREAM,
        says={"completion.choices.0.message.content": "one\ttwo\x01", "error": None},
        shows=("one two",),
    ),
    Case(
        "raw line breaks in a stream, each with data:",
        sse(
            json.dumps(chunk({"content": "Hello!"})).replace("Hello!", "one\ndata: two"),
            chunk({}, finish_reason="stop"),
        ),
        request=STREAM,
        says={"completion.choices.0.message.content": "one\ntwo", "error": None},
        shows=("one two",),
    ),
    Case(
        "raw line breaks in a stream",
        sse(
            json.dumps(chunk({"content": "Hello!"})).replace("Hello!", "one\nto two: 2"),
            chunk({}, finish_reason="stop"),
        ),
        request=STREAM,
        says={"completion.choices.0.message.content": "one\nto two: 2", "error": None},
        shows=("one to two: 2",),
    ),
    Case(
        "a byte order mark before an answer",
        http("\ufeff" + _BODY),
        says={"completion.choices.0.message.content": "Hello!", "error": None},
        shows=("Hello!",),
    ),
    Case(
        "a key that comes twice",
        http('{"choices": [], ' + _BODY[1:]),
        says={"completion.choices.0.message.content": "Hello!", "error": None},
        shows=("Hello!",),
    ),
    Case(
        "broken UTF-8",
        http(_BODY.encode().replace(b"Hello!", b"Hel\xfflo!")),
        says={"completion.choices.0.message.content": "Hel\ufffdlo!", "error": None},
        shows=("Hel\ufffdlo!",),
    ),
    _broken("JSON that breaks off", '{\n "choices": [', "line 2, column", message='{\n "choices": ['),
    _broken("JSON that breaks off in a text", '{"choices": [{"message": "Hel', "line 1, column 26"),
    _broken("two JSON values", _BODY + "\n{}", "line 2, column 1"),
    _broken("a trailing comma", '{"choices": [],}', "line 1, column"),
    _broken("single quotes", "{'choices': []}", "line 1, column 2", message="{'choices': []}"),
    _broken("comments in JSON", '{"choices": [] // none\n}', "line 1, column 16"),
    _broken("words", "Overloaded, try later", "Overloaded, try later", "line 1, column 1"),
    _broken("UTF-16", _BODY.encode("utf-16"), "UTF-16"),
    _broken("nested too deep", "[" * 500 + "]" * 500, "100"),
    Case(
        "a page",
        http("<html><title>Sign in</title></html>", "text/html"),
        says={"error.kind": "not_json", "error.message": "Sign in"},
        shows=("Sign in", "base URL"),
        hides=("line 1, column",),
    ),
    Case(
        "an error with NaN",
        http('{"error": {"message": "too hot", "temperature": NaN}}', status=400),
        says={"error.message": "too hot"},
        shows=("too hot",),
    ),
    Case(
        "an error with raw line breaks",
        http('{"error": {"message": "too\nhot"}}', status=400),
        says={"error.message": "too\nhot"},
        shows=("too hot",),
    ),
    Case("no JSON value", answer(None), says={"error.kind": "not_completion"}),
]
