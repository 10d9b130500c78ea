"""Choice of the parser: by the first bytes of a body, whatever its Content-Type."""

import json

from tests.upstreams.scripted import chunk, completion_body, event
from tests.wire.case import STREAM, Case, http

BODY = json.dumps(completion_body("Hello!"))
PRETTY = json.dumps(completion_body("Hello!"), indent=2)
EVENTS = (
    event(chunk({"content": "Hel"}))
    + event(chunk({"content": "lo!"}))
    + event(chunk({}, finish_reason="stop"))
    + event("[DONE]")
).decode()
SAYS = {
    "completion.choices.0.message.content": "Hello!",
    "completion.choices.0.finish_reason": "stop",
    "error": None,
}
SHOWS = ("Hello!", "Finish reason: stop")
SSE = "text/event-stream"
LABELS = ("application/json", "text/plain; charset=utf-8", "application/octet-stream", "text/html", "", None)
HTML = "<!doctype html>\n<html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>"


def _case(name: str, body: str | bytes, label: str | None, **request: bool) -> Case:
    return Case(name, http(body, label), says=SAYS, shows=SHOWS, request=request)


LINES = "".join(line.removeprefix("data: ") + "\n" for line in EVENTS.split("\n\n") if "[DONE]" not in line)

CASES = [
    *(_case(f"lines of JSON labelled {label!r}", LINES, label, stream=True) for label in (*LABELS, SSE)),
    _case("lines of JSON and [DONE]", LINES + "data: [DONE]\n", "application/x-ndjson", stream=True),
    _case("lines of JSON, the last without its end", LINES.rstrip(), "application/x-ndjson", stream=True),
    _case("lines of JSON with blank ones between", LINES.replace("\n", "\n\n"), SSE, stream=True),
    *(_case(f"a stream labelled {label!r}", EVENTS, label, stream=True) for label in LABELS),
    *(_case(f"a stream labelled {label!r}, not asked for", EVENTS, label) for label in LABELS[:1]),
    *(_case(f"a completion labelled {label!r}", BODY, label) for label in LABELS),
    _case("a completion labelled as a stream", BODY, SSE, stream=True),
    _case("a completion labelled as a stream, not asked for", BODY, SSE),
    _case("a completion of many lines labelled as a stream", PRETTY, SSE, stream=True),
    _case("a completion and [DONE] labelled as a stream", BODY + "\n\ndata: [DONE]\n\n", SSE, stream=True),
    _case("a completion and [DONE]", BODY + "\n\ndata: [DONE]\n\n", "application/json"),
    _case("a completion of many lines and [DONE]", PRETTY + "\ndata:[DONE]", SSE, stream=True),
    _case("a completion and a bare [DONE]", BODY + "\n[DONE]\n", "application/json", stream=True),
    _case("a completion after blank lines", "\r\n\n  " + BODY, SSE, stream=True),
    _case("a completion after a byte order mark", b"\xef\xbb\xbf" + BODY.encode(), SSE, stream=True),
    _case("a stream after a byte order mark", b"\xef\xbb\xbf" + EVENTS.encode(), "text/plain", stream=True),
    _case(
        "a stream after a comment", ": OPENROUTER PROCESSING\n\n" + EVENTS, "application/json", stream=True
    ),
    _case("a stream after blank lines", "\n\r\n" + EVENTS, "application/json", stream=True),
    _case(
        "a stream that begins with its event's name", "event: message\n" + EVENTS, "text/plain", stream=True
    ),
    _case("a stream that begins with an id", "id: 1\n" + EVENTS, "text/plain", stream=True),
    _case("a stream that begins with a time", "retry: 3000\n\n" + EVENTS, "application/json", stream=True),
    _case("a stream with carriage returns", EVENTS.replace("\n", "\r\n"), "application/json", stream=True),
    _case("a stream without blanks after its colons", EVENTS.replace("data: ", "data:"), None, stream=True),
    _case("a label in capitals", EVENTS, "Text/Event-Stream; charset=UTF-8", stream=True),
    Case(
        "a page of HTML labelled as a stream",
        http(HTML, SSE),
        request=STREAM,
        says={"error.kind": "not_json", "completion": None, "response.body": HTML},
        hides=("stream is empty", "ended early"),
    ),
    Case(
        "a page of HTML",
        http(HTML, "text/html"),
        request=STREAM,
        says={"error.kind": "not_json", "completion": None, "response.body": HTML},
    ),
    Case(
        "an error labelled as a stream",
        http('{"error": {"message": "No credit is left."}}', SSE),
        request=STREAM,
        says={"error.kind": "provider_error", "error.message": "No credit is left.", "completion": None},
        shows=("No credit is left.",),
    ),
    Case(
        "an error and [DONE] labelled as a stream",
        http('{"error": {"message": "No credit is left."}}\n\ndata: [DONE]\n\n', SSE),
        request=STREAM,
        says={"error.kind": "provider_error", "completion": None},
        shows=("No credit is left.",),
    ),
    Case(
        "an error's event labelled as JSON",
        http('data: {"error": {"message": "No credit is left."}}\n\n', "application/json"),
        request=STREAM,
        says={"error.kind": "provider_error", "error.message": "No credit is left."},
        shows=("No credit is left.",),
    ),
    Case("an empty stream", http("", SSE), request=STREAM, says={"error.kind": "empty", "completion": None}),
    Case("an empty body", http(""), request=STREAM, says={"error.kind": "empty", "completion": None}),
    Case(
        "a model's text that looks like a stream",
        http(json.dumps(completion_body('data: {"choices": [{"delta": {}}]}\n\ndata: [DONE]'))),
        says={
            "completion.choices.0.message.content": 'data: {"choices": [{"delta": {}}]}\n\ndata: [DONE]',
            "error": None,
        },
        shows=('data: {"choices": [{"delta": {}}]}',),
    ),
]
