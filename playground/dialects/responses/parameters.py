"""The parameters of a Responses request that have their own form field, one row each.

The check of a request, the form, and its help share these rows. Ranges and defaults come from the
Responses reference.
"""

from playground.dialects.checks import flag, number, text, whole, word
from playground.exchange.parameter import Kind, Parameter
from playground.text.sentence import gettext_noop

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_SUMMARIES = ("auto", "concise", "detailed")
_VERBOSITIES = ("low", "medium", "high")
_TRUNCATIONS = ("auto", "disabled")
_TIERS = ("auto", "default", "flex", "fast", "priority")
_BY_MODEL = gettext_noop("depends on the model")

PARAMETERS = (
    Parameter(
        "instructions",
        text,
        gettext_noop("String"),
        gettext_noop("not set"),
        gettext_noop("System prompt: tells the model how to answer, with priority over the user’s messages."),
        common=True,
        kind=Kind.PROSE,
    ),
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
        "max_output_tokens",
        whole(1),
        "≥ 1",
        gettext_noop("no limit"),
        gettext_noop("Token limit, including reasoning. OpenAI requires at least 16."),
        common=True,
        inputmode="numeric",
    ),
    Parameter(
        "store",
        flag,
        "",
        "true",
        gettext_noop(
            "Storage: unless false, the provider keeps the response. OpenAI keeps it for at least 30 days, "
            "and anyone with a key for the project can read it."
        ),
        common=True,
        kind=Kind.CHOICE,
        choices=(False, True),
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
        "reasoning.effort",
        word(*_EFFORTS),
        "",
        _BY_MODEL,
        gettext_noop("Reasoning effort: how much a reasoning model thinks. Not every model has each level."),
        kind=Kind.CHOICE,
        choices=_EFFORTS,
    ),
    Parameter(
        "reasoning.summary",
        word(*_SUMMARIES),
        "",
        gettext_noop("not set"),
        gettext_noop("Reasoning summary: appears above the answer."),
        kind=Kind.CHOICE,
        choices=_SUMMARIES,
    ),
    Parameter(
        "text.verbosity",
        word(*_VERBOSITIES),
        "",
        "medium",
        gettext_noop("Verbosity: how detailed the answer is. Supported by newer OpenAI models."),
        kind=Kind.CHOICE,
        choices=_VERBOSITIES,
    ),
    Parameter(
        "truncation",
        word(*_TRUNCATIONS),
        "",
        "disabled",
        gettext_noop("Truncation: if the input is too long, auto drops items, disabled returns an error."),
        kind=Kind.CHOICE,
        choices=_TRUNCATIONS,
    ),
    Parameter(
        "parallel_tool_calls",
        flag,
        "",
        "true",
        gettext_noop("Parallel tool calls: the model can call several tools at once."),
        kind=Kind.CHOICE,
        choices=(False, True),
    ),
    Parameter(
        "max_tool_calls",
        whole(1),
        "≥ 1",
        gettext_noop("no limit"),
        gettext_noop("Tool call limit: the most calls to the provider’s built-in tools."),
        inputmode="numeric",
    ),
    Parameter(
        "top_logprobs",
        whole(0, 20),
        gettext_noop("0–20"),
        gettext_noop("not set"),
        gettext_noop(
            "Log probabilities: how many likely tokens to return for each position. OpenAI also requires "
            "message.output_text.logprobs in include."
        ),
        inputmode="numeric",
    ),
    Parameter(
        "service_tier",
        word(*_TIERS),
        "",
        "auto",
        gettext_noop("Service tier: flex is cheaper and slower, priority is faster and more expensive."),
        kind=Kind.CHOICE,
        choices=_TIERS,
    ),
    Parameter(
        "safety_identifier",
        text,
        gettext_noop("String"),
        gettext_noop("not set"),
        gettext_noop("End-user ID: helps the provider detect abuse."),
        kind=Kind.TEXT,
    ),
    Parameter(
        "prompt_cache_key",
        text,
        gettext_noop("String"),
        gettext_noop("not set"),
        gettext_noop("Prompt cache key: makes cache hits more likely for requests with the same beginning."),
        kind=Kind.TEXT,
    ),
)
