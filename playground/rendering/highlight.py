"""Highlight code and JSON as HTML, on the server. All text is escaped."""

import re
import time
from collections.abc import Iterator
from functools import cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from pygments import format as pygments_format
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.lexers.data import JsonLexer
from pygments.lexers.special import TextLexer
from pygments.lexers.textfmts import HttpLexer
from pygments.token import _TokenType

# In characters. A megabyte of highlighted JSON has 149,000 elements, which freezes a page.
LARGEST = 100_000
# CPU time for one text. Ordinary code of the largest size takes half of it.
SECONDS = 1.0
# The languages of API docs, by Pygments' names. Many of its 500 lexers take minutes for a few thousand
# characters, in one step that nothing can interrupt; each step of these takes linear time at most.
LEXERS = frozenset((
    "bash", "c", "console", "cpp", "csharp", "css", "dart", "diff", "docker", "elixir", "go", "graphql",
    "groovy", "html", "http", "ini", "java", "javascript", "json", "jsx", "kotlin", "lua", "make", "markdown",
    "nginx", "php", "powershell", "properties", "protobuf", "pycon", "python", "r", "ruby", "rust",
    "scala", "sql", "swift", "toml", "tsx", "typescript", "xml", "yaml",
))  # fmt: skip
# The patterns of these take quadratic time in the length of a line.
_BY_LINE = frozenset(("console", "ini", "make", "pycon"))
_LONGEST_LINE = 1_000
_ALIASES = {"vue": "html", "jsonc": "json", "json5": "json", "curl": "bash", "env": "bash", "dotenv": "bash"}

_formatter = HtmlFormatter(nowrap=True, classprefix="hl-")


class _OutOfTimeError(Exception):
    pass


def _http_body_tokens(lexer: HttpLexer, match: re.Match[str]) -> Iterator[tuple[int, _TokenType, str]]:
    kind = (JsonLexer if "json" in (lexer.content_type or "") else TextLexer)(**lexer.options)
    for at, token, text in kind.get_tokens_unprocessed(match[0]):  # type: ignore[no-untyped-call]
        yield match.start() + at, token, text


class _HttpLexer(HttpLexer):
    """Highlight a body as JSON or as text. Pygments would choose from all its lexers, by the Content-Type."""

    tokens = HttpLexer.tokens | {"content": [(".+", _http_body_tokens)]}


def highlight(code: str, language: str, seconds: float = SECONDS) -> SafeString:
    """Return HTML for inside a `<pre>`.

    Text is only escaped if it is longer than `LARGEST`, in an unknown language, has lines that are too long
    for its lexer, or takes more than `seconds` of CPU time.
    """
    name = _lexer_names().get(language.lower())
    if name is None or len(code) > LARGEST or (name in _BY_LINE and _has_long_line(code)):
        return escape(code)
    try:
        html = pygments_format(_tokens_in_time(_lexer(name), code, seconds), _formatter)
    except _OutOfTimeError:
        return escape(code)
    return mark_safe(html)  # noqa: S308 -- Pygments escapes every token's text


def _has_long_line(code: str) -> bool:
    return max(map(len, code.split("\n"))) > _LONGEST_LINE


def _tokens_in_time(lexer: Lexer, code: str, seconds: float) -> Iterator[tuple[_TokenType, str]]:
    end = time.thread_time() + seconds
    for token in lexer.get_tokens(code):
        if time.thread_time() > end:
            raise _OutOfTimeError
        yield token


@cache
def _lexer_names() -> dict[str, str]:
    """Return `{name of a language: name of its lexer}`."""
    found = {
        alias: next(iter(LEXERS.intersection(aliases)))
        for _, aliases, _, _ in get_all_lexers(plugins=False)
        if LEXERS.intersection(aliases)
        for alias in aliases
    }
    return found | _ALIASES


@cache
def _lexer(name: str) -> Lexer:
    options = {"stripnl": False, "ensurenl": False}
    if name == "http":
        return _HttpLexer(**options)
    return get_lexer_by_name(name, **options, **({"handlecodeblocks": False} if name == "markdown" else {}))
