"""The words by which a run is found, the same in SQLite and PostgreSQL.

Each database splits text in its own way, and neither splits Chinese. So a run stores the set of its words
as this module finds them: lower-case words of letters and digits, and in scripts without spaces every
character and every two neighbors. Filters, such as a model, are stored as words, too: databases are fast at
finding the rows that have several words.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from typing import Any

# In characters. Of a longer text, only the beginning and the end are searched.
_LONGEST_TEXT = 20_000
_MOST_WORDS = 2_000
# So that a long text does not leave out all others.
_MOST_WORDS_OF_A_TEXT = 1_000
_LONGEST_WORD = 40
_WORD = re.compile(r"[^\W_]+")
# Scripts that are written without spaces: Chinese, Japanese, Thai, Lao, Khmer and Burmese.
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
)


def words_of(texts: Iterable[str]) -> set[str]:
    """Return the words that a run keeps; if there are too many, those of the first texts."""
    found: dict[str, None] = {}
    for text in texts:
        words = dict.fromkeys(_words(_shortened(text), each_character=True))
        found.update(dict.fromkeys(islice(words, _MOST_WORDS_OF_A_TEXT)))
        if len(found) >= _MOST_WORDS:
            break
    return set(islice(found, _MOST_WORDS))


def asked(text: str) -> list[str]:
    """Return the words to look up for a search, at most 20."""
    return list(dict.fromkeys(_words(text[:1000])))[:20]


def label(kind: str, value: str) -> str:
    """Return the word that marks a run by a property, such as its model. No text contains it."""
    return f"zq{kind}{hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()[:16]}"


def audience(team: int, person: int | None = None) -> str:
    """Return the word of runs that a team sees, or of those that only this person in it sees."""
    return label("a", f"{team}" if person is None else f"{team}/{person}")


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


def _words(text: str, *, each_character: bool = False) -> Iterator[str]:
    """Yield the words of a text; without spaces, a character that has neighbors is one only if asked for."""
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if word.isascii():
            yield word[:_LONGEST_WORD]
            continue
        for number, part in enumerate(_UNSPACED.split(word)):
            if not number % 2:
                yield from [part[:_LONGEST_WORD]] if part else []
                continue
            yield from (one + other for one, other in pairwise(part))
            if each_character or len(part) == 1:
                yield from part
