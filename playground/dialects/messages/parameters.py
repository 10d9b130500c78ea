"""The parameters of a Messages request that have their own form field, one row each.

The request's check, the form and its help all use these rows, so that they agree. Ranges and defaults are
from the Messages reference.
"""

from typing import Any

from playground.dialects.checks import number, one_of, text, whole
from playground.dialects.messages.version import GONE, NAME, OLDER, VERSIONS
from playground.exchange.parameter import Kind, Parameter, ParameterError
from playground.text.sentence import gettext_noop, say

EFFORTS = ("low", "medium", "high", "xhigh", "max")
THINKING = ("adaptive", "enabled", "disabled", "between_tools")
DISPLAYS = ("summarized", "omitted")
TIERS = ("auto", "standard_only")
SPEEDS = ("standard", "fast")
LEAST_BUDGET = 1024


def _stops(value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(stop, str) and stop for stop in value):
        raise ParameterError(say(gettext_noop("Enter strings, none of them empty.")))


def _system(value: Any) -> None:
    blocks = value if isinstance(value, list) else []
    if isinstance(value, str) or (isinstance(value, list) and all(map(_is_text, blocks))):
        return
    raise ParameterError(say(gettext_noop("Enter a string, or an array of text blocks.")))


def _is_text(block: Any) -> bool:
    return isinstance(block, dict) and block.get("type") == "text" and isinstance(block.get("text"), str)


PARAMETERS = (
    Parameter(
        "system",
        _system,
        gettext_noop("text"),
        gettext_noop("none"),
        gettext_noop("System prompt: tells the model its role and how to answer."),
        common=True,
        kind=Kind.PROSE,
    ),
    Parameter(
        "max_tokens",
        whole(0),
        "≥ 0",
        "",
        gettext_noop("The answer, thinking included, stops after this many tokens. 0 only fills the cache."),
        common=True,
        inputmode="numeric",
    ),
    Parameter(
        NAME,
        one_of(*VERSIONS),
        gettext_noop("one of these"),
        OLDER,
        gettext_noop("API version, sent as a header. 2026-10-21 has no temperature, top_p and top_k."),
        common=True,
        kind=Kind.CHOICE,
        choices=VERSIONS,
    ),
    Parameter(
        "temperature",
        number(0, 1),
        "0–1",
        "1",
        gettext_noop("Sampling temperature: 0 is steady, 1 is inventive. Newer models reject it."),
        inputmode="decimal",
    ),
    Parameter(
        "top_p",
        number(0, 1),
        "0–1",
        gettext_noop("off"),
        gettext_noop("Picks among the likeliest tokens that together have this probability."),
        inputmode="decimal",
    ),
    Parameter(
        "top_k",
        whole(0),
        "≥ 0",
        gettext_noop("off"),
        gettext_noop("Top-k sampling: picks among this many of the likeliest tokens."),
        inputmode="numeric",
    ),
    Parameter(
        "stop_sequences",
        _stops,
        gettext_noop("texts"),
        gettext_noop("none"),
        gettext_noop("The answer ends before one of these texts. One a line, or a JSON array."),
        kind=Kind.LINES,
    ),
    Parameter(
        "thinking.type",
        one_of(*THINKING),
        gettext_noop("one of these"),
        gettext_noop("up to the model"),
        gettext_noop("Whether the model thinks first: adaptive as needed, enabled up to a budget."),
        kind=Kind.CHOICE,
        choices=THINKING,
    ),
    Parameter(
        "thinking.budget_tokens",
        whole(LEAST_BUDGET),
        "≥ 1024",
        gettext_noop("none"),
        gettext_noop("Thinking budget: how many of max_tokens the thinking may use."),
        inputmode="numeric",
    ),
    Parameter(
        "thinking.display",
        one_of(*DISPLAYS),
        gettext_noop("one of these"),
        gettext_noop("up to the model"),
        gettext_noop("Whether the answer has a summary of the thinking, or only its signature."),
        kind=Kind.CHOICE,
        choices=DISPLAYS,
    ),
    Parameter(
        "output_config.effort",
        one_of(*EFFORTS),
        gettext_noop("one of these"),
        "high",
        gettext_noop("Effort: more gives a more thorough answer, and costs more time and tokens."),
        kind=Kind.CHOICE,
        choices=EFFORTS,
    ),
    Parameter(
        "service_tier",
        one_of(*TIERS),
        gettext_noop("one of these"),
        "auto",
        gettext_noop("Whether the call may use priority capacity, if your account has any."),
        kind=Kind.CHOICE,
        choices=TIERS,
    ),
    Parameter(
        "speed",
        one_of(*SPEEDS),
        gettext_noop("one of these"),
        "standard",
        gettext_noop("fast: some models answer faster, at a higher price."),
        kind=Kind.CHOICE,
        choices=SPEEDS,
    ),
    Parameter(
        "metadata.user_id",
        text,
        gettext_noop("text"),
        gettext_noop("none"),
        gettext_noop("An id of your end user, for the provider's abuse checks."),
        kind=Kind.TEXT,
    ),
)
OF_NEWER = tuple(parameter for parameter in PARAMETERS if parameter.name not in GONE)
