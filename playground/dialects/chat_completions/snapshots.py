"""Deltas that hold the whole text so far, where only what is new belongs.

DashScope's Coding Plan sends them, and gateways to what streams so by nature (Apple's models, chat.qwen.ai).
"""

# A delta that begins with so many letters of the one before is no accident, nor are so many short ones.
_LETTERS = 5
_MANY = 3


class Snapshots:
    """One text of a stream. `new_in` each delta's text: all of it, or what it adds to the one before.

    Judged by the first deltas: each has to begin with the one before. Any that does not settles that they
    are pieces. `first` is set in the one call that finds snapshots: the text up to there, said once.
    """

    __slots__ = ("_are_pieces", "_are_snapshots", "_grown", "_last", "first")

    def __init__(self) -> None:
        self.first = ""
        self._last = ""
        self._grown = 0
        self._are_pieces = False
        self._are_snapshots = False

    def new_in(self, text: str) -> str:
        self.first = ""
        if self._are_pieces or not text:
            return text
        last, goes_on = self._last, text.startswith(self._last)
        if self._are_snapshots and last.startswith(text):
            return ""
        if last and (not goes_on or text == last):
            self._are_pieces, self._last = True, ""
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
