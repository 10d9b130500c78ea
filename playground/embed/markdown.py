"""Markdown as the docs pages show it: CommonMark with tables, VitePress's additions, and live playgrounds.

What stands in the Markdown is text until proven otherwise: raw HTML is escaped unless the settings allow it,
and all markup is made here.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin
from pygments.util import ClassNotFound

from playground.embed import fence, tag
from playground.embed.docs import LANGUAGES, Docs, Page
from playground.embed.links import docs_url, embed_url, is_external, may_be_followed, playground_url, target
from playground.embed.tag import LiveCall, TagError
from playground.exchange.text import Sentence, SentenceError, gettext_noop, say
from playground.pages.highlight import highlight
from playground.pages.language import PARAMETER
from playground.pages.translate import translate
from playground.upstream.providers import catalogue

# VitePress's boxes, and what they are called where the author names none.
CONTAINERS = {
    "info": gettext_noop("Info"),
    "note": gettext_noop("Note"),
    "tip": gettext_noop("Tip"),
    "important": gettext_noop("Important"),
    "warning": gettext_noop("Warning"),
    "caution": gettext_noop("Caution"),
    "danger": gettext_noop("Danger"),
    "details": gettext_noop("Details"),
}
# Those that only group or steer VitePress: what is in them is shown.
_PLAIN_CONTAINERS = ("code-group", "v-pre", "raw")
_ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(.*)", re.IGNORECASE)
_FENCE = re.compile(
    r"\s*(?P<language>[^\s{\[:]*)(?::[\w-]+(?:=\d+)?)*\s*(?:\{(?P<lines>[\d,\s-]*)\})?[^\[]*(?:\[(?P<title>[^\]]*)\])?"
)
_MOST_MARKED = 10_000
_CUSTOM_ID = re.compile(r"\s*\{#([\w:.-]+)\}\s*$")
# Ids of the page around.
_TAKEN = re.compile(r"main|docs-(?:search|suggestions|pages|contents-heading|code-\d+)")
_TOC_LEVELS = (2, 3)
# What VitePress does not show either: an author's notes, and where a page imports its components.
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_UNSEEN = (("<!--", "-->"), ("<script setup", "</script>"))


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below one heading, as text; `id` is "" before the first."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A page's content. `contents` are the headings for a table of contents."""

    html: SafeString
    contents: tuple[Heading, ...]
    has_title: bool


@dataclass
class _Context:
    """What the rules need to know of the page that they render."""

    docs: Docs
    page: Page
    headings: list[Heading] = field(default_factory=list)
    codes: int = 0
    playgrounds: int = 0

    def line(self, line: int) -> int:
        """The line of the file, from 1, for a line of the text, from 0."""
        return self.page.source.first_line + line


def render(docs: Docs, page: Page, *, allow_html: bool) -> Document:
    """The page's HTML; what cannot be understood stands in it as a box with file, line and reason."""
    context = _Context(docs, page)
    parser = _parser(allow_html)
    tokens = _parsed(parser, page.source.text)
    context.headings = _headings(tokens)
    env = {"context": context}
    html = parser.renderer.render(tokens, parser.options, env)
    if page.source.problem:
        html = _problem(context, page.source.problem, page.source.problem_line, "div") + html
    contents = tuple(heading for heading in context.headings if heading.level in _TOC_LEVELS)
    has_title = any(heading.level == 1 for heading in context.headings)
    return Document(mark_safe(html), contents, has_title)  # noqa: S308 -- see above


def sections(text: str, *, allow_html: bool) -> list[Section]:
    """A page's text for the search."""
    tokens = _parsed(_parser(allow_html), text)
    headings = iter(_headings(tokens))
    found, title, id_, parts = [], "", "", list[str]()
    within_heading = False
    for token in tokens:
        if token.type == "heading_open":
            found.append(Section(id_, title, " ".join(parts)))
            heading = next(headings)
            title, id_, parts, within_heading = heading.text, heading.id, [], True
        elif token.type == "heading_close":
            within_heading = False
        elif token.type == "inline" and not within_heading:
            parts.append(_plain(token))
        elif token.type in ("fence", "code_block"):
            parts.append(token.content)
    return [
        section for section in [*found, Section(id_, title, " ".join(parts))] if section.title or section.text
    ]


# --- parsing ---


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 -- the parser's own name
        return may_be_followed(url)


