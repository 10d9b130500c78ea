"""A model's answer as HTML: Markdown, code, formulas, or JSON. What an attacker writes stays text.

Raw HTML is escaped. A link is a full http, https, or mailto address, and opens in another tab. An image on
another server becomes a link, so an answer makes no browser fetch anything.
"""

# ruff: noqa: ARG002 -- the library passes all arguments to every method

import re
import time
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from mdit_py_plugins.dollarmath import dollarmath_plugin

from playground.rendering.budget import Budget, OverBudgetError
from playground.rendering.formula import MOST_LATEX, mathml
from playground.rendering.highlight import highlight
from playground.rendering.parser import within_budget
from playground.text import jsontext

# In characters. Longer answers are shown as they came.
LONGEST = 100_000
# CPU time. An answer of ordinary Markdown of that length takes a tenth of it.
_SECONDS = 1.0
_LINK = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
# Raster images only: an SVG can have scripts.
_IMAGE_DATA = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+", re.IGNORECASE)
# What plain text is made of.
_PLAIN = re.compile("</?p>|<br />")
# What all markup begins with. A text that has none of it is not parsed.
_MAY_BE_MARKUP = re.compile(r"[*_`~|$\\[<\r]|^[ \t>#+=\-0-9]", re.MULTILINE)
_BRACKETS = {"\\(": "\\)", "\\[": "\\]"}
# The page's own headings have the ranks up to this one.
_RANK = 2
_LEAVING = '<a href="{}" target="_blank" rel="noopener noreferrer nofollow">'


class Drawing:
    """Draws the answers of one page. They share the time of one answer: there can be a hundred."""

    def __init__(self) -> None:
        self._seconds = _SECONDS

    def rendered(self, text: str, *, copying: bool = True) -> SafeString | None:
        """Return an answer as HTML, as `rendered` does, or None if no time is left."""
        began = time.thread_time()
        try:
            return rendered(text, copying=copying, seconds=self._seconds)
        finally:
            self._seconds = max(0.0, self._seconds - (time.thread_time() - began))


def rendered(text: str, *, copying: bool = True, seconds: float = _SECONDS) -> SafeString | None:
    """Return an answer as HTML; None if it is shown as text.

    That is if it has no markup, is too long, or was built to take too long. With `copying`, code has a button
    for it, which needs the page's scripts and icons.
    """
    if len(text) > LONGEST:
        return None
    env = {"budget": Budget(seconds), "copying": copying}
    if (json := _as_json(text, env)) is not None:
        return json
    if not _MAY_BE_MARKUP.search(text):
        return None
    try:
        html = _html(text, env, whole=True)
    except (OverBudgetError, RecursionError):
        return None
    has_markup = "<" in _PLAIN.sub("", html)
    return mark_safe(html.strip()) if has_markup else None  # noqa: S308 -- all text in it is escaped


def rendered_block(text: str, seconds: float = _SECONDS) -> str:
    """Return a block of a growing answer as HTML; escaped if it takes too long."""
    try:
        env = {"budget": Budget(min(seconds, _SECONDS)), "copying": True}
        return _html(text, env, whole=False).strip()
    except (OverBudgetError, RecursionError):
        return f'<p class="answer-text">{escape(text)}</p>'


def fence(code: str, language: str, seconds: float = _SECONDS, *, is_open: bool = False) -> SafeString:
    """Return a block of code as HTML, highlighted unless `is_open`: then more code is put into it."""
    html = SafeString(escape(code)) if is_open else highlight(code, language, min(seconds, _SECONDS))
    return _figure(html, language[:40], copying=True)


def _html(text: str, env: dict[str, Any], *, whole: bool) -> str:
    parser = _parser()
    tokens = parser.parse(text, env)
    _set_ranks(tokens, whole=whole)
    return str(parser.renderer.render(tokens, parser.options, env))


