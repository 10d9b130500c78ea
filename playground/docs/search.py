"""Search in the docs: the words must occur in a section's text, its heading or the page title.

If no section has all of them, those with the most and rarest are found. Words that only make a question
("how do I …", “怎么……”) are left out.

Words match anywhere, better at the start of a word, and regardless of case, width and accents. Chinese and
Japanese have no spaces, so a run of their characters also matches by pairs of characters.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
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


@dataclass(frozen=True, slots=True, eq=False)
class _Term:
    """A word of the query; a CJK run also has its pairs of characters."""

    word: str
    pairs: tuple[str, ...]
    begins: re.Pattern[str]

    def share(self, text: str) -> float:
        """Return 1 if the text has the word, else the share of a run's pairs that it has.

        It is 0 unless it has most: the pairs across two words match by chance only.
        """
        if self.word in text:
            return 1
        if not self.pairs:
            return 0
        share = sum(pair in text for pair in self.pairs) / len(self.pairs)
        return share if share > 0.5 else 0


@dataclass(frozen=True, slots=True)
class _Place:
    """A section of a page. `words` has the page's title, the section's and its text, folded, in lines."""

    section: Section
    is_first: bool
    page_title: str
    title: str
    words: str

    @property
    def text(self) -> str:
        return self.words[len(self.page_title) + len(self.title) + 2 :]

    def is_meant(self, terms: Iterable[_Term]) -> bool:
        """The page's title counts for all its sections, but by itself finds only the first."""
        own = self.words[len(self.page_title) + 1 :]
        return self.is_first or any(term.share(own) for term in terms)

    def score(self, term: _Term) -> float:
        text = self.text
        score = 12 * term.share(self.title) + 6 * bool(term.begins.search(self.title))
        score += (10 if self.is_first else 4) * term.share(self.page_title)
        score += 0 if term.word in text else term.share(text)
        return score + min(text.count(term.word), 5) + 3 * bool(term.begins.search(text))


_Terms = tuple[_Term, ...]
_Found = tuple[Page, _Place, _Terms]
_Scored = tuple[float, Page, _Place]


def search(docs: Docs, query: str, language: str, *, allow_html: bool) -> list[Hit]:
    """Return the best sections of the language's pages, best first; of the other pages if it has none."""
    terms = _terms(query)
    if not terms:
        return []
    own = _found(docs, (page for page in docs.pages.values() if page.language == language), terms, allow_html)
    scored = _with_all(own, terms)
    if not scored:
        rest = (page for page in docs.pages.values() if page.language != language)
        others = _found(docs, rest, terms, allow_html)
        scored = _with_all(others, terms) or _with_most(own, terms) or _with_most(others, terms)
    best = sorted(scored, key=lambda one: (-one[0], one[1].path))[:MOST_HITS]
    return [_hit(page, place, terms) for _, page, place in best]


def _terms(query: str) -> _Terms:
    folded = _folded(query[:LONGEST_QUERY])
    words = dict.fromkeys(_WORD.findall(_ASKING.sub(" ", folded)) or _WORD.findall(folded))
    return tuple(
        _Term(word, _pairs(word), re.compile(rf"(?<!\w){re.escape(word)}")) for word in [*words][:MOST_TERMS]
    )


def _pairs(word: str) -> tuple[str, ...]:
    return tuple(map("".join, pairwise(word))) if _CJK_RUN.fullmatch(word) else ()


def _found(docs: Docs, pages: Iterable[Page], terms: _Terms, allow_html: bool) -> list[_Found]:
    """Return the sections that have a term, each with the terms it has."""
    found = []
    for page in pages:
        for place in _indexed(docs, page, allow_html):
            words = place.words
            # The word is looked for here first, because a call for each section would take twice as long.
            has = tuple([term for term in terms if term.word in words or (term.pairs and term.share(words))])
            if has and place.is_meant(has):
                found.append((page, place, has))
    return found


def _with_all(found: Iterable[_Found], terms: _Terms) -> list[_Scored]:
    return [
        (sum(map(place.score, terms)), page, place) for page, place, has in found if len(has) == len(terms)
    ]


def _with_most(found: Iterable[_Found], terms: _Terms) -> list[_Scored]:
    """Return the sections with at least a third of the terms. The rarer a term, the more it counts."""
    groups = Counter(has for *_, has in found)
    counts: Counter[_Term] = Counter()
    for has, number in groups.items():
        counts.update(dict.fromkeys(has, number))
    rarity = {has: sum(1 / counts[term] for term in has) for has in groups if 3 * len(has) >= len(terms)}
    enough = (one for one in found if one[2] in rarity)
    rarest = nlargest(_MOST_SCORED, enough, key=lambda one: rarity[one[2]])
    return [
        (sum(place.score(term) / counts[term] for term in has), page, place) for page, place, has in rarest
    ]


def _hit(page: Page, place: _Place, terms: _Terms) -> Hit:
    section = place.section
    anchor = f"#{section.id}" if section.id else ""
    # Longest first: a run is marked as a whole, and by its pairs only where it is split.
    words = sorted({part for term in terms for part in (term.word, *term.pairs)}, key=len, reverse=True)
    title = _marked(section.title or page.title, words)
    return Hit(page, page.url + anchor, title, _excerpt(section.text, place.text, words))


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
_index = Cache[tuple[Path, str, Stamp, bool], list[_Place]](_MOST_INDEXED)


def _indexed(docs: Docs, page: Page, allow_html: bool) -> list[_Place]:
    key = (docs.root, page.path, page.stamp, allow_html)
    return _index.get(key, lambda: _places(page, allow_html), _size)


def _places(page: Page, allow_html: bool) -> list[_Place]:
    page_title, places = _folded(page.title), list[_Place]()
    for section in markdown.sections(page.source.text, allow_html=allow_html):
        tidy = Section(section.id, section.title[:_LONGEST_TITLE], " ".join(section.text.split()))
        title = _folded(tidy.title)
        words = f"{page_title}\n{title}\n{_folded(tidy.text)}"
        places.append(_Place(tidy, not places, page_title, title, words))
    return places


def _size(places: list[_Place]) -> int:
    return sum(200 + len(place.title) + len(place.words) for place in places)


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
