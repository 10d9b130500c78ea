"""Recognize a base URL that belongs to another API than the request's."""

from typing import TYPE_CHECKING

from playground.dialects.other_apis import api_at
from playground.text import jsontext
from playground.text.sentence import Sentence, gettext_noop, say

if TYPE_CHECKING:
    from playground.exchange.record import Exchange


def of_other_api(exchange: "Exchange") -> Sentence | None:
    """Return the advice for a typed base URL that belongs to another API; None if that isn't known.

    A provider from the list always gets None: its addresses are known to be right.
    """
    if exchange.provider:
        return None
    try:
        value = exchange.value
    except jsontext.JSONTextError:
        value = None
    name = api_at(exchange.sent.url, value, exchange.dialect.id)
    advice = gettext_noop(
        "This address belongs to the %(api)s, not to %(dialect)s. Choose another API, or enter a base URL "
        "for %(dialect)s."
    )
    return say(advice, api=name, dialect=exchange.dialect.label) if name else None