@cache
def _parser(allow_html: bool) -> MarkdownIt:
    parser = _Markdown("commonmark", {"html": allow_html}).enable(["table", "strikethrough"])
    parser.block.ruler.before("html_block", "live_call", _block_tag)
    parser.block.ruler.before("html_block", "unseen", _unseen_block)
    parser.inline.ruler.before("html_inline", "live_call", _inline_tag)
    parser.inline.ruler.before("html_inline", "comment", _inline_comment)
    for name in (*CONTAINERS, *_PLAIN_CONTAINERS):
        container_plugin(parser, name, validate=partial(_is_container, name), render=_container_rule(name))
    for name, rule in _RULES.items():
        parser.add_render_rule(name, rule)
    return parser


def _parsed(parser: MarkdownIt, text: str) -> list[Token]:
    return list(_with_additions(parser.parse(text)))


def _is_container(name: str, params: str, markup: str) -> bool:
    del markup
    return params.strip().split(" ", 1)[0].lower() == name


def _block_tag(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    """A tag that begins a block. It may hold empty lines, which end an element of plain HTML."""
    start = state.bMarks[line] + state.tShift[line]
    if state.is_code_block(line) or not tag.OPENING.match(state.src, start):
        return False
    text, lines = "", 0
    while line + lines < end_line and len(text) <= tag.LONGEST:
        following = line + lines
        if lines and not state.isEmpty(following) and state.sCount[following] < state.blkIndent:
            break
        text += state.getLines(following, following + 1, state.blkIndent, True)
        lines += 1
    text = text.lstrip(" ")
    found = tag.scan(text, 0)
    if found is None:
        return False
    used = text.count("\n", 0, found.end) + 1
    rest = text[found.end :].partition("\n")[0]
    if rest.strip():
        return False  # words behind it make it part of a paragraph
    if not silent:
        token = state.push("live_call", "", 0)
        token.map, token.meta = [line, line + used], {"tag": found, "element": "div"}
        state.line = line + used
    return True


def _unseen_block(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    if state.is_code_block(line):
        return False
    first = state.bMarks[line] + state.tShift[line]
    ending = next((ending for begin, ending in _UNSEEN if state.src.startswith(begin, first)), None)
    if ending is None:
        return False
    ends = (at for at in range(line, end_line) if ending in state.src[state.bMarks[at] : state.eMarks[at]])
    end = next(ends, None)
    if end is None or not state.src[state.bMarks[end] : state.eMarks[end]].rstrip().endswith(ending):
        return False
    if not silent:
        state.line = end + 1
    return True


def _inline_comment(state: StateInline, silent: bool) -> bool:
    del silent
    found = _COMMENT.match(state.src, state.pos)
    if found is None:
        return False
    state.pos = found.end()
    return True


def _inline_tag(state: StateInline, silent: bool) -> bool:
    found = tag.scan(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        token = state.push("live_call", "", 0)
        token.meta = {"tag": found, "element": "span", "line": state.src.count("\n", 0, state.pos)}
    state.pos = found.end
    return True


def _with_additions(tokens: list[Token]) -> Iterator[Token]:
    """VitePress's `[[toc]]` and GitHub's `> [!NOTE]`, which are paragraphs and quotes so far."""
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
            _tell_lines(token, token.map[0])
        yield token
        position += 1


def _tell_lines(inline: Token, first: int) -> None:
    """The parser knows the lines of a paragraph, and not those of what stands in it."""
    for child in inline.children or []:
        if child.type in ("live_call", "html_inline"):
            line = first + child.meta.get("line", 0)
            child.map = [line, line]


def _alert(tokens: list[Token], position: int) -> re.Match[str] | None:
    """The first line of a quote that is an alert; it is taken out of the quote."""
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


def _headings(tokens: list[Token]) -> list[Heading]:
    """Gives each heading its id, which stays the same as long as its words do."""
    found: list[Heading] = []
    taken = set[str]()
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opening.type != "heading_open":
            continue
        chosen = _chosen_id(inline)
        text = _plain(inline)
        heading = Heading(int(opening.tag[1:]), _free(chosen or slug(text), taken), text)
        taken.add(heading.id)
        opening.attrSet("id", heading.id)
        closing.meta = {"heading": heading}
        found.append(heading)
    return found


def _chosen_id(inline: Token) -> str:
    """VitePress's `## Heading {#id}`; it is taken out of the heading."""
    last = inline.children[-1] if inline.children else None
    if last is None or last.type != "text" or not (chosen := _CUSTOM_ID.search(last.content)):
        return ""
    last.content = last.content[: chosen.start()]
    return chosen[1]


def slug(text: str) -> str:
    """`What's new?` → `what-s-new`, letter by letter as VitePress makes it, so that links mean the same."""
    text = re.sub("[\u0300-\u036f\0-\x1f]", "", unicodedata.normalize("NFKD", text))
    text = re.sub(r"[\s~`!@#$%^&*()\-_+=\[\]{}|\\;:\"'“”‘’<>,.?/]+", "-", text).strip("-")
    return re.sub(r"^(\d)", r"_\1", text).lower()


def _free(wanted: str, taken: set[str]) -> str:
    free, number = wanted or "section", 0
    while free in taken or _TAKEN.fullmatch(free):
        number += 1
        free = f"{wanted or 'section'}-{number}"
    return free


def _plain(inline: Token) -> str:
    """The words of a line, without its markup."""
    parts = []
    for child in inline.children or []:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "image":
            parts.append(_plain(child))
    return "".join(parts).strip()


# --- rendering: each rule makes one kind of token into HTML ---

Rule = Callable[[Any, Sequence[Token], int, Any, Any], str]


def _live_call(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    del self, options
    token, context = tokens[at], env["context"]
    line = token.map[0] if token.map else 0
    return _call_or_problem(context, lambda: tag.read(token.meta["tag"]), line, token.meta["element"])


def _call_or_problem(context: _Context, read: Callable[[], LiveCall], line: int, element: str) -> str:
    try:
        return _call(context, read(), element)
    except TagError as error:
        return _problem(context, error.sentence, context.line(line + error.line), element)
    except SentenceError as error:
        return _problem(context, error.sentence, context.line(line), element)


def _call(context: _Context, call: LiveCall, element: str) -> str:
    providers = catalogue()
    if call.provider and call.provider not in providers:
        raise SentenceError(
            say(
                gettext_noop("There is no provider “%(name)s” here, but %(names)s."),
                name=call.provider[:60],
                names=", ".join(providers),
            )
        )
    # The tag says no language, so in a page that is not in English the playground speaks as the page does.
    spoken = {PARAMETER: LANGUAGES[context.page.language]} if context.page.language else {}
    src = embed_url(call.provider, call.body, **spoken)
    link = playground_url(call.provider, call.body)
    context.playgrounds += 1
    return render_to_string(
        "_docs_playground.html",
        {
            "element": element,
            "provider": call.provider,
            "body": call.body,
            "src": src,
            "link": link,
            "number": context.playgrounds,
            "label": gettext(providers[call.provider].label) if call.provider else "",
        },
    )


def _problem(context: _Context, sentence: Sentence, line: int, element: str) -> str:
    values = {"file": context.page.path, "line": line, "reason": translate(sentence), "element": element}
    return render_to_string("_docs_problem.html", values)


def _fence(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    del self, options
    token, context = tokens[at], env["context"]
    about = _FENCE.match(token.info)
    language = about["language"] if about else ""
    if language.lower() == fence.LANGUAGE:
        line = token.map[0] + 1 if token.map else 0
        return _call_or_problem(context, lambda: fence.read(token.content), line, "div")
    code = _highlighted(token.content.removesuffix("\n"), language)
    if about and about["lines"]:
        code = _marked(code, _numbers(about["lines"]))
    title = (about["title"] or "").strip() if about else ""
    return _code(context, code, title, language)


def _highlighted(code: str, language: str) -> SafeString:
    try:
        return highlight(code, _LEXERS.get(language.lower(), language.lower())) if language else escape(code)
    except ClassNotFound:
        return escape(code)


_LEXERS = {"vue": "html", "jsonc": "json", "json5": "json", "curl": "sh", "env": "sh", "dotenv": "sh"}


def _numbers(text: str) -> set[int]:
    """`1,3-5` → 1, 3, 4, 5"""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.strip().isdecimal():
            end = last.strip()
            found |= set(
                range(
                    int(first[:6]), min(int(end[:6]) if end.isdecimal() else int(first[:6]), _MOST_MARKED) + 1
                )
            )
    return found


def _marked(code: SafeString, numbers: set[int]) -> SafeString:
    """Pygments closes its elements at each line's end, so a line can be put into one of ours."""
    lines = [
        f'<span class="marked-line">{line}</span>' if number in numbers else line
        for number, line in enumerate(code.split("\n"), 1)
    ]
    return mark_safe("\n".join(lines))  # noqa: S308 -- lines of what was escaped


def _code_block(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    del self, options
    return _code(env["context"], escape(tokens[at].content.removesuffix("\n")))


def _code(context: _Context, code: SafeString, title: str = "", language: str = "") -> str:
    context.codes += 1
    values = {"code": code, "target": f"docs-code-{context.codes}", "title": title, "language": language}
    return render_to_string("_docs_code.html", values)


def _heading_close(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    del self, options, env
    token = tokens[at]
    heading = token.meta["heading"]
    label = gettext("Link to “%(heading)s”") % {"heading": heading.text}
    link = format_html(' <a class="anchor" href="#{}" aria-label="{}">#</a>', heading.id, label)
    return f"{link}</{token.tag}>\n"


def _contents(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    del self, tokens, at, options
    headings = [heading for heading in env["context"].headings if heading.level in _TOC_LEVELS]
    return render_to_string("_docs_contents.html", {"headings": headings})


def _link_open(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    href = str(token.attrGet("href") or "")
    if is_external(href):
        token.attrSet("rel", "noopener noreferrer")
    elif not href.startswith("#"):
        address, problem = _within(env["context"], href)
        token.attrSet("href", address)
        if problem:
            token.attrSet("class", "broken")
            token.attrSet("title", problem)
    return str(self.renderToken(tokens, at, options, env))


def _within(context: _Context, href: str) -> tuple[str, str]:
    """The address of a page or file of the folder, and what is wrong with it."""
    docs, page = context.docs, context.page
    try:
        path, suffix = target(href, page.path)
    except ValueError:
        return docs_url(""), gettext("This link leads out of the docs’ folder")
    if found := docs.page(path):
        return found.url + suffix, ""
    return docs_url(path) + suffix, "" if docs.file(path) else gettext("There is no such page")


def _image(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    """An image of another server would tell it who reads; it is offered as a link."""
    token = tokens[at]
    src = str(token.attrGet("src") or "")
    if not is_external(src):
        token.attrSet("src", _within(env["context"], src)[0])
        token.attrSet("loading", "lazy")
        return str(self.image(tokens, at, options, env))
    words = self.renderInlineAsText(token.children, options, env) or src
    depth = sum(token.nesting for token in tokens[:at] if token.type in ("link_open", "link_close"))
    if depth:
        return escape(words)
    return format_html('<a href="{}" rel="noopener noreferrer">{}</a>', src, words)


def _table_open(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    del self, tokens, at, options, env
    return format_html(
        '<div class="scroll" tabindex="0" role="group" aria-label="{}"><table>\n', gettext("Table")
    )


def _table_close(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    del self, tokens, at, options, env
    return "</table></div>\n"


def _cell_open(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    """The policy allows no style in an attribute."""
    token = tokens[at]
    if style := token.attrs.pop("style", None):
        token.attrSet("class", str(style).replace("text-align:", "align-"))
    return str(self.renderToken(tokens, at, options, env))


def _html(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    """HTML that the settings allow; a tag within it is a playground as anywhere else."""
    del self, options
    token, context = tokens[at], env["context"]
    first = token.map[0] if token.map else 0
    parts, position = [], 0
    while opening := tag.OPENING.search(token.content, position):
        found = tag.scan(token.content, opening.start())
        if found is None:
            break
        line = first + token.content.count("\n", 0, opening.start())
        parts.append(token.content[position : opening.start()])
        parts.append(_call_or_problem(context, partial(tag.read, found), line, "div"))
        position = found.end
    return "".join([*parts, token.content[position:]])


def _container_rule(name: str) -> Rule:
    def rule(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        del self, options, env
        token = tokens[at]
        if name in _PLAIN_CONTAINERS:
            return f'<div class="{name}">\n' if token.nesting == 1 else "</div>\n"
        if token.nesting != 1:
            return "</details>\n" if name == "details" else "</div>\n"
        words = token.info.strip()[len(name) :].partition("{")[0].strip()
        title = words or gettext(CONTAINERS[name])
        if name == "details":
            return format_html('<details class="box box-details"><summary>{}</summary>\n', title)
        return format_html('<div class="box box-{}"><p class="box-title">{}</p>\n', name, title)

    return rule


_RULES: dict[str, Rule] = {
    "live_call": _live_call,
    "fence": _fence,
    "code_block": _code_block,
    "heading_close": _heading_close,
    "contents": _contents,
    "link_open": _link_open,
    "image": _image,
    "table_open": _table_open,
    "table_close": _table_close,
    "th_open": _cell_open,
    "td_open": _cell_open,
    "html_block": _html,
    "html_inline": _html,
}
