"""The words by which a run is found, the same in SQLite and PostgreSQL.

Each database splits text in its own way, and neither splits Chinese. So a run stores the set of its words
as this module finds them: lower-case words of letters and digits, and every two neighboring characters in
scripts without spaces. Filters, such as a model, are stored as words, too: databases are fast at finding the
rows that have several words.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

# In characters. Of a longer text, only the beginning and the end are searched.
_LONGEST_TEXT = 20_000
_MOST_WORDS = 2_000
_LONGEST_WORD = 40
_WORD = re.compile(r"[^\W_]+")
# Scripts that are written without spaces: Chinese, Japanese, Thai, Lao, Khmer and Burmese.
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
)


def words_of(texts: Iterable[str]) -> set[str]:
    """Return the words of the texts, as far as a run keeps them."""
    found: set[str] = set()
    for text in texts:
        found.update(_words(_shortened(text)))
        if len(found) >= _MOST_WORDS:
            break
    return set(sorted(found)[:_MOST_WORDS]) if len(found) > _MOST_WORDS else found


def asked(text: str) -> list[str]:
    """Return the words to look up for a search, at most 20."""
    return list(dict.fromkeys(_words(text[:1000])))[:20]


def label(kind: str, value: str) -> str:
    """Return the word that marks a run by a property, such as its model. No text contains it."""
    return f"zq{kind}{hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()[:16]}"


def strings(value: Any) -> Iterator[str]:
    """Yield the texts in a JSON value, but not data such as images."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text if not text.startswith("data:"):
                yield text
            case dict() as fields:
                waiting.extend(reversed(fields.values()))
            case list() | tuple() as items:
                waiting.extend(reversed(items))


def _shortened(text: str) -> str:
    half = _LONGEST_TEXT // 2
    return text if len(text) <= _LONGEST_TEXT else f"{text[:half]} {text[-half:]}"


def _words(text: str) -> Iterator[str]:
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if word.isascii():
            yield word[:_LONGEST_WORD]
            continue
        for number, part in enumerate(_UNSPACED.split(word)):
            if number % 2 and len(part) > 1:
                yield from (one + other for one, other in pairwise(part))
            elif part:
                yield part[:_LONGEST_WORD]
