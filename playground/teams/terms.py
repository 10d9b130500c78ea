"""The terms of a member's calls: the page's, and the budgets of the team."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db import DatabaseError
from django.utils import timezone

from playground.calls.make import Terms
from playground.exchange.refusal import (
    RETRY_SECONDS,
    FieldProblem,
    InvalidRequestError,
    Refusal,
    RefusedError,
)
from playground.exchange.request import Request
from playground.teams import budgets
from playground.teams.budgets import Left, NoLimitError, NoPriceError, NoRoomError
from playground.teams.models import Membership, Period, Subject
from playground.teams.tally import Tally
from playground.text.durations import duration
from playground.text.sentence import Sentence, gettext_noop, say
from playground.upstream.route import Route

_Charge = Callable[[Membership, Request, Route], budgets.Reservation | None]


@dataclass(frozen=True)
class TeamTerms(Terms):
    member: Membership
    tally: Tally | None = None

    def reserve(self, request: Request, route: Route, visitor: str) -> budgets.Reservation | None:
        super().reserve(request, route, visitor)
        return self._charged(
            request, route, partial(budgets.reserve, embed=self.tally.embed if self.tally else "")
        )

    def count(self, request: Request, route: Route, visitor: str) -> budgets.Reservation | None:
        super().count(request, route, visitor)
        return self._charged(request, route, budgets.count)

    def _charged(self, request: Request, route: Route, charge: _Charge) -> budgets.Reservation | None:
        if not (route.at_servers_expense or route.teams_key):
            return None
        if self.tally:
            self.tally.key = budgets.key_of(route)
        field = next(iter(request.demands.tokens), request.dialect.fields.tokens[0])
        try:
            return charge(self.member, request, route)
        except NoRoomError as short:
            raise RefusedError(no_room(short, field)) from short
        except NoLimitError as error:
            raise InvalidRequestError(*error.problems) from error
        except NoPriceError as error:
            model = request.dialect.fields.model
            raise InvalidRequestError(FieldProblem(model, say(_NO_PRICE))) from error
        except DatabaseError as error:
            raise RefusedError(NOT_COUNTED) from error


def terms_of(member: Membership | None, tally: Tally | None = None) -> Terms:
    """Return the terms of a person's calls; without accounts there are no members."""
    return TeamTerms(member, tally) if member else Terms()


_NO_PRICE = gettext_noop(
    "Choose a model with a known price: your team has a budget in US dollars. (Admins of the team can "
    "use one in tokens instead.)"
)
_WHOM = {
    Subject.TEAM: gettext_noop("your team"),
    Subject.EACH: gettext_noop("you"),
    Subject.PERSON: gettext_noop("you"),
    Subject.KEY: gettext_noop("the key %(name)s"),
    Subject.MODEL: gettext_noop("the model %(name)s"),
}
_NO_CALLS = {
    Period.DAY: gettext_noop(
        "Not sent. Today’s budget of calls for %(whom)s is used up (%(limit)s). Try again in %(wait)s, or "
        "enter your own key."
    ),
    Period.MONTH: gettext_noop(
        "Not sent. This month’s budget of calls for %(whom)s is used up (%(limit)s). Try again in %(wait)s, "
        "or enter your own key."
    ),
}
_USED_UP = {
    Period.DAY: gettext_noop(
        "Not sent. Today’s budget for %(whom)s is used up (%(limit)s). Try again in %(wait)s, or enter your "
        "own key."
    ),
    Period.MONTH: gettext_noop(
        "Not sent. This month’s budget for %(whom)s is used up (%(limit)s). Try again in %(wait)s, or enter "
        "your own key."
    ),
}
_TOO_LITTLE = {
    Period.DAY: gettext_noop(
        "Not sent. This call can use up to %(worst)s, and today’s budget for %(whom)s has %(left)s of "
        "%(limit)s left. Lower %(field)s, try again in %(wait)s, or enter your own key."
    ),
    Period.MONTH: gettext_noop(
        "Not sent. This call can use up to %(worst)s, and this month’s budget for %(whom)s has %(left)s "
        "of %(limit)s left. Lower %(field)s, try again in %(wait)s, or enter your own key."
    ),
}
_TOKENS = gettext_noop("%(tokens)s tokens")

NOT_COUNTED = Refusal(
    503,
    "not_counted",
    say(gettext_noop("Budget unavailable")),
    say(gettext_noop("Not sent, because your team’s budget can’t be counted now. Send again in a moment.")),
    retry_seconds=RETRY_SECONDS,
)


def no_room(short: NoRoomError, field: str) -> Refusal:
    """Say which budget has no room for a call. `field` limits the tokens of its answer."""
    left, unit = short.left, short.unit
    period, seconds = Period(left.budget.period), seconds_to(left)
    rest, most = budgets.rest_of(unit, left.left(unit), left.limits[unit])
    limit = _with_unit(unit, most)
    said: dict[str, object] = {"whom": whom(left), "wait": duration(seconds), "limit": limit}
    if unit == "calls":
        advice = say(_NO_CALLS[period], **said)
    elif not left.left(unit):
        advice = say(_USED_UP[period], **said)
    else:
        worst = _with_unit(unit, budgets.amount_of(unit, short.worst))
        advice = say(_TOO_LITTLE[period], **said, worst=worst, left=rest, field=field)
    return Refusal(429, "budget_spent", say(gettext_noop("Budget used up")), advice, retry_seconds=seconds)


def whom(left: Left) -> Sentence:
    sentence = _WHOM[Subject(left.budget.subject)]
    return say(sentence, **({"name": left.budget.name} if "%(name)s" in sentence else {}))


def seconds_to(left: Left) -> int:
    """Return the seconds until the budget begins anew."""
    return int((left.ends - timezone.now()).total_seconds()) + 1


def _with_unit(unit: str, text: str) -> Sentence | str:
    return say(_TOKENS, tokens=text) if unit == "tokens" else text
