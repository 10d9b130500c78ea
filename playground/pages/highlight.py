"""Code and JSON as highlighted HTML, made on the server. Everything in it is escaped."""

from functools import cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight as pygments_highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

# A megabyte of highlighted JSON is 149,000 elements, which freezes a page.
LARGEST = 100_000
_formatter = HtmlFormatter(nowrap=True, classprefix="hl-")


def highlight(code: str, lexer: str) -> SafeString:
    """HTML for inside a `<pre>`; a text over `LARGEST` characters is escaped and no more."""
    if len(code) > LARGEST:
        return escape(code)
    html = pygments_highlight(code, _lexer(lexer), _formatter)
    return mark_safe(html)  # noqa: S308 -- Pygments escapes every token's text


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False, ensurenl=False)
