"""The terms of an embed's calls."""

from dataclasses import dataclass, replace
from functools import partial

from django.db import DatabaseError

from playground.calls import budget
from playground.calls.draft import Draft
from playground.calls.estimate import worst_case
from playground.calls.make import Reservation, Terms
from playground.calls.replay import or_recorded
from playground.catalogue.caps import Caps
from playground.embeds import lookup, paying, recordings, refusals
from playground.embeds.models import Embed
from playground.exchange.record import Exchange
from playground.exchange.refusal import RefusedError
from playground.exchange.request import Request
from playground.text.sentence import Sentence, say
from playground.upstream.live import Live
from playground.upstream.route import Route


@dataclass(frozen=True)
class EmbedTerms(Terms):
    """Calls are limited by daily budgets, and a saved answer replaces a call that is not made.

    `opened` is the digest of the request that the frame was opened with.
    """

    payment: paying.Payment
    opened: str = ""

    @property
    def embed(self) -> Embed:
        return self.payment.embed

    def admit(self, draft: Draft) -> None:
        if not self.embed.active:
            raise refusals.turned_off(self.embed.name)
        if self.embed.replay_only:
            raise refusals.nothing_recorded()
        lookup.check_key(self.embed, draft)
        if self.payment.problem:
            raise self.payment.problem

    def caps(self, route: Route) -> Caps | None:
        return self.embed.caps if paying.is_paid(route) else None

    def reserve(self, request: Request, route: Route, visitor: str) -> Reservation | None:
        super().reserve(request, route, visitor)
        if not paying.is_paid(route):
            return None
        own = self._reserve_own(request, visitor)
        try:
            teams = self.payment.reserve(request, route)
        except refusals.EmbedRefusedError:
            own.give_back()
            raise
        return paying.Both(own, teams) if teams else own

    def _reserve_own(self, request: Request, visitor: str) -> Reservation:
        try:
            return budget.reserve(self.embed.account, visitor, self.embed.limits, worst_case(request))
        except budget.SpentError as spent:
            field = next(iter(request.demands.tokens), request.dialect.fields.tokens[0])
            raise refusals.budget_spent(spent, field) from spent
        except DatabaseError as error:
            raise refusals.no_database() from error

    def instead(self, draft: Draft, refused: RefusedError) -> Exchange | None:
        reason = refused.reason if isinstance(refused, refusals.EmbedRefusedError) else None
        return self._recorded(draft.request(), reason) if reason else None

    def shown(self, request: Request, route: Route, exchange: Exchange) -> Exchange:
        """Return the exchange for a reader, or a saved one if the provider is down."""
        exchange = replace(exchange, fixed=lookup.fixed(self.embed))
        if not recordings.is_down(exchange, with_own_key=not paying.is_paid(route)):
            return exchange
        return self._recorded(request, say(refusals.PROVIDER_DOWN)) or exchange

    def shown_live(self, request: Request, route: Route, steps: Live) -> Live:
        return or_recorded(steps, partial(self.shown, request, route))

    def _recorded(self, request: Request, reason: Sentence) -> Exchange | None:
        return recordings.instead(self.embed, request.body, reason, self.opened)
