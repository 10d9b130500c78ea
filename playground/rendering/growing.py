"""A growing answer as HTML: whole blocks are rendered once, only the last one again and again.

This is an approximation, because the end of a block can change its meaning. The finished answer is rendered
as a whole (`rendering.answer`).
"""

import re
import time
from dataclasses import dataclass
from html import escape

from playground.rendering.answer import fence, rendered_block
from playground.rendering.budget import Purse

# In characters. A longer block is closed early, so that it isn't rendered over and over.
_LONGEST_OPEN = 4_000
# A block that was built to take long is closed earlier: updates come every 40 ms. In CPU time, of which the
# first blocks take more.
_LONGEST_SECONDS = 0.01
_LONGEST_UNTIMED = 1_000
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`\n]*)$")
_LIST = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])(?: |$)")
# What plain text doesn't contain. Many answers start without any of it, and some end without.
_MARKUP = re.compile(
    r"[*_`~|$\\\[]|<(?:https?:|mailto:)|(?:^|\n) {0,3}(?:>|(?:[-+]|#{1,6}|\d{1,9}[.)])[ \n])", re.IGNORECASE
)


@dataclass(slots=True)
class Change:
    """What an addition changes on the page: `whole` and `open` are HTML, `text` and `code` plain text.

    `text` goes to the end of the plain text. If `begins`, the plain text is replaced by a place for whole
    blocks and one for the open block. `whole` goes to the end of the whole blocks, `open` replaces the open
    block unless it is None, and `code` goes to the end of the code in it.
    """

    text: str = ""
    begins: bool = False
    whole: str = ""
    open: str | None = None
    code: str = ""


class Growing:
    """Takes an answer piece by piece: `add` returns what changes.

    The answer is plain text until there is markup in it, and to its end unless `draws`. Once the purse is
    empty, the open block and all that follows is plain text.
    """

    def __init__(self, purse: Purse, *, draws: bool = True) -> None:
        self._purse = purse
        self._draws = draws
        self._is_rest = False  # only plain text follows
        self._plain: list[str] | None = []  # as long as it is plain text
        self._tail = "\n"  # of the plain text: a mark may arrive in pieces
        self._line = ""  # the last one, which has no end yet
        self._block: list[str] = []  # the whole lines of the open block
        self._length = 0
        self._opening = ""  # the first line of the fence, if the block is one
        self._marks = ""  # those that it begins with
        self._language = ""
        self._coded = 0  # characters of the last line that are shown in the code already
        self._change = Change()

    def add(self, text: str) -> Change:
        if self._is_rest:
            return Change(code=text)
        if self._plain is not None and not self._has_to_draw(text):
            self._plain.append(text)
            self._tail = (self._tail + text)[-20:]
            return Change(text=text)
        with self._purse.paying():
            return self._add(text)

    def _has_to_draw(self, text: str) -> bool:
        return self._draws and bool(_MARKUP.search(self._tail + text)) and self._purse.left() > 0

    def _add(self, text: str) -> Change:
        self._change = Change()
        if self._plain is not None:
            text = "".join([*self._plain, text])
            self._plain = None
            self._change.begins = True
        *lines, last = text.split("\n")
        for at, line in enumerate(lines):
            if not self._purse.left():
                return self._show_rest("\n".join([self._line + line, *lines[at + 1 :], last]))
            self._end(self._line + line)
            self._line = ""
        self._line += last
        if not self._purse.left():
            return self._show_rest(self._line)
        self._show_open()
        return self._change

    def _show_rest(self, text: str) -> Change:
        """Show the source of the open block and the text. All that follows is put into the same element."""
        self._is_rest = True
        opening = [self._opening] if self._marks else []
        source = escape("\n".join([*opening, *self._block, text]))
        self._open(f'<p class="answer-text"><code class="rest">{source}</code></p>')
        self._block, self._line = [], ""
        return self._change

    def _end(self, line: str) -> None:
        """Take a whole line."""
        if self._marks:
            self._end_code(line)
        elif found := _FENCE.match(line):
            self._close()
            self._opening = line
            self._marks, self._language = found[1], found[2].strip().partition(" ")[0]
            self._open(fence("", self._language, is_open=True))
        else:
            if self._starts_anew(line):
                self._close()
            self._block.append(line)
            self._length += len(line) + 1
            if self._length > _LONGEST_OPEN:
                self._close()

    def _starts_anew(self, line: str) -> bool:
        """Whether the line begins another block: it follows an empty one and continues no list."""
        if not self._block or self._block[-1].strip() or not line.strip():
            return False
        in_list = bool(_LIST.match(self._block[0]))
        return not (in_list and (line.startswith(("  ", "\t")) or _LIST.match(line)))

    def _end_code(self, line: str) -> None:
        bare = line.strip()
        if bare.startswith(self._marks) and not bare.strip(self._marks[0]):
            self._close(fence("\n".join(self._block), self._language, self._purse.left()))
            self._marks = ""
        else:
            self._code(line[self._coded :] + "\n")
            self._block.append(line)
        self._coded = 0

    def _show_open(self) -> None:
        if self._marks:
            fresh = self._line[self._coded :]
            # A line that may become the closing fence waits.
            may_close = self._line.strip() and self._marks.startswith(self._line.strip()[:3])
            if fresh and not may_close:
                self._code(fresh)
                self._coded = len(self._line)
        elif (text := "\n".join([*self._block, self._line])).strip():
            began = time.thread_time()
            html = rendered_block(text, self._purse.left())
            takes_long = len(text) > _LONGEST_UNTIMED and time.thread_time() - began > _LONGEST_SECONDS
            if takes_long or len(text) > _LONGEST_OPEN:
                self._line = ""
                self._close(html)
            else:
                self._open(html)

    def _close(self, html: str = "") -> None:
        if html or any(line.strip() for line in self._block):
            html = html or rendered_block("\n".join(self._block), self._purse.left())
            self._change.whole += self._purse.wrote(html)
            self._open("")
        self._block, self._length = [], 0

    def _open(self, html: str) -> None:
        self._change.open, self._change.code = self._purse.wrote(html), ""

    def _code(self, text: str) -> None:
        if self._change.open is None:
            self._change.code += text
        else:
            before, end, after = self._change.open.rpartition("</code>")
            self._change.open = f"{before}{escape(text)}{end}{after}"
