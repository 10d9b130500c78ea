"""The tokens of a request, counted by its provider before any model reads it."""

from dataclasses import dataclass, replace

from playground.exchange.record import Exchange
from playground.exchange.request import Request
from playground.explanations.explain import Explanation
from playground.explanations.no_count import explain_count, explain_no_count
from playground.network.limits import Limits
from playground.text import jsontext
from playground.upstream import client
from playground.upstream.client import NOBODY, Caller
from playground.upstream.route import Route


@dataclass(frozen=True, slots=True)
class Count:
    """The number of input tokens; None if there is a `problem`."""

    tokens: int | None
    exchange: Exchange
    problem: Explanation | None = None


def count(request: Request, route: Route, limits: Limits, caller: Caller = NOBODY) -> Count:
    """Ask the provider, whose dialect has a `count_path`. Raises what `client.send` does."""
    dialect = request.dialect
    # A count comes in one piece, whatever is asked of the answer.
    body = {name: value for name, value in request.body.items() if name not in dialect.fields.delivery}
    asked = replace(
        request, body=body, encoded=jsontext.dumps(dialect.to_count(body)), demands=dialect.demands(body)
    )
    exchange = client.post(asked, dialect.count_path, route, limits, caller)
    if problem := explain_count(exchange):
        return Count(None, exchange, problem)
    tokens = None if exchange.stream else dialect.counted(exchange.value)
    return Count(tokens, exchange, explain_no_count(exchange) if tokens is None else None)
