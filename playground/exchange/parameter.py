"""The parameters and examples of an API that a form offers."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from playground.text.sentence import SentenceError


class ParameterError(SentenceError):
    """A value that the parameter does not take; `sentence` says what it takes."""


class Kind(StrEnum):
    """How a parameter is typed. `LINES` are texts, one a line, or a JSON array of them."""

    NUMBER = "number"
    TEXT = "text"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter's name, its check, and what a person is told about it."""

    name: str
    check: Callable[[Any], None]
    range: str
    default: str
    help: str
    common: bool = False
    inputmode: str = "text"
    kind: Kind = Kind.NUMBER


@dataclass(frozen=True, slots=True)
class Preset:
    """An example: a body that fills the form. The model stays the one that is chosen."""

    id: str
    label: str
    body: dict[str, Any]
