"""Changes to a Responses request that are known to help."""

import json
from collections.abc import Mapping
from typing import Any

from playground.dialects.fixes import LONGEST_MESSAGES, Fixes
from playground.dialects.responses.demands import TOKENS, TOOLS
from playground.dialects.responses.parameters import PARAMETERS
from playground.dialects.values import listed
from playground.errors.provider_error import ProviderError
from playground.exchange.fix import Fix
from playground.text.sentence import gettext_noop, say

FIXES = Fixes(
    PARAMETERS,
    prompt="input",
    tokens=TOKENS,
    tools=TOOLS,
    tied={"stream": "stream_options"},
    worded=("reasoning.effort", "text.verbosity", "tool_choice", "service_tier"),
)
# llama.cpp accepts an assistant message only with its type, which is optional for OpenAI.
_UNTYPED = "cannot determine type of 'item'"


def fix(body: Mapping[str, Any], error: ProviderError) -> Fix | None:
    """Return the change that the provider's message asks for, if it can be made automatically."""
    return (_UNTYPED in error.words and _with_types(body)) or FIXES.fix(body, error)


def _with_types(body: Mapping[str, Any]) -> Fix | None:
    items = listed(body.get("input"))
    typed = [
        {"type": "message", **item} if isinstance(item, dict) and "role" in item else item for item in items
    ]
    if typed == items or len(json.dumps(typed)) > LONGEST_MESSAGES:
        return None
    return Fix(say(gettext_noop("Set the type of each message to “message”")), {"input": typed})
