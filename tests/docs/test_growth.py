"""Pages built to take long: time grows linearly with size, and a page over budget is shown as plain text."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils.html import escape

from playground.docs import markdown
from playground.docs.folder import LARGEST, Docs, Page, parse
from playground.docs.search import search
from playground.rendering import budget
from playground.rendering.budget import Budget
from playground.tags import fence, yamltext
from playground.tags.tag import TagError
from tests.docs.folder import write
from tests.growth import is_linear, seconds

SIZE = 2_000


def _times(text: str) -> Callable[[int], str]:
    return lambda size: text * (size // len(text) + 1)


def _root(size: int) -> range:
    return range(int(size**0.5))


TEXTS: dict[str, Callable[[int], str]] = {
    "equal headings": _times("# a\n"),
    "spaces in a heading": lambda size: f"# a{' ' * size}b\n",
    "marks in a heading": lambda size: f"# a{' #' * (size // 2)}b\n",
    "brackets in a heading": lambda size: f"# {'[' * size}\n",
    "links in a heading": lambda size: f"# {'[](' * (size // 3)}\n",
    "ids in a heading": lambda size: f"# {'{#' * (size // 2)}\n",
    "an id and spaces": lambda size: f"# a {{#id}}{' ' * size}b\n",
    "comments without end": _times("<!--\n\n"),
    "comments in a line": _times("a<!--"),
    "comments with an end of all": lambda size: "<!--\n\n" * (size // 6) + "--> x",
    "setup without end": _times("<script setup\n\n"),
    "tags without end": _times("<ApiPlayground\n\n"),
    "tags unclosed": _times("<ApiPlayground>\n\n"),
    "tags unclosed in a line": _times("<ApiPlayground> "),
    "tags before words": _times("<ApiPlayground/> x\n\n"),
    "tags in a line": _times("a <ApiPlayground/>"),
    "tags of many lines": _times("<ApiPlayground\n\n\n\n\n\n\n\n/> x\n\n"),
    "attributes": lambda size: f"<ApiPlayground {'a ' * (size // 2)}/>",
    "contents": _times("[[toc]]\n\n## a\n\n"),
    "a long address": lambda size: f"[a]: http://{'x' * size}\n\n" + "[a]\n" * (size // 4),
    "a long path": lambda size: f"[a]: {'a/../' * (size // 5)}\n\n" + "[a]\n" * (size // 4),
    "references": lambda size: "".join(f"[{number}]: b\n" for number in range(size // 9)),
    "references without end": _times("[a\n"),
    "emphasis": _times("*a _b ~~c "),
    "emphasis in a word": _times("a**b"),
    "stars": _times("*"),
    "backticks": lambda size: "".join("`" * length + " " for length in _root(2 * size)),
    "brackets": _times("["),
    "brackets around": lambda size: "[" * (size // 4) + "a" + "](b)" * (size // 8),
    "links without end": _times("[a](<b"),
    "titles without end": _times("[a](b '"),
    "images in images": lambda size: "![" * (size // 6) + "a" + "](b)" * (size // 6),
    "images of others": _times("![a](http://b) "),
    "entities": _times("&a"),
    "HTML without end": _times("x<a"),
    "HTML's attributes": lambda size: f"x<a{' a' * (size // 2)}",
    "HTML's lines": lambda size: "<div>\n" + "<ApiPlayground/>\n" * (size // 17),
    "data without end": _times("x<![CDATA["),
    "quotes": _times(">"),
    "quotes in quotes": lambda size: "\n".join("> " * depth + "a" for depth in _root(size)),
    "lists": _times("- a\n+ b\n"),
    "lists in lists": lambda size: "\n".join("  " * depth + "- a" for depth in _root(size)),
    "lists in quotes": _times("> - "),
    "rules": _times("* * *\n"),
    "cells": lambda size: "|a" * (size // 6) + "|\n" + "|-" * (size // 6) + "|\n" + "|a" * (size // 6),
    "tables": _times("|a|\n|-|\n\n"),
    "boxes without end": _times("::: tip\n"),
    "boxes": _times("::: tip\n:::\n"),
    "boxes in boxes": lambda size: "".join(f"{':' * (60 - n % 50)} tip\n" for n in range(size // 40)),
    "colons": _times(":"),
    "groups": _times("::: code-group\n```js [a]\n1\n```\n:::\n"),
    "alerts": _times("> [!NOTE]\n> a\n\n"),
    "fences": _times("```js{1-9999}\na\n```\n"),
    "a fence's lines": lambda size: f"```js{{{'1-9999,' * (size // 7)}}}\na\n```\n",
    "a fence's words": lambda size: f"``` {'{1' * (size // 2)}\n```",
    "front matter without end": _times("---\n"),
    "carriage returns": _times("a\r\n"),
}  # fmt: skip


def _render(text: str, *, allow_html: bool, of: Budget | None = None) -> markdown.Document:
    source = parse(text)
    assert len(source.heading) <= 300
    page = Page("a.md", (0, 0), source)
    return markdown.render(Docs(Path("/nowhere"), {}), page, allow_html=allow_html, budget=of)


@pytest.mark.thorough
@pytest.mark.parametrize("name", TEXTS)
def test_render_time_is_linear_in_the_page(name: str) -> None:
    def work(size: int) -> None:
        _render(TEXTS[name](size), allow_html=False, of=Budget(1e6))
        markdown.sections(TEXTS[name](size), allow_html=True)

    assert is_linear(work, SIZE)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "text",
    [
        _times("["), _times("{a: "), _times("- "), _times("? "), _times("a: &a b\n"), _times("[1, "),
        _times("'a\n"), _times("# a\n"), _times("%A\n"), lambda size: f"a: {'1' * size}.x",
        lambda size: f"%YAML 1.{'1' * size}\n---\na", lambda size: 'a: "' + "a\n" * (size // 2) + '"',
        lambda size: "".join(f"a{number}: b\n" for number in range(size // 8)),
    ],
)  # fmt: skip
def test_yaml_time_is_linear_in_its_size(text: Callable[[int], str]) -> None:
    def work(size: int) -> None:
        with pytest.raises((yamltext.YAMLTextError, TagError)):
            fence.read(text(size))

    assert is_linear(work, 10_000)
    assert yamltext.LONGEST >= 40_000


@pytest.mark.thorough
def test_search_time_is_linear_in_the_pages(tmp_path: Path) -> None:
    def work(size: int) -> None:
        docs = write(tmp_path / str(size), **{"a.md": "needle <b> *x* " * (size // 15)})
        assert len(search(docs, "needle <b> " + "词" * 100, "", allow_html=False)) == 1
        assert search(docs, "needle b", "", allow_html=False)

    assert is_linear(work, 20_000)


# --- too much ---


def _is_as_written(document: markdown.Document, text: str) -> bool:
    return (
        "data-problem" in document.html and escape(text[:40]) in document.html and "<p>" not in document.html
    )


def test_a_page_over_budget_is_shown_as_its_source() -> None:
    text = "# A\n\n" + "*words* and `code` " * 5_000

    assert _is_as_written(_render(text, allow_html=False, of=Budget(0.001)), text)
    assert not _is_as_written(_render(text, allow_html=False), text)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "text",
    [
        f"[a]: http://{'x' * 100_000}\n\n" + "[a]\n" * 10_000,
        "[[toc]]\n\n## a\n\n" * 10_000,
        ("|" + "a|" * 250 + "\n|" + "-|" * 250 + "\n" + "|\n" * 250 + "\n") * 100,
        "```js\na\n```\n" * 40_000,
        "<ApiPlayground/>\n\n" * 30_000,
    ],
    ids=["references", "contents", "tables", "fences", "playgrounds"],
)
def test_a_page_does_not_grow_beyond_measure(text: str) -> None:
    document = _render(text[:LARGEST], allow_html=False)

    assert _is_as_written(document, text)
    assert len(document.html) < budget.MOST_HTML + 6 * LARGEST


@pytest.mark.parametrize("allow_html", [True, False])
def test_a_page_over_budget_is_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allow_html: bool
) -> None:
    monkeypatch.setattr(budget, "MOST_TOKENS", 20_000)  # the test above reaches the real limit
    text = ("|" + "a|" * 250 + "\n|" + "-|" * 250 + "\n" + "|\n" * 250 + "\n") * 2 + "needle"

    (hit,) = search(write(tmp_path, **{"a.md": text}), "needle", "", allow_html=allow_html)

    assert "<mark>needle</mark>" in hit.excerpt


def test_highlighting_has_a_time_limit_for_each_page() -> None:
    """A hundred thousand empty lines need more time than there is."""
    text, shown = ("```python\n" + " \n" * 49_000 + "```\n\n") * 8 + "The end\n", list[str]()

    took = seconds(lambda: shown.append(_render(text, allow_html=False, of=Budget(1e6)).html))

    assert took < 5 * budget.HIGHLIGHT_SECONDS
    assert "<p>The end</p>" in shown[0]
