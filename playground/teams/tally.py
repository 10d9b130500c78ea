"""Count what a member's call used, after the call: one row per day, person, key, and model."""

import logging
from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.db import IntegrityError

from playground.calls.cost import used_usd
from playground.calls.estimate import estimated_usage, used
from playground.database import together
from playground.exchange.failure import FailureKind
from playground.exchange.record import Exchange
from playground.explanations.explain import explain
from playground.teams.budgets import nano
from playground.teams.models import Membership
from playground.teams.uses import Counts, Of, Use, store
from playground.text.storable import storable

_logger = logging.getLogger(__name__)

_MISSING = "A call is missing in the usage of its team"
_LONGEST_NAME = 100
# Of one call: a provider's numbers are bounded before they are added up. Tokens are when they are read.
_MOST_NANOUSD = 10**13


class Tally:
    """Counts one call of a member. `key` pays for it, as budgets name it; "" if the team doesn't pay.

    With `embed`, a reader of that embed made the call, and the `member` has no person.
    """

    def __init__(self, member: Membership, embed: str = "") -> None:
        self.member, self.key, self.embed = member, "", embed

    def write(self, exchange: Exchange) -> None:
        """Count the call. What fails is logged: the answer is not lost."""
        self.begin(exchange)()

    def begin(self, exchange: Exchange) -> Callable[[], None]:
        """Begin to count the call, and return what waits until it is."""
        try:
            use = self._use(exchange)
            writing = together.begin(store, use)
        except Exception:  # whatever it is, the answer must reach who paid for it
            _logger.exception(_MISSING)
            return lambda: None

        def wait() -> None:
            try:
                try:
                    writing.result()
                except IntegrityError:  # the account was deleted while the call was running
                    together.write(store, use.of_nobody())
            except Exception:  # the same holds while it is written
                _logger.exception(_MISSING)

        return wait

    def _use(self, exchange: Exchange) -> Use:
        team, timings, counts = self.member.team, exchange.timings, counts_of(exchange)
        of = Of(
            team.pk,
            exchange.started.astimezone(ZoneInfo(team.time_zone)).date(),
            self.member.person_id,
            self.embed,
            self.key,
            storable(exchange.provider or "")[:_LONGEST_NAME],
            storable(exchange.demands.model)[:_LONGEST_NAME],
        )
        ended_well = not (counts["failed"] or counts["stopped"])
        return Use(of, counts, (timings.total_ms, timings.first_token_ms) if ended_well else None)


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
