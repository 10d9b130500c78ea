"""The APIs that providers support, one folder each."""

from collections.abc import Mapping
from types import MappingProxyType

from playground.dialects.chat_completions.dialect import CHAT_COMPLETIONS
from playground.dialects.messages.dialect import MESSAGES
from playground.dialects.responses.dialect import RESPONSES
from playground.exchange.dialect import Dialect

# The dialect to assume for a provider when nothing else is known.
DEFAULT: Dialect = CHAT_COMPLETIONS
DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {dialect.id: dialect for dialect in (CHAT_COMPLETIONS, MESSAGES, RESPONSES)}
)
