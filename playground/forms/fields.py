"""What a field of a page carries: a text that passes through a browser and comes back the same.

A browser takes line breaks out of a one-line field (HTML, "value sanitization algorithm"), makes any other
one in a textarea `\\n`, and reads NUL as U+FFFD. What a field cannot carry is kept as JSON beside it.
"""

import json
import re
from typing import Any

from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.text import jsontext
from playground.text.sentence import gettext_noop, say

_TEXT_PARAMETERS = ("user",)
# What people write for a number, "+1" and ".5" included, which JSON does not take. NaN is no number.
_NUMBER = re.compile(r"[+-]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})([eE][+-]?\d{1,3})?", re.ASCII)


def fits_a_line(value: Any) -> bool:
    """Whether a one-line field carries it; blanks around it are taken off when it is read."""
    return isinstance(value, str) and value == value.strip() and not re.search("[\r\n\0]", value)


def fits_a_textarea(value: Any) -> bool:
    return isinstance(value, str) and not re.search("[\r\0]", value)


def unix_lines(text: str) -> str:
    # A browser posts a textarea's line breaks as CRLF (HTML, form submission); the person typed LF.
    return text.replace("\r\n", "\n")


def json_object(text: str, place: str) -> dict[str, Any]:
    """Raises `InvalidRequestError`."""
    if not text.strip():
        return {}
    try:
        value = jsontext.loads(text)
    except jsontext.JSONTextError as error:
        raise InvalidRequestError(FieldProblem(place, error.sentence)) from error
    if not isinstance(value, dict):
        raise InvalidRequestError(
            FieldProblem(place, say(gettext_noop('Takes a JSON object, like {"key": "value"}.')))
        )
    return value


def json_text(values: dict[str, Any]) -> str:
    """The text of a field for JSON; an empty one for no values."""
    return jsontext.pretty(values) if values else ""


def parameter_text(name: str, value: Any) -> str | None:
    """What the parameter's field has to hold to mean this value; None where no text does."""
    spellings = [value] if isinstance(value, str) else []
    spellings.append(json.dumps(value, ensure_ascii=False))
    return next((text for text in spellings if _means(name, text, value)), None)


def parameter_value(name: str, text: str) -> Any:
    """A typed text as the value it means. What is no number stays a text, which the check refuses.

    Raises `InvalidRequestError`.
    """
    if name in _TEXT_PARAMETERS:
        return text
    if name == "stop":
        return _stops(text)
    number = text.strip()
    if not _NUMBER.fullmatch(number):
        return text
    return int(number) if number.lstrip("+-").isdigit() else float(number)


def is_given(name: str, text: str) -> bool:
    """Whether the parameter is part of the request: blanks are a text, and no number."""
    return bool(text if name in (*_TEXT_PARAMETERS, "stop") else text.strip())


def _means(name: str, text: str, value: Any) -> bool:
    fits = fits_a_textarea(text) if name == "stop" else not re.search("[\r\n\0]", text)
    try:
        return fits and is_given(name, text) and jsontext.same(parameter_value(name, text), value)
    except InvalidRequestError:
        return False


def _stops(text: str) -> Any:
    if text.lstrip()[:1] in ("[", '"'):
        try:
            return jsontext.loads(text)
        except jsontext.JSONTextError as error:
            raise InvalidRequestError(FieldProblem("stop", error.sentence)) from error
    lines = [line for line in text.split("\n") if line]
    return lines[0] if len(lines) == 1 else lines
