"""Find out which APIs a server supports, without calling a model.

Sends an empty JSON object to the path of each API, which costs nothing and makes the server complain. A path
that no server has comes first, to learn how this one responds to unknown paths: some ask for a key
everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from playground.errors.provider_error import read_value
from playground.exchange.dialect import Dialect
from playground.exchange.record import Exchange, Received
from playground.exchange.request import Request
from playground.explanations.diagnosis import lacks_model
from playground.explanations.explain import explain
from playground.network.limits import Limits
from playground.text import jsontext
from playground.text.sentence import Sentence, gettext_noop, say
from playground.upstream import client
from playground.upstream.client import Caller
from playground.upstream.route import Route

# The error for an empty object needs no model, so it is fast and short.
_SECONDS = 10.0
_BYTES = 1 << 20
_NOWHERE = "/no-such-api"
_LONGEST_QUOTE = 200
_UNKNOWN_PATH = (404, 405, 410, 501)
_WANTS_KEY = (401, 403)
_NOT_NOW = (408, 429, 502, 503, 504, 529)


class Speaks(Enum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Detected:
    """Whether a server supports a dialect, and its response in words."""

    dialect: Dialect
    speaks: Speaks
    answered: Sentence


def detect(routes: Mapping[Dialect, Route], limits: Limits, caller: Caller) -> list[Detected]:
    """Ask the server behind the routes for each dialect. Raises what `client.send` does.

    If the first response is missing or incomplete, asks nothing more.
    """
    limits = replace(
        limits,
        silence_seconds=min(_SECONDS, limits.silence_seconds),
        exchange_seconds=min(_SECONDS, limits.exchange_seconds),
        response_bytes=min(_BYTES, limits.response_bytes),
    )
    dialect, route = next(iter(routes.items()))
    nowhere = replace(route.endpoint, base_url=route.endpoint.base_url + _NOWHERE)
    control = _ask(dialect, replace(route, endpoint=nowhere), limits, caller)
    if control.received is None or control.failure:
        return [Detected(dialect, Speaks.UNKNOWN, _answered(control)) for dialect in routes]
    return [
        _judged(dialect, _ask(dialect, route, limits, caller), control.received)
        for dialect, route in routes.items()
    ]


def _ask(dialect: Dialect, route: Route, limits: Limits, caller: Caller) -> Exchange:
    return client.send(Request(dialect, {}, b"{}", dialect.demands({})), route, limits, caller)


def _judged(dialect: Dialect, exchange: Exchange, control: Received) -> Detected:
    return Detected(dialect, _speaks(exchange, control), _answered(exchange))


def _speaks(exchange: Exchange, control: Received) -> Speaks:
    received = exchange.received
    if received is None or exchange.failure or 300 <= received.status < 400:
        return Speaks.UNKNOWN
    error = explain(exchange)
    if error is None:
        return Speaks.YES
    if received.status in _NOT_NOW:
        return Speaks.UNKNOWN
    if not _is_json(received) or error.kind == "not_completion":
        return Speaks.NO
    if received.status in _UNKNOWN_PATH or error.kind == "not_found":  # LM Studio sends it with 200
        # Some check the model first: a missing one is an error of that API.
        return Speaks.YES if lacks_model(read_value(exchange.value)) else Speaks.NO
    # The same response as for an unknown path proves nothing.
    says_the_same = received.status == control.status
    if says_the_same and (received.status in _WANTS_KEY or received.body == control.body):
        return Speaks.UNKNOWN
    return Speaks.YES


def _is_json(received: Received) -> bool:
    try:
        jsontext.loads_leniently(received.in_utf8)
    except jsontext.JSONTextError:
        return False
    return True


def _answered(exchange: Exchange) -> Sentence:
    """Return the response in words: the server's own, if there are any."""
    received, error = exchange.received, explain(exchange)
    if received is None or exchange.failure:
        return error.title if error else say(gettext_noop("No response"))
    status = f"{received.status} {received.reason}".strip()
    if error is None or not error.message:
        return say("%(status)s", status=status)
    return say("%(status)s: %(message)s", status=status, message=error.message[:_LONGEST_QUOTE])
