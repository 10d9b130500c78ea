"""The project's docs as the tests see them: pages, code blocks, tags and headings."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it.token import Token

from playground import config_variables
from playground.catalogue.entries import read_providers
from playground.catalogue.providers import BUILT_IN
from playground.docs.folder import Docs, Page, look
from playground.docs.markdown import Heading, parse
from playground.rendering import budget
from playground.tags import tag
from playground.tags.tag import LiveCall

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs"
# Languages whose output a `text` block right behind may show.
RUN = ("python", "js", "bash")
# Environment variables that the docs may name.
SETTINGS = (
    {variable.name for variable in config_variables.VARIABLES}
    | {provider.key_variable for provider in read_providers(BUILT_IN).values() if provider.key_variable}
    | {"WEB_CONCURRENCY"}
)  # gunicorn's
# A page whose blocks are run together, in their order (`test_backup.py`).
FOLLOWED = "run/backup.md"
CJK = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


@dataclass(frozen=True)
class Block:
    """A code block. `shows` is the output that a `text` block right behind it promises, or None."""

    path: str
    line: int
    language: str
    code: str
    shows: str | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.language}"


def docs() -> Docs:
    return look(FOLDER)


def tokens(page: Page) -> list[Token]:
    return parse.parsed(parse.parser(False), page.source.text, {"budget": budget.Budget()})


def headings(page: Page) -> list[Heading]:
    return parse.headings_of(tokens(page))


@cache
def blocks() -> tuple[Block, ...]:
    pages = [page for page in docs().pages.values() if not is_about_a_site(page.path)]
    return tuple(block for page in pages for block in blocks_of(page))


def is_about_a_site(path: str) -> bool:
    """Whether its blocks are the files of a site, which `tests/browser/built_sites.py` builds and opens."""
    return bool(re.search(r"\bembed/(html|vitepress|docusaurus|mkdocs)\.md$", path))


def blocks_of(page: Page) -> list[Block]:
    found: list[Block] = []
    for token in tokens(page):
        if token.type == "code_block":
            raise AssertionError(f"{page.path}: a block without a fence: {token.content[:60]!r}")
        if token.type == "fence":
            language = re.split(r"[\s{\[:]", token.info.strip(), maxsplit=1)[0]
            line = page.source.first_line + (token.map or [0])[0]
            if language == "text" and found and found[-1].language in RUN and found[-1].shows is None:
                before = found.pop()
                found.append(
                    Block(before.path, before.line, before.language, before.code, shows=token.content)
                )
            else:
                found.append(Block(page.path, line, language, token.content))
    return found


def calls_of(page: Page) -> list[LiveCall]:
    """Return the live playgrounds as the app itself reads them."""
    flat = [inner for token in tokens(page) for inner in [token, *(token.children or [])]]
    return [tag.read(token.meta["tag"]) for token in flat if token.type == "live_call"]


def twin(path: str) -> str:
    """Return the path in the other language: `openai/index.md` ↔ `zh/openai/index.md`."""
    return path.removeprefix("zh/") if path.startswith("zh/") else f"zh/{path}"


def section(page: Page, anchor: str) -> str:
    """Return the Markdown below the heading with this anchor, up to the next heading of its level."""
    lines = page.source.text.split("\n")
    start = next(at for at, line in enumerate(lines) if line.endswith(f"{{#{anchor}}}"))
    level = len(lines[start]) - len(lines[start].lstrip("#"))
    following = (at for at in range(start + 1, len(lines)) if re.match(rf"#{{1,{level}}} ", lines[at]))
    return "\n".join(lines[start : next(following, len(lines))])


def rows(text: str) -> list[list[str]]:
    """Return the cells of every table row in a piece of Markdown."""
    return [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in text.split("\n")
        if line.startswith("|")
    ]
