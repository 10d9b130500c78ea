"""Which values a form field can hold: strings that pass through a browser unchanged.

A browser removes line breaks from a one-line field (HTML, "value sanitization algorithm"), turns any line
break in a textarea into `\\n`, and reads NUL as U+FFFD. Other values are kept as JSON in another field.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from playground.exchange.parameter import Kind, Parameter, fits_a_textarea
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.text import jsontext
from playground.text.sentence import Sentence, gettext_noop, say

# Numbers as people write them, including "+1" and ".5", which JSON does not allow. Not NaN.
_NUMBER = re.compile(r"[+-]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})([eE][+-]?\d{1,3})?", re.ASCII)


def unix_lines(text: str) -> str:
    # Browsers post a textarea's line breaks as CRLF (HTML, form submission); people typed LF.
    return text.replace("\r\n", "\n")


def object_in(text: str | bytes, place: str, wanted: Sentence) -> dict[str, Any]:
    """Parse a JSON object. Raises `InvalidRequestError`; `wanted` is said of another value."""
    try:
        value = jsontext.loads(text)
    except jsontext.JSONTextError as error:
        raise InvalidRequestError(FieldProblem(place, error.sentence)) from error
    if not isinstance(value, dict):
        raise InvalidRequestError(FieldProblem(place, wanted))
    return value


def json_object(text: str, place: str) -> dict[str, Any]:
    """Parse a field's JSON object; {} if the text is blank. Raises `InvalidRequestError`."""
    wanted = say(gettext_noop("Enter a JSON object, such as %(example)s."), example='{"name": "value"}')
    return object_in(text, place, wanted) if text.strip() else {}


def json_text(values: dict[str, Any]) -> str:
    """Return the text of a JSON field; "" for no values."""
    return jsontext.pretty(values) if values else ""


def parameter_text(parameter: Parameter, value: Any) -> str | None:
    """Return the field text that means this value; None if no text does."""
    spellings = [value] if isinstance(value, str) else []
    spellings.append(json.dumps(value, ensure_ascii=False))
    return next((text for text in spellings if _means(parameter, text, value)), None)


def parameter_value(parameter: Parameter, text: str) -> Any:
    """Return the value that a typed text means; text that is not a number stays, for the check to reject.

    Raises `InvalidRequestError`.
    """
    if parameter.kind in (Kind.TEXT, Kind.PROSE):
        return text
    if parameter.kind is Kind.CHOICE:
        return next((choice for choice in parameter.choices if choice_text(choice) == text), text)
    if parameter.kind is Kind.LINES:
        return _lines(parameter.name, text)
    number = text.strip()
    if not _NUMBER.fullmatch(number):
        return text
    return int(number) if number.lstrip("+-").isdigit() else float(number)


def choice_text(choice: Any) -> str:
    """Return how the form shows a choice: a string as is, other values as JSON."""
    return choice if isinstance(choice, str) else json.dumps(choice)


def is_given(parameter: Parameter, text: str) -> bool:
    """Return whether the parameter is set: spaces are a valid text, but not a number."""
    return bool(text.strip() if parameter.kind is Kind.NUMBER else text)


def _means(parameter: Parameter, text: str, value: Any) -> bool:
    several = parameter.kind in (Kind.LINES, Kind.PROSE)
    fits = fits_a_textarea(text) if several else not re.search("[\r\n\0]", text)
    try:
        return fits and is_given(parameter, text) and jsontext.same(parameter_value(parameter, text), value)
    except InvalidRequestError:
        return False


def _lines(name: str, text: str) -> Any:
    if text.lstrip()[:1] in ("[", '"'):
        try:
            return jsontext.loads(text)
        except jsontext.JSONTextError as error:
            raise InvalidRequestError(FieldProblem(name, error.sentence)) from error
    lines = [line for line in text.split("\n") if line]
    return lines[0] if len(lines) == 1 else lines


def field_wins(place: str, name: str) -> FieldProblem:
    return FieldProblem(
        place,
        say(
            gettext_noop("“%(name)s” is set both here and in its own field. Clear one of them."),
            name=name,
        ),
    )


def joined(
    fields: Mapping[str, Any], more: Mapping[str, Any], within: str, errors: list[FieldProblem]
) -> dict[str, Any]:
    """Return a body with all fields of both; an object in both is joined.

    A field that both set goes to `errors`.
    """
    body = dict(fields)
    for name, value in more.items():
        place = f"{within}{name}"
        if name not in fields:
            body[name] = value
        elif isinstance(own := fields[name], dict) and isinstance(value, dict):
            body[name] = joined(own, value, f"{place}.", errors)
        else:
            errors.append(field_wins("more", place))
    return body
