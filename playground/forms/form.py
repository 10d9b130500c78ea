"""The form as text: what people typed, unchanged, and the request body that it stands for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

from django.http import QueryDict

from playground.dialects import DEFAULT
from playground.dialects.carrying import carried, put
from playground.exchange.conversation import Lost
from playground.exchange.dialect import Dialect
from playground.exchange.parameter import Kind, Parameter, Row, Tick, fits_a_line
from playground.exchange.refusal import FieldProblem, InvalidRequestError, collect
from playground.forms.fields import (
    is_given,
    joined,
    json_object,
    json_text,
    parameter_text,
    parameter_value,
    unix_lines,
)
from playground.forms.rows import (
    MARKS,
    ROW_FIELDS,
    MessageRow,
    mark,
    new_row,
    prompt_of,
    rows_of,
)
from playground.forms.versions import Version, read_versions
from playground.text import jsontext

# The box that each API has: the answer is shown as it arrives.
STREAM = "stream"
_LONGEST_MARK = 64
# What has a field of its own, whatever the API.
_CONTROLS = ("provider", "base_url", "api_key", "saved_key", "dialect", "more", "headers")


@dataclass
class RequestForm:
    """Everything in the form except the key, which is never written into a page again; `saved_key` names one.

    A form filled from a body means exactly that body: `more` holds as JSON what has no field, or does not fit
    into its field. `ticks` are the names of the ticked boxes.

    `composer` is where the next message is written: the last one of the request, if anything was typed. None
    if the form has no composer, as in an embed. `aside` leaves it out of this request, as it does `later`
    messages.

    `versions` are what messages were before, in a page without scripts. `lost` lists what could not be
    converted from the previous API. `focus` is the position of the message that gets the cursor, the
    composer's after all others; None leaves the cursor where it is.
    """

    provider: str = ""
    base_url: str = ""
    dialect: Dialect = DEFAULT
    model: str = ""
    messages: list[MessageRow] = field(default_factory=lambda: [MessageRow("user")])
    composer: MessageRow | None = None
    aside: bool = False
    later: list[MessageRow] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    more: str = ""
    headers: str = ""
    ticks: set[str] = field(default_factory=set)
    focus: int | None = None
    lost: list[Lost] = field(default_factory=list)
    saved_key: str = ""

    @property
    def shown(self) -> list[Parameter]:
        """The parameters that have a field: those on offer for this request, and others that are set."""
        offered = self.dialect.offered(self._settings([]))
        return [
            parameter
            for parameter in self.dialect.parameters
            if parameter in offered or self.parameters.get(parameter.name)
        ]

    @property
    def more_names(self) -> list[str]:
        """The names of the parameters under "More parameters"."""
        return [
            parameter.name
            for parameter in self.shown
            if not (parameter.common or parameter.kind is Kind.PROSE)
        ]

    @property
    def more_set(self) -> int:
        """The number of fields that are set under "More parameters"."""
        texts = [self.more, self.headers, *(self.parameters.get(name, "") for name in self.more_names)]
        return sum(bool(text.strip()) for text in texts)

    def told_at_more(self, name: str) -> bool:
        """Whether a problem with `name` can be shown only at `more`: it is set there and has no field."""
        is_set = name.partition(".")[0] in collect([], {}, json_object, self.more, "more")
        return is_set and not _is_within(name, self._fields)

    def has_place(self, name: str) -> bool:
        """Whether a problem with `name` is shown beside a field."""
        controls = {*_CONTROLS, self.dialect.fields.model, self.dialect.fields.prompt}
        return self.told_at_more(name) or _is_within(name, controls | self._fields)

    @property
    def _fields(self) -> set[str]:
        return {parameter.name for parameter in self.shown} | {tick.name for tick in self.dialect.ticks}

    @property
    def rows(self) -> list[MessageRow]:
        """The messages of the request: the composer's is the last one. A text among others has a role."""
        rows = [*self.messages, self.composer] if self.composer and self._writes else self.messages
        if len(rows) == 1 or not isinstance(self.dialect.prompt([Row(content="text")]), str):
            return rows
        role = self.new_row.role
        return [replace(row, role=role) if row.is_text else row for row in rows]

    @property
    def _writes(self) -> bool:
        return self.composer is not None and self.composer.has_text and not self.aside

    @property
    def has_instructions(self) -> bool:
        return any(row.role == self.dialect.fields.instructions for row in self.messages)

    def compose(self) -> None:
        """Give the form a composer. If the last message is still to be answered, it is written there."""
        last = self.messages[-1] if self.messages else self.new_row
        asks = last.is_text or (last.role == self.new_row.role and last.has_text)
        self.composer = self.messages.pop() if asks and not last.fork else self.new_row

    def commit(self) -> None:
        """Put what the composer has among the messages, which leaves it empty."""
        if self.composer is not None:
            self.messages, self.composer = list(self.rows), self.composer if self.aside else self.new_row

    @property
    def items(self) -> dict[int, str]:
        """What the rows are that have neither a role nor a text of their own, by position: `reasoning`."""
        found: dict[int, str] = {}
        for position, row in enumerate(self.rows):
            if not (row.role or row.content):
                name = collect([], {}, json_object, row.extra, "extra").get(self.dialect.fields.item)
                if isinstance(name, str) and fits_a_line(name) and name:
                    found[position] = name
        return found

    @property
    def is_text(self) -> bool:
        """Whether the prompt is a string, which has no roles."""
        if len(self.rows) != 1 or not self.rows[0].is_text:
            return False
        return isinstance(self.dialect.prompt([Row(content=self.rows[0].content)]), str)

    @property
    def new_row(self) -> MessageRow:
        return new_row(self.dialect)

    @classmethod
    def from_post(cls, data: QueryDict, dialect: Dialect) -> "RequestForm":
        """Read what a browser posted; texts keep their line breaks as typed (`\\n`).

        `until` asks for the answer to the messages before that position, without the composer's. An answer
        can be several messages, which are left out together.
        """
        columns = zip_longest(*(data.getlist(name) for name in (*ROW_FIELDS, *MARKS)), fillvalue="")
        rows = [
            MessageRow(
                role, unix_lines(content), call.strip(), extra, run[:_LONGEST_MARK], fork[:_LONGEST_MARK]
            )
            for role, content, call, extra, run, fork in columns
        ]
        # The last row of a form that has one.
        composer = rows.pop() if "composer" in data and rows else None
        until = data.get("until", "")
        asks_again = composer is not None and until.isascii() and until.isdigit()
        end = int(until[:9]) if asks_again else len(rows)
        while 0 < end < len(rows) and rows[end].run and rows[end].run == rows[end - 1].run:
            end -= 1
        return cls(
            provider=data.get("provider", ""),
            base_url=data.get("base_url", "").strip(),
            dialect=dialect,
            model=data.get("model", "").strip(),
            messages=[row for row in rows[:end] if not row.is_blank],
            composer=composer,
            later=[row for row in rows[end:] if not row.is_blank],
            versions=read_versions(data.getlist("version")),
            aside=asks_again or data.get("composer") == "aside",
            parameters={
                parameter.name: unix_lines(data.get(parameter.name, "")) for parameter in dialect.parameters
            },
            more=data.get("more", ""),
            headers=unix_lines(data.get("headers", "")),
            saved_key=data.get("saved_key", ""),
            ticks={tick.name for tick in dialect.ticks if tick.name in data},
        )

    @classmethod
    def from_body(
        cls, provider: str, base_url: str, body: Mapping[str, Any], dialect: Dialect = DEFAULT
    ) -> "RequestForm":
        """Return a form that means this body."""
        form = cls(provider, base_url, dialect)
        form.fill(body)
        return form

    def fill(self, body: Mapping[str, Any]) -> None:
        """Make the form mean this body. A body without a model leaves the model unchanged."""
        names = self.dialect.fields
        rest = {names.model: self.model, names.prompt: [], **body}
        self.parameters, self.ticks, more = {}, set(), dict[str, Any]()
        for tick in self.dialect.ticks:
            if tick.within and tick.within not in self.ticks:
                self.ticks.add(tick.name)  # for when the other one is ticked
            elif _has(rest, tick):
                self.ticks.add(tick.name)
                rest = {name: value for name, value in rest.items() if name not in tick.fields}
        for name, value in rest.items():
            if "." in name:  # a name like any other, not a field within a field
                more[name] = value
            else:
                self._set(name, value, more)
        self.more = json_text(more)

    def speak(self, dialect: Dialect) -> None:
        """Convert the request to another API. Raises `InvalidRequestError` for what cannot be read."""
        errors: list[FieldProblem] = []
        body = self.body(errors)
        if errors:
            raise InvalidRequestError(*errors)
        before, writes, old = self.rows, self._writes, self.dialect

        def count(rows: list[MessageRow]) -> int:
            part, _ = carried({old.fields.prompt: prompt_of(old, rows, [])}, old, dialect)
            return len(dialect.rows(part.get(dialect.fields.prompt)) or [])

        body, self.lost = carried(body, old, dialect)
        self.dialect = dialect
        self.fill(body)
        if not writes:
            self.commit()  # a message that was not in the composer
        mark(self.rows, before, count)

    def change(self, changes: Mapping[str, Any]) -> None:
        """Set fields of the request; None removes one. Raises `InvalidRequestError` for broken JSON."""
        more = json_object(self.more, "more")
        for name, value in changes.items():
            tick = next((tick for tick in self.dialect.ticks if name in tick.fields), None)
            if tick and (value in (None, False) or jsontext.same(value, tick.fields[name])):
                more.pop(name, None)
                self.ticks.discard(tick.name)
                self.ticks |= {tick.name} if value else set()
            elif value is None:
                self._leave_out(name, more)
            elif name != self.dialect.fields.prompt or isinstance(value, list | str):
                self._set(name, value, more)
        self.more = json_text(more)

    def _leave_out(self, name: str, more: dict[str, Any]) -> None:
        more.pop(name, None)
        for parameter in self._within(name):
            self.parameters.pop(parameter.name, None)
        if name == self.dialect.fields.model:
            self.model = ""

    def _set(self, name: str, value: Any, more: dict[str, Any]) -> None:
        """Put a value into its fields; what fits no field goes into `more`."""
        self._leave_out(name, more)
        fits = False
        if name == self.dialect.fields.model:
            self.model, fits = (value, True) if fits_a_line(value) else ("", False)
        elif name == self.dialect.fields.prompt:
            rows = rows_of(self.dialect, value)
            self.messages, fits = rows or [], rows is not None
            if self.composer is not None:
                self.compose()
        else:
            value, fits = self._spread(name, value)
        if not fits:
            more[name] = value

    def _spread(self, place: str, value: Any) -> tuple[Any, bool]:
        """Put a value, or the fields in it, into the parameters' fields.

        Return what has none, and whether that is nothing.
        """
        within = {parameter.name: parameter for parameter in self._within(place)}
        if parameter := within.get(place):
            text = parameter_text(parameter, value)
            if text is not None:
                self.parameters[place] = text
            return value, text is not None
        if not (within and isinstance(value, dict) and value):
            return value, False
        rest: dict[str, Any] = {}
        for name, item in value.items():
            left, fits = (item, False) if "." in name else self._spread(f"{place}.{name}", item)
            if not fits:
                rest[name] = left
        return rest, not rest

    def _within(self, name: str) -> list[Parameter]:
        """Return the parameters that are this field or nested in it."""
        return [
            parameter
            for parameter in self.dialect.parameters
            if parameter.name == name or parameter.name.startswith(f"{name}.")
        ]

    def body(self, errors: list[FieldProblem]) -> dict[str, Any]:
        """Return the request body without the empty fields. What cannot be read goes to `errors`."""
        names = self.dialect.fields
        more: dict[str, Any] = collect(errors, {}, json_object, self.more, "more")
        body: dict[str, Any] = {}
        if self.model or names.model not in more:
            body[names.model] = self.model
        if self.rows or names.prompt not in more:
            body[names.prompt] = prompt_of(self.dialect, self.rows, errors)
        body |= self._settings(errors)
        for tick in self.dialect.ticks:
            if tick.name in self.ticks and (not tick.within or tick.within in self.ticks):
                body |= tick.fields
        return joined(body, more, "", errors)

    def _settings(self, errors: list[FieldProblem]) -> dict[str, Any]:
        """Return the part of the body that the parameters' fields mean."""
        settings: dict[str, Any] = {}
        for parameter in self.dialect.parameters:
            text = self.parameters.get(parameter.name, "")
            if is_given(parameter, text):
                value = collect(errors, None, parameter_value, parameter, text)
                put(settings, parameter.name.split("."), value)
        return settings


def _is_within(name: str, places: Iterable[str]) -> bool:
    return any(f"{name}.".startswith(f"{place}.") for place in places)


def _has(body: Mapping[str, Any], tick: Tick) -> bool:
    return all(name in body and jsontext.same(body[name], value) for name, value in tick.fields.items())
