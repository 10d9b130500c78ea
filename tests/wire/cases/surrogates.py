r"""Characters whose surrogates (`\ud83d` and `\ude00`) arrive separately."""

from typing import Any

from tests.upstreams.scripted import completion_body
from tests.wire.case import STREAM, Case, answer, deltas

_HIGH, _LOW = "\ud83d", "\ude00"


def _split(field: str, path: str, *, shown: bool = True) -> Case:
    return Case(
        f"half a character in {field}",
        deltas({field: "a" + _HIGH}, {field: _LOW + "b"}, {"content": "."}),
        request=STREAM,
        says={
            f"completion.choices.0.message.{path}": "a😀b" + ("." if field == "content" else ""),
            "error": None,
        },
        shows=("a😀b",) if shown else (),
        hides=("\ufffd",),
        source="https://github.com/elie222/rakazo/issues/416",
    )


def _arguments(text: str) -> dict[str, Any]:
    return {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}


CASES = [
    _split("content", "content"),
    _split("reasoning_content", "reasoning_content"),
    _split("reasoning", "reasoning"),
    _split("refusal", "refusal"),
    Case(
        "half a character in arguments",
        deltas(
            {"tool_calls": [{"index": 0, "id": "1", "type": "function", "function": {"name": "f"}}]},
            _arguments('{"a":"' + _HIGH),
            _arguments(_LOW + '"}'),
            finish="tool_calls",
        ),
        request=STREAM,
        says={"completion.choices.0.message.tool_calls.0.function.arguments": '{"a":"😀"}', "error": None},
        shows=("😀",),
        hides=("\ufffd",),
    ),
    Case(
        "half a character, then an empty delta",
        deltas(
            {"content": _HIGH}, {"content": ""}, {"content": None}, {"role": "assistant"}, {"content": _LOW}
        ),
        request=STREAM,
        says={"completion.choices.0.message.content": "😀", "error": None},
        shows=("😀",),
        hides=("\ufffd",),
    ),
    Case(
        "a family in eleven halves",
        deltas(
            *(
                {"content": half}
                for half in "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67\u200d\ud83d\udc66"
            )
        ),
        request=STREAM,
        says={"completion.choices.0.message.content": "👨‍👩‍👧‍👦", "error": None},
        shows=("👨‍👩‍👧‍👦",),
        hides=("\ufffd",),
    ),
    Case(
        "a first half that stays alone",
        deltas({"content": "a" + _HIGH}),
        request=STREAM,
        says={"completion.choices.0.message.content": "a\ufffd", "error": None},
        shows=("a\ufffd",),
    ),
    Case(
        "a second half that stays alone",
        deltas({"content": _LOW + "a"}),
        request=STREAM,
        says={"completion.choices.0.message.content": "\ufffda", "error": None},
        shows=("\ufffda",),
    ),
    Case(
        "two first halves",
        deltas({"content": _HIGH}, {"content": _HIGH + "x"}, {"content": "y"}),
        request=STREAM,
        says={"completion.choices.0.message.content": "\ufffd\ufffdxy", "error": None},
        shows=("\ufffd\ufffdxy",),
    ),
    Case(
        "halves elsewhere in a stream",
        deltas({"role": "assistant", "content": "Hi", "x": _HIGH, "y": [_LOW], _HIGH: 1}),
        request=STREAM,
        says={
            "completion.choices.0.message.content": "Hi",
            "completion.choices.0.message.x": "\ufffd",
            "completion.choices.0.message.y": ["\ufffd"],
            "completion.choices.0.message.\ufffd": 1,
            "error": None,
        },
        shows=("Hi",),
    ),
    Case(
        "halves in an answer",
        answer(completion_body(f"{_HIGH}{_LOW} {_HIGH}")),
        says={"completion.choices.0.message.content": "😀 \ufffd", "error": None},
        shows=("😀 \ufffd",),
    ),
    Case(
        "a half in an error",
        answer({"error": {"message": f"no {_HIGH}{_LOW}{_LOW}"}}, 400),
        says={"error.message": "no 😀\ufffd"},
        shows=("no 😀\ufffd",),
    ),
    Case(
        "a half in arguments that are an object",
        deltas(
            {"tool_calls": [{"index": 0, "id": "1", "function": {"name": "f", "arguments": {"a": _LOW}}}]},
            finish="tool_calls",
        ),
        request=STREAM,
        says={
            "completion.choices.0.message.tool_calls.0.function.arguments": {"a": "\ufffd"},
            "error": None,
        },
        shows=("\ufffd",),
    ),
]
