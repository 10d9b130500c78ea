"""The parameters, messages and examples of an API, as a form offers them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from playground.text.sentence import SentenceError


class ParameterError(SentenceError):
    """A value is invalid for the parameter; `sentence` says which ones are valid."""


class Kind(StrEnum):
    """How people enter a parameter.

    `LINES`: strings, one per line, or a JSON array of them. `CHOICE`: one of `choices`, or none. `PROSE`: a
    text of several lines, which the form shows above the messages.
    """

    NUMBER = "number"
    TEXT = "text"
    LINES = "lines"
    CHOICE = "choice"
    PROSE = "prose"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter's name, its check, and what people are told about it.

    A name with a dot (`reasoning.effort`) is a field within a field. Without a `default` it has to be given.
    """

    name: str
    check: Callable[[Any], None]
    range: str
    default: str
    help: str
    common: bool = False
    inputmode: str = "text"
    kind: Kind = Kind.NUMBER
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Tick:
    """A checkbox: ticked, its `fields` are in the request. `within` names the tick that it depends on."""

    name: str
    fields: dict[str, Any]
    help: str = ""
    within: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A message as the form shows it: who speaks, the text, and the id of the call that it answers.

    `rest` are the fields of the message that the other three cannot express.
    """

    role: str = ""
    content: str = ""
    call: str = ""
    rest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Preset:
    """An example: a body that fills in the form. Texts in it can be a `Sentence`, to be translated."""

    id: str
    label: str
    body: dict[str, Any]


def fits_a_line(value: Any) -> bool:
    """Whether a one-line field can carry the value; spaces around it are stripped when it is read.

    A browser removes line breaks from a one-line field (HTML, "value sanitization algorithm"), turns any line
    break in a textarea into `\\n`, and reads NUL as U+FFFD.
    """
    return isinstance(value, str) and value == value.strip() and not re.search("[\r\n\0]", value)


def fits_a_textarea(value: Any) -> bool:
    """Whether a field of several lines can carry the value."""
    return isinstance(value, str) and not re.search("[\r\0]", value)
