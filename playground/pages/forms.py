"""The form as text: what a person typed, kept as typed, and the request body that it means."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from django.http import QueryDict

from playground.exchange import jsontext
from playground.exchange.chat_request import FieldError, InvalidRequestError
from playground.exchange.parameters import PARAMETERS
from playground.exchange.text import gettext_noop, say

PARAMETER_NAMES = tuple(parameter.name for parameter in PARAMETERS)
FIELDS_OF_THEIR_OWN = ("model", "messages", "stream", *PARAMETER_NAMES)
USAGE_WANTED = {"include_usage": True}
_TEXT_PARAMETERS = ("user",)
# What people write for a number, "+1" and ".5" included, which JSON does not take. NaN is no number.
_NUMBER = re.compile(r"[+-]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})([eE][+-]?\d{1,3})?", re.ASCII)


@dataclass
class MessageRow:
    """One message as four texts. `extra` is a JSON object of what the other three cannot say."""

    role: str = "user"
    content: str = ""
    tool_call_id: str = ""
    extra: str = ""
    error: str = ""

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> "MessageRow":
        rest = dict(message)
        row = cls(role=str(rest.pop("role", "user")))
        # Beside tool calls an empty field means no content, so an empty text is said outright.
        if _fits_a_textarea(rest.get("content")) and (rest["content"] or "tool_calls" not in rest):
            row.content = rest.pop("content")
        if row.role == "tool" and isinstance(rest.get("tool_call_id"), str):
            row.tool_call_id = rest.pop("tool_call_id")
        row.extra = jsontext.pretty(rest) if rest else ""
        return row

    def message(self, place: str) -> dict[str, Any]:
        """The message of the request body. Raises `InvalidRequestError` for a broken `extra`."""
        extra = _json_object(self.extra, f"{place}.extra")
        message: dict[str, Any] = {"role": self.role}
        # An answer that only calls tools has no content; an empty text would be something else.
        if self.content or not extra.keys() & {"content", "tool_calls"}:
            message["content"] = self.content
        if self.role == "tool":
            message["tool_call_id"] = self.tool_call_id
        if both := extra.keys() & message.keys():
            raise InvalidRequestError(_field_wins(f"{place}.extra", min(both)))
        return message | extra


@dataclass
class RequestForm:
    """Everything the form holds but the key, which is never put into a page again."""

    provider: str = ""
    base_url: str = ""
    model: str = ""
    messages: list[MessageRow] = field(default_factory=lambda: [MessageRow()])
    parameters: dict[str, str] = field(default_factory=dict)
    more: str = ""
    stream: bool = False
    include_usage: bool = True

    @property
    def has_more_parameters(self) -> bool:
        """Whether one of the parameters behind "more" is set."""
        hidden = (parameter.name for parameter in PARAMETERS if not parameter.common)
        return bool(self.more) or any(self.parameters.get(name) for name in hidden)

    @classmethod
    def from_post(cls, data: QueryDict) -> "RequestForm":
        """Reads what the browser posted; texts keep their line breaks as typed (`\\n`)."""
        columns = zip_longest(
            *(data.getlist(name) for name in ("role", "content", "tool_call_id", "extra")), fillvalue=""
        )
        return cls(
            provider=data.get("provider", ""),
            base_url=data.get("base_url", "").strip(),
            model=data.get("model", "").strip(),
            messages=[
                MessageRow(role, _unix_lines(content), call.strip(), extra)
                for role, content, call, extra in columns
                if role or content or extra
            ],
            parameters={name: _unix_lines(data.get(name, "")) for name in PARAMETER_NAMES},
            more=data.get("more", ""),
            stream="stream" in data,
            include_usage="include_usage" in data,
        )

    @classmethod
    def from_body(cls, provider: str, base_url: str, body: Mapping[str, Any]) -> "RequestForm":
        """The form that means this body; what has no field goes to `more`."""
        form = cls(provider=provider, base_url=base_url)
        form.fill(body)
        return form

    def fill(self, body: Mapping[str, Any]) -> None:
        """Makes the form mean this body. A body without a model leaves the model as it is."""
        rest = dict(body)
        rows = rest.pop("messages", [])
        messages = {"messages": rows if isinstance(rows, list) else []}
        model = rest.pop("model", self.model)
        self.model = model if isinstance(model, str) else jsontext.pretty(model)
        self.parameters = {}
        # Two ticks say what nearly all requests mean; what they cannot say is kept as JSON.
        self.stream = rest.get("stream") is True
        if isinstance(rest.get("stream"), bool | None):
            rest.pop("stream", None)
        self.include_usage = not self.stream or rest.get("stream_options") == USAGE_WANTED
        if self.stream and self.include_usage:
            del rest["stream_options"]
        others = {name: value for name, value in rest.items() if name not in PARAMETER_NAMES}
        self.more = jsontext.pretty(others) if others else ""
        self.change({name: value for name, value in rest.items() if name in PARAMETER_NAMES} | messages)

    def change(self, changes: Mapping[str, Any]) -> None:
        """Sets the model, messages and parameters; None empties one."""
        more = _json_object(self.more, "more")
        for name, value in changes.items():
            if name == "stream":
                self.stream = value is True
            elif name == "model":
                self.model = value if isinstance(value, str) else ""
            elif name == "messages":
                if isinstance(value, list):
                    self.messages = [
                        MessageRow.from_message(row) for row in value if isinstance(row, Mapping)
                    ]
            elif name == "stream_options" and value is None:
                self.include_usage = False
                more.pop(name, None)
            elif name in PARAMETER_NAMES:
                self.parameters[name] = "" if value is None else _parameter_text(name, value)
            elif value is None:
                more.pop(name, None)
            else:
                more[name] = value
        self.more = jsontext.pretty(more) if more else ""

    def body(self, errors: list[FieldError]) -> dict[str, Any]:
        """The request body; a field left empty is not in it. What cannot be read goes to `errors`."""
        body: dict[str, Any] = {"model": self.model}
        body["messages"] = [
            collect(errors, {"role": row.role}, row.message, f"messages.{index}")
            for index, row in enumerate(self.messages)
        ]
        for name in PARAMETER_NAMES:
            text = self.parameters.get(name, "")
            if text if name in (*_TEXT_PARAMETERS, "stop") else text.strip():
                body[name] = collect(errors, None, _parameter_value, name, text)
        if self.stream:
            body["stream"] = True
        if self.stream and self.include_usage:
            body["stream_options"] = USAGE_WANTED
        more: dict[str, Any] = collect(errors, {}, _json_object, self.more, "more")
        errors += [_field_wins("more", name) for name in more if name in body or name in FIELDS_OF_THEIR_OWN]
        return body | {name: value for name, value in more.items() if name not in body}


def _field_wins(place: str, name: str) -> FieldError:
    return FieldError(
        place,
        say(
            gettext_noop("“%(name)s” has a field of its own, and the field wins: take it out here."),
            name=name,
        ),
    )


def collect(errors: list[FieldError], otherwise: Any, read: Callable[..., Any], *values: Any) -> Any:
    """What `read` gives, or `otherwise`, with its errors kept: a person wants all of them at once."""
    try:
        return read(*values)
    except InvalidRequestError as error:
        errors.extend(error.errors)
        return otherwise


def _parameter_value(name: str, text: str) -> Any:
    """A typed text as the value it means. What is no number stays a text, which the check refuses."""
    if name in _TEXT_PARAMETERS:
        return text
    if name == "stop":
        return _stops(text)
    number = text.strip()
    if not _NUMBER.fullmatch(number):
        return text
    return int(number) if number.lstrip("+-").isdigit() else float(number)


def _stops(text: str) -> Any:
    if text.lstrip()[:1] in ("[", '"'):
        try:
            return jsontext.loads(text)
        except jsontext.JSONTextError as error:
            raise InvalidRequestError(FieldError("stop", error.sentence)) from error
    lines = [line for line in text.split("\n") if line]
    return lines[0] if len(lines) == 1 else lines


def _parameter_text(name: str, value: Any) -> str:
    plain = isinstance(value, str) and (
        name in _TEXT_PARAMETERS
        or (name == "stop" and value[:1] not in ("[", '"', " ") and "\n" not in value)
    )
    return value if plain else _json_line(value)


def _json_object(text: str, place: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        value = jsontext.loads(text)
    except jsontext.JSONTextError as error:
        raise InvalidRequestError(FieldError(place, error.sentence)) from error
    if not isinstance(value, dict):
        raise InvalidRequestError(
            FieldError(place, say(gettext_noop('Takes a JSON object, like {"key": "value"}.')))
        )
    return value


def _json_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _fits_a_textarea(value: Any) -> bool:
    # A browser makes other line breaks `\n` and NUL U+FFFD; such a text is kept as JSON.
    return isinstance(value, str) and "\r" not in value and "\0" not in value


def _unix_lines(text: str) -> str:
    # A browser posts a textarea's line breaks as CRLF (HTML, form submission); the person typed LF.
    return text.replace("\r\n", "\n")
