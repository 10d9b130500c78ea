"""The request that a link carries."""

from typing import Any

from playground.dialects import DEFAULT
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.forms.incoming import check_count
from playground.text import jsontext
from playground.text.sentence import gettext_noop, say


def link_body(text: str, dialect: Dialect = DEFAULT) -> dict[str, Any]:
    """Parse a link's request and check that it fits the form. Raises `InvalidRequestError`."""
    try:
        body = jsontext.loads(text)
    except jsontext.JSONTextError as error:
        raise InvalidRequestError(FieldProblem("request", error.sentence)) from error
    if not isinstance(body, dict):
        raise InvalidRequestError(
            FieldProblem("request", say(gettext_noop("The request must be a JSON object.")))
        )
    name = dialect.fields.prompt
    rows = dialect.rows(body.get(name, []))
    if rows is None:
        raise InvalidRequestError(
            FieldProblem(name, say(gettext_noop("Messages in a link must be an array of JSON objects.")))
        )
    check_count(dialect, len(rows))
    return body
