"""Remove the key from everything that is kept or shown."""

import base64
import heapq
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from io import StringIO
from operator import is_
from typing import Any

from playground.text.escapes import ESCAPES, ESCAPES_WITH_QUOTES, Escapes, unfinished

MASK = "[redacted]"
# Local servers accept any word as a key ("none", "ollama"). Such a word is no secret, and cutting it out of a
# response would show something that was never received.
SHORTEST_SECRET = 8
# The beginning of a key is masked from half of its length on, unless it is shorter than this: providers quote
# the first letters of a key on purpose, and words such as "sk-proj-" begin many keys.
_SHORTEST_BEGINNING = 12
# How many layers of escapes are decoded, as in HTML in JSON in JSON.
_LAYERS = 4
# Text that is still growing is not held back for an escape longer than this.
_LONGEST_ESCAPE = 16
# What begins an escape.
_MARKS = frozenset("\\%&")
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")

Span = tuple[int, int]
Finder = Callable[[str, str], Iterator[Span]]


@dataclass(frozen=True)
class Redactor:
    """Replaces the key, and any beginning with at least half of it, with `MASK`.

    Finds it verbatim, within base64, or with any characters escaped as in JSON, URLs, HTML, and Markdown, in
    any mixture. With `whole` it leaves beginnings as they are, for text that is still to be joined with the
    rest.
    """

    key: str
    whole: bool = False

    @cached_property
    def _forms(self) -> tuple[str, ...]:
        if len(self.key) < SHORTEST_SECRET:
            return ()
        forms = {self.key, *_in_base64(self.key.encode())}
        plain = self.key
        for _ in range(_LAYERS):  # a key may itself contain what looks like an escape
            plain = self._escapes.decoded(plain)
            forms.add(plain)
        # Longest first: a shorter form may be part of a longer one.
        return tuple(sorted((form for form in forms if len(form) >= SHORTEST_SECRET), key=len, reverse=True))

    @property
    def has_secret(self) -> bool:
        """Whether there is anything to redact; a key that is too short is no secret."""
        return bool(self._forms)

    @cached_property
    def of_whole_keys(self) -> "Redactor":
        whole = replace(self, whole=True)
        vars(whole)["_forms"] = self._forms  # the same, and costly
        return whole

    @cached_property
    def _beginnings(self) -> frozenset[str]:
        """A text contains none of these if it contains nothing to redact."""
        return frozenset(form[: len(form) if self.whole else _long(form)] for form in self._forms)

    @cached_property
    def _escapes(self) -> Escapes:
        return ESCAPES_WITH_QUOTES if '"' in self.key or "\\" in self.key else ESCAPES

    @cached_property
    def _shortest(self) -> int:
        return min(map(len, self._beginnings), default=sys.maxsize)

    @cached_property
    def _longest(self) -> int:
        return len(self._forms[0]) if self._forms else 0

    @cached_property
    def _is_number(self) -> bool:
        return not self.key.strip("0123456789.e+-")

    @cached_property
    def _first_characters(self) -> frozenset[str]:
        return frozenset(form[0] for form in self._forms)

    @cached_property
    def _pairs(self) -> frozenset[str]:
        """Each two characters that follow one another in the key."""
        return frozenset(form[at : at + 2] for form in self._forms for at in range(len(form) - 1))

    def text(self, value: str) -> str:
        if len(value) < self._shortest:
            return value
        layers = _LAYERS if self._escapes.are_in(value) else 0
        # A list costs less than a generator: most texts are short.
        if not layers and True not in [beginning in value for beginning in self._beginnings]:
            return value
        if not self.whole:
            if not any(self._spans(value, layers, _beginnings)):
                return value
            value = self.of_whole_keys.text(value)
            return _masked(value, self._spans(value, layers, _beginnings))
        if layers:
            return _masked(value, self._spans(value, layers, _occurrences))
        for form in self._forms:
            value = value.replace(form, MASK)
        return value

    def settled(self, value: str) -> int:
        """Return how many characters of a growing text precede what may be an unfinished key."""
        if not self._forms:
            return len(value)
        tail = value[-self._longest * _LONGEST_ESCAPE :]
        return len(value) - len(tail) + self._unfinished_from(tail, _LAYERS)

    def is_settled(self, value: str) -> bool:
        """Whether a growing text neither contains the key nor ends in what may be an unfinished one."""
        if self.of_whole_keys.text(value) != value:
            return False
        # Most texts end in something that does not occur in the key at all.
        if (
            value[-1:] not in self._first_characters
            and value[-2:] not in self._pairs
            and not _MARKS & {*value}
        ):
            return True
        return self.settled(value) == len(value)

    def data(self, value: bytes) -> bytes:
        if b"\0" in value and self._forms:  # a browser drops the zeros of UTF-16 text
            for encoding in _WIDE:
                value = value.replace(self.key.encode(encoding), MASK.encode(encoding))
        # Latin-1 maps each byte to one character, so binary data survives unchanged.
        text = value.decode("latin-1")
        redacted = self.text(text)
        return value if redacted is text else redacted.encode("latin-1")

    def value(self, value: Any) -> Any:
        """Redact all strings in a JSON value, keys included. Returns the same object if nothing changed."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            items = [self.value(item) for item in value]
            return items if _differ(items, value) else value
        if isinstance(value, int | float):
            return MASK if self._is_number and self.text(str(value)) != str(value) else value
        if isinstance(value, (dict, Mapping)):  # it is nearly always a dict, and that is found out faster
            pairs = {self.text(key): self.value(item) for key, item in value.items()}
            return pairs if _differ(pairs, value) or _differ(pairs.values(), value.values()) else value
        return value

    def _spans(self, text: str, layers: int, find: Finder) -> Iterator[Span]:
        """Yield what is found of the key, verbatim or escaped, from left to right without overlap."""
        found = [find(text, form) for form in self._forms]
        if layers and self._escapes.are_in(text):
            inner = self._spans(self._escapes.decoded(text), layers - 1, find)
            edges = self._escapes.origins(text, (edge for span in inner for edge in span))
            found.append(zip(edges, edges, strict=True))
        return _united(heapq.merge(*found))

    def _unfinished_from(self, text: str, layers: int) -> int:
        """Return where an unfinished key at the end of the text begins, or an escape that may be in one."""
        # An unfinished escape may become any character, or turn out not to be one.
        text = text[: unfinished(text)]
        end, first = len(text), self._first_characters
        for start in range(max(0, end - self._longest + 1), end):
            if text[start] in first and any(form.startswith(text[start:]) for form in self._forms):
                end = start
                break
        if layers and self._escapes.are_in(text):
            plain = self._escapes.decoded(text)
            if (start := self._unfinished_from(plain, layers - 1)) < len(plain):
                end = min(end, next(self._escapes.origins(text, [start])))
        return end

    def __repr__(self) -> str:
        return "Redactor(…)"


def _in_base64(key: bytes) -> Iterator[str]:
    """Yield the key's base64, alone and as it appears at any offset within longer data."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(key).decode()
        yield from (whole, whole.rstrip("="))
        for before in range(3):
            # Six bits per letter: the first and the last letter may share bits with the key's neighbors.
            text = encode(b"\0" * before + key).decode()
            yield text[-(-8 * before // 6) : 8 * (before + len(key)) // 6]


def _occurrences(text: str, form: str) -> Iterator[Span]:
    start = text.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = text.find(form, start + len(form))


def _beginnings(text: str, form: str) -> Iterator[Span]:
    """Yield where a long beginning of a form occurs, each as long as it is."""
    shortest = _long(form)
    start = text.find(form[:shortest])
    while start >= 0:
        length = shortest
        while length < len(form) and text.startswith(form[length], start + length):
            length += 1
        yield start, start + length
        start = text.find(form[:shortest], start + length)


def _long(form: str) -> int:
    """Return the length from which on a beginning of this form is masked."""
    return min(len(form), max(_SHORTEST_BEGINNING, -(-len(form) // 2)))


def _united(spans: Iterable[Span]) -> Iterator[Span]:
    """Merge overlapping spans; `spans` must be ascending."""
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
    return not all(map(is_, new, old))
