"""A Chat Completions request, checked: what the form, the JSON interface and links all become."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from playground.dialects.chat_completions.parameters import PARAMETERS, ParameterError
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.text import jsontext
from playground.text.sentence import gettext_noop, say

ROLES = ("system", "developer", "user", "assistant", "tool")
# The result of a `function_call`, which tools have replaced.
_OLDER_ROLES = ("function",)


@dataclass(frozen=True)
class ChatRequest:
    """A body that may be sent. `body` is what every view and the wire are made from; do not change it."""

    body: Mapping[str, Any]

    @classmethod
    def from_body(cls, body: Any, *, max_messages: int, max_bytes: int) -> "ChatRequest":
        """Checks a body of JSON values. Raises `InvalidRequestError` with all that is wrong.

        Keys that have no row in `PARAMETERS` pass untouched: a provider may know them.
        """
        if not isinstance(body, dict):
            raise InvalidRequestError(
                FieldProblem("request", say(gettext_noop("The request must be a JSON object.")))
            )
        try:
            jsontext.check(body)
        except jsontext.JSONTextError as error:
            raise InvalidRequestError(FieldProblem("request", error.sentence)) from error
        errors = [
            *_model_errors(body),
            *_messages_errors(body.get("messages"), max_messages),
            *_parameter_errors(body),
            *_stream_errors(body),
        ]
        if errors:
            raise InvalidRequestError(*errors)
        request = cls(body)
        if (size := len(request.encoded)) > max_bytes:
            raise InvalidRequestError(
                FieldProblem(
                    "request",
                    say(
                        gettext_noop(
                            "The request has %(size)s bytes; at most %(most)s are sent. Shorten the "
                            "messages, or raise PLAYGROUND_REQUEST_BYTES on the server."
                        ),
                        size=size,
                        most=max_bytes,
                    ),
                    status=413,
                )
            )
        return request

    @cached_property
    def encoded(self) -> bytes:
        """The body as it is sent. Encoded once: caps, budgets and links use these bytes too."""
        return jsontext.dumps(self.body)

    @property
    def streams(self) -> bool:
        return self.body.get("stream") is True

    @property
    def model(self) -> str:
        return str(self.body["model"])


def _model_errors(body: dict[str, Any]) -> list[FieldProblem]:
    model = body.get("model")
    if isinstance(model, str) and model.strip():
        return []
    return [FieldProblem("model", say(gettext_noop("Name a model, for example one of those suggested.")))]


def _messages_errors(messages: Any, most: int) -> list[FieldProblem]:
    if not isinstance(messages, list) or not messages:
        return [FieldProblem("messages", say(gettext_noop("At least one message is needed.")))]
    if len(messages) > most:
        return [too_many_messages(len(messages), most)]
    return [error for index, message in enumerate(messages) for error in _message_errors(index, message)]


def too_many_messages(count: int, most: int) -> FieldProblem:
    return FieldProblem(
        "messages",
        say(
            gettext_noop(
                "There are %(count)s messages; at most %(most)s are sent. Remove some, or raise "
                "PLAYGROUND_MESSAGES on the server."
            ),
            count=count,
            most=most,
        ),
    )


def _message_errors(index: int, message: Any) -> list[FieldProblem]:
    place = f"messages.{index}"
    if not isinstance(message, dict):
        return [FieldProblem(place, say(gettext_noop("A message must be a JSON object.")))]
    errors = []
    role = message.get("role")
    if role not in (*ROLES, *_OLDER_ROLES):
        errors.append(
            FieldProblem(
                f"{place}.role",
                say(
                    gettext_noop("“%(role)s” is no role; take one of %(roles)s."),
                    role=str(role)[:40],
                    roles=", ".join(ROLES),
                ),
            )
        )
    if not isinstance(message.get("content", ""), str | list | None):
        errors.append(
            FieldProblem(
                f"{place}.content", say(gettext_noop("Content is a text, a list of parts, or null."))
            )
        )
    if role == "tool" and not (isinstance(call := message.get("tool_call_id"), str) and call):
        errors.append(
            FieldProblem(
                f"{place}.tool_call_id",
                say(gettext_noop("A tool message needs the tool_call_id of the call that it answers.")),
            )
        )
    return errors


def _stream_errors(body: dict[str, Any]) -> list[FieldProblem]:
    if isinstance(body.get("stream"), bool | None):
        return []
    return [FieldProblem("stream", say(gettext_noop("Takes true or false.")))]


def _parameter_errors(body: dict[str, Any]) -> list[FieldProblem]:
    errors = []
    for parameter in PARAMETERS:
        # A null is what many SDKs send for "not set"; providers take it.
        if body.get(parameter.name) is None:
            continue
        try:
            parameter.check(body[parameter.name])
        except ParameterError as error:
            errors.append(FieldProblem(parameter.name, error.sentence))
    return errors
