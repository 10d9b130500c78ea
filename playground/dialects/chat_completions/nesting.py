"""Tell whether JSON that arrives in pieces is complete."""

import re
from dataclasses import dataclass

from playground.text.pieces import Pieces

_MARK = re.compile(r'[{}\[\]"\\]')


@dataclass
class Nesting:
    """Tells whether a growing text is a complete JSON object. Reads each character once."""

    read: int = 0
    _depth: int = 0
    _quoted: bool = False
    _escaped: bool = False
    _closed: bool = False
    _broken: bool = False

    def closes(self, text: Pieces) -> bool:
        self._read(text.since(self.read))
        self.read = text.length
        return self._closed and not self._broken

    def _read(self, text: str) -> None:
        begins = self._depth == 0 and not self._closed
        stripped = text.strip()
        if stripped and (self._closed or (begins and stripped[0] != "{")):
            self._broken = True
        skipped = 0 if self._escaped else -1
        self._escaped = False
        for mark in () if self._broken else _MARK.finditer(text):
            at, sign = mark.start(), mark[0]
            if at == skipped:
                continue
            if self._quoted:
                skipped = at + 1 if sign == "\\" else skipped
                self._quoted = sign != '"'
                self._escaped = skipped == len(text)
            elif sign == '"':
                self._quoted = True
            elif sign in "{[":
                self._depth += 1
            elif sign in "}]":
                self._depth -= 1
                self._closed = self._depth == 0
                self._broken = self._closed and text[at + 1 :].strip() != ""
                if self._closed:
                    return
