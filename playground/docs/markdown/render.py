"""Tokens in, HTML out: each method of `_Renderer` renders one kind of token."""

# ruff: noqa: ARG002 -- the library passes all arguments to every method

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from playground.docs.folder import Docs, Page
from playground.docs.links import docs_url, is_external, target
from playground.docs.markdown import code
from playground.docs.markdown.parse import BOXES, GROUPS, Heading, headings_of, parsed, parser
from playground.docs.markdown.playgrounds import Means, Playgrounds
from playground.rendering.budget import Budget, OverBudgetError
from playground.rendering.translate import translate
from playground.tags import fence, tag
from playground.tags.tag import LiveCall, TagError
from playground.text.sentence import Sentence, SentenceError, gettext_noop, say

# Titles of boxes that the author gave none.
_TITLES = {
    "info": gettext_noop("Info"),
    "note": gettext_noop("Note"),
    "tip": gettext_noop("Tip"),
    "important": gettext_noop("Important"),
    "warning": gettext_noop("Warning"),
    "caution": gettext_noop("Caution"),
    "danger": gettext_noop("Danger"),
    "details": gettext_noop("Details"),
}
_TOC_LEVELS = (2, 3)
# In characters.
_LONGEST_UNBROKEN = 24
_BREAKS = re.compile(r"(?<=[./])(?=[A-Za-z])")


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered page.

    `contents` are the headings for the table of contents, `embeds` what its embeds meant when it was
    rendered.
    """

    html: SafeString
    contents: tuple[Heading, ...] = ()
    has_title: bool = False
    embeds: dict[str, Means | None] = field(default_factory=dict)


@dataclass
class _Context:
    """What the rules know about the page being rendered, and their running state."""

    docs: Docs
    page: Page
    budget: Budget
    headings: list[Heading] = field(default_factory=list)
    playgrounds: Playgrounds = field(default_factory=Playgrounds)
    contents: str = ""
    codes: int = 0
    links_open: int = 0
    # Resolved links: a reference is written once and may be linked a thousand times.
    places: dict[str, tuple[str, str]] = field(default_factory=dict)

    def line(self, line: int) -> int:
        """Convert a line of the text, from 0, to a line of the file, from 1."""
        return self.page.source.first_line + line


def render(docs: Docs, page: Page, *, allow_html: bool, budget: Budget | None = None) -> Document:
    """Render a page. Each error in it becomes a box with file, line and reason.

    A page that exceeds its budget is shown as its source.
    """
    context = _Context(docs, page, budget or Budget())
    made, env = parser(allow_html), {"context": context, "budget": context.budget}
    try:
        tokens = parsed(made, page.source.text, env)
        context.headings = headings_of(tokens)
        html = mark_safe(_renderer.render(tokens, made.options, env))  # noqa: S308 -- by the class below
    except (OverBudgetError, RecursionError):
        too_much = gettext_noop(
            "This page is too large or too complex to render, so its source appears below as plain text."
        )
        document = Document(_as_written(context, say(too_much)))
    else:
        document = Document(
            html,
            tuple(heading for heading in context.headings if heading.level in _TOC_LEVELS),
            any(heading.level == 1 for heading in context.headings),
            context.playgrounds.embeds,
        )
    if page.source.problem:
        box = _problem(context, page.source.problem, page.source.problem_line, "div")
        return Document(box + document.html, document.contents, document.has_title, document.embeds)
    return document


def _as_written(context: _Context, reason: Sentence) -> SafeString:
    text = escape(context.page.source.text)
    return _problem(context, reason, context.line(0), "div") + _code(context, text, code.Info("", "", ""))


def _problem(context: _Context, sentence: Sentence, line: int, element: str) -> SafeString:
    values = {"file": context.page.path, "line": line, "reason": translate(sentence), "element": element}
    return render_to_string("docs/_problem.html", values)


def _code(context: _Context, html: SafeString, info: code.Info) -> SafeString:
    context.codes += 1
    values = {"code": html, "target": f"docs-code-{context.codes}"}
    return render_to_string("docs/_code.html", values | {"title": info.title, "language": info.language})


def _call_or_problem(context: _Context, read: Callable[[], LiveCall], line: int, element: str) -> str:
    context.budget.ask()
    try:
        return context.playgrounds.show(read(), context.page.language, element)
    except TagError as error:
        return _problem(context, error.sentence, context.line(line + error.line), element)
    except SentenceError as error:
        return _problem(context, error.sentence, context.line(line), element)


def _within(context: _Context, href: str) -> tuple[str, str]:
    """Return the address of a page or file in the folder, and what is wrong with the link ("" if nothing)."""
    if href not in context.places:
        context.places[href] = _place(context, href)
    return context.places[href]


def _place(context: _Context, href: str) -> tuple[str, str]:
    docs, page = context.docs, context.page
    try:
        path, suffix = target(href, page.path)
    except ValueError:
        return docs_url(""), gettext("This link points outside the docs folder")
    if found := docs.page(path):
        return found.url + suffix, ""
    return docs_url(path) + suffix, "" if docs.file(path) else gettext("Page not found")


class _Renderer(RendererHTML):
    """One method for each kind of token, as the library expects; `env` holds the page's context."""

    def __init__(self) -> None:
        super().__init__()
        boxes = (f"container_{name}_{end}" for name in (*BOXES, *GROUPS) for end in ("open", "close"))
        self.rules |= dict.fromkeys(boxes, self.rules["box"])

    def render(self, tokens: Sequence[Token], options: Any, env: Any) -> str:
        """Render the tokens of a page or of a line in it, within the budget."""
        html = []
        for at, token in enumerate(tokens):
            if token.type == "inline":
                html.append(self.render(token.children or [], options, env))
            else:
                rule = self.rules.get(token.type, self.renderToken)
                html.append(env["budget"].wrote(str(rule(tokens, at, options, env))))
        return "".join(html)

    # --- playgrounds and code ---

    def live_call(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        token = tokens[at]
        line = token.map[0] if token.map else 0
        read = partial(tag.read, token.meta["tag"])
        return _call_or_problem(env["context"], read, line, token.meta["element"])

    def fence(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        token, context = tokens[at], env["context"]
        info = code.info_of(token.info)
        if info.language.lower() == fence.LANGUAGE:
            line = token.map[0] + 1 if token.map else 0
            return _call_or_problem(context, partial(fence.read, token.content), line, "div")
        html = code.highlighted(token.content.removesuffix("\n"), info, context.budget)
        return _code(context, html, info)

    def code_inline(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Let long URLs and paths break after a slash or a dot, but not a short code after its hyphen."""
        text = tokens[idx].content
        if len(text) > _LONGEST_UNBROKEN:
            return f"<code>{'<wbr>'.join(map(escape, _BREAKS.split(text)))}</code>"
        name = ' class="one-line"' if " " in text or "-" in text else ""
        return f"<code{name}>{escape(text)}</code>"

    def code_block(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return _code(env["context"], escape(tokens[at].content.removesuffix("\n")), code.Info("", "", ""))

    def html_block(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        """Pass on HTML that the settings allow; a tag in it becomes a playground, as elsewhere."""
        token, context = tokens[at], env["context"]
        parts, position, line = [], 0, token.map[0] if token.map else 0
        while opening := tag.OPENING.search(token.content, position):
            found = tag.scan(token.content, opening.start())
            if found is None:
                break
            line += token.content.count("\n", position, opening.start())
            parts.append(token.content[position : opening.start()])
            parts.append(
                context.budget.wrote(_call_or_problem(context, partial(tag.read, found), line, "div"))
            )
            line += token.content.count("\n", opening.start(), found.end)
            position = found.end
        return "".join([*parts, token.content[position:]])

    def html_inline(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return self.html_block(tokens, idx, options, env)

    # --- headings ---

    def heading_close(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        token = tokens[at]
        heading = token.meta["heading"]
        label = gettext("Link to “%(heading)s”") % {"heading": heading.text}
        link = format_html(' <a class="anchor" href="#{}" aria-label="{}">#</a>', heading.id, label)
        return f"{link}</{token.tag}>\n"

    def contents(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        context = env["context"]
        if not context.contents:
            headings = [heading for heading in context.headings if heading.level in _TOC_LEVELS]
            context.contents = render_to_string("docs/_contents.html", {"headings": headings})
        return str(context.contents)

    # --- links and images ---

    def link_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        token, context = tokens[at], env["context"]
        context.links_open += 1
        href = str(token.attrGet("href") or "")
        if is_external(href):
            token.attrSet("rel", "noopener noreferrer")
        elif not href.startswith("#"):
            address, problem = _within(context, href)
            token.attrSet("href", address)
            if problem:
                token.attrSet("class", "broken")
                token.attrSet("title", problem)
        return self.renderToken(tokens, at, options, env)

    def link_close(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        env["context"].links_open -= 1
        return self.renderToken(tokens, at, options, env)

    def image(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        """Render an image; one on another server, which would learn who reads the page, becomes a link."""
        token, context = tokens[at], env["context"]
        src = str(token.attrGet("src") or "")
        if not is_external(src):
            token.attrSet("src", _within(context, src)[0])
            token.attrSet("loading", "lazy")
            return super().image(tokens, at, options, env)
        words = self.renderInlineAsText(token.children, options, env) or src
        if context.links_open:
            return escape(words)
        return format_html('<a href="{}" rel="noopener noreferrer">{}</a>', src, words)

    # --- tables and boxes ---

    def table_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return format_html(
            '<div class="scroll" tabindex="0" role="group" aria-label="{}"><table>\n', gettext("Table")
        )

    def table_close(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return "</table></div>\n"

    def td_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        """Replace the alignment style by a class: the CSP allows no style attributes."""
        token = tokens[at]
        if style := token.attrs.pop("style", None):
            token.attrSet("class", str(style).replace("text-align:", "align-"))
        return self.renderToken(tokens, at, options, env)

    th_open = td_open

    def box(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        token = tokens[at]
        name = token.type.removeprefix("container_").removesuffix("_open").removesuffix("_close")
        if name in GROUPS:
            return f'<div class="{name}">\n' if token.nesting == 1 else "</div>\n"
        if token.nesting != 1:
            return "</details>\n" if name == "details" else "</div>\n"
        words = token.info.strip()[len(name) :].partition("{")[0].strip()
        title = words or gettext(_TITLES[name])
        if name == "details":
            return format_html('<details class="box box-details"><summary>{}</summary>\n', title)
        return format_html('<div class="box box-{}"><p class="box-title">{}</p>\n', name, title)


_renderer = _Renderer()
