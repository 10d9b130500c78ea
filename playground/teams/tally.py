"""Count what a member's call used, after the call: one row per day, person, key, and model."""

import logging
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from playground.calls.cost import used_usd
from playground.calls.estimate import estimated_usage, used
from playground.database import in_turn
from playground.exchange.failure import FailureKind
from playground.exchange.record import Exchange, Timings
from playground.explanations.explain import explain
from playground.teams.budgets import nano
from playground.teams.latency import bucket_of
from playground.teams.models import Membership, Timed, Used
from playground.text.storable import storable

_logger = logging.getLogger(__name__)

# In place of the models that a person uses on a day beyond the first ones: anybody can make up names.
OTHER = "*"
_MOST_MODELS = 40
_LONGEST_NAME = 100
# Of one call: a provider's numbers are bounded before they are added up. Tokens are when they are read.
_MOST_NANOUSD = 10**13

Counts = dict[str, int]


class Tally:
    """Counts one call of a member. `key` pays for it, as budgets name it; "" if the team doesn't pay.

    With `embed`, a reader of that embed made the call, and the `member` has no person.
    """

    def __init__(self, member: Membership, embed: str = "") -> None:
        self.member, self.key, self.embed = member, "", embed

    def write(self, exchange: Exchange) -> None:
        """Count the call, in one transaction. What fails is logged: the answer is not lost."""
        try:
            counts, person = counts_of(exchange), self.member.person_id
            try:
                in_turn(lambda: self._write(exchange, counts, person))
            except IntegrityError:  # the account was deleted while the call was running
                in_turn(lambda: self._write(exchange, counts, None))
        except Exception:  # whatever it is, the answer must reach who paid for it
            _logger.exception("A call is missing in the usage of its team")

    @transaction.atomic
    def _write(self, exchange: Exchange, counts: Counts, person: int | None) -> None:
        team = self.member.team
        day = exchange.started.astimezone(ZoneInfo(team.time_zone)).date()
        whom: dict[str, Any] = {"team": team, "day": day, "person_id": person, "embed": self.embed}
        todays = Used.objects.filter(**whom)
        whose: dict[str, Any] = {
            "key": self.key,
            "provider": storable(exchange.provider or "")[:_LONGEST_NAME],
        }
        model = storable(exchange.demands.model)[:_LONGEST_NAME]
        sums = {name: F(name) + count for name, count in counts.items() if count}
        if person is None and not self.embed:  # any number of rows, of different people
            Used.objects.create(**whom, **whose, model=_bounded(model, todays), **counts)
        elif not todays.filter(**whose, model=model).update(**sums):
            model = _bounded(model, todays)
            Used.objects.get_or_create(**whom, **whose, model=model)
            todays.filter(**whose, model=model).update(**sums)
        # Always after that: no two calls hold a row that the other one waits for.
        if not (counts["failed"] or counts["stopped"]):
            _time({"team": team, "day": day, "model": model}, exchange.timings)


def counts_of(exchange: Exchange) -> Counts:
    """Return what a call adds to the columns of `Used`; tokens that weren't reported are estimated."""
    problem = explain(exchange)
    stopped = problem is not None and problem.kind == FailureKind.STOPPED
    counts = {"calls": 1, "failed": int(problem is not None and not stopped), "stopped": int(stopped)}
    if not used(exchange, 1):  # it was refused, or never sent
        return counts
    usage, estimate, usd = exchange.usage, estimated_usage(exchange), used_usd(exchange)
    prompt = (usage and usage.prompt_tokens) or estimate.prompt_tokens
    completion = (usage and usage.completion_tokens) or estimate.completion_tokens
    return counts | {
        "unpriced": int(usd is None),
        "prompt_tokens": prompt or 0,
        "completion_tokens": completion or 0,
        "nanousd": min(nano(usd), _MOST_NANOUSD) if usd else 0,
    }


def _bounded(model: str, todays: QuerySet[Used]) -> str:
    """Return the model, or `OTHER` if there are too many already."""
    known = set(todays.values_list("model", flat=True).distinct())
    return model if model in known or len(known) < _MOST_MODELS else OTHER


def _time(place: dict[str, Any], timings: Timings) -> None:
    row, _ = Timed.objects.select_for_update().get_or_create(**place)
    for counts, took in ((row.total, timings.total_ms), (row.first, timings.first_token_ms)):
        if took is not None:
            counts[bucket_of(took)] += 1
    row.save(update_fields=["total", "first"])