def _set_ranks(tokens: Sequence[Token], *, whole: bool) -> None:
    """Put headings below the page's own. Those of a whole answer leave no rank out."""
    levels = [int(token.tag[1:]) for token in tokens if token.type == "heading_open"]
    highest, rank = (min(levels, default=1), _RANK) if whole else (1, 6)
    for token in tokens:
        if token.type == "heading_open":
            rank = min(int(token.tag[1:]) - highest + _RANK + 1, rank + 1, 6)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{rank}"


def _as_json(text: str, env: Any) -> SafeString | None:
    if text.strip()[:1] not in ("{", "["):
        return None
    try:
        jsontext.loads(text.strip().encode("utf-8", "replace"))
        return _code(jsontext.indent(text.strip(), LONGEST), "json", env)
    except jsontext.JSONTextError:
        return None


def _code(text: str, language: str, env: Any) -> SafeString:
    budget, began = env["budget"], time.thread_time()
    html = highlight(text, language, budget.highlight_seconds)
    budget.highlight_seconds -= time.thread_time() - began
    return _figure(html, language, copying=env["copying"])


def _figure(html: SafeString, language: str, *, copying: bool) -> SafeString:
    context = {"code": html, "language": language, "copying": copying}
    return render_to_string("result/_code.html", context)


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 -- the parser's own name
        return bool(_LINK.match(url) or _IMAGE_DATA.fullmatch(url))


class _Renderer(RendererHTML):
    def link_open(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        address = str(tokens[at].attrGet("href") or "")
        element = "a" if _LINK.match(address) else "span"  # an image's data is nowhere to go
        env.setdefault("links", []).append(element)
        return _LEAVING.format(escape(address)) if element == "a" else "<span>"

    def link_close(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return f"</{env['links'].pop()}>"

    def image(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        address, name = str(tokens[at].attrGet("src") or ""), tokens[at].content
        if _IMAGE_DATA.fullmatch(address):
            return f'<img src="{escape(address)}" alt="{escape(name)}">'
        told = escape(gettext("Image: %(name)s") % {"name": name or address[:100]})
        return f"{_LEAVING.format(escape(address))}{told}</a>" if _LINK.match(address) else told

    def fence(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        language, _, _ = tokens[at].info.strip().partition(" ")
        return _code(tokens[at].content.removesuffix("\n"), language[:40], env)

    def code_block(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return _code(tokens[at].content.removesuffix("\n"), "", env)

    def code_inline(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return _inline_code(tokens[at].content)

    def table_open(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return '<div class="wide" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return "</table></div>\n"

    def math_inline(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return _formula(tokens[at], env, display=False)

    def math_inline_double(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return _formula(tokens[at], env, display=True)

    def math_block(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return f'<div class="wide" tabindex="0">{_formula(tokens[at], env, display=True)}</div>\n'


def _bracketed(state: StateInline, silent: bool) -> bool:
    r"""Parse `\(x\)` and `\[x\]`, as many models write formulas."""
    closing = _BRACKETS.get(state.src[state.pos : state.pos + 2])
    if closing is None:
        return False
    start = state.pos + 2
    end = state.src.find(closing, start, min(start + MOST_LATEX, state.posMax))
    if end < 0:
        return False
    if not silent:
        token = state.push("math_inline" if closing == "\\)" else "math_inline_double", "math", 0)
        token.content = state.src[start:end]
    state.pos = end + 2
    return True


def _formula(token: Token, env: Any, *, display: bool) -> str:
    env["budget"].ask()  # a long one takes a tenth of a second
    return mathml(token.content.strip(), display=display) or _inline_code(token.content)


def _inline_code(text: str) -> str:
    # In Arabic or Hebrew text, `f(x)` would be read as `(f(x`.
    return f'<code dir="ltr">{escape(text)}</code>'


@cache
def _parser() -> MarkdownIt:
    made = within_budget(_Parser, html=False, breaks=True)
    made.renderer = _Renderer()
    # `$x$`, but not the prices in “$5 and $6”.
    dollarmath_plugin(made, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)
    made.inline.ruler.before("escape", "math_brackets", _bracketed)
    for kind in ("math_inline", "math_inline_double", "math_block"):
        made.renderer.rules[kind] = getattr(made.renderer, kind)
    return made
