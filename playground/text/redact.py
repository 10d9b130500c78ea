"""Takes a key out of everything that is kept or shown."""

import base64
import heapq
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from typing import Any

from playground.text.escapes import ESCAPES, ESCAPES_WITH_QUOTES, Escapes, unfinished

MASK = "[redacted]"
# Local servers take any word as a key ("none", "ollama"). Such a word is no secret, and cutting it out of
# an answer would show something that was never received.
SHORTEST_SECRET = 8
# How often a text is decoded anew, as for HTML in JSON in JSON.
_LAYERS = 4
# An escape of more than this many characters keeps nobody waiting for its end.
_LONGEST_ESCAPE = 16
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")

Span = tuple[int, int]


@dataclass(frozen=True)
class Redactor:
    """Replaces the exact value by `MASK`: as it is, within base64, or with any of its characters escaped as
    JSON, URLs and HTML do, in whatever mixture."""

    key: str

    @cached_property
    def _forms(self) -> tuple[str, ...]:
        if len(self.key) < SHORTEST_SECRET:
            return ()
        forms = {self.key, *_in_base64(self.key.encode())}
        plain = self.key
        for _ in range(_LAYERS):  # a key may itself have what looks like an escape
            plain = self._escapes.decoded(plain)
            forms.add(plain)
        # The longest first: a shorter form may be part of a longer one.
        return tuple(sorted((form for form in forms if len(form) >= SHORTEST_SECRET), key=len, reverse=True))

    @property
    def has_secret(self) -> bool:
        """Whether there is anything to take out: what is too short is none."""
        return bool(self._forms)

    @cached_property
    def _escapes(self) -> Escapes:
        return ESCAPES_WITH_QUOTES if '"' in self.key or "\\" in self.key else ESCAPES

    @cached_property
    def _shortest(self) -> int:
        return len(self._forms[-1]) if self._forms else sys.maxsize

    @cached_property
    def _longest(self) -> int:
        return len(self._forms[0]) if self._forms else 0

    @cached_property
    def _is_number(self) -> bool:
        return not self.key.strip("0123456789.e+-")

    @cached_property
    def _first(self) -> frozenset[str]:
        return frozenset(form[0] for form in self._forms)

    def text(self, value: str) -> str:
        if len(value) < self._shortest:
            return value
        if self._escapes.are_in(value):
            return _masked(value, self._spans(value, _LAYERS))
        for form in self._forms:
            value = value.replace(form, MASK)
        return value

    def settled(self, value: str) -> int:
        """How many characters of a text that still grows are surely no beginning of the key."""
        if not self._forms:
            return len(value)
        tail = value[-self._longest * _LONGEST_ESCAPE :]
        return len(value) - len(tail) + self._open(tail, _LAYERS)

    def is_settled(self, value: str) -> bool:
        """Whether a text that still grows has nothing of the key so far, nor an end that may begin it."""
        return self.text(value) == value and self.settled(value) == len(value)

    def data(self, value: bytes) -> bytes:
        if b"\0" in value and self._forms:  # a browser leaves the zeros of a wide text out
            for encoding in _WIDE:
                value = value.replace(self.key.encode(encoding), MASK.encode(encoding))
        # Each byte as a character of its own: what is no text stays as it is.
        text = value.decode("latin-1")
        redacted = self.text(text)
        return value if redacted is text else redacted.encode("latin-1")

    def value(self, value: Any) -> Any:
        """A JSON value with every text in it redacted, keys included; the same one if there was nothing."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            items = [self.value(item) for item in value]
            return items if _differ(items, value) else value
        if isinstance(value, Mapping):
            pairs = {self.text(key): self.value(item) for key, item in value.items()}
            return pairs if _differ(pairs, value) or _differ(pairs.values(), value.values()) else value
        if self._is_number and isinstance(value, int | float) and self.text(str(value)) != str(value):
            return MASK
        return value

    def headers(self, pairs: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        return tuple((self.text(name), self.text(value)) for name, value in pairs)

    def _spans(self, text: str, layers: int) -> Iterator[Span]:
        """Where a form stands, as it is or escaped: from left to right, none over another."""
        found = [_places(text, form) for form in self._forms if form in text]
        if layers and self._escapes.are_in(text):
            inner = self._spans(self._escapes.decoded(text), layers - 1)
            edges = self._escapes.origins(text, (edge for span in inner for edge in span))
            found.append(zip(edges, edges, strict=True))
        return _united(heapq.merge(*found))

    def _open(self, text: str, layers: int) -> int:
        """Where the first form begins that the text may be about to end, or an escape that may be in one."""
        # What an unfinished escape will say is not known, nor whether it will be one.
        text = text[: unfinished(text)]
        end, first = len(text), self._first
        for start in range(max(0, end - self._longest + 1), end):
            if text[start] in first and any(form.startswith(text[start:]) for form in self._forms):
                end = start
                break
        if layers and self._escapes.are_in(text):
            plain = self._escapes.decoded(text)
            if (start := self._open(plain, layers - 1)) < len(plain):
                end = min(end, next(self._escapes.origins(text, [start])))
        return end

    def __repr__(self) -> str:
        return "Redactor(…)"


def _in_base64(key: bytes) -> Iterator[str]:
    """The base64 of a key by itself, and what it shows as wherever it stands in a longer text."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(key).decode()
        yield from (whole, whole.rstrip("="))
        for before in range(3):
            # Six bits a letter: the first and the last one may have bits of the key's neighbours.
            text = encode(b"\0" * before + key).decode()
            yield text[-(-8 * before // 6) : 8 * (before + len(key)) // 6]


def _places(text: str, form: str) -> Iterator[Span]:
    start = text.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = text.find(form, start + len(form))


def _united(spans: Iterable[Span]) -> Iterator[Span]:
    """Ascending spans, those that overlap as one."""
    first, last = 0, 0
    for start, end in spans:
        if start >= last:
            if last:
                yield first, last
            first, last = start, end
        last = max(last, end)
    if last:
        yield first, last


def _masked(text: str, spans: Iterator[Span]) -> str:
    masked, at = StringIO(), 0
    for start, end in spans:
        masked.write(text[at:start] + MASK)
        at = end
    return masked.getvalue() + text[at:] if at else text


def _differ(new: Iterable[Any], old: Iterable[Any]) -> bool:
    return any(one is not other for one, other in zip(new, old, strict=False))
