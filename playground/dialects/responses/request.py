"""Check a Responses request before it is sent."""

from collections.abc import Iterator
from typing import Any

from playground.dialects.checks import model_problems, no_messages, parameter_problems, stream_problems
from playground.dialects.responses import foreign, prompt
from playground.dialects.responses.parameters import PARAMETERS
from playground.exchange.demands import too_many_messages
from playground.exchange.refusal import FieldProblem
from playground.text.sentence import gettext_noop, say

# With one of these, the provider already has the prompt.
_INSTEAD_OF_INPUT = ("previous_response_id", "conversation", "prompt")


def problems(body: dict[str, Any], most_messages: int) -> list[FieldProblem]:
    """Return what is wrong. Unknown fields pass: a provider may support them."""
    return [
        *_model(body),
        *_input(body, most_messages),
        *prompt.references(body),
        *foreign.of_body(body),
        *_objects(body),
        *parameter_problems(body, PARAMETERS),
        *stream_problems(body),
        *_others(body),
    ]


def _model(body: dict[str, Any]) -> Iterator[FieldProblem]:
    # A stored prompt names its model.
    if body.get("model") is not None or body.get("prompt") is None:
        yield from model_problems(body)


def _input(body: dict[str, Any], most: int) -> Iterator[FieldProblem]:
    value = body.get("input")
    if value is None and any(body.get(name) is not None for name in (*_INSTEAD_OF_INPUT, "messages")):
        return
    if isinstance(value, list) and value:
        if len(value) > most:
            yield too_many_messages("input", len(value), most)
        else:
            yield from prompt.problems(body, value)
    elif not (isinstance(value, str) and value):
        yield no_messages("input")


def _objects(body: dict[str, Any]) -> Iterator[FieldProblem]:
    for name in ("reasoning", "text"):
        if not isinstance(body.get(name), dict | None):
            yield FieldProblem(name, say(gettext_noop("Enter a JSON object.")))


def _others(body: dict[str, Any]) -> Iterator[FieldProblem]:
    if not isinstance(body.get("include"), list | None):
        yield FieldProblem("include", say(gettext_noop("Enter an array of strings.")))
    tools = body.get("tools")
    if not isinstance(tools, list | None):
        yield FieldProblem("tools", say(gettext_noop("Enter an array of tools.")))
        return
    for index, tool in enumerate(tools or []):
        if not isinstance(tool, dict) or not isinstance(tool.get("type"), str):
            sentence = gettext_noop("Each tool must be a JSON object with a type, such as function.")
            yield FieldProblem(f"tools.{index}", say(sentence))
        elif tool["type"] == "function" and "function" not in tool and not isinstance(tool.get("name"), str):
            yield FieldProblem(f"tools.{index}.name", say(gettext_noop("Enter a name for the function.")))
