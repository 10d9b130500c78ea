"""Who pays for the calls of an embed: the operator, or a team with one of its keys, within its budgets."""

from dataclasses import dataclass, replace

from django.conf import settings
from django.db import DatabaseError

from playground.calls.draft import Draft
from playground.calls.make import Reservation
from playground.catalogue.held import Lent
from playground.catalogue.providers import LOCAL_MODEL
from playground.embeds import refusals
from playground.embeds.models import Embed
from playground.exchange.record import Exchange
from playground.exchange.request import Request
from playground.teams import budgets
from playground.teams.budgets import NoLimitError, NoPriceError, NoRoomError
from playground.teams.models import Membership
from playground.teams.tally import Tally
from playground.teams.terms import seconds_to
from playground.upstream.client import Caller
from playground.upstream.route import Route


@dataclass(frozen=True)
class Both:
    """Two reservations of the same call."""

    one: Reservation
    other: Reservation

    def settle(self, exchange: Exchange) -> None:
        self.one.settle(exchange)
        self.other.settle(exchange)

    def give_back(self) -> None:
        self.one.give_back()
        self.other.give_back()


@dataclass(frozen=True)
class Payment:
    """A call of an embed with the key that pays for it; `problem` says why there is none."""

    embed: Embed
    draft: Draft
    caller: Caller
    tally: Tally | None = None
    problem: refusals.EmbedRefusedError | None = None

    def reserve(self, request: Request, route: Route) -> Reservation | None:
        """Charge the budgets of the embed's team. Raises `EmbedRefusedError`."""
        team = self.embed.team
        if team is None or not is_paid(route):
            return None
        if self.tally:
            self.tally.key = budgets.key_of(route)
        try:
            return budgets.reserve(Membership(team=team), request, route)
        except NoRoomError as short:
            raise refusals.teams_budget_spent(seconds_to(short.left)) from short
        except (NoLimitError, NoPriceError) as error:
            raise refusals.not_within_budget() from error
        except DatabaseError as error:
            raise refusals.no_database() from error


def is_paid(route: Route) -> bool:
    """Whether somebody else than the reader pays."""
    return route.at_servers_expense or bool(route.teams_key)


def gives_servers_key(embed: Embed) -> bool:
    """Whether the operator's key may pay. Strangers read embeds: a team's needs one that was given to it."""
    if embed.team is None:
        return True
    given = settings.CONFIG.key_teams.get(embed.provider, frozenset())
    return embed.provider == LOCAL_MODEL or embed.team.name in given


def lend(embed: Embed, draft: Draft, caller: Caller) -> Payment:
    """Find who pays for a call of the embed. For the operator's, nothing changes."""
    if embed.team is None:
        return Payment(embed, draft, caller)
    tally = Tally(Membership(team=embed.team), embed.name)
    caller = caller.and_then(tally.write)
    if draft.key or not embed.team_key:
        draft = replace(draft, lent=Lent(servers=gives_servers_key(embed)))
        return Payment(embed, draft, caller, tally)
    from playground.keys import lending  # with its encryption only if there are keys

    try:
        found = lending.lend_to_embed(embed.team, embed.team_key, embed.name, draft, caller)
    except DatabaseError:
        found = None
    if found is None:
        draft = replace(draft, lent=Lent(servers=False))
        return Payment(embed, draft, caller, tally, refusals.no_key(embed.name))
    return Payment(embed, *found, tally)
