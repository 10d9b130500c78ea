"""Streams whose deltas repeat the whole text so far instead of only what is new.

DashScope's Coding Plan sends them, and gateways to sources that stream snapshots (Apple's models,
chat.qwen.ai).
"""

# To rule out a coincidence: how many letters a delta must repeat, or how many shorter deltas in a row must
# repeat the previous one.
_LETTERS = 5
_MANY = 3


class Snapshots:
    """One text of a stream. `new_in` returns what each delta's text adds to those before.

    The first deltas decide: each snapshot begins with the previous one; if a delta doesn't, all of them are
    pieces (`are_pieces`). `first` is set only by the call that detects snapshots, to the text before it.
    """

    __slots__ = ("_are_snapshots", "_grown", "_last", "are_pieces", "first")

    def __init__(self) -> None:
        self.first = ""
        self._last = ""
        self._grown = 0
        self.are_pieces = False
        self._are_snapshots = False

    def new_in(self, text: str) -> str:
        self.first = ""
        if self.are_pieces or not text:
            return text
        last, goes_on = self._last, text.startswith(self._last)
        if self._are_snapshots and last.startswith(text):
            return ""
        if last and (not goes_on or text == last):
            self.are_pieces, self._last = True, ""
            return text
        self._last = text
        if not last:
            return text
        self._grown += 1
        if not self._are_snapshots and (_is_long(last) or self._grown >= _MANY):
            self._are_snapshots, self.first = True, last
        return text[len(last) :] if self._are_snapshots else text


def _is_long(text: str) -> bool:
    return sum(map(str.isalpha, text[: 10 * _LETTERS])) >= _LETTERS
