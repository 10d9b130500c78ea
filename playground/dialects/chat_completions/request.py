"""Check a Chat Completions request before it is sent."""

from typing import Any

from playground.dialects.chat_completions.parameters import PARAMETERS
from playground.dialects.checks import (
    model_problems,
    no_messages,
    not_a_role,
    parameter_problems,
    stream_problems,
)
from playground.exchange.demands import too_many_messages
from playground.exchange.refusal import FieldProblem
from playground.text.sentence import gettext_noop, say

ROLES = ("system", "developer", "user", "assistant", "tool")
# For the result of a `function_call`, the predecessor of tool calls.
_OLDER_ROLES = ("function",)


def problems(body: dict[str, Any], most_messages: int) -> list[FieldProblem]:
    """Return what is wrong. Fields without a row in `PARAMETERS` pass: a provider may support them."""
    return [
        *model_problems(body),
        *_messages_errors(body.get("messages"), most_messages),
        *parameter_problems(body, PARAMETERS),
        *stream_problems(body),
    ]


def _messages_errors(messages: Any, most: int) -> list[FieldProblem]:
    if not isinstance(messages, list) or not messages:
        return [no_messages("messages")]
    if len(messages) > most:
        return [too_many_messages("messages", len(messages), most)]
    return [error for index, message in enumerate(messages) for error in _message_errors(index, message)]


def _message_errors(index: int, message: Any) -> list[FieldProblem]:
    place = f"messages.{index}"
    if not isinstance(message, dict):
        return [FieldProblem(place, say(gettext_noop("Each message must be a JSON object.")))]
    errors = []
    role = message.get("role")
    if role not in (*ROLES, *_OLDER_ROLES):
        errors.append(FieldProblem(f"{place}.role", not_a_role(role, ROLES)))
    if not isinstance(message.get("content", ""), str | list | None):
        errors.append(
            FieldProblem(
                f"{place}.content",
                say(gettext_noop("Enter a string, an array of content parts, or null.")),
            )
        )
    if role == "tool" and not (isinstance(call := message.get("tool_call_id"), str) and call):
        errors.append(
            FieldProblem(
                f"{place}.tool_call_id",
                say(gettext_noop("Enter the tool_call_id of the tool call that this message answers.")),
            )
        )
    return errors
