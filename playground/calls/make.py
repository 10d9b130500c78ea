"""The one way in which a call is made, whoever asks for it."""

# ruff: noqa: ARG002 -- an embed's terms look at more than the page's

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Protocol

from django.conf import settings

from playground.calls import caps, rates
from playground.calls.draft import Draft
from playground.calls.replay import or_recorded, replay
from playground.catalogue.caps import Caps
from playground.exchange.record import Exchange
from playground.exchange.refusal import RefusedError
from playground.exchange.request import Request
from playground.upstream import client, models
from playground.upstream.client import Caller
from playground.upstream.live import Live
from playground.upstream.local_model import abilities
from playground.upstream.models import Listing
from playground.upstream.route import Route


class Reservation(Protocol):
    """What a call may take, set aside before it is made."""

    def settle(self, exchange: Exchange) -> None:
        """Takes what it took, once it has ended."""

    def give_back(self) -> None:
        """For a call that was never made."""


class Terms:
    """Under which a call is made. These are the page's; an embed has its own."""

    def admit(self, draft: Draft) -> None:
        """Raises `RefusedError` for what is not sent, whatever it asks for."""

    def caps(self, route: Route) -> Caps | None:
        """What a call on this route may ask for; None for no limits."""
        return route.caps

    def reserve(self, request: Request, route: Route, visitor: str) -> Reservation | None:
        """Counts the call. Raises `RefusedError` when there is nothing left for it."""
        rates.count(visitor, route)
        return None

    def instead(self, draft: Draft, refused: RefusedError) -> Exchange | None:
        """What is shown in place of a call that was refused; None to say so."""
        return None

    def shown(self, request: Request, route: Route, exchange: Exchange) -> Exchange:
        """What is shown of a call that was made."""
        return exchange


def make(draft: Draft, terms: Terms, caller: Caller, *, live: bool = False) -> Exchange | Live:
    """The Exchange, or with `live`, for a request that streams, the steps of the call as they happen.

    Raises `RefusedError` when nothing is sent; the steps raise it at the first `next`.
    """
    try:
        terms.admit(draft)
        request, route = draft.checked()
        caps.check(request, terms.caps(route))
        abilities.check(request, route)
        reservation = terms.reserve(request, route, caller.visitor)
    except RefusedError as refused:
        recorded = terms.instead(draft, refused)
        if recorded is None:
            raise
        return replay(recorded, caller.visitor) if live and draft.request().demands.streams else recorded
    if reservation:
        caller = replace(caller, ended=_both(caller.ended, reservation.settle))
    shown = partial(terms.shown, request, route)
    if live and request.demands.streams:
        steps = client.stream(request, route, settings.LIMITS, caller)
        return _or_given_back(or_recorded(steps, shown), reservation)
    try:
        return shown(client.send(request, route, settings.LIMITS, caller))
    except RefusedError:
        if reservation:
            reservation.give_back()
        raise


def list_models(draft: Draft, caller: Caller) -> Listing:
    """The models that the provider lists. Raises `RefusedError` when it is not asked."""
    route = draft.route()
    rates.count(caller.visitor, route)
    return models.list_models(draft.speaks(), route, settings.LIMITS, caller)


def _or_given_back(steps: Live, reservation: Reservation | None) -> Live:
    try:
        yield from steps
    except RefusedError:
        if reservation:
            reservation.give_back()
        raise


def _both(one: Callable[[Exchange], None], other: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
    """Calls both, the second even when the first raises."""

    def ended(exchange: Exchange) -> None:
        try:
            one(exchange)
        finally:
            other(exchange)

    return ended
