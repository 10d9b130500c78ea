"""The parameters and examples of an API, as a form offers them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from playground.text.sentence import SentenceError


class ParameterError(SentenceError):
    """A value is invalid for the parameter; `sentence` says which ones are valid."""


class Kind(StrEnum):
    """How people enter a parameter. `LINES`: strings, one per line, or a JSON array of them."""

    NUMBER = "number"
    TEXT = "text"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter's name, its check, and what people are told about it."""

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
    """An example: a body that fills in the form, for the model that is chosen."""

    id: str
    label: str
    body: dict[str, Any]
