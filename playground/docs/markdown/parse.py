"""Text in, tokens out: CommonMark, tables, boxes, live playgrounds, and headings with ids."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

from playground.docs.links import may_be_followed
from playground.docs.markdown.breaks import joined
from playground.rendering.parser import within_budget
from playground.tags import tag
from playground.tags.tag import Tag

# VitePress's containers.
BOXES = ("info", "note", "tip", "important", "warning", "caution", "danger", "details")
# Containers that only group or control VitePress; their content is shown as usual.
GROUPS = ("code-group", "v-pre", "raw")
_ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(.*)", re.IGNORECASE)
_CUSTOM_ID = re.compile(r"[\w:.-]+")
# Ids that the surrounding page uses.
_RESERVED_IDS = re.compile(r"main|docs-(?:search|suggestions|pages|contents-heading|code-\d+)")
# Hidden in VitePress too: an author's comments, and where a page imports its components.
_HIDDEN = (("<!--", "-->"), ("<script setup", "</script>"))
_TAIL = 200

Env = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    id: str
    text: str


def parsed(parser: MarkdownIt, text: str, env: Env) -> list[Token]:
    """Parse a page into tokens. `env["budget"]` limits the work. Raises `OverBudgetError`."""
    return list(_with_additions(parser.parse(text, env)))


# --- the parser ---


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 -- the parser's own name
        return may_be_followed(url)


@cache
def parser(allow_html: bool) -> MarkdownIt:
    made = within_budget(_Markdown, html=allow_html)
    made.block.ruler.before("html_block", "live_call", _block_tag)
    made.block.ruler.before("html_block", "unseen", _hidden_block)
    made.inline.ruler.before("html_inline", "live_call", _inline_tag)
    made.inline.ruler.before("html_inline", "comment", _inline_comment)
    for name in (*BOXES, *GROUPS):
        container_plugin(made, name, validate=partial(_is_box, name))
    return made


def _is_box(name: str, params: str, markup: str) -> bool:
    del markup
    return params.strip().split(" ", 1)[0].lower() == name


# --- playgrounds, and what is hidden ---


def _block_tag(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    """Parse a tag that starts a block. Unlike plain HTML elements, it may hold empty lines."""
    start = state.bMarks[line] + state.tShift[line]
    if state.is_code_block(line) or not tag.OPENING.match(state.src, start):
        return False
    text, found = _scanned(state, line, end_line)
    if found is None:
        return False
    used = text.count("\n", 0, found.end) + 1
    rest = text[found.end :].partition("\n")[0]
    if rest.strip():
        return False  # text behind it makes it part of a paragraph
    if not silent:
        token = state.push("live_call", "", 0)
        token.map, token.meta = [line, line + used], {"tag": found, "element": "div"}
        state.line = line + used
    return True


def _scanned(state: StateBlock, line: int, end_line: int) -> tuple[str, Tag | None]:
    """Return the tag's lines, without a quote's markers, and the tag.

    As long as the tag is incomplete, lines are added, doubling their number each time.
    """
    start, text, following, until = state.bMarks[line], "", line, line + 1
    while True:
        while following < min(until, end_line) and len(text) <= tag.LONGEST:
            if (
                following > line
                and not state.isEmpty(following)
                and state.sCount[following] < state.blkIndent
            ):
                end_line = following
                break
            text += state.getLines(following, following + 1, state.blkIndent, True)
            following += 1
        text = text.lstrip(" ")
        found = tag.scan(text, 0)
        if (
            found is None
            or following >= end_line
            or len(text) > tag.LONGEST
            or not _may_end(state, found, start)
        ):
            return text, found
        until = line + 2 * (following - line)


def _may_end(state: StateBlock, found: Tag, start: int) -> bool:
    if not found.awaits:
        return False
    at = _next(state, found.awaits, start)
    return (
        at is not None and at < start + 2 * tag.LONGEST
    )  # lines of a quote have their markers in front as well


def _hidden_block(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    if state.is_code_block(line):
        return False
    first = state.bMarks[line] + state.tShift[line]
    ending = next((ending for begin, ending in _HIDDEN if state.src.startswith(begin, first)), None)
    if ending is None or (at := _next(state, ending, first)) is None:
        return False
    end = bisect_left(state.eMarks, at + len(ending), line)
    # Lines may be very long, and one may end many comments: only look at the last characters.
    if end >= end_line or not state.src[
        max(at, state.eMarks[end] - _TAIL) : state.eMarks[end]
    ].rstrip().endswith(ending):
        return False
    if not silent:
        state.line = end + 1
    return True


def _next(state: StateBlock | StateInline, words: str, start: int) -> int | None:
    """Find the next `words`. All places are found once per text: a thousand openings may share one end."""
    places: dict[Any, list[int]] = state.env.setdefault("places", {})
    # Keyed by the text itself, not by its id, which another text may get later.
    key = (state.src, words)
    if key not in places:
        places[key] = [found.start() for found in re.finditer(re.escape(words), state.src)]
    at = bisect_left(places[key], start)
    return places[key][at] if at < len(places[key]) else None


def _inline_comment(state: StateInline, silent: bool) -> bool:
    del silent
    begin, ending = _HIDDEN[0]
    if not state.src.startswith(begin, state.pos):
        return False
    at = _next(state, ending, state.pos + len(begin))
    if at is None:
        return False
    state.pos = at + len(ending)
    return True


def _inline_tag(state: StateInline, silent: bool) -> bool:
    found = tag.scan(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        token = state.push("live_call", "", 0)
        token.meta = {"tag": found, "element": "span", "at": state.pos}
    state.pos = found.end
    return True


# --- changes to the parser's tokens ---


def _with_additions(tokens: list[Token]) -> Iterator[Token]:
    """Make tokens of VitePress's `[[toc]]` and GitHub's `> [!NOTE]`, parsed as paragraph and quote."""
    alerts: list[tuple[int, str]] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "blockquote_open" and (alert := _alert(tokens, position)):
            name = alert[1].lower()
            alerts.append((token.level, name))
            token.type, token.info = f"container_{name}_open", f"{name} {alert[2]}"
        elif token.type == "blockquote_close" and alerts and alerts[-1][0] == token.level:
            token.type = f"container_{alerts.pop()[1]}_close"
        elif token.type == "paragraph_open" and tokens[position + 1].content.strip().lower() == "[[toc]]":
            token = Token("contents", "", 0)
            position += 2
        elif token.type == "inline" and token.map:
            _set_lines(token, token.map[0])
            token.children = joined(token.children or [])
        yield token
        position += 1


def _set_lines(inline: Token, first: int) -> None:
    """Set the lines of tags and HTML within a paragraph: the parser only knows the paragraph's."""
    line, told = first, 0
    for child in inline.children or []:
        if child.type == "live_call":
            line += inline.content.count("\n", told, child.meta["at"])
            told = child.meta["at"]
        if child.type in ("live_call", "html_inline"):
            child.map = [line, line]


