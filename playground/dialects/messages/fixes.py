"""Changes to a Messages request that are known to help."""

import re
from collections.abc import Mapping
from typing import Any

from playground.dialects.fixes import SET, Fixes
from playground.dialects.messages import demands, version
from playground.dialects.messages.parameters import PARAMETERS
from playground.errors.provider_error import ProviderError
from playground.exchange.fix import Fix
from playground.text.sentence import say

FIXES = Fixes(
    PARAMETERS,
    prompt="messages",
    tokens=demands.TOKENS,
    tools=demands.TOOLS,
    worded=("output_config.effort", "service_tier", "speed"),
)
# Many gateways support only the older version.
_UNKNOWN_VERSION = re.compile(r"anthropic[-_ ]version\b[^\n]{0,80}\b(?:valid|support|unknown|unrecogni)")
_UNSUPPORTED_VERSION = re.compile(
    r"\b(?:invalid|unsupported|unknown|unrecogni[sz]ed) [^\n]{0,40}anthropic[-_ ]version\b"
)
# `"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and …`
_USE_ADAPTIVE = 'use "thinking.type.adaptive"'


def fix(body: Mapping[str, Any], error: ProviderError) -> Fix | None:
    """Return the change that the provider's message asks for, if it can be made automatically."""
    words, thinking = error.words, body.get("thinking")
    if version.is_newer(body) and (_UNKNOWN_VERSION.search(words) or _UNSUPPORTED_VERSION.search(words)):
        return Fix(say(SET, name=version.NAME, value=version.OLDER), {version.NAME: version.OLDER})
    if _USE_ADAPTIVE in words and isinstance(thinking, dict) and thinking.get("type") != "adaptive":
        rest = {name: thinking[name] for name in thinking if name not in ("type", "budget_tokens")}
        label = say(SET, name="thinking.type", value="adaptive")
        return Fix(label, {"thinking": {"type": "adaptive", **rest}})
    return FIXES.fix(body, error)
