"""A provider's model list."""

import re
from dataclasses import dataclass

from playground.exchange.dialect import Dialect
from playground.exchange.record import Exchange
from playground.explanations.explain import Explanation, explain_arrival, explain_no_list
from playground.network.limits import Limits
from playground.upstream import client
from playground.upstream.client import NOBODY, Caller
from playground.upstream.route import Route


@dataclass(frozen=True, slots=True)
class Listing:
    """A provider's models, sorted, as far as the caps allow them.

    `unread` counts entries that could not be read, `held_back` models that the caps exclude; `problem` says
    what went wrong, if anything did.
    """

    models: list[str]
    exchange: Exchange
    unread: int = 0
    problem: Explanation | None = None
    held_back: int = 0


def list_models(dialect: Dialect, route: Route, limits: Limits, caller: Caller = NOBODY) -> Listing:
    """Ask the provider for its models. Raises what `client.send` does."""
    exchange = client.get(dialect, dialect.models_path, route, limits, caller)
    if problem := explain_arrival(exchange):
        return Listing([], exchange, problem=problem)
    found = None if exchange.stream else dialect.models(exchange.value)
    if found is None:
        return Listing([], exchange, problem=explain_no_list(exchange))
    allowed = [name for name in found.ids if route.caps is None or route.caps.allows_model(name)]
    held_back = len(found.ids) - len(allowed)
    return Listing(sorted(allowed, key=_natural), exchange, found.unread, held_back=held_back)


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a sort key that puts `m-2` before `m-10`."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d{1,9})", name)]
