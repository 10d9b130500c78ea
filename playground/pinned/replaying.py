"""Replay a pin: send the request of its run again, and note what its checks find."""

from dataclasses import dataclass
from typing import cast

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from playground.calls import caps
from playground.calls.cost import cost_of
from playground.calls.draft import Draft
from playground.calls.log import logging_for
from playground.calls.make import make
from playground.catalogue.providers import catalogue
from playground.database import in_turn
from playground.exchange.archive import ArchiveError
from playground.exchange.record import Exchange
from playground.exchange.refusal import Refusal, RefusedError
from playground.forms.headers import extra_headers
from playground.pinned.checks import judge
from playground.pinned.models import Attempt, Outcome, Pin
from playground.pinned.telling import stored
from playground.runs.keep import Keeper
from playground.runs.models import Run
from playground.teams.audit import note
from playground.teams.models import Kind, Membership
from playground.teams.tally import Tally
from playground.teams.terms import terms_of
from playground.text.sentence import Sentence, gettext_noop, say
from playground.text.storable import storable
from playground.upstream.client import Caller

# Attempts of a pin that are kept.
MOST_ATTEMPTS = 200
GONE = gettext_noop("The pinned run was deleted. Pin another run.")
_UNREADABLE = gettext_noop("The pinned run can’t be read. Pin another run.")


@dataclass(frozen=True)
class PausedError(Exception):
    """A pin cannot be replayed until somebody changes something; `why` says what."""

    why: Sentence


def draft_of(exchange: Exchange) -> Draft:
    """Return the draft that sends the same request again, without a key."""
    provider = exchange.provider if exchange.provider in catalogue() else None
    return Draft(
        provider,
        None if provider else exchange.call.base_url,
        None,
        dict(exchange.call.body),
        dialect=exchange.dialect.id,
        headers=extra_headers(exchange.call, exchange.dialect, provider or ""),
    )


def refusal_of(exchange: Exchange, member: Membership | None) -> Refusal | None:
    """Return why a run could not be replayed now, such as for want of a key; None if it could."""
    draft = draft_of(exchange)
    if member:
        from playground.keys import lending  # with its encryption only if there are accounts

        draft = lending.fitting(draft, member)
    try:
        request, route = draft.checked()
        caps.check(request, terms_of(member).caps(route))
    except RefusedError as error:
        return error.refusal
    return None


def replay(pin: Pin, member: Membership | None, visitor: str = "") -> Attempt | None:
    """Replay a pin on a member's terms, and note the attempt; None if the pin was deleted meanwhile.

    `visitor` is the pseudonym of whoever asks for it, whose rates apply; "" if it is due. If the process that
    replayed it before was ended, but its answer is there, that one is judged: it has been paid for.

    Raises `PausedError` and `DatabaseError`.
    """
    at, pinned = timezone.now(), _pinned(pin)
    who = visitor or f"pin-{pin.pk}"
    if left := in_turn(lambda: _left_behind(pin, who)):
        if known := in_turn(pin.attempts.filter(run=left.key).first):
            return known
        came, run = left.exchange, left.key
    else:
        try:
            came, run = _send(pin, pinned, member, who)
        except RefusedError as error:
            why = stored(_why(error.refusal))
            return noted(pin, member, Attempt(at=at, outcome=Outcome.UNSENT, why=why))
    verdicts = judge(pin.checks, pinned, came, cost_of(came))
    failed = [verdict.check.value for verdict in verdicts if not verdict.passed]
    attempt = Attempt(
        at=at,
        outcome=Outcome.FAILED if failed else Outcome.PASSED,
        run=run,
        model=storable(came.answer.model or "")[:200],
        status=came.received.status if came.received else None,
        total_ms=came.timings.total_ms,
        verdicts=[verdict.as_json() for verdict in verdicts],
        failed=failed,
    )
    return noted(pin, member, attempt)


def _send(pin: Pin, pinned: Exchange, member: Membership | None, who: str) -> tuple[Exchange, str]:
    """Return what came, and the key of its run, if it was kept. Raises `RefusedError`."""
    tally = Tally(member) if member else None
    keeper = Keeper(who, pin.run, handed_on=False, member=member, tally=tally)
    draft, caller = draft_of(pinned), Caller(who, ended=logging_for(who))
    if member:
        from playground.keys import lending

        draft, caller = lending.lend(draft, "", member, caller)
    came = cast("Exchange", make(draft, terms_of(member, tally), caller.and_then(keeper.ended)))
    kept = keeper.keep()
    return came, kept.key if kept else ""


def _left_behind(pin: Pin, who: str) -> Run | None:
    """Return the run of a replay whose process was ended before its turn was."""
    if pin.busy is None:
        return None
    runs = Run.objects.filter(parent=pin.run, team=pin.team_id, who=who, started__gte=pin.busy)
    return runs.order_by("-pk").first()


def _pinned(pin: Pin) -> Exchange:
    # Without accounts, a run of a team from when there were accounts can be pinned, too.
    runs = Run.objects.filter(key=pin.run, **({"team": pin.team_id} if pin.team_id else {}))
    run = in_turn(runs.first)
    if run is None:
        raise PausedError(say(GONE))
    try:
        return run.exchange
    except ArchiveError as error:
        raise PausedError(say(_UNREADABLE)) from error


def _why(refusal: Refusal) -> Sentence:
    """Return what a refusal tells: what is wrong with the fields, or else its advice."""
    return next((problem.sentence for problem in refusal.fields), refusal.advice)


def noted(pin: Pin, member: Membership | None, attempt: Attempt) -> Attempt | None:
    """Write an attempt. A check that fails after a pass is noted in the audit log too."""
    return in_turn(lambda: _noted(pin, member, attempt))


@transaction.atomic
def _noted(pin: Pin, member: Membership | None, attempt: Attempt) -> Attempt | None:
    if not Pin.objects.select_for_update().filter(pk=pin.pk).exists():
        return None
    attempts = Attempt.objects.filter(pin=pin)
    before = attempts.exclude(outcome=Outcome.UNSENT).values_list("outcome", flat=True).first()
    attempt.pin = pin
    attempt.broke = attempt.outcome == Outcome.FAILED and before != Outcome.FAILED
    attempt.save(force_insert=True)
    if attempt.broke and member:
        note(Kind.PIN_FAILED, member.team, member.person, pin.name, checks=", ".join(attempt.failed))
    for first_too_many in attempts.values_list("pk", flat=True)[MOST_ATTEMPTS : MOST_ATTEMPTS + 1]:
        attempts.filter(pk__lte=first_too_many).delete()
    _forget_quotes(attempts)
    return attempt


def forget_quotes() -> None:
    """Erase what checks quoted of answers whose run is gone, such as of a deleted account."""
    in_turn(lambda: _forget_quotes(Attempt.objects.all()))


def _forget_quotes(attempts: QuerySet[Attempt]) -> None:
    gone = attempts.exclude(verdicts=[]).exclude(Exists(Run.objects.filter(key=OuterRef("run"))))
    gone.order_by().update(verdicts=[])
