"""The escapes with which JSON, URLs, HTML, and Markdown can write a printable ASCII character.

One pattern serves all keys: compiling one per key would cost more than the call. It takes linear time on any
text: zeros are matched possessively, and a run of backslashes is counted once, from its end.
"""

import re
from collections.abc import Iterable, Iterator
from html.entities import html5
from io import StringIO

_HEX = "[2-7][0-9a-fA-F]"
_NAMES = {name: value for name, value in html5.items() if len(value) == 1 and "!" <= value <= "~"}
_LONGEST_NAME = max(map(len, _NAMES))
# Each alternative starts with a literal character instead of a lookbehind, so that the search can skip to it.
_ESCAPE = (
    rf"\\(?:u00({_HEX})|([-_./+=:~]))"  # in Markdown, any mark; these are the ones in keys
    rf"|%(?:25)*({_HEX})"  # a URL within a URL has %25 for %, and so on
    rf"|&#[xX]0*+({_HEX})(?![0-9a-fA-F]);?"
    r"|&#0*+([1-9][0-9]{1,2}+)(?![0-9]);?"
    rf"|&({'|'.join(sorted(map(re.escape, _NAMES), key=len, reverse=True))})"
)
_MARK, _DECIMAL, _NAME, _QUOTE = 2, 5, 6, 7
_BACKSLASHED = ("\\u00", *(f"\\{mark}" for mark in "-_./+=:~"))
_UNFINISHED = re.compile(
    r"\\(?:u(?:0(?:0[2-7]?)?)?)?"
    r"|%(?:25)*+[2-7]?"
    rf"|&(?:#(?:[xX]0*+[2-7]?|0*+[0-9]{{0,3}})|[A-Za-z]{{1,{_LONGEST_NAME}}})?"
)


class Escapes:
    """Finds and decodes escapes. Without `quotes`, an escaped quote or backslash does not count as one."""

    def __init__(self, *, quotes: bool) -> None:
        self._quotes = quotes
        self._pattern = re.compile(rf'{_ESCAPE}|\\(["\\])' if quotes else _ESCAPE)

    def are_in(self, text: str) -> bool:
        # Substring checks first: they cost next to nothing for the many texts without escapes.
        return (
            "%" in text
            or "&" in text
            or ("\\" in text and (self._quotes or True in [escape in text for escape in _BACKSLASHED]))
        ) and self._pattern.search(text) is not None

    def decoded(self, text: str) -> str:
        """Decode one layer of escapes; the result may contain escapes again."""
        plain, at = StringIO(), 0  # `sub` would hold millions of small strings at once
        write, known = plain.write, dict[str, str]()  # of the same escape, most texts have many
        for start, end, escape in self._spans(text):
            if start > at:
                write(text[at:start])
            if (character := known.get(escape[0])) is None:
                character = known[escape[0]] = _character(escape)
            write(character)
            at = end
        write(text[at:])
        return plain.getvalue()

    def origins(self, text: str, positions: Iterable[int]) -> Iterator[int]:
        """Map ascending positions in the `decoded` text to positions in `text`."""
        spans, shift = self._spans(text), 0
        span = next(spans, None)
        for position in positions:
            while span and span[0] - shift < position:
                shift += span[1] - span[0] - 1
                span = next(spans, None)
            yield position + shift

    def _spans(self, text: str) -> Iterator[tuple[int, int, re.Match[str]]]:
        last = 0
        for escape in self._pattern.finditer(text):
            start, end = escape.span()
            # JSON in JSON doubles backslashes: count any run of them as one.
            if text[start] == "\\":
                while start > last and text[start - 1] == "\\":
                    start -= 1
            yield start, end, escape
            last = end


ESCAPES = Escapes(quotes=False)
# JSON is full of \" and \\, which hardly any key contains.
ESCAPES_WITH_QUOTES = Escapes(quotes=True)


def unfinished(text: str) -> int:
    """Return where an unfinished escape at the end of a growing text begins; without one, its length."""
    start = max(text.rfind("\\"), text.rfind("%"), text.rfind("&"))
    if start < 0 or not _UNFINISHED.fullmatch(text, start):
        return len(text)
    while text[start] == "\\" and start and text[start - 1] == "\\":
        start -= 1
    return start


def _character(escape: re.Match[str]) -> str:
    group = escape.lastindex or 0
    value = escape[group]
    if group in (_MARK, _QUOTE):
        return value
    if group == _NAME:
        return _NAMES[value]
    return chr(int(value, 10 if group == _DECIMAL else 16))
