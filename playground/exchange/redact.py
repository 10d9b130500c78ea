"""Takes a key out of everything that is kept or shown."""

import base64
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "[redacted]"
# Local servers take any word as a key ("none", "ollama"). Such a word is no secret, and cutting it out of
# an answer would show something that was never received.
SHORTEST_SECRET = 8
_ESCAPE = re.compile("%[0-9A-F]{2}")


@dataclass(frozen=True)
class Redactor:
    """Replaces the exact value, also URL-encoded, JSON- or HTML-escaped or in base64, by `MASK`."""

    key: str

    @cached_property
    def _forms(self) -> tuple[str, ...]:
        if len(self.key) < SHORTEST_SECRET:
            return ()
        escaped = quote(self.key, safe="")
        forms = {
            self.key,
            html.escape(self.key),
            html.escape(self.key, quote=False),
            _ESCAPE.sub(lambda escape: escape[0].lower(), escaped),
            escaped,
            quote(self.key),
            quote_plus(self.key),
            json.dumps(self.key)[1:-1],
            json.dumps(self.key)[1:-1].replace("/", "\\/"),
            base64.b64encode(self.key.encode()).decode(),
            base64.urlsafe_b64encode(self.key.encode()).decode(),
        }
        # The longest first: a shorter form may be part of a longer one.
        return tuple(sorted(forms, key=len, reverse=True))

    @cached_property
    def _first(self) -> frozenset[str]:
        return frozenset(form[0] for form in self._forms)

    def text(self, value: str) -> str:
        for form in self._forms:
            value = value.replace(form, MASK)
        return value

    def settled(self, value: str) -> int:
        """How many characters of a text that still grows are surely no beginning of the key."""
        longest = len(self._forms[0]) - 1 if self._forms else 0
        for start in range(max(0, len(value) - longest), len(value)):
            if value[start] in self._first and any(form.startswith(value[start:]) for form in self._forms):
                return start
        return len(value)

    def data(self, value: bytes) -> bytes:
        for form in self._forms:
            value = value.replace(form.encode(), MASK.encode())
        return value

    def value(self, value: Any) -> Any:
        """A JSON value with every text in it redacted, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, Mapping):
            return {self.text(key): self.value(item) for key, item in value.items()}
        return value

    def headers(self, pairs: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        return tuple((self.text(name), self.text(value)) for name, value in pairs)

    def __repr__(self) -> str:
        return "Redactor(…)"
