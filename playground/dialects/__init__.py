"""The APIs that providers implement, each in a folder of its own."""

from collections.abc import Mapping
from types import MappingProxyType

from playground.dialects.chat_completions.dialect import CHAT_COMPLETIONS
from playground.exchange.dialect import Dialect

# The dialect of a provider about which nothing else is known.
DEFAULT: Dialect = CHAT_COMPLETIONS
# Named in the catalogue before they can be spoken.
PLANNED = frozenset(("messages", "responses"))
DIALECTS: Mapping[str, Dialect] = MappingProxyType({CHAT_COMPLETIONS.id: CHAT_COMPLETIONS})
