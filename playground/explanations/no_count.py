"""Why a request's tokens were not counted."""

from dataclasses import replace

from playground.errors.provider_error import read_value
from playground.exchange.record import Exchange
from playground.explanations.diagnosis import lacks_model
from playground.explanations.explain import LONGEST_QUOTE, Explanation, explain_arrival
from playground.text import jsontext
from playground.text.sentence import gettext_noop, say

# The usual advice for these kinds is a shorter answer, but a count has none.
_NO_ANSWER = frozenset(
    ("timeout", "silence", "too_long", "too_large", "too_many", "cut_off", "ended_early", "restarted")
)


def explain_count(exchange: Exchange) -> Explanation | None:
    """Return what is wrong with the response; None if it is complete, readable, and reports no error."""
    problem = explain_arrival(exchange)
    if problem and problem.kind in _NO_ANSWER:
        advice = gettext_noop("Try again, or send the request: the usage shows the token count.")
        return replace(problem, advice=say(advice))
    if problem and problem.kind == "not_found" and not _lacks_model(exchange):
        return replace(
            problem,
            title=say(gettext_noop("This server can’t count tokens")),
            advice=say(gettext_noop("Send the request: the usage shows the token count.")),
        )
    return problem


def explain_no_count(exchange: Exchange) -> Explanation:
    """Explain a sound response without a number of tokens."""
    return Explanation(
        "no_count",
        say(gettext_noop("No token count in the response")),
        say(gettext_noop("Send the request: the usage shows the token count.")),
        exchange.received.text[:LONGEST_QUOTE] if exchange.received else None,
    )


def _lacks_model(exchange: Exchange) -> bool:
    try:
        return lacks_model(read_value(exchange.value))
    except jsontext.JSONTextError:
        return False
