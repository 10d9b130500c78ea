"""The search of the docs: every word must stand in a section, in its heading or in its page's title.

Words are found at their beginning and within others, without regard to case and width. Chinese, Japanese and
Korean have no spaces, so a run of theirs is looked for as its pairs of characters; where the whole run
stands together, the section comes first.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from playground.embed import markdown
from playground.embed.docs import LANGUAGES, Docs, Page, Stamp, parse
from playground.embed.markdown import Section

LONGEST_QUERY = 200
MOST_TERMS = 10
MOST_HITS = 30
_EXCERPT = 180
# The writings that put no spaces between words: kana, Han and Hangul.
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TERM = re.compile(rf"[{_CJK}]+|[^\s{_CJK}\"'“”‘’.,:;!?()<>\[\]{{}}，。、：；！？（）「」《》]+")
_CJK_RUN = re.compile(rf"[{_CJK}]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that was found. `title` and `excerpt` are HTML in which the words are marked."""

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


def search(docs: Docs, query: str, language: str, *, allow_html: bool) -> list[Hit]:
    """The best sections of the language's pages, best first; of all pages when it has none."""
    terms, runs = _terms(query)
    if not terms:
        return []
    own = [page for page in docs.pages.values() if page.language == language]
    others = [page for page in docs.pages.values() if page.language != language]
    for pages in (own, others):
        scored = sorted(_scored(docs, pages, terms, runs, allow_html), key=lambda one: (-one[0], one[1].path))
        if scored:
            return [_hit(page, indexed, terms, runs) for _, page, indexed in scored[:MOST_HITS]]
    return []


def _terms(query: str) -> tuple[list[str], list[str]]:
    """What must be found, and what is better when it is found as a whole."""
    terms: list[str] = []
    runs = _TERM.findall(_folded(query[:LONGEST_QUERY]))[:MOST_TERMS]
    for run in runs:
        pairs = [run[at : at + 2] for at in range(len(run) - 1)] if _CJK_RUN.fullmatch(run) else []
        terms += pairs or [run]
    return list(dict.fromkeys(terms)), list(dict.fromkeys(runs))


def _scored(
    docs: Docs, pages: Iterable[Page], terms: list[str], runs: list[str], allow_html: bool
) -> Iterator[tuple[float, Page, _Indexed]]:
    for page in pages:
        title = _folded(page.title)
        for indexed in _index(docs.root / page.path, page.stamp, allow_html):
            if all(term in indexed.text or term in indexed.title or term in title for term in terms):
                yield _score(title, indexed, runs), page, indexed


def _score(page_title: str, indexed: _Indexed, runs: list[str]) -> float:
    score = 0.0
    for run in runs:
        begins = re.compile(rf"(?<!\w){re.escape(run)}")
        score += 12 * (run in indexed.title) + 6 * bool(begins.search(indexed.title))
        score += 8 * (run in page_title) * (1 if indexed.section.id else 1.2)
        score += min(indexed.text.count(run), 5) + 3 * bool(begins.search(indexed.text))
    return score


def _hit(page: Page, indexed: _Indexed, terms: list[str], runs: list[str]) -> Hit:
    section = indexed.section
    anchor = f"#{section.id}" if section.id else ""
    title = section.title or page.title
    # A whole run is marked as one; its pairs only where it is torn.
    marked = sorted({*runs, *terms}, key=len, reverse=True)
    return Hit(page, page.url + anchor, _marked(title, marked), _excerpt(section.text, indexed.text, marked))


def _excerpt(text: str, folded: str, terms: list[str]) -> SafeString:
    places = [place for place in (folded.find(term) for term in terms) if place >= 0]
    start = max(0, (places[0] if places else 0) - _EXCERPT // 3)
    if start:  # at a word's beginning, if one is near
        start += (
            re.compile(r"\S{0,15}\s").match(text, start) or re.compile("").match(text, start)
        ).end() - start  # type: ignore[union-attr]
    end = start + _EXCERPT
    before, after = "… " if start else "", " …" if end < len(text) else ""
    return mark_safe(before + _marked(text[start:end], terms) + after)  # noqa: S308 -- escaped piece by piece


def _marked(text: str, terms: list[str]) -> SafeString:
    folded, parts, position = _folded(text), [], 0
    for found in re.finditer("|".join(map(re.escape, terms)), folded):
        parts += [
            escape(text[position : found.start()]),
            f"<mark>{escape(text[found.start() : found.end()])}</mark>",
        ]
        position = found.end()
    return mark_safe("".join([*parts, escape(text[position:])]))  # noqa: S308 -- escaped piece by piece


@lru_cache(maxsize=4096)
def _index(path: Path, stamp: Stamp, allow_html: bool) -> list[_Indexed]:
    del stamp  # a changed file is read again
    try:
        source = parse(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return []
    found = []
    for section in markdown.sections(source.text, allow_html=allow_html):
        tidy = Section(section.id, section.title, " ".join(section.text.split()))
        found.append(_Indexed(tidy, _folded(tidy.title), _folded(tidy.text)))
    return found


class _Folds(dict[int, str]):
    """A letter without case, width and accents. One character stays one, so that places stay the same."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        folded = unicodedata.normalize("NFKC", letter.casefold())
        if len(base := unicodedata.normalize("NFKD", folded)) > 1 and base[0] < _LAST_WITH_ACCENTS:
            folded = base[0]
        self[code] = folded if len(folded) == 1 else letter
        return self[code]


# Behind Latin, Greek and Cyrillic: a Korean syllable also comes apart, and its parts mean something else.
_LAST_WITH_ACCENTS = "\u0530"
_FOLDS = _Folds()


def _folded(text: str) -> str:
    return text.translate(_FOLDS)
