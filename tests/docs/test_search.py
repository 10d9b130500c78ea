"""Search: what is found, in which order, and how it is shown."""

import re
from pathlib import Path

import pytest

from playground.docs.folder import Docs
from playground.docs.search import Hit, search
from tests.docs.folder import write


@pytest.fixture
def docs(tmp_path: Path) -> Docs:
    return write(
        tmp_path,
        **{
            "index.md": "# Playground\n\nWords about everything, with temperature among them.\n",
            "parameters.md": "# Parameters\n\n## temperature\n\nLow is steady.\n\n## max_tokens\n\n"
            "The longest answer. <b>bold</b>\n\n```python\nclient.create(stream=True)\n```\n",
            "errors.md": "# When it fails\n\n429 means too many requests; the Café is closed.\n",
            "zh/streaming.md": "# 流式输出\n\n设置 stream 以后，服务器会逐步发送回答。\n\n"
            "## 令牌\n\n每个令牌都有时间。\n",
        },
    )


def _found(docs: Docs, query: str, language: str = "") -> list[str]:
    return [hit.url for hit in search(docs, query, language, allow_html=False)]


def test_a_heading_ranks_above_a_mention(docs: Docs) -> None:
    assert _found(docs, "temperature") == ["/docs/parameters#temperature", "/docs/#playground"]


@pytest.mark.parametrize("query", ["TEMPER", "ｔｅｍｐｅｒature", "“temperature”"])
def test_case_width_quotes_and_word_endings_do_not_matter(docs: Docs, query: str) -> None:
    assert _found(docs, query)[0] == "/docs/parameters#temperature"


def test_accents_do_not_matter(docs: Docs) -> None:
    assert _found(docs, "cafe") == _found(docs, "Café") == ["/docs/errors#when-it-fails"]


def test_all_words_must_match_and_the_page_title_counts(docs: Docs) -> None:
    assert _found(docs, "parameters longest") == ["/docs/parameters#max-tokens"]


def test_if_no_section_has_all_words_those_with_the_most_and_rarest_are_found(docs: Docs) -> None:
    assert _found(docs, "zzz longest")[0] == "/docs/parameters#max-tokens"
    assert _found(docs, "temperature cafe")[0] == "/docs/parameters#temperature"
    assert _found(docs, "one two three longest") == []


@pytest.mark.parametrize(
    ("query", "language", "first"),
    [
        ("how do I turn it off?", "", "/docs/embed#turn-an-embed-off"),
        ("How can I turn my embeds off", "", "/docs/embed#turn-an-embed-off"),
        ("what’s an embed?", "", "/docs/embed#embed"),
        ("怎么停用", "zh", "/docs/zh/embed#停用嵌入示例"),
        ("请问如何停用嵌入示例呢？", "zh", "/docs/zh/embed#停用嵌入示例"),
        ("怎么", "zh", "/docs/zh/embed#怎么办"),
    ],
)
def test_whole_questions_are_found(tmp_path: Path, query: str, language: str, first: str) -> None:
    pages = {
        "index.md": "# Do it\n\nHow do I do it? I turn on the light.\n",
        "embed.md": "# Embed\n\nWords.\n\n## Turn an embed off\n\nRun `--off`.\n",
        "zh/embed.md": "# 嵌入\n\n文字。\n\n## 停用嵌入示例\n\n运行 `--off`。\n\n## 怎么办\n\n没有。\n",
    }

    assert _found(write(tmp_path, **pages), query, language)[0] == first


def test_code_is_searched(docs: Docs) -> None:
    assert _found(docs, "stream=true") == ["/docs/parameters#max-tokens"]


@pytest.mark.parametrize(
    "query", ["流式", "流", "输出", "流式输出", "逐步发送", "发送 回答", "服务器发送回答"]
)
def test_chinese_is_found(docs: Docs, query: str) -> None:
    assert "/docs/zh/streaming#流式输出" in _found(docs, query, "zh")


@pytest.mark.parametrize("query", ["服务员", "回答服装", "送发"])
def test_other_chinese_is_not(docs: Docs, query: str) -> None:
    assert _found(docs, query, "zh") == []


def test_a_page_title_finds_only_the_first_section(docs: Docs) -> None:
    assert _found(docs, "parameters") == ["/docs/parameters#parameters"]


def test_other_languages_are_found_only_if_the_readers_has_nothing(docs: Docs) -> None:
    assert _found(docs, "stream", "zh") == ["/docs/zh/streaming#流式输出"]
    assert _found(docs, "stream") == ["/docs/parameters#max-tokens"]
    assert _found(docs, "令牌") == ["/docs/zh/streaming#令牌"]


@pytest.mark.parametrize("query", ["", "   ", "“”", ".,", "nothing-like-this"])
def test_an_empty_or_unknown_query_finds_nothing(docs: Docs, query: str) -> None:
    assert _found(docs, query) == []


def _one(docs: Docs, query: str, language: str = "") -> Hit:
    return search(docs, query, language, allow_html=False)[0]


def test_the_words_are_marked_as_they_are_written(docs: Docs) -> None:
    assert "the <mark>Café</mark> is closed" in _one(docs, "cafe").excerpt
    assert _one(docs, "temperature").title == "<mark>temperature</mark>"
    assert "服务器会<mark>逐步发送</mark>回答" in _one(docs, "逐步发送", "zh").excerpt


def test_what_is_shown_is_escaped(docs: Docs) -> None:
    excerpt = _one(docs, "bold").excerpt

    assert "&lt;b&gt;<mark>bold</mark>&lt;/b&gt;" in excerpt


def test_an_excerpt_is_cut_around_the_word(tmp_path: Path) -> None:
    docs = write(tmp_path, **{"a.md": "words " * 200 + "needle " + "words " * 200})

    excerpt = _one(docs, "needle").excerpt

    assert excerpt.startswith("… words")
    assert excerpt.endswith(" …")
    assert "<mark>needle</mark>" in excerpt
    assert len(excerpt) < 300


@pytest.mark.parametrize("before", range(8))
def test_an_excerpt_is_not_cut_within_words(tmp_path: Path, before: int) -> None:
    text = f"{'x' * before} {'run/secrets/openai ' * 30}needle {'answers, ' * 60}中文{'的answers' * 60}"
    docs = write(tmp_path, **{"a.md": text})

    for query in ("needle", "中文"):
        words = re.findall("[a-z/]{2,}", re.sub("</?mark>", "", _one(docs, query).excerpt))
        assert {*words} <= {"run/secrets/openai", "needle", "answers"}


def test_an_endless_word_is_cut(tmp_path: Path) -> None:
    docs = write(tmp_path, **{"a.md": "x" * 1000 + "needle" + "x" * 1000})

    assert len(_one(docs, "needle").excerpt) < 300


def test_a_changed_page_is_indexed_again(docs: Docs) -> None:
    assert _found(write(docs.root, **{"errors.md": "# Bananas"}), "bananas") == ["/docs/errors#bananas"]
