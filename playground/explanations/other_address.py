"""A base URL that is one of another API than the request's."""

from typing import TYPE_CHECKING

from playground.dialects.other_apis import api_at
from playground.text import jsontext
from playground.text.sentence import Sentence, gettext_noop, say

if TYPE_CHECKING:
    from playground.exchange.record import Exchange


def of_other_api(exchange: "Exchange") -> Sentence | None:
    """Return the advice for a typed base URL at which another API stands; None if none is known to.

    Of a provider's own addresses, the catalogue knows better.
    """
    if exchange.provider:
        return None
    try:
        value = exchange.value
    except jsontext.JSONTextError:
        value = None
    name = api_at(exchange.sent.url, value, exchange.dialect.id)
    advice = gettext_noop(
        "This address is one of the %(api)s, not of %(dialect)s. Choose that API if it is offered here, or a "
        "base URL of %(dialect)s."
    )
    return say(advice, api=name, dialect=exchange.dialect.label) if name else None
