"""Tool calls in every shape in which servers stream them."""

from typing import Any

from tests.upstreams.scripted import chunk, completion_body
from tests.wire.case import STREAM, Case, answer, deltas, sse

CALLS = "completion.choices.0.message.tool_calls"


def _part(name: str | None = None, arguments: Any = None, **fields: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return fields | {"function": {key: value for key, value in function.items() if value is not None}}


def _streamed(name: str, *parts: Any, calls: list[tuple[str, Any]], **case: Any) -> Case:
    """Make a case: each part is a delta; `calls` are the names and arguments that they add up to."""
    listed = [{"tool_calls": part if isinstance(part, list) else [part]} for part in parts]
    says = {
        f"{CALLS}.{at}.function": {"name": name, "arguments": arguments}
        for at, (name, arguments) in enumerate(calls)
    }
    shows = ("Tool calls", "The model called tools", *(name for name, _ in calls))
    return Case(
        name,
        deltas(*listed, finish="tool_calls"),
        request=STREAM,
        says=says | {"error": None} | case.pop("says", {}),
        shows=shows,
        hides=(*case.pop("hides", ()), "has no text"),
        **case,
    )


F, G = ("f", '{"a":1}'), ("g", '{"b":2}')

CASES = [
    _streamed(
        "calls by index",
        _part("f", "", index=0, id="call_f", type="function"),
        _part(None, '{"a"', index=0),
        _part("g", "", index=1, id="call_g", type="function"),
        _part(None, ":1}", index=0),
        _part(None, '{"b":2}', index=1),
        calls=[F, G],
        says={f"{CALLS}.0.id": "call_f", f"{CALLS}.1.id": "call_g"},
    ),
    _streamed(
        "parallel calls that all say index 0, with ids",
        _part("f", '{"a":1}', index=0, id="call_f"),
        _part("g", '{"b":2}', index=0, id="call_g"),
        calls=[F, G],
        source="https://github.com/ollama/ollama/issues/7881",
    ),
    _streamed(
        "parallel calls that all say index 0, without ids",
        _part("f", '{"a":1}', index=0),
        _part("g", '{"b"', index=0),
        _part(None, ":2}", index=0),
        calls=[F, G],
    ),
    _streamed(
        "two calls of the same function, index 0, no ids",
        _part("f", "", index=0),
        _part(None, '{"a":1}', index=0),
        _part("f", "", index=0),
        _part(None, '{"a":', index=0),
        _part(None, "2}", index=0),
        calls=[F, ("f", '{"a":2}')],
    ),
    _streamed(
        "two calls of the same function, index 0, each in one delta",
        _part("f", '{"a":1}', index=0),
        _part("f", '{"a":1}', index=0),
        calls=[F, F],
    ),
    _streamed(
        "two calls of the same function with ids, no index",
        _part("f", '{"a":1}', id="one"),
        _part("f", '{"a":1}', id="two"),
        calls=[F, F],
        says={f"{CALLS}.0.id": "one", f"{CALLS}.1.id": "two"},
    ),
    _streamed(
        "no index and no id, each call in one delta",
        _part("f", '{"a":1}'),
        _part("g", '{"b":2}'),
        calls=[F, G],
    ),
    _streamed(
        "no index and no id, both calls in one delta",
        [_part("f", '{"a":1}'), _part("g", '{"b":2}')],
        calls=[F, G],
    ),
    _streamed(
        "no index and no id, both calls without arguments, in one delta",
        [_part("f", ""), _part("g", "")],
        calls=[("f", ""), ("g", "")],
    ),
    _streamed(
        "no index, in pieces, by id",
        _part("f", '{"a"', id="one"),
        _part(None, ":1}"),
        _part("g", "", id="two"),
        _part(None, '{"b":2}', id="two"),
        calls=[F, G],
    ),
    _streamed(
        "an index of null",
        _part("f", '{"a":1}', index=None, id="one"),
        _part("g", '{"b":2}', index=None, id="two"),
        calls=[F, G],
    ),
    _streamed(
        "one delta with an index twice",
        [_part("f", '{"a":1}', index=0, id="one"), _part("g", '{"b":2}', index=0, id="two")],
        calls=[F, G],
    ),
    _streamed(
        "an id that changes with each delta",
        _part("f", "", index=0, id="one"),
        _part(None, '{"a"', index=0, id="two"),
        _part(None, ":1}", index=0, id="three"),
        calls=[F],
        says={f"{CALLS}.0.id": "one"},
        source="https://github.com/vllm-project/vllm/issues/16340",
    ),
    _streamed(
        "an id that changes, without an index",
        _part("f", "", id="one"),
        _part(None, '{"a"', id="two"),
        _part(None, ":1}", id="three"),
        calls=[F],
        says={f"{CALLS}.0.id": "one"},
    ),
    _streamed(
        "an id that changes, with the name in each delta",
        _part("f", '{"a"', index=0, id="one"),
        _part("f", ":1}", index=0, id="two"),
        calls=[F],
    ),
    _streamed(
        "ids that are empty",
        _part("f", "", index=0, id=""),
        _part("", '{"a":1}', index=0, id=""),
        _part("g", '{"b":2}', index=1, id=""),
        calls=[F, G],
    ),
    _streamed(
        "an id that comes after the first delta",
        _part("f", "", index=0, id=""),
        _part(None, '{"a":1}', index=0, id="late"),
        calls=[F],
        says={f"{CALLS}.0.id": "late"},
    ),
    _streamed(
        "a name, an id and a type in each delta",
        _part("f", "", index=0, id="one", type="function"),
        _part("f", '{"a"', index=0, id="one", type="function"),
        _part("f", ":1}", index=0, id="one", type="function"),
        _part("f", "", index=0, id="one", type="function"),
        calls=[F],
        says={f"{CALLS}.0.type": "function", f"{CALLS}.0.id": "one"},
        hides=("functionfunction", "oneone"),
    ),
    _streamed(
        "a name in pieces",
        _part("get_", None, index=0, id="one"),
        _part("weather", "", index=0),
        _part(None, '{"a":1}', index=0),
        calls=[("get_weather", '{"a":1}')],
    ),
    _streamed(
        "the whole call said again at the end",
        _part("f", '{"a"', index=0, id="one"),
        _part(None, ":1}", index=0),
        _part("f", '{"a":1}', index=0, id="one"),
        calls=[F],
    ),
    _streamed(
        "arguments before the name",
        _part(None, '{"a":1}', index=0, id="one"),
        _part("f", None, index=0),
        calls=[F],
    ),
    _streamed(
        "arguments as an object",
        _part("f", {"a": 1, "b": None}, index=0, id="one"),
        calls=[("f", {"a": 1, "b": None})],
        source="https://github.com/ollama/ollama/issues/5989",
    ),
    _streamed(
        "two calls with arguments as objects, without index and id",
        _part("f", {"a": 1}),
        _part("g", {}),
        calls=[("f", {"a": 1}), ("g", {})],
    ),
    _streamed(
        "braces and quotes in arguments",
        _part("f", r'{"a":"}\"', index=0),
        _part(None, r'{\\"', index=0),
        _part(None, "}", index=0),
        _part("g", '{"b":2}', index=0),
        calls=[("f", r'{"a":"}\"{\\"}'), G],
    ),
    Case(
        "a call that is no list",
        deltas(
            {"tool_calls": _part("f", '{"a"', index=0, id="one")}, {"tool_calls": _part(None, ":1}", index=0)}
        ),
        request=STREAM,
        says={f"{CALLS}.0.function": {"name": "f", "arguments": '{"a":1}'}},
        shows=("Tool calls",),
    ),
    Case(
        "a call without a function around it",
        deltas(
            {"tool_calls": [{"id": "one", "name": "f", "arguments": '{"a"'}]},
            {"tool_calls": [{"arguments": ":1}"}]},
        ),
        request=STREAM,
        says={CALLS: [{"id": "one", "name": "f", "arguments": '{"a":1}'}]},
        shows=("Tool calls",),
    ),
    Case(
        "tool calls of null beside text",
        deltas({"content": "Hel", "tool_calls": None}, {"content": "lo", "tool_calls": []}),
        request=STREAM,
        says={"completion.choices.0.message.content": "Hello"},
        shows=("Hello",),
        hides=("Tool calls",),
    ),
    Case(
        "a thought signature beside a call",
        deltas(
            {
                "tool_calls": [
                    _part(
                        "f", "{}", index=0, id="one", extra_content={"google": {"thought_signature": "c2ln"}}
                    )
                ]
            },
            {"tool_calls": [{"index": 0, "extra_content": {"google": {"thought_signature": "c2ln"}}}]},
            finish="tool_calls",
        ),
        request=STREAM,
        says={f"{CALLS}.0.extra_content.google.thought_signature": "c2ln"},
        source="https://ai.google.dev/gemini-api/docs/thought-signatures",
    ),
    Case(
        "a custom tool's input in pieces",
        deltas(
            {
                "tool_calls": [
                    {"index": 0, "id": "one", "type": "custom", "custom": {"name": "run", "input": "ls"}}
                ]
            },
            {"tool_calls": [{"index": 0, "custom": {"input": " -l"}}]},
            finish="tool_calls",
        ),
        request=STREAM,
        says={f"{CALLS}.0.custom": {"name": "run", "input": "ls -l"}},
        shows=("Tool calls", "ls -l"),
    ),
    Case(
        "function_call in pieces",
        deltas(
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": ""}},
            {"function_call": {"arguments": '{"a"'}},
            {"function_call": {"arguments": ":1}"}},
            finish="function_call",
        ),
        request=STREAM,
        says={
            "completion.choices.0.message.function_call": {"name": "f", "arguments": '{"a":1}'},
            "error": None,
        },
        shows=("Tool calls", "The model called a function"),
        hides=("has no text",),
    ),
    Case(
        "function_call in a completion",
        answer(
            completion_body(
                choices=[
                    {
                        "message": {
                            "role": "assistant",
                            "content": None,
                            "function_call": {"name": "f", "arguments": "{}"},
                        },
                        "finish_reason": "function_call",
                    }
                ]
            )
        ),
        says={"error": None},
        shows=("Tool calls", '"name": "f"'),
        hides=("has no text",),
    ),
    Case(
        "tool calls of a completion as one object",
        answer(completion_body(choices=[{"message": {"content": None, "tool_calls": _part("f", {"a": 1})}}])),
        says={"error": None},
        shows=("Tool calls", '"f"'),
        hides=("has no text",),
    ),
    Case(
        "tool calls of a completion that are a text",
        answer(completion_body(choices=[{"message": {"content": None, "tool_calls": "f(1)"}}])),
        says={"error": None},
        shows=("Other fields tool_calls", "f(1)"),
        hides=("has no text",),
    ),
    Case(
        "calls of two choices are kept apart",
        sse(
            chunk({"tool_calls": [_part("f", '{"a"', index=0)]}, index=0),
            chunk({"tool_calls": [_part("g", '{"b"', index=0)]}, index=1),
            chunk({"tool_calls": [_part(None, ":1}", index=0)]}, index=0, finish_reason="tool_calls"),
            chunk({"tool_calls": [_part(None, ":2}", index=0)]}, index=1, finish_reason="tool_calls"),
        ),
        request=STREAM,
        says={
            f"{CALLS}.0.function.arguments": '{"a":1}',
            "completion.choices.1.message.tool_calls.0.function.arguments": '{"b":2}',
        },
    ),
]
