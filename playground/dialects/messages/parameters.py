"""The parameters of a Messages request that have their own form field, one row each.

The check of a request, the form, and its help share these rows. Ranges and defaults come from the
Messages reference.
"""

from typing import Any

from playground.dialects.checks import number, one_of, text, whole
from playground.dialects.messages.version import GONE, NAME, OLDER, VERSIONS, WORKSPACE, is_workspace
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
        raise ParameterError(say(gettext_noop("Enter stop sequences, none of them empty.")))


def _workspace(value: Any) -> None:
    if not is_workspace(value):
        raise ParameterError(
            say(gettext_noop("Enter a workspace ID, such as %(id)s."), id="wrkspc_01JwQvzr7rXL")
        )


def _system(value: Any) -> None:
    blocks = value if isinstance(value, list) else []
    if isinstance(value, str) or (isinstance(value, list) and all(map(_is_text, blocks))):
        return
    raise ParameterError(say(gettext_noop("Enter a string or an array of text blocks.")))


def _is_text(block: Any) -> bool:
    return isinstance(block, dict) and block.get("type") == "text" and isinstance(block.get("text"), str)


PARAMETERS = (
    Parameter(
        "system",
        _system,
        gettext_noop("String"),
        gettext_noop("not set"),
        gettext_noop("System prompt: tells the model its role and how to answer."),
        common=True,
        kind=Kind.PROSE,
    ),
    Parameter(
        "max_tokens",
        whole(0),
        "≥ 0",
        "",
        gettext_noop("Token limit, including thinking. 0 only fills the cache."),
        common=True,
        inputmode="numeric",
    ),
    Parameter(
        NAME,
        one_of(*VERSIONS),
        "",
        OLDER,
        gettext_noop("API version (request header). 2026-10-21 rejects temperature, top_p, and top_k."),
        common=True,
        kind=Kind.CHOICE,
        choices=VERSIONS,
    ),
    Parameter(
        "temperature",
        number(0, 1),
        gettext_noop("0–1"),
        "1",
        gettext_noop("Sampling temperature: higher is more random. Newer models reject it."),
        inputmode="decimal",
    ),
    Parameter(
        "top_p",
        number(0, 1),
        gettext_noop("0–1"),
        gettext_noop("off"),
        gettext_noop("Nucleus sampling: considers only the most likely tokens up to this total probability."),
        inputmode="decimal",
    ),
    Parameter(
        "top_k",
        whole(0),
        "≥ 0",
        gettext_noop("off"),
        gettext_noop("Top-k sampling: only this many of the most likely tokens are considered."),
        inputmode="numeric",
    ),
    Parameter(
        "stop_sequences",
        _stops,
        gettext_noop("Strings"),
        gettext_noop("not set"),
        gettext_noop("Stop sequences: the answer ends before any of these. One per line, or a JSON array."),
        kind=Kind.LINES,
    ),
    Parameter(
        "thinking.type",
        one_of(*THINKING),
        "",
        gettext_noop("depends on the model"),
        gettext_noop("Thinking: adaptive lets the model decide, enabled thinks within a budget."),
        kind=Kind.CHOICE,
        choices=THINKING,
    ),
    Parameter(
        "thinking.budget_tokens",
        whole(LEAST_BUDGET),
        "≥ 1024",
        gettext_noop("not set"),
        gettext_noop("Thinking budget: how many of the max_tokens can be used for thinking."),
        inputmode="numeric",
    ),
    Parameter(
        "thinking.display",
        one_of(*DISPLAYS),
        "",
        gettext_noop("depends on the model"),
        gettext_noop("Thinking display: summarized returns a summary, omitted returns only the signature."),
        kind=Kind.CHOICE,
        choices=DISPLAYS,
    ),
    Parameter(
        "output_config.effort",
        one_of(*EFFORTS),
        "",
        "high",
        gettext_noop("Effort: higher is more thorough, but takes more time and tokens."),
        kind=Kind.CHOICE,
        choices=EFFORTS,
    ),
    Parameter(
        "service_tier",
        one_of(*TIERS),
        "",
        "auto",
        gettext_noop("Service tier: auto uses priority capacity if your account has any."),
        kind=Kind.CHOICE,
        choices=TIERS,
    ),
    Parameter(
        "speed",
        one_of(*SPEEDS),
        "",
        "standard",
        gettext_noop("Speed: fast makes some models answer faster, at a higher price."),
        kind=Kind.CHOICE,
        choices=SPEEDS,
    ),
    Parameter(
        "metadata.user_id",
        text,
        gettext_noop("String"),
        gettext_noop("not set"),
        gettext_noop("End-user ID: helps the provider detect abuse."),
        kind=Kind.TEXT,
    ),
    Parameter(
        WORKSPACE,
        _workspace,
        gettext_noop("String"),
        gettext_noop("not set"),
        gettext_noop("Workspace ID (request header): for API keys that don’t belong to one workspace."),
        kind=Kind.TEXT,
    ),
)
OF_NEWER = tuple(parameter for parameter in PARAMETERS if parameter.name not in GONE)
