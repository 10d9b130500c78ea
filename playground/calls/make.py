"""The only way to make a call, whoever asks for it."""

# ruff: noqa: ARG002 -- an embed's terms use arguments that the page's do not

from typing import Protocol, cast

from django.conf import settings

from playground.calls import caps, metrics, rates
from playground.calls.draft import Draft
from playground.calls.replay import replay
from playground.catalogue.caps import Caps
from playground.exchange.record import Exchange
from playground.exchange.refusal import FieldProblem, InvalidRequestError, RefusedError
from playground.exchange.request import Request
from playground.text.sentence import gettext_noop, say
from playground.upstream import client, counting, models
from playground.upstream.client import Caller
from playground.upstream.counting import Count
from playground.upstream.detect import Detected, detect
from playground.upstream.live import Finished, Live
from playground.upstream.local_model import abilities
from playground.upstream.models import Listing
from playground.upstream.route import Route, routes_to


class Reservation(Protocol):
    """The budget for a call, reserved before it is made."""

    def settle(self, exchange: Exchange) -> None:
        """Charge what the call used, once it has ended."""

    def give_back(self) -> None:
        """Release the reservation of a call that was never made."""


class Terms:
    """The terms of a call. These are the page's; embeds have their own."""

    def admit(self, draft: Draft) -> None:
        """Raise `RefusedError` if the draft may not be sent at all."""

    def caps(self, route: Route) -> Caps | None:
        """Return what a call on this route may ask for; None for no limits."""
        return route.caps

    def reserve(self, request: Request, route: Route, visitor: str) -> Reservation | None:
        """Count the call. Raises `RefusedError` if a limit is reached."""
        rates.count(visitor, route)
        return None

    def count(self, request: Request, route: Route, visitor: str) -> Reservation | None:
        """Count a call that only counts tokens. Raises `RefusedError` if a limit is reached."""
        rates.count(visitor, route)
        return None

    def instead(self, draft: Draft, refused: RefusedError) -> Exchange | None:
        """Return what to show instead of a call that was refused; None to show the refusal."""
        return None

    def shown(self, request: Request, route: Route, exchange: Exchange) -> Exchange:
        """Return what to show for a call that was made."""
        return exchange

    def shown_live(self, request: Request, route: Route, steps: Live) -> Live:
        """Return the steps to show for a live call: in the end, they show what `shown` returns."""
        return steps


def make(draft: Draft, terms: Terms, caller: Caller, *, live: bool = False) -> Exchange | Live:
    """Make the call: return the Exchange, or the steps of the call with `live` and a streaming request.

    Raises `RefusedError` if nothing is sent; the steps raise it at the first `next`.
    """
    try:
        terms.admit(draft)
        request, route = draft.checked()
        caps.check(request, terms.caps(route))
        caps.check_key(request, draft.lent.caps)
        abilities.check(request, route)
        reservation = terms.reserve(request, route, caller.visitor)
    except RefusedError as refused:
        recorded = terms.instead(draft, refused)
        if recorded is None:
            metrics.count_refused(refused.refusal.kind)
            raise
        return replay(recorded, caller.visitor) if live and draft.request().demands.streams else recorded
    if reservation:
        caller = caller.and_then(reservation.settle)
    live = live and request.demands.streams
    steps = _accounted(client.stream(request, route, settings.LIMITS, caller, live=live), reservation)
    if live:
        return terms.shown_live(request, route, steps)
    *_, finished = steps
    return terms.shown(request, route, cast("Finished", finished).exchange)


def list_models(draft: Draft, caller: Caller) -> Listing:
    """Ask the provider for its models. Raises `RefusedError` if nothing is sent."""
    route = draft.route()
    rates.count(caller.visitor, route)
    return models.list_models(draft.speaks(), route, settings.LIMITS, caller)


def count_tokens(draft: Draft, terms: Terms, caller: Caller) -> Count:
    """Have the provider count a request's tokens. It counts as one call, and is held to the same limits.

    Raises `RefusedError` if nothing is sent.
    """
    dialect = draft.speaks()
    if not dialect.count_path:
        sentence = gettext_noop("%(api)s has no endpoint that counts tokens.")
        raise InvalidRequestError(FieldProblem("dialect", say(sentence, api=dialect.label)))
    request, route = draft.checked()
    caps.check(request, route.caps)
    caps.check_key(request, draft.lent.caps)
    abilities.check(request, route)
    reservation = terms.count(request, route, caller.visitor)
    try:
        return counting.count(request, route, settings.LIMITS, caller)
    except RefusedError:
        if reservation:
            reservation.give_back()
        raise


def detect_dialects(draft: Draft, caller: Caller) -> list[Detected]:
    """Ask the server behind a typed base URL which APIs it speaks. It counts as one call.

    Raises `RefusedError` if nothing is sent.
    """
    if draft.provider:
        raise InvalidRequestError(
            FieldProblem(
                "base_url", say(gettext_noop("Enter a base URL. The APIs of a provider are already known."))
            )
        )
    routes = routes_to(draft.base_url, draft.key, draft.lent)
    rates.count(caller.visitor, next(iter(routes.values())))
    return detect(routes, settings.LIMITS, caller)


def _accounted(steps: Live, reservation: Reservation | None) -> Live:
    try:
        with metrics.running():
            yield from steps
    except RefusedError as refused:
        metrics.count_refused(refused.refusal.kind)
        if reservation:
            reservation.give_back()
        raise
