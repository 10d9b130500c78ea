"""A provider echoes the key in pieces: no chunking, field or framing puts them together."""

import json
from typing import Any

from tests.upstreams.plugin import SERVER_KEY
from tests.upstreams.scripted import chunk, completion_body
from tests.wire.case import STREAM, Case, answer, http, sse

_A, _B, _C = SERVER_KEY[:4], SERVER_KEY[4:11], SERVER_KEY[11:]
# While the answer arrives, the pieces are apart in the page and form no key; they are masked at the end.
_WHOLE = (SERVER_KEY,)
_HIDES = (SERVER_KEY, _B, _C)


def _case(name: str, reply: bytes, **changes: Any) -> Case:
    return Case(name, reply, request=STREAM, **({"hides": _HIDES} | changes))


def _pieces(
    name: str,
    *parts: dict[str, Any],
    shows: tuple[str, ...] = (),
    hides: tuple[str, ...] = _HIDES,
    **choice: Any,
) -> Case:
    chunks = [chunk(part, **choice) for part in ({"content": "It is "}, *parts, {"content": " indeed."})]
    return _case(
        name, sse(*chunks, chunk({}, finish_reason="stop")), shows=("It is", "indeed.", *shows), hides=hides
    )


def _in(field: str) -> tuple[dict[str, Any], ...]:
    return tuple({field: piece} for piece in (_A, _B, _C))


def _call(*pieces: str, number: int | None = 0, field: str = "arguments") -> list[dict[str, Any]]:
    where = {} if number is None else {"index": number}
    return [{"tool_calls": [where | {"function": {field: piece}}]} for piece in pieces]


def _said(*texts: str) -> dict[str, Any]:
    return {"type": "message", "content": [{"type": "output_text", "text": text} for text in texts]}


# Events with several texts, which are read as one.
_OF_PARTS: dict[str, list[dict[str, Any]]] = {
    "messages": [{"type": "message_start", "message": {"content": [_A, _B, _C]}}],
    "responses": [
        {"type": "response.completed", "response": {"output": [_said(_A, _B, _C)]}},
        {"type": "response.completed", "response": {"output": [_said(_A), _said(_B), _said(_C)]}},
        {"type": "response.output_item.done", "output_index": 0, "item": _said(_A, _B, _C)},
    ],
}

CASES = [
    _pieces("a key in content", *_in("content"), shows=("[redacted]",)),
    _pieces("a key, with stop in every chunk", *_in("content"), finish_reason="stop", shows=("[redacted]",)),
    _pieces(
        "a key, with a finish reason of null", *_in("content"), finish_reason="null", shows=("[redacted]",)
    ),
    _pieces("a key, with an empty finish reason", *_in("content"), finish_reason="", shows=("[redacted]",)),
    _pieces("a key in reasoning", *_in("reasoning"), finish_reason="stop", shows=("[redacted]",)),
    _pieces("a key in reasoning_content", *_in("reasoning_content"), finish_reason="length"),
    _pieces(
        "a key in two spellings of reasoning", {"reasoning": _A + _B}, {"reasoning_content": _C}, hides=_WHOLE
    ),
    _pieces("a key in a refusal", *_in("refusal"), finish_reason="content_filter", shows=("[redacted]",)),
    _pieces("a key in arguments", *_call(_A, _B, _C), finish_reason="tool_calls", shows=("[redacted]",)),
    _pieces("a key in arguments without an index", *_call(_A, _B, _C, number=None), finish_reason="stop"),
    _pieces("a key in a function's name", *_call(_A, _B, _C, field="name"), finish_reason="stop"),
    _pieces(
        "a key in the arguments of two calls",
        *_call("x" + _A + _B, number=0),
        *_call(_C, number=1),
        finish_reason="stop",
        hides=_WHOLE,
    ),
    _case(
        "a key in content parts",
        sse(
            *(
                chunk({"content": [{"type": "text", "text": piece}]}, finish_reason="stop")
                for piece in (_A, _B, _C)
            )
        ),
    ),
    _pieces(
        "a key in escapes",
        *({"content": piece} for piece in ("\\u0073", SERVER_KEY[1:4], _B, "&#97;", _C[1:])),
        finish_reason="stop",
        shows=("[redacted]",),
    ),
    _case(
        "a key and no blank lines",
        http(
            "".join(
                f"data: {json.dumps(chunk({'content': piece}, finish_reason='stop'))}\n"
                for piece in ("It is ", _A, _B, _C, " indeed.")
            ),
            "text/event-stream",
        ),
        shows=("It is [redacted] indeed.",),
    ),
    _case(
        "a key in words",
        http("".join(f"data: {piece}\n\n" for piece in (_A, _B, _C)), "text/event-stream"),
        says={"error.kind": "unreadable_events", "error.message": "[redacted]"},
    ),
    _case(
        "a key in events that break off",
        http("".join(f'data: {{"x": "{piece}\n\n' for piece in (SERVER_KEY, "x")), "text/event-stream"),
        says={"error.kind": "unreadable_events", "error.message": "[redacted]"},
    ),
    Case(
        "a key in the parts of an answer",
        answer(completion_body([{"type": "text", "text": piece} for piece in ("It is ", _A + _B, _C)])),  # type: ignore[arg-type]
        says={"error": None},
        shows=("It is [redacted]",),
        hides=_HIDES,
    ),
    *(
        Case(
            f"a key in the parts of one event, {dialect} {number}",
            sse(event),
            request=STREAM,
            dialect=dialect,
            hides=_WHOLE,
        )
        for dialect, events in _OF_PARTS.items()
        for number, event in enumerate(events)
    ),
    Case(
        "the beginning of a key is no key",
        sse(
            *(
                chunk({"content": piece}, finish_reason="stop")
                for piece in ("a ", SERVER_KEY[:6], " ", SERVER_KEY[:6])
            )
        ),
        request=STREAM,
        says={"completion.choices.0.message.content": f"a {SERVER_KEY[:6]} {SERVER_KEY[:6]}", "error": None},
        shows=(f"a {SERVER_KEY[:6]} {SERVER_KEY[:6]}",),
    ),
    *(
        _case(
            f"a key in one of two choices, {name}",
            sse(
                *(
                    chunk({"content": piece}, index=index)
                    for index, piece in ((first, _A + _B), (second, "hello"), (again, _C))
                ),
                *(chunk({}, index=index, finish_reason="stop") for index in (0, 1)),
            ),
            says={"completion.choices.0.message.content": "[redacted]"},
            shows=("hello",),
        )
        for name, first, second, again in (
            ("whole floats as indexes", 0.0, 1.0, 0.0),
            ("floats and whole numbers", 0, 1.0, 0.0),
            ("true is no index", True, 1, 0),
        )
    ),
    _case(
        "a key in the ids of events",
        http(
            "".join(
                f"id: {piece}\ndata: {json.dumps(chunk({'content': 'Hi'}))}\n\n" for piece in (_A + _B, _C)
            )
            + "data: [DONE]\n\n",
            "text/event-stream",
        ),
        shows=("HiHi",),
    ),
    *(
        Case(
            f"a key in {encoding}",
            http(json.dumps({"error": f"no such key {SERVER_KEY}"}).encode(encoding), status=401),
            hides=(SERVER_KEY, "\0".join(SERVER_KEY), "\\u0000".join(SERVER_KEY)),
            says={"error.kind": "unauthorized"},
        )
        for encoding in ("utf-16-le", "utf-16-be", "utf-16")
    ),
]
