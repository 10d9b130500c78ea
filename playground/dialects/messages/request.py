"""Check a Messages request before it is sent."""

from collections.abc import Iterator, Mapping
from typing import Any

from playground.dialects.checks import model_problems, parameter_problems, stream_problems
from playground.dialects.messages import foreign, prompt
from playground.dialects.messages.parameters import PARAMETERS
from playground.dialects.messages.version import GONE, is_newer
from playground.dialects.values import integer
from playground.exchange.refusal import FieldProblem
from playground.text.sentence import gettext_noop, say

_OBJECTS = ("thinking", "output_config", "metadata", "tool_choice")


def problems(body: dict[str, Any], most_messages: int) -> list[FieldProblem]:
    """Return what is wrong. Unknown fields pass, unless another API has them: a provider may support them."""
    return [
        *model_problems(body),
        *prompt.problems(body.get("messages"), most_messages, newer=is_newer(body)),
        *_parameters(body),
        *stream_problems(body),
        *_tools(body.get("tools")),
        *foreign.problems(body),
    ]


def _parameters(body: Mapping[str, Any]) -> Iterator[FieldProblem]:
    gone = [name for name in GONE if body.get(name) is not None] if is_newer(body) else []
    for name in gone:
        yield FieldProblem(
            name,
            say(
                gettext_noop("Version 2026-10-21 rejects %(name)s. Remove it, or choose 2023-06-01."),
                name=name,
            ),
        )
    yield from (problem for problem in parameter_problems(body, PARAMETERS) if problem.field not in gone)
    if body.get("max_tokens") is None:
        yield FieldProblem(
            "max_tokens",
            say(gettext_noop("Enter a token limit. The Messages API requires one.")),
        )
    for name in _OBJECTS:
        if not isinstance(body.get(name), dict | None):
            yield FieldProblem(name, say(gettext_noop("Enter a JSON object.")))
    yield from _budget(body)


def _budget(body: Mapping[str, Any]) -> Iterator[FieldProblem]:
    thinking, most = body.get("thinking"), body.get("max_tokens")
    if not isinstance(thinking, dict):
        return
    budget = thinking.get("budget_tokens")
    if "type" not in thinking:
        yield FieldProblem("thinking.type", say(gettext_noop("Choose a thinking type, such as adaptive.")))
    elif thinking["type"] == "enabled" and budget is None:
        yield FieldProblem(
            "thinking.budget_tokens",
            say(gettext_noop("Enter at least 1024, or choose another thinking type.")),
        )
    elif (budget := integer(budget)) and (most := integer(most)) and budget >= most:
        yield FieldProblem(
            "thinking.budget_tokens",
            say(gettext_noop("Set budget_tokens below max_tokens, or raise max_tokens.")),
        )


def _tools(tools: Any) -> Iterator[FieldProblem]:
    if tools is None:
        return
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        yield FieldProblem("tools", say(gettext_noop("Enter an array of JSON objects.")))
        return
    for tool in tools:
        if tool.get("type") == "function" or "function" in tool:
            yield FieldProblem(
                "tools",
                say(
                    gettext_noop(
                        "Remove the function wrapper. In the Messages API, name, description, and "
                        "input_schema go directly in the tool."
                    )
                ),
            )
            return
        own = tool.get("type") in (None, "custom")
        if own and not (isinstance(tool.get("name"), str) and isinstance(tool.get("input_schema"), dict)):
            yield FieldProblem(
                "tools", say(gettext_noop("Each tool needs a name and an input_schema (a JSON Schema)."))
            )
            return
