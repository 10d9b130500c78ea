"""The words that people read: terms, quotes, plurals, whole sentences. The table is in `locale/words.md`."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from playground.docs.folder import look
from playground.docs.search import search

ROOT = Path(__file__).parents[1]
WORDS = (ROOT / "locale/words.md").read_text(encoding="utf-8")
# English that no native writer uses.
STIFF = [
    "shall", "anew", "is no role", "stands there", "stands here", "who runs", "way out to", "had arrived",
    "of one’s own", "at a time is", "may not be called", "is told", "takes a text", "for want of",
]  # fmt: skip
# Spoken or word-by-word Chinese.
UNNATURAL = ["它", "没动静", "没完没了", "占不到便宜", "干活的终端", "选词的随意程度", "您"]


def _rows() -> Iterator[list[str]]:
    lines = [line for line in WORDS.splitlines() if line.startswith("| ")]
    for line in lines[1:]:
        yield [cell.strip() for cell in line.strip().strip("|").split("|")]


def _listed(column: int) -> list[str]:
    cells = [row[column] for row in _rows() if row[0] != "English"]
    return [term.strip() for cell in cells for term in cell.split("·") if term.strip()]


def _messages() -> list[Message]:
    with (ROOT / "locale/zh_Hans/LC_MESSAGES/django.po").open("rb") as file:
        return [message for message in read_po(file) if message.id]


def _is_ours(message: Message) -> bool:
    """Return whether we wrote the English: Django wrote that of its admin."""
    return any(not file.endswith("/admin_texts.py") for file, _ in message.locations)


def _forms(text: object) -> list[str]:
    return [text] if isinstance(text, str) else list(text)  # type: ignore[call-overload]


ENGLISH = [form for message in _messages() if _is_ours(message) for form in _forms(message.id)]
CHINESE = [form for message in _messages() for form in _forms(message.string)]
_CODE = re.compile(
    r"^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\1`*\s*$|`+[^`]*`+|<ApiPlayground.*?/>|<!--.*?-->",
    re.DOTALL | re.MULTILINE,
)
_MARKUP = re.compile(
    r"<[a-zA-Z/][^>]*>|\]\([^)]*\)|^---\n.*?^---\n|\{#[^}]*\}|%\([a-z_]+\)[sd]", re.DOTALL | re.MULTILINE
)


def _prose(text: str) -> str:
    return _MARKUP.sub(" ", _CODE.sub(" ", text))


PAGES = sorted((ROOT / "docs").rglob("*.md"))
PROSE = {
    path.relative_to(ROOT).as_posix(): _prose(path.read_text(encoding="utf-8"))
    for path in [*PAGES, ROOT / "README.md"]
}
ENGLISH_PROSE = {path: text for path, text in PROSE.items() if not path.startswith("docs/zh/")}
CHINESE_PROSE = {path: text for path, text in PROSE.items() if path.startswith("docs/zh/")}


@pytest.mark.parametrize("term", _listed(0))
def test_a_search_finds_each_english_term(term: str) -> None:
    assert search(look(ROOT / "docs"), term, "", allow_html=False)


@pytest.mark.parametrize("term", _listed(1))
def test_a_search_finds_each_chinese_term(term: str) -> None:
    assert search(look(ROOT / "docs"), term, "zh", allow_html=False)


def _places(pattern: re.Pattern[str], texts: dict[str, str]) -> list[str]:
    """Return where the texts match, with some of the words around."""
    return [
        f"{where}: …{text[max(0, match.start() - 40) : match.end() + 40]}…".replace("\n", " ")
        for where, text in texts.items()
        for match in pattern.finditer(text)
    ]


def _words(avoided: list[str]) -> re.Pattern[str]:
    """Match any of these: whole words in English, parts of a sentence in Chinese."""
    patterns = [rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word) for word in avoided]
    return re.compile("|".join(patterns), re.IGNORECASE)


def _numbered(texts: list[str]) -> dict[str, str]:
    return {f"{number} {text[:30]}": _prose(text) for number, text in enumerate(texts)}


def test_no_english_text_has_a_word_to_avoid() -> None:
    avoided = STIFF + [word for word in _listed(2) if word.replace("’", "").isascii()]

    assert _places(_words(avoided), _numbered(ENGLISH) | ENGLISH_PROSE) == []


def test_no_chinese_text_has_a_word_to_avoid() -> None:
    avoided = UNNATURAL + [word for word in _listed(2) if not word.isascii()]

    assert _places(_words(avoided), _numbered(CHINESE) | CHINESE_PROSE) == []


def test_prose_has_curly_quotes() -> None:
    straight = re.compile(r"[\"']")

    assert _places(straight, _numbered(ENGLISH) | _numbered(CHINESE) | PROSE) == []


def test_chinese_sentences_have_chinese_marks() -> None:
    # Brackets, commas and question marks beside a Chinese character.
    marks = re.compile(r"[一-鿿][(),;:!?]|[(),;:!?][一-鿿]")

    assert _places(marks, _numbered(CHINESE) | CHINESE_PROSE) == []


def test_chinese_and_latin_have_a_space_between() -> None:
    close = re.compile(r"[一-鿿][A-Za-z0-9]|[A-Za-z0-9][一-鿿]")

    assert _places(close, _numbered(CHINESE) | CHINESE_PROSE) == []


def test_no_sentence_is_glued_from_translated_pieces() -> None:
    bare = [text for text in ENGLISH if text.count("%(") > 1 and not re.search(r"[A-Za-z]{2}", _prose(text))]

    assert bare == []
    dash = re.compile(r"[%}]}[^<\n]* [–—] [^<\n]*{[%{]")  # Chinese has brackets there
    templates = {file: file.read_text() for file in ROOT.glob("templates/**/*.html")}
    without_texts = {
        file: re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", text, flags=re.DOTALL)
        for file, text in templates.items()
    }
    assert [file.name for file, text in without_texts.items() if dash.search(text)] == []


def test_a_count_has_a_plural() -> None:
    single = [
        message.id
        for message in _messages()
        if _is_ours(message) and isinstance(message.id, str) and "%(count)" in message.id
    ]

    assert single == []
