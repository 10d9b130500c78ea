"""The parameters of a Chat Completions request that have their own form field, one row each.

The check of a request, the form, and its help share these rows. Ranges and defaults come from the
Chat Completions reference.
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
            say(gettext_noop("Enter 1 to %(most)s stop sequences, none of them empty."), most=MAX_STOPS)
        )


PARAMETERS = (
    Parameter(
        "temperature",
        number(0, 2),
        gettext_noop("0–2"),
        "1",
        gettext_noop("Sampling temperature: higher values make the answer more random."),
        common=True,
        inputmode="decimal",
    ),
    Parameter(
        "max_tokens",
        whole(1),
        "≥ 1",
        gettext_noop("no limit"),
        gettext_noop("Token limit: the answer is cut off at this many tokens."),
        common=True,
        inputmode="numeric",
    ),
    Parameter(
        "max_completion_tokens",
        whole(1),
        "≥ 1",
        gettext_noop("no limit"),
        gettext_noop("Token limit, including reasoning: newer OpenAI models use it instead of max_tokens."),
        inputmode="numeric",
    ),
    Parameter(
        "top_p",
        number(0, 1),
        gettext_noop("0–1"),
        "1",
        gettext_noop("Nucleus sampling: considers only the most likely tokens up to this total probability."),
        inputmode="decimal",
    ),
    Parameter(
        "n",
        whole(1),
        "≥ 1",
        "1",
        gettext_noop("Choices: how many answers to generate."),
        inputmode="numeric",
    ),
    Parameter(
        "stop",
        _stops,
        gettext_noop("Up to 4 strings"),
        gettext_noop("not set"),
        gettext_noop("Stop sequences: the answer ends before any of these. One per line, or a JSON array."),
        kind=Kind.LINES,
    ),
    Parameter(
        "presence_penalty",
        number(-2, 2),
        gettext_noop("−2 to 2"),
        "0",
        gettext_noop("Presence penalty: above 0, tokens that have already appeared become less likely."),
    ),
    Parameter(
        "frequency_penalty",
        number(-2, 2),
        gettext_noop("−2 to 2"),
        "0",
        gettext_noop("Frequency penalty: above 0, tokens become less likely each time they appear."),
    ),
    Parameter(
        "seed",
        whole(),
        gettext_noop("Whole number"),
        gettext_noop("random"),
        gettext_noop("Random seed: the same seed gives the same answer if the provider supports it."),
    ),
    Parameter(
        "user",
        text,
        gettext_noop("String"),
        gettext_noop("not set"),
        gettext_noop("End-user ID: helps the provider detect abuse."),
        kind=Kind.TEXT,
    ),
)