def _alert(tokens: list[Token], position: int) -> re.Match[str] | None:
    """Match the first line of a quote that is an alert, and remove it from the quote."""
    if tokens[position + 1].type != "paragraph_open":
        return None
    inline = tokens[position + 2]
    first, _, rest = inline.content.partition("\n")
    found = _ALERT.fullmatch(first.strip())
    if found:
        children = inline.children or []
        breaks = [at for at, child in enumerate(children) if child.type in ("softbreak", "hardbreak")]
        inline.content, inline.children = rest, children[breaks[0] + 1 :] if breaks else []
    return found


def headings_of(tokens: list[Token]) -> list[Heading]:
    """Give each heading an id, which stays the same as long as the heading's text does."""
    found: list[Heading] = []
    free = _Ids()
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opening.type != "heading_open":
            continue
        chosen = _chosen_id(inline)
        text = plain(inline)
        heading = Heading(int(opening.tag[1:]), free.take(chosen or slug(text)), text)
        opening.attrSet("id", heading.id)
        closing.meta = {"heading": heading}
        found.append(heading)
    return found


def _chosen_id(inline: Token) -> str:
    """Return the id of VitePress's `## Heading {#id}`, and remove it from the heading."""
    last = inline.children[-1] if inline.children else None
    if last is None or last.type != "text" or not last.content.rstrip().endswith("}"):
        return ""
    words, begin, chosen = last.content.rstrip()[:-1].rpartition("{#")
    if not begin or not _CUSTOM_ID.fullmatch(chosen):
        return ""
    last.content = words.rstrip()
    return chosen


def slug(text: str) -> str:
    """Make a heading's id exactly as VitePress does, so links work in both: `What's new?` → `what-s-new`."""
    text = re.sub("[\u0300-\u036f\0-\x1f]", "", unicodedata.normalize("NFKD", text))
    text = re.sub(r"[\s~`!@#$%^&*()\-_+=\[\]{}|\\;:\"'“”‘’<>,.?/]+", "-", text).strip("-")
    return re.sub(r"^(\d)", r"_\1", text).lower()


class _Ids:
    """Makes the ids of a page unique: `a`, `a-1`, `a-2`."""

    def __init__(self) -> None:
        self._taken = set[str]()
        # The last number given for each id, so that a thousand equal headings take linear time.
        self._numbers = dict[str, int]()

    def take(self, wanted: str) -> str:
        free, number = wanted or "section", self._numbers.get(wanted, 0)
        while free in self._taken or _RESERVED_IDS.fullmatch(free):
            number += 1
            free = f"{wanted or 'section'}-{number}"
        self._numbers[wanted] = number
        self._taken.add(free)
        return free


def plain(inline: Token) -> str:
    """Return a line's text without markup."""
    parts = []
    for child in inline.children or []:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "image":
            parts.append(plain(child))
    return "".join(parts).strip()
