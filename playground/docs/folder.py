"""A folder of Markdown files as pages: their addresses and their order.

Every request scans the folder, so changes to a file appear at once. Rendered pages are cached until a file
changes.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from playground.docs.cache import Cache
from playground.docs.links import docs_url
from playground.tags import yamltext
from playground.text.sentence import Sentence, gettext_noop, say

LARGEST = 1_048_576
# Translated pages are in a folder with this name; the value is the language tag.
LANGUAGES = {"": "en", "zh": "zh-Hans"}
# The folder that VitePress serves from the site's root.
PUBLIC = "public"
_SKIPPED = {"node_modules"}
# Nesting limit: a page's place in the navigation is found and rendered by recursion.
_DEEPEST = 20
# Characters of rendered pages to cache.
_MOST_MADE = 64 * 2**20
# Characters of a heading to use as a page title.
_LONGEST_TITLE = 300
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n((?:.*?\n)??)---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"^ {0,3}#[ \t]++(.+)$", re.MULTILINE)
_CLOSING = re.compile(r"(?:^|[ \t])#+$")
_FENCED = re.compile(r"^ {0,3}(```+|~~~+).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)
_MARKUP = re.compile(r"[`*]|\{#[^}]*\}|!?\[([^\]]*)\]\([^)]*\)")

Stamp = tuple[int, int]  # modification time in ns, size in bytes


@dataclass(frozen=True, slots=True)
class Source:
    """A page as its author wrote it. `first_line` is the line in the file where `text` begins, from 1."""

    text: str
    front: Mapping[str, Any]
    first_line: int = 1
    problem: Sentence | None = None
    problem_line: int = 1

    @property
    def heading(self) -> str:
        found = _HEADING.search(_FENCED.sub("", self.text))
        if found is None:
            return ""
        text = _CLOSING.sub("", found[1][:_LONGEST_TITLE].strip())
        return _MARKUP.sub(lambda markup: markup[1] or "", text).strip()


def parse(text: str) -> Source:
    """Separate a page's text from its front matter. Unreadable front matter becomes `Source.problem`."""
    text = text.removeprefix("\ufeff")
    matter = _FRONT_MATTER.match(text)
    if matter is None:
        return Source(text, {})
    body, first_line = text[matter.end() :], 1 + text.count("\n", 0, matter.end())
    try:
        front = yamltext.loads(matter[1].rstrip())
    except yamltext.YAMLTextError as error:
        return Source(body, {}, first_line, error.sentence, 2 + error.line)
    if front is None:
        front = {}
    if not isinstance(front, dict):
        problem = say(gettext_noop("Front matter must consist of “name: value” lines."))
        return Source(body, {}, first_line, problem, 2)
    return Source(body, front, first_line)


@dataclass(frozen=True)
class Page:
    """One Markdown file. `path` is relative to the folder: `api/streaming.md`."""

    path: str
    stamp: Stamp
    source: Source

    @cached_property
    def address(self) -> str:
        """The address below `/docs/`: without `.md`, and without `index` for a folder's own page."""
        folder, _, name = self.path.removesuffix(".md").rpartition("/")
        return (f"{folder}/" if folder else "") + ("" if name == "index" else name)

    @cached_property
    def url(self) -> str:
        return docs_url(self.address)

    @property
    def is_index(self) -> bool:
        return PurePosixPath(self.path).name == "index.md"

    @cached_property
    def title(self) -> str:
        title = self.source.front.get("title")
        if isinstance(title, str | int | float) and str(title).strip():
            return str(title).strip()
        return self.source.heading or _readable(PurePosixPath(self.path).stem)

    @property
    def order(self) -> float:
        order = self.source.front.get("order")
        return order if isinstance(order, int | float) else float("inf")

    @property
    def aliases(self) -> list[str]:
        """The page's former addresses below `/docs/`, as in Hugo's front matter."""
        aliases = self.source.front.get("aliases")
        named = aliases if isinstance(aliases, list) else [aliases]
        return [alias.strip("/") for alias in named if isinstance(alias, str)]

    @property
    def language(self) -> str:
        """The language's folder: `zh`, or `""` for pages outside all of them."""
        first = self.path.partition("/")[0]
        return first if first in LANGUAGES and "/" in self.path else ""


@dataclass
class Entry:
    """One entry of the navigation. A folder without an `index.md` has no page of its own."""

    name: str
    title: str = ""
    page: Page | None = None
    entries: list["Entry"] = field(default_factory=list)
    order: float = float("inf")

    def pages(self) -> Iterator[Page]:
        if self.page:
            yield self.page
        for entry in self.entries:
            yield from entry.pages()


