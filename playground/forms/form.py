"""The form as text: what people typed, kept as typed, and the request body that it means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from django.http import QueryDict

from playground.dialects import DEFAULT
from playground.exchange.refusal import FieldProblem, InvalidRequestError, collect
from playground.forms.fields import (
    fits_a_line,
    fits_a_textarea,
    is_given,
    json_object,
    json_text,
    parameter_text,
    parameter_value,
    unix_lines,
)
from playground.text import jsontext
from playground.text.sentence import gettext_noop, say

_PARAMETERS = {parameter.name: parameter for parameter in DEFAULT.parameters}
PARAMETER_NAMES = tuple(_PARAMETERS)
MORE_NAMES = tuple(parameter.name for parameter in DEFAULT.parameters if not parameter.common)
ROW_FIELDS = ("role", "content", "tool_call_id", "extra")
USAGE_WANTED = {"include_usage": True}
# Beside one of these, an empty field means no `content`; an explicit "" is kept as JSON.
_INSTEAD_OF_CONTENT = {"content", "tool_calls", "function_call", "refusal", "audio"}


@dataclass
class MessageRow:
    """One message as four texts. `extra` is a JSON object with what the other three cannot express."""

    role: str = "user"
    content: str = ""
    tool_call_id: str = ""
    extra: str = ""

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> "MessageRow":
        rest, row = dict(message), cls(role="")
        if rest.get("role") and fits_a_line(rest["role"]):
            row.role = rest.pop("role")
        if fits_a_textarea(rest.get("content")) and (
            rest["content"] or rest.keys() & _INSTEAD_OF_CONTENT == {"content"}
        ):
            row.content = rest.pop("content")
        if row.role == "tool" and rest.get("tool_call_id") and fits_a_line(rest["tool_call_id"]):
            row.tool_call_id = rest.pop("tool_call_id")
        row.extra = json_text(rest)
        return row

    def message(self, place: str) -> dict[str, Any]:
        """Return the message for the request body. Raises `InvalidRequestError` for a broken `extra`."""
        extra = json_object(self.extra, f"{place}.extra")
        message: dict[str, Any] = {"role": self.role} if self.role else {}
        if self.content or not extra.keys() & _INSTEAD_OF_CONTENT:
            message["content"] = self.content
        if self.role == "tool" and self.tool_call_id:
            message["tool_call_id"] = self.tool_call_id
        if both := extra.keys() & message.keys():
            raise InvalidRequestError(_field_wins(f"{place}.extra", min(both)))
        return message | extra

    @property
    def is_blank(self) -> bool:
        """Whether the row is empty, so that it is not a message."""
        return not (self.role or self.content or self.extra)


@dataclass
class RequestForm:
    """Everything in the form except the key, which is never written into a page again.

    A form filled from a body means exactly that body: `more` holds as JSON what has no field, or does not fit
    into its field.

    `focus` is the position of the message that gets the cursor; None leaves the cursor where it is.
    """

    provider: str = ""
    base_url: str = ""
    model: str = ""
    messages: list[MessageRow] = field(default_factory=lambda: [MessageRow()])
    parameters: dict[str, str] = field(default_factory=dict)
    more: str = ""
    stream: bool = False
    include_usage: bool = True
    focus: int | None = None

    @property
    def more_set(self) -> int:
        """The number of fields that are set under "More parameters"."""
        texts = [self.more, *(self.parameters.get(name, "") for name in MORE_NAMES)]
        return sum(bool(text.strip()) for text in texts)

    @classmethod
    def from_post(cls, data: QueryDict) -> "RequestForm":
        """Read what a browser posted; texts keep their line breaks as typed (`\\n`)."""
        columns = zip_longest(*(data.getlist(name) for name in ROW_FIELDS), fillvalue="")
        rows = (
            MessageRow(role, unix_lines(content), call.strip(), extra)
            for role, content, call, extra in columns
        )
        return cls(
            provider=data.get("provider", ""),
            base_url=data.get("base_url", "").strip(),
            model=data.get("model", "").strip(),
            messages=[row for row in rows if not row.is_blank],
            parameters={name: unix_lines(data.get(name, "")) for name in PARAMETER_NAMES},
            more=data.get("more", ""),
            stream="stream" in data,
            include_usage="include_usage" in data,
        )

    @classmethod
    def from_body(cls, provider: str, base_url: str, body: Mapping[str, Any]) -> "RequestForm":
        """Return a form that means this body."""
        form = cls(provider=provider, base_url=base_url)
        form.fill(body)
        return form

    def fill(self, body: Mapping[str, Any]) -> None:
        """Make the form mean this body. A body without a model leaves the model unchanged."""
        rest = {"model": self.model, "messages": [], **body}
        self.parameters, more = {}, dict[str, Any]()
        # Two checkboxes express nearly all streamed requests; other options are kept as JSON.
        self.stream = rest.get("stream") is True
        if self.stream:
            del rest["stream"]
        self.include_usage = not self.stream or jsontext.same(rest.get("stream_options"), USAGE_WANTED)
        if self.stream and self.include_usage:
            del rest["stream_options"]
        for name, value in rest.items():
            self._set(name, value, more)
        self.more = json_text(more)

    def change(self, changes: Mapping[str, Any]) -> None:
        """Set fields of the request; None removes one. Raises `InvalidRequestError` for broken JSON."""
        more = json_object(self.more, "more")
        for name, value in changes.items():
            if name == "stream":
                self.stream = value is True
                more.pop(name, None)
            elif name == "stream_options" and value is None:
                self.include_usage = False
                more.pop(name, None)
            elif value is None:
                self._leave_out(name, more)
            elif name != "messages" or isinstance(value, list):
                self._set(name, value, more)
        self.more = json_text(more)

    def _leave_out(self, name: str, more: dict[str, Any]) -> None:
        more.pop(name, None)
        self.parameters.pop(name, None)
        if name == "model":
            self.model = ""

    def _set(self, name: str, value: Any, more: dict[str, Any]) -> None:
        """Put a value into its field, or into `more` if it fits no field."""
        more.pop(name, None)
        if name == "model":
            self.model, fits = (value, True) if fits_a_line(value) else ("", False)
        elif name == "messages":
            self.messages, fits = (rows, True) if (rows := _rows(value)) is not None else ([], False)
        elif name in PARAMETER_NAMES:
            text = parameter_text(_PARAMETERS[name], value)
            self.parameters[name], fits = text or "", text is not None
        else:
            fits = False
        if not fits:
            more[name] = value

    def body(self, errors: list[FieldProblem]) -> dict[str, Any]:
        """Return the request body without the empty fields. What cannot be read goes to `errors`."""
        more: dict[str, Any] = collect(errors, {}, json_object, self.more, "more")
        body: dict[str, Any] = {}
        if self.model or "model" not in more:
            body["model"] = self.model
        if self.messages or "messages" not in more:
            body["messages"] = [
                collect(errors, {"role": row.role}, row.message, f"messages.{index}")
                for index, row in enumerate(self.messages)
            ]
        for name, parameter in _PARAMETERS.items():
            if is_given(parameter, text := self.parameters.get(name, "")):
                body[name] = collect(errors, None, parameter_value, parameter, text)
        if self.stream:
            body["stream"] = True
        if self.stream and self.include_usage:
            body["stream_options"] = USAGE_WANTED
        errors += [_field_wins("more", name) for name in more if name in body]
        return body | {name: value for name, value in more.items() if name not in body}


def _rows(messages: Any) -> list[MessageRow] | None:
    """Return the messages as rows; None if rows cannot express exactly these."""
    if not isinstance(messages, list) or not all(isinstance(message, Mapping) for message in messages):
        return None
    rows = [MessageRow.from_message(message) for message in messages]
    if any(row.is_blank for row in rows):
        return None
    means = [row.message("messages") for row in rows]
    return rows if jsontext.same(means, messages) else None


def _field_wins(place: str, name: str) -> FieldProblem:
    return FieldProblem(
        place,
        say(
            gettext_noop("“%(name)s” has a field of its own, and the field wins: take it out here."),
            name=name,
        ),
    )
