"""Search in the docs: every word must occur in a section's text, its heading or the page title.

Words match anywhere, better at the start of a word, and regardless of case, width and accents. Chinese and
Japanese have no spaces, so a run of their characters also matches by pairs of characters.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from playground.docs import markdown
from playground.docs.folder import LANGUAGES, Docs, Page, Stamp
from playground.docs.kept import Kept
from playground.docs.markdown import Section

LONGEST_QUERY = 200
MOST_TERMS = 10
MOST_HITS = 30
_EXCERPT = 180
_LONGEST_TITLE = 300
# Characters of the pages' texts, of which the index keeps two copies.
_MOST_INDEXED = 32 * 2**20
# Kana, Han and Hangul: scripts whose runs are also matched by pairs.
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[{_CJK}]+|[^\s{_CJK}\"'“”‘’.,:;!?()<>\[\]{{}}，。、：；！？（）「」《》]+")
_CJK_RUN = re.compile(rf"[{_CJK}]+")
_NEXT_WORD = re.compile(r"\S{0,15}\s")


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that was found. `title` and `excerpt` are HTML with the matches marked."""

    page: Page
    url: str
    title: SafeString
    excerpt: SafeString

    @property
    def language(self) -> str:
        return LANGUAGES[self.page.language]


@dataclass(frozen=True, slots=True)
class _Indexed:
    section: Section
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class _Term:
    """A word of the query; a CJK run also has its pairs of characters."""

    word: str
    pairs: tuple[str, ...] = ()

    def is_in(self, *texts: str) -> bool:
        """Whether the texts have the word, or most of a run's pairs: those across two words never match."""
        if any(self.word in text for text in texts):
            return True
        return 2 * sum(any(pair in text for text in texts) for pair in self.pairs) > len(self.pairs)


def search(docs: Docs, query: str, language: str, *, allow_html: bool) -> list[Hit]:
    """Return the best sections of the language's pages, best first; of the other pages if it has none."""
    terms = _terms(query)
    if not terms:
        return []
    own = [page for page in docs.pages.values() if page.language == language]
    others = [page for page in docs.pages.values() if page.language != language]
    for pages in (own, others):
        scored = sorted(_scored(docs, pages, terms, allow_html), key=lambda one: (-one[0], one[1].path))
        if scored:
            return [_hit(page, indexed, terms) for _, page, indexed in scored[:MOST_HITS]]
    return []


def _terms(query: str) -> list[_Term]:
    words = dict.fromkeys(_WORD.findall(_folded(query[:LONGEST_QUERY])))
    return [_Term(word, _pairs(word)) for word in words][:MOST_TERMS]


def _pairs(word: str) -> tuple[str, ...]:
    return tuple(map("".join, pairwise(word))) if _CJK_RUN.fullmatch(word) else ()


def _scored(
    docs: Docs, pages: Iterable[Page], terms: list[_Term], allow_html: bool
) -> Iterator[tuple[float, Page, _Indexed]]:
    for page in pages:
        title = _folded(page.title)
        for number, indexed in enumerate(_indexed(docs, page, allow_html)):
            # The page title counts for all sections; a match in the title alone finds only the first section.
            texts = (indexed.text, indexed.title)
            is_meant = number == 0 or any(term.is_in(*texts) for term in terms)
            if is_meant and all(term.is_in(*texts, title) for term in terms):
                yield _score(title, indexed, terms, number == 0), page, indexed


def _score(page_title: str, indexed: _Indexed, terms: list[_Term], is_first: bool) -> float:
    score = 0.0
    for term in terms:
        begins = re.compile(rf"(?<!\w){re.escape(term.word)}")
        score += 12 * (term.word in indexed.title) + 6 * bool(begins.search(indexed.title))
        score += (10 if is_first else 4) * (term.word in page_title)
        score += min(indexed.text.count(term.word), 5) + 3 * bool(begins.search(indexed.text))
    return score


def _hit(page: Page, indexed: _Indexed, terms: list[_Term]) -> Hit:
    section = indexed.section
    anchor = f"#{section.id}" if section.id else ""
    # Longest first: a run is marked as a whole, and by its pairs only where it is split.
    words = sorted({part for term in terms for part in (term.word, *term.pairs)}, key=len, reverse=True)
    title = _marked(section.title or page.title, words)
    return Hit(page, page.url + anchor, title, _excerpt(section.text, indexed.text, words))


def _excerpt(text: str, folded: str, words: list[str]) -> SafeString:
    places = (folded.find(word) for word in words)
    start = max(0, next((place for place in places if place >= 0), 0) - _EXCERPT // 3)
    if start and (gap := _NEXT_WORD.match(text, start)):
        start = gap.end()
    end = start + _EXCERPT
    before, after = "… " if start else "", " …" if end < len(text) else ""
    return mark_safe(before + _marked(text[start:end], words) + after)  # noqa: S308 -- escaped piece by piece


def _marked(text: str, words: list[str]) -> SafeString:
    folded, parts, position = _folded(text), [], 0
    for found in re.finditer("|".join(map(re.escape, words)), folded):
        parts += [
            escape(text[position : found.start()]),
            f"<mark>{escape(text[found.start() : found.end()])}</mark>",
        ]
        position = found.end()
    return mark_safe("".join([*parts, escape(text[position:])]))  # noqa: S308 -- escaped piece by piece


# Keyed by what determines the sections, so a changed file is indexed again.
_index = Kept[tuple[Path, Stamp, bool], list[_Indexed]](_MOST_INDEXED)


def _indexed(docs: Docs, page: Page, allow_html: bool) -> list[_Indexed]:
    key = (docs.root / page.path, page.stamp, allow_html)
    return _index.get(key, lambda: _made(page, allow_html), _size)


def _made(page: Page, allow_html: bool) -> list[_Indexed]:
    found = []
    for section in markdown.sections(page.source.text, allow_html=allow_html):
        tidy = Section(section.id, section.title[:_LONGEST_TITLE], " ".join(section.text.split()))
        found.append(_Indexed(tidy, _folded(tidy.title), _folded(tidy.text)))
    return found


def _size(indexed: list[_Indexed]) -> int:
    return sum(200 + len(one.title) + len(one.text) for one in indexed)


class _Folds(dict[int, str]):
    """Letters without case, width and accents. Each maps to one character, so that positions stay valid."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        folded = unicodedata.normalize("NFKC", letter.casefold())
        if len(base := unicodedata.normalize("NFKD", folded)) > 1 and base[0] < _LAST_WITH_ACCENTS:
            folded = base[0]
        self[code] = folded if len(folded) == 1 else letter
        return self[code]


# The end of Latin, Greek and Cyrillic: Korean syllables decompose too, into parts that mean something else.
_LAST_WITH_ACCENTS = "\u0530"
_FOLDS = _Folds()


def _folded(text: str) -> str:
    return text.translate(_FOLDS)