class Docs:
    """A snapshot of the folder."""

    def __init__(self, root: Path, files: Mapping[str, Stamp]) -> None:
        self.root = root
        self.files = files
        self.pages = {
            path: Page(path, stamp, _source(root / path, stamp))
            for path, stamp in files.items()
            if path.endswith(".md") and PUBLIC not in path.split("/")
        }
        # What was rendered from the pages; valid because a change makes a new `Docs`.
        self.made = Cache[tuple[str, ...], Any](_MOST_MADE)
        self._navigations: dict[str, Entry] = {}

    def page(self, address: str) -> Page | None:
        """Find the page at an address below `/docs/`; `.md`, `.html`, `index` and final `/` are optional."""
        address = address.strip("/")
        if PurePosixPath(address).name in ("index", "index.html"):
            address = address.rpartition("/")[0]
        plain = address.removesuffix(".html")
        candidates = [f"{plain}.md", f"{address}/index.md", address] if address else ["index.md"]
        return next((self.pages[path] for path in candidates if path in self.pages), None)

    def moved(self, address: str) -> Page | None:
        """Find the page that has this address among the `aliases` in its front matter."""
        return self._aliases.get(address.strip("/"))

    @cached_property
    def _aliases(self) -> dict[str, Page]:
        return {alias: page for page in self.pages.values() for alias in page.aliases}

    def file(self, address: str) -> str | None:
        """Find the path of a file that isn't a page; as in VitePress, `public/` is served from the root."""
        return next(
            (
                path
                for path in (address, f"{PUBLIC}/{address}")
                if path in self.files and path not in self.pages
            ),
            None,
        )

    def navigation(self, language: str) -> Entry:
        """Return the language's pages as an ordered tree."""
        if language not in self._navigations:
            pages = [page for page in self.pages.values() if page.language == language]
            self._navigations[language] = _tree(pages, language)
        return self._navigations[language]

    def neighbours(self, page: Page) -> tuple[Page | None, Page | None]:
        """Return the previous and the next page in the navigation."""
        pages = list(self.navigation(page.language).pages())
        at = [other.path for other in pages].index(page.path)
        return pages[at - 1] if at else None, pages[at + 1] if at + 1 < len(pages) else None

    def first_within(self, address: str) -> Page | None:
        """Return the first page of a folder that has no `index.md`."""
        folder = address.strip("/")
        language = folder.partition("/")[0]
        pages = self.navigation(language if language in LANGUAGES else "").pages()
        return next((page for page in pages if not folder or page.path.startswith(f"{folder}/")), None)

    def twins(self, page: Page) -> dict[str, Page]:
        """Return the same page in other languages, keyed by the language's folder."""
        plain = page.path.removeprefix(f"{page.language}/") if page.language else page.path
        paths = {language: f"{language}/{plain}" if language else plain for language in LANGUAGES}
        return {
            language: self.pages[path]
            for language, path in paths.items()
            if language != page.language and path in self.pages
        }


def look(root: Path) -> Docs:
    """Return the folder as it is now; empty if it does not exist."""
    return _docs(root, tuple(sorted(_files(root))))


def _files(root: Path) -> Iterator[tuple[str, Stamp]]:
    """Yield the files below `root` that may be served, with stamps: no dotfiles, no links to outside."""
    real_root = os.path.realpath(root)
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            entries = list(os.scandir(root / folder))
        except OSError:
            continue
        for entry in entries:
            if entry.name.startswith(".") or entry.name in _SKIPPED:
                continue
            path = f"{folder}{entry.name}"
            if not path.isprintable():  # not UTF-8, or with a line break
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    if path.count("/") < _DEEPEST:
                        waiting.append(f"{path}/")
                elif _may_be_shown(entry, real_root):
                    about = entry.stat()
                    yield path, (about.st_mtime_ns, about.st_size)
            except OSError:  # a loop of links, or deleted meanwhile
                continue


def _may_be_shown(entry: "os.DirEntry[str]", real_root: str) -> bool:
    if not entry.is_file():  # false for a broken link
        return False
    return not entry.is_symlink() or os.path.realpath(entry.path).startswith(real_root + os.sep)


@lru_cache(maxsize=1)
def _docs(root: Path, files: tuple[tuple[str, Stamp], ...]) -> Docs:
    return Docs(root, dict(files))


def read(path: Path, stamp: Stamp) -> Source:
    """Read a page from its file. Errors become its `problem`, so one bad file does not break the rest."""
    if stamp[1] > LARGEST:
        too_large = gettext_noop("The file exceeds %(most)s MiB. Split it into several files.")
        return Source("", {}, 1, say(too_large, most=LARGEST >> 20))
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST)
    except OSError:
        return Source("", {}, 1, say(gettext_noop("The file can’t be read. Check its permissions.")))
    source = parse(data.decode("utf-8", "replace"))
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        problem = gettext_noop("The file isn’t UTF-8. Save it as UTF-8; what can’t be read appears as “�”.")
        return replace(source, problem=say(problem), problem_line=line)
    return source


# Parsed files, cached as long as their stamp stays the same.
_sources = Cache[tuple[Path, Stamp], Source](64 * 2**20)


def _source(path: Path, stamp: Stamp) -> Source:
    return _sources.get((path, stamp), lambda: read(path, stamp), lambda source: len(source.text))


def _tree(pages: list[Page], language: str) -> Entry:
    root = Entry(language)
    folders = {"": root}
    for page in pages:
        folder = page.path.removeprefix(f"{language}/" if language else "").rpartition("/")[0]
        entry = _folder(folders, folder)
        if page.is_index:
            entry.page, entry.title, entry.order = page, page.title, page.order
        else:
            entry.entries.append(Entry(PurePosixPath(page.path).stem, page.title, page, order=page.order))
    for entry in folders.values():
        entry.entries.sort(key=lambda one: (one.order, _natural(one.name)))
    return root


def _folder(folders: dict[str, Entry], path: str) -> Entry:
    if path not in folders:
        parent, _, name = path.rpartition("/")
        folders[path] = Entry(name, _readable(name))
        _folder(folders, parent).entries.append(folders[path])
    return folders[path]


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key that puts `2-second` before `10-tenth`."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d{1,9})", name.lower())
    ]


def _readable(name: str) -> str:
    """Turn a file name into a title: `tool-calling` → `Tool calling`."""
    words = re.sub("[-_]+", " ", name).strip() or name
    return words[:1].upper() + words[1:]
