"""The parameters of a Chat Completions request that have their own form field, one row each.

The request's check, the form and its help all use these rows, so that they agree. Ranges and defaults are
from the Chat Completions reference.
"""

from typing import Any

from playground.dialects.checks import number, text, whole
from playground.exchange.parameter import Kind, Parameter, ParameterError
from playground.text.sentence import gettext_noop, say

MAX_STOPS = 4


def _stops(value: Any) -> None:
    stops = [value] if isinstance(value, str) else value
    if (
        not isinstance(stops, list)
        or not 1 <= len(stops) <= MAX_STOPS
        or not all(isinstance(stop, str) and stop for stop in stops)
    ):
        raise ParameterError(
            say(gettext_noop("Takes one text, or up to %(most)s of them; none is empty."), most=MAX_STOPS)
        )


PARAMETERS = (
    Parameter(
        "temperature",
        number(0, 2),
        "0–2",
        "1",
        gettext_noop("0 repeatable, 0.7–1 balanced, 1.5+ inventive."),
        common=True,
        inputmode="decimal",
    ),
    Parameter(
        "max_tokens",
        whole(1),
        "≥ 1",
        gettext_noop("no limit"),
        gettext_noop("The answer stops after this many tokens."),
        common=True,
        inputmode="numeric",
    ),
    Parameter(
        "max_completion_tokens",
        whole(1),
        "≥ 1",
        gettext_noop("no limit"),
        gettext_noop("What newer OpenAI models take in place of max_tokens; counts reasoning too."),
        inputmode="numeric",
    ),
    Parameter(
        "top_p",
        number(0, 1),
        "0–1",
        "1",
        gettext_noop("Picks among the likeliest tokens that together have this probability."),
        inputmode="decimal",
    ),
    Parameter("n", whole(1), "≥ 1", "1", gettext_noop("How many answers to make."), inputmode="numeric"),
    Parameter(
        "stop",
        _stops,
        gettext_noop("up to 4"),
        gettext_noop("none"),
        gettext_noop("The answer ends before one of these texts. One a line, or a JSON array."),
        kind=Kind.LINES,
    ),
    Parameter(
        "presence_penalty",
        number(-2, 2),
        "−2–2",
        "0",
        gettext_noop("Above 0, words already used become less likely: new topics."),
    ),
    Parameter(
        "frequency_penalty",
        number(-2, 2),
        "−2–2",
        "0",
        gettext_noop("Above 0, the more often a word was used, the less likely: fewer repeats."),
    ),
    Parameter(
        "seed",
        whole(),
        gettext_noop("whole number"),
        gettext_noop("random"),
        gettext_noop("The same seed asks for the same answer, as far as the provider can."),
    ),
    Parameter(
        "user",
        text,
        gettext_noop("text"),
        gettext_noop("none"),
        gettext_noop("An id of your end user, for the provider's abuse checks."),
        kind=Kind.TEXT,
    ),
)
