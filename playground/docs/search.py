"""Search in the docs: the words must occur in a section's text, its heading or the page title.

If no section has all of them, those with the most and rarest are found. Words that only make a question
("how do I …", “怎么……”) are left out.

Words match anywhere, better at the start of a word, and regardless of case, width and accents. Chinese and
Japanese have no spaces, so a run of their characters also matches by pairs of characters.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nlargest
from itertools import pairwise
from pathlib import Path

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from playground.docs import markdown
from playground.docs.cache import Cache
from playground.docs.folder import LANGUAGES, Docs, Page, Stamp
from playground.docs.markdown import Section

LONGEST_QUERY = 200
MOST_TERMS = 10
MOST_HITS = 30
_MOST_SCORED = 300  # if none has all words, of many thousands
_EXCERPT = 180
_LONGEST_TITLE = 300
# Characters of the pages' texts, of which the index keeps two copies.
_MOST_INDEXED = 32 * 2**20
# Kana, Han and Hangul: scripts whose runs are also matched by pairs.
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[{_CJK}]+|[^\s{_CJK}\"'“”‘’.,:;!?()<>\[\]{{}}，。、：；！？（）「」《》]+")
_CJK_RUN = re.compile(rf"[{_CJK}]+")
# Where a text may be cut: at spaces, and beside a character of Chinese, Japanese or Korean.
_WIDE = rf"[{_CJK}，。、：；！？（）「」《》]"
_CUT = re.compile(rf"\s|(?<={_WIDE})|(?={_WIDE})")
_LONGEST_WORD = 40  # a longer one may be cut
_ASKING = re.compile(
    r"(?<!\S)(?:a|an|and|are|can|could|do|does|doesn|don|for|how|i|if|in|is|isn|it|its|me|my|of|or|our|should"
    r"|the|there|this|to|us|we|what|when|where|which|why|will|with|would|you|your)(?:['’]\w{1,2})?(?=[\s.,?!]|$)"
    "|为什么|怎么办|怎么样|什么是|是什么|有什么|有哪些|能不能|可不可以|怎么|怎样|如何|请问|什么|为何|哪里|哪些|哪个"
    "|能否|是否|可以|我想|我要|我们|我|吗|呢"
)


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
        return self.share(*texts) > 0

    def share(self, *texts: str) -> float:
        """Return 1 if the texts have the word, else the share of a run's pairs that they have.

        It is 0 unless they have most: the pairs across two words match by chance only.
        """
        if any(self.word in text for text in texts):
            return 1
        if not self.pairs:
            return 0
        share = sum(any(pair in text for text in texts) for pair in self.pairs) / len(self.pairs)
        return share if share > 0.5 else 0


def search(docs: Docs, query: str, language: str, *, allow_html: bool) -> list[Hit]:
    """Return the best sections of the language's pages, best first; of the other pages if it has none."""
    terms = _terms(query)
    if not terms:
        return []
    own = [page for page in docs.pages.values() if page.language == language]
    others = [page for page in docs.pages.values() if page.language != language]
    for find in (_with_all, _with_most):
        for pages in (own, others):
            found = find(_sections(docs, pages, allow_html), terms)
            if found:
                best = sorted(found, key=lambda one: (-one[0], one[1].page.path))[:MOST_HITS]
                return [_hit(place, terms) for _, place in best]
    return []


def _terms(query: str) -> list[_Term]:
    folded = _folded(query[:LONGEST_QUERY])
    words = dict.fromkeys(_WORD.findall(_ASKING.sub(" ", folded)) or _WORD.findall(folded))
    return [_Term(word, _pairs(word)) for word in words][:MOST_TERMS]


def _pairs(word: str) -> tuple[str, ...]:
    return tuple(map("".join, pairwise(word))) if _CJK_RUN.fullmatch(word) else ()


@dataclass(frozen=True, slots=True)
class _Place:
    """A section of a page. The page's title counts for all of them, but by itself finds only the first."""

    page: Page
    page_title: str
    indexed: _Indexed
    is_first: bool

    def is_meant(self, terms: Iterable[_Term]) -> bool:
        return self.is_first or any(term.is_in(self.indexed.text, self.indexed.title) for term in terms)

    def has(self, term: _Term) -> bool:
        return term.is_in(self.indexed.text, self.indexed.title, self.page_title)

    def score(self, term: _Term) -> float:
        begins, indexed = re.compile(rf"(?<!\w){re.escape(term.word)}"), self.indexed
        score = 12 * term.share(indexed.title) + 6 * bool(begins.search(indexed.title))
        score += (10 if self.is_first else 4) * term.share(self.page_title)
        score += 0 if term.word in indexed.text else term.share(indexed.text)
        return score + min(indexed.text.count(term.word), 5) + 3 * bool(begins.search(indexed.text))


def _sections(docs: Docs, pages: Iterable[Page], allow_html: bool) -> Iterator[_Place]:
    for page in pages:
        title = _folded(page.title)
        for number, indexed in enumerate(_indexed(docs, page, allow_html)):
            yield _Place(page, title, indexed, number == 0)


def _with_all(places: Iterable[_Place], terms: list[_Term]) -> list[tuple[float, _Place]]:
    found = (place for place in places if all(map(place.has, terms)) and place.is_meant(terms))
    return [(sum(map(place.score, terms)), place) for place in found]


def _with_most(places: Iterable[_Place], terms: list[_Term]) -> list[tuple[float, _Place]]:
    """Return the sections with at least a third of the terms. The rarer a term, the more it counts."""
    found = [(place, [*filter(place.has, terms)]) for place in places if place.is_meant(terms)]
    counts = Counter(term for _, has in found for term in has)
    enough = [(place, has) for place, has in found if has and 3 * len(has) >= len(terms)]
    rarest = nlargest(_MOST_SCORED, enough, key=lambda one: sum(1 / counts[term] for term in one[1]))
    return [(sum(place.score(term) / counts[term] for term in has), place) for place, has in rarest]


def _hit(place: _Place, terms: list[_Term]) -> Hit:
    page, indexed = place.page, place.indexed
    section = indexed.section
    anchor = f"#{section.id}" if section.id else ""
    # Longest first: a run is marked as a whole, and by its pairs only where it is split.
    words = sorted({part for term in terms for part in (term.word, *term.pairs)}, key=len, reverse=True)
    title = _marked(section.title or page.title, words)
    return Hit(page, page.url + anchor, title, _excerpt(section.text, indexed.text, words))


def _excerpt(text: str, folded: str, words: list[str]) -> SafeString:
    places = (folded.find(word) for word in words)
    start = max(0, next((place for place in places if place >= 0), 0) - _EXCERPT // 3)
    if start and (gap := _CUT.search(text, start, start + _LONGEST_WORD)):
        start = gap.end()
    end = start + _EXCERPT
    if end < len(text):
        gaps = [gap.start() for gap in _CUT.finditer(text, end - _LONGEST_WORD, end + 1)]
        end = gaps[-1] if gaps else end
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
_index = Cache[tuple[Path, Stamp, bool], list[_Indexed]](_MOST_INDEXED)


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
