"""A checked request for any API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playground import amounts
from playground.exchange.demands import Demands
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.text import jsontext
from playground.text.sentence import gettext_noop, say


@dataclass(frozen=True, slots=True)
class Request:
    """A valid body, and its bytes on the wire. Views are made from `body`, so don't change it."""

    dialect: Dialect
    body: Mapping[str, Any]
    encoded: bytes
    demands: Demands = field(compare=False)


def checked(dialect: Dialect, body: Any, *, max_messages: int, max_bytes: int) -> Request:
    """Check a body of JSON values. Raises `InvalidRequestError` with all problems."""
    if not isinstance(body, dict):
        raise InvalidRequestError(
            FieldProblem("request", say(gettext_noop("The request must be a JSON object.")))
        )
    try:
        jsontext.check(body)
    except jsontext.JSONTextError as error:
        raise InvalidRequestError(FieldProblem("request", error.sentence)) from error
    if problems := dialect.problems(body, max_messages):
        raise InvalidRequestError(*problems)
    encoded = jsontext.dumps(dialect.wire(body))
    if len(encoded) > max_bytes:
        raise InvalidRequestError(
            FieldProblem(
                "request",
                say(
                    gettext_noop(
                        "The request exceeds the limit of %(most)s. Shorten the messages. "
                        "(Administrators can raise PLAYGROUND_REQUEST_BYTES.)"
                    ),
                    most=amounts.size(max_bytes),
                ),
                status=413,
            )
        )
    return Request(dialect, body, encoded, dialect.demands(body))
