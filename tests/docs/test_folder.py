"""The docs folder: its pages and their order, what an address means, and what is never served."""

import os
from pathlib import Path

import pytest

from playground.docs.folder import Entry, look, parse
from tests.docs.folder import write


def _lines(entry: Entry, depth: int = 0) -> list[str]:
    lines = []
    for child in entry.entries:
        lines += ["  " * depth + child.title, *_lines(child, depth + 1)]
    return lines


def test_the_navigation_is_that_of_the_folders(tmp_path: Path) -> None:
    docs = write(
        tmp_path,
        **{
            "10-last.md": "# Last",
            "2-second.md": "# Second `code`, *really*",
            "first.md": "---\norder: 1\ntitle: First of all\n---\n# Another heading",
            "openai/index.md": "---\ntitle: OpenAI\norder: 2\n---\n",
            "openai/chat-completion.md": "no heading",
            "without-index/deep/page.md": "```md\n# not a heading\n```\n# Deep page #",
            "zh/first.md": "# 第一",
            "images/a.png": "",
        },
    )

    assert _lines(docs.navigation("")) == [
        "First of all",
        "OpenAI",
        "  Chat completion",
        "Second code, really",
        "Last",
        "Without index",
        "  Deep",
        "    Deep page",
    ]
    assert _lines(docs.navigation("zh")) == ["第一"]


def test_pages_follow_each_other_as_in_the_navigation(tmp_path: Path) -> None:
    docs = write(tmp_path, **{"index.md": "# A", "b/index.md": "# B", "b/c.md": "# C", "d.md": "# D"})
    order = [docs.page(address) for address in ("", "b/", "b/c", "d")]

    for before, page, after in zip([None, *order], order, [*order[1:], None], strict=False):
        assert page is not None
        assert docs.neighbours(page) == (before, after)


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("", "index.md"),
        ("index", "index.md"),
        ("openai/x", "openai/x.md"),
        ("openai/x.md", "openai/x.md"),
        ("openai/x.html", "openai/x.md"),
        ("openai/x/", "openai/x.md"),
        ("openai", "openai/index.md"),
        ("openai/", "openai/index.md"),
        ("openai/index.md", "openai/index.md"),
        ("openai/index.html", "openai/index.md"),
        ("both", "both.md"),
    ],
)
def test_each_way_to_name_a_page_finds_it(tmp_path: Path, address: str, path: str) -> None:
    docs = write(
        tmp_path, **dict.fromkeys(["index.md", "openai/index.md", "openai/x.md", "both.md", "both/a.md"], "")
    )

    page = docs.page(address)

    assert page is not None
    assert page.path == path
    assert docs.page(page.address) == page


@pytest.fixture
def guarded(tmp_path: Path) -> Path:
    """A folder with a secret beside it, and every way out that a file system offers."""
    (tmp_path / "secret.md").write_text("# secret")
    (tmp_path / "docs-beside").mkdir()
    (tmp_path / "docs-beside" / "secret.md").write_text("# secret")
    root = tmp_path / "docs"
    write(root, **{"index.md": "# Docs", ".env": "secret", ".git/config.md": "secret", "a/.b.md": "secret"})
    (root / "out.md").symlink_to(tmp_path / "secret.md")
    (root / "beside.md").symlink_to(tmp_path / "docs-beside" / "secret.md")
    (root / "folder").symlink_to(tmp_path)
    (root / "loop").symlink_to(root)
    (root / "broken.md").symlink_to(tmp_path / "nowhere.md")
    (root / "passwd").symlink_to("/etc/passwd")
    (root / "within.md").symlink_to(root / "index.md")
    (root / "circle.md").symlink_to(root / "round.md")
    (root / "round.md").symlink_to(root / "circle.md")
    (root / "itself").symlink_to(root / "itself")
    (root / "long.md").symlink_to("x" * 4000)
    os.mkfifo(root / "pipe.md")
    return root


@pytest.mark.parametrize(
    "front", ["aliases: /old/place/", "aliases: [older, old/place]", "aliases:\n- old/place\n- 3"]
)
def test_a_page_that_moved_is_found_where_it_was(tmp_path: Path, front: str) -> None:
    docs = write(
        tmp_path, **{"new.md": f"---\n{front}\n---\n# New", "other.md": "---\naliases: {a: b}\n---\n"}
    )

    moved = docs.moved("old/place/")

    assert moved is not None
    assert moved.path == "new.md"
    assert docs.moved("elsewhere") is None


def test_hidden_and_outside_files_are_not_listed(guarded: Path) -> None:
    assert set(look(guarded).files) == {"index.md", "within.md"}


