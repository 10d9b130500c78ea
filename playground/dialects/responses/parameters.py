"""The parameters of a Responses request that have their own form field, one row each.

The request's check, the form and its help all use these rows, so that they agree. Ranges and defaults are
from the Responses reference.
"""

from playground.dialects.checks import flag, number, text, whole, word
from playground.exchange.parameter import Kind, Parameter
from playground.text.sentence import gettext_noop

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_SUMMARIES = ("auto", "concise", "detailed")
_VERBOSITIES = ("low", "medium", "high")
_TRUNCATIONS = ("auto", "disabled")
_TIERS = ("auto", "default", "flex", "fast", "priority")
_BY_MODEL = gettext_noop("the model's own")

PARAMETERS = (
    Parameter(
        "instructions",
        text,
        gettext_noop("text"),
        gettext_noop("none"),
        gettext_noop("How the model should answer; it weighs more than what the user writes."),
        common=True,
        kind=Kind.PROSE,
    ),
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
        "max_output_tokens",
        whole(1),
        "≥ 1",
        gettext_noop("no limit"),
        gettext_noop("The answer stops after this many tokens, reasoning included. OpenAI takes 16 or more."),
        common=True,
        inputmode="numeric",
    ),
    Parameter(
        "store",
        flag,
        gettext_noop("true or false"),
        "true",
        gettext_noop(
            "Unless this is false, the provider keeps the response: OpenAI for 30 days or more, readable by "
            "everyone with a key of the project."
        ),
        common=True,
        kind=Kind.CHOICE,
        choices=(False, True),
    ),
    Parameter(
        "top_p",
        number(0, 1),
        "0–1",
        "1",
        gettext_noop("Picks among the likeliest tokens that together have this probability."),
        inputmode="decimal",
    ),
    Parameter(
        "reasoning.effort",
        word(*_EFFORTS),
        gettext_noop("word"),
        _BY_MODEL,
        gettext_noop("How long a reasoning model thinks before it answers. Each model takes some of these."),
        kind=Kind.CHOICE,
        choices=_EFFORTS,
    ),
    Parameter(
        "reasoning.summary",
        word(*_SUMMARIES),
        gettext_noop("word"),
        gettext_noop("none"),
        gettext_noop("Asks for a summary of the reasoning, which is shown above the answer."),
        kind=Kind.CHOICE,
        choices=_SUMMARIES,
    ),
    Parameter(
        "text.verbosity",
        word(*_VERBOSITIES),
        gettext_noop("word"),
        "medium",
        gettext_noop("How long the answer is. Newer OpenAI models take it."),
        kind=Kind.CHOICE,
        choices=_VERBOSITIES,
    ),
    Parameter(
        "truncation",
        word(*_TRUNCATIONS),
        gettext_noop("word"),
        "disabled",
        gettext_noop("auto leaves out the oldest items if the input is too long; disabled answers an error."),
        kind=Kind.CHOICE,
        choices=_TRUNCATIONS,
    ),
    Parameter(
        "parallel_tool_calls",
        flag,
        gettext_noop("true or false"),
        "true",
        gettext_noop("Whether the model may call several tools at once."),
        kind=Kind.CHOICE,
        choices=(False, True),
    ),
    Parameter(
        "max_tool_calls",
        whole(1),
        "≥ 1",
        gettext_noop("no limit"),
        gettext_noop("How many calls the provider's own tools may make, all together."),
        inputmode="numeric",
    ),
    Parameter(
        "top_logprobs",
        whole(0, 20),
        "0–20",
        gettext_noop("none"),
        gettext_noop(
            "How many likely tokens are listed at each place. OpenAI wants message.output_text.logprobs in "
            "include as well."
        ),
        inputmode="numeric",
    ),
    Parameter(
        "service_tier",
        word(*_TIERS),
        gettext_noop("word"),
        "auto",
        gettext_noop("How the provider serves the call: flex is cheaper and slower, priority dearer."),
        kind=Kind.CHOICE,
        choices=_TIERS,
    ),
    Parameter(
        "safety_identifier",
        text,
        gettext_noop("text"),
        gettext_noop("none"),
        gettext_noop("An id of your end user, for the provider's abuse checks."),
        kind=Kind.TEXT,
    ),
    Parameter(
        "prompt_cache_key",
        text,
        gettext_noop("text"),
        gettext_noop("none"),
        gettext_noop("Calls with the same key and the same beginning are likelier to find it cached."),
        kind=Kind.TEXT,
    ),
)
