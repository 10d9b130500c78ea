"""Code fences: language, marked lines, and highlighting within the page's budget."""

import re
import time
from typing import NamedTuple

from django.utils.safestring import SafeString, mark_safe

from playground.rendering.budget import Budget
from playground.rendering.highlight import highlight

_INFO = re.compile(
    r"\s*(?P<language>[^\s{\[:]*)(?::[\w-]+(?:=\d+)?)*\s*(?:\{(?P<lines>[\d,\s-]*)\})?[^\[]*(?:\[(?P<title>[^\]]*)\])?"
)
# Characters of the text after a fence's opening marks.
_LONGEST_INFO = 1_000


class Info(NamedTuple):
    """The text after a fence's opening marks: ```` ```js{2,4-5} [app.js] ````."""

    language: str
    lines: str
    title: str


def info_of(text: str) -> Info:
    found = _INFO.match(text[:_LONGEST_INFO])
    parts = found.groupdict() if found else {}
    return Info(parts.get("language") or "", parts.get("lines") or "", (parts.get("title") or "").strip())


def highlighted(code: str, info: Info, budget: Budget) -> SafeString:
    began = time.thread_time()
    html = highlight(code, info.language, budget.highlight_seconds)
    budget.highlight_seconds -= time.thread_time() - began
    return _marked(html, _numbers(info.lines, html.count("\n") + 1)) if info.lines else html


def _numbers(text: str, most: int) -> set[int]:
    """Parse line numbers up to `most`: `1,3-5` → 1, 3, 4, 5."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = (word.strip()[:6] for word in part.partition("-"))
        if first.isdecimal() and len(found) < most:
            found.update(range(int(first), min(int(last if last.isdecimal() else first), most) + 1))
    return found


def _marked(code: SafeString, numbers: set[int]) -> SafeString:
    """Wrap the marked lines. Pygments closes its elements at each line's end, so a line can be wrapped."""
    lines = [
        f'<span class="marked-line">{line}</span>' if number in numbers else line
        for number, line in enumerate(code.split("\n"), 1)
    ]
    return mark_safe("\n".join(lines))  # noqa: S308 -- made of escaped lines