@pytest.mark.parametrize(
    "address",
    [
        "../secret",
        "../secret.md",
        "a/../../secret.md",
        "/etc/passwd",
        "//etc/passwd",
        ".env",
        ".git/config.md",
        "a/.b",
        "out",
        "out.md",
        "beside",
        "folder/secret.md",
        "loop/index.md",
        "passwd",
        "pipe",
        "..\\secret.md",
        "index.md\0.png",
        "./index.md/../../secret.md",
    ],
)
def test_no_address_leads_out_of_the_folder(guarded: Path, address: str) -> None:
    docs = look(guarded)

    assert docs.page(address) is None
    assert docs.file(address) is None


def test_a_change_is_seen_at_once(tmp_path: Path) -> None:
    write(tmp_path, **{"a.md": "# Before"})

    page = write(tmp_path, **{"a.md": "# Afterwards"}).page("a")
    assert page is not None
    assert page.title == "Afterwards"
    assert write(tmp_path, **{"b.md": "# New"}).page("b")
    (tmp_path / "a.md").unlink()
    assert look(tmp_path).page("a") is None


def test_unchanged_files_stay_cached(tmp_path: Path) -> None:
    assert write(tmp_path, **{"a.md": "# A"}) is look(tmp_path)


def test_a_folder_that_is_not_there_has_no_pages(tmp_path: Path) -> None:
    assert look(tmp_path / "nowhere").pages == {}


def test_twins_are_the_same_page_in_another_language(tmp_path: Path) -> None:
    docs = write(tmp_path, **{"a/b.md": "", "zh/a/b.md": "", "only.md": "", "zh/index.md": "", "zh.md": ""})

    def twins(address: str) -> dict[str, str]:
        page = docs.page(address)
        assert page is not None
        return {language: twin.path for language, twin in docs.twins(page).items()}

    assert twins("a/b") == {"zh": "zh/a/b.md"}
    assert twins("zh/a/b") == {"": "a/b.md"}
    assert twins("only") == twins("zh/") == {}


# --- front matter ---


def test_front_matter_is_no_part_of_the_text() -> None:
    source = parse("\ufeff---\r\ntitle: A\r\norder: 3\r\n---\r\n# Text\n")

    assert (source.front, source.text, source.first_line) == ({"title": "A", "order": 3}, "# Text\n", 5)


@pytest.mark.parametrize(
    "text", ["# No front matter", "----\na: b\n----\n", "text\n---\na: b\n---\n", "---\na: b\n"]
)
def test_other_lines_are_no_front_matter(text: str) -> None:
    assert parse(text).text == text


def test_empty_front_matter_is_none() -> None:
    assert parse("---\n---\nText").text == "Text"


@pytest.mark.parametrize(
    ("matter", "line", "words"),
    [
        ("title: [", 2, "Invalid YAML"),
        ("title: a\ntitle: b", 3, "more than once"),
        ("a: &x 1\nb: *x", 3, "Aliases"),
        ("only words", 2, "“name: value” lines"),
    ],
)
def test_unreadable_front_matter_is_reported_and_the_page_is_shown(
    matter: str, line: int, words: str
) -> None:
    source = parse(f"---\n{matter}\n---\nText")

    assert source.text == "Text"
    assert source.problem_line == line
    assert words in str(source.problem)


@pytest.mark.parametrize("front", ["title: [a]", "title: ''", "order: first", "title: {a: b}\norder: [1]"])
def test_front_matter_of_another_type_is_ignored(tmp_path: Path, front: str) -> None:
    page = write(tmp_path, **{"a.md": f"---\n{front}\n---\n# Heading"}).page("a")

    assert page is not None
    assert (page.title, page.order) == ("Heading", float("inf"))


def test_a_file_that_is_too_large_says_so(tmp_path: Path) -> None:
    page = write(tmp_path, **{"a.md": "x" * 1_100_000}).page("a")

    assert page is not None
    assert "1 MiB" in str(page.source.problem)


def test_a_file_in_another_encoding_says_so_and_is_shown_as_far_as_possible(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes("# A\n\nCafé".encode("latin-1"))

    page = look(tmp_path).page("a")

    assert page is not None
    assert (page.title, page.source.problem_line) == ("A", 3)
    assert "isn’t UTF-8" in str(page.source.problem)
    assert "Caf\ufffd" in page.source.text


def test_folders_nested_too_deep_are_ignored(tmp_path: Path) -> None:
    docs = write(tmp_path, **{"a/" * 15 + "a.md": "", "b/" * 500 + "b.md": ""})

    assert [page.path[0] for page in docs.navigation("").pages()] == ["a"]
