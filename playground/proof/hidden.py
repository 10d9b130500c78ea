"""Texts that were blacked out, and where else they are: in any case, escaping, and encoding."""

import json
import re
from collections import defaultdict
from functools import cached_property
from unicodedata import normalize

from playground.proof.readings import layers
from playground.text.pasted import without_invisible

MASK = "█████"
# Each text to mask is searched for in all that is left. Further ones are only looked for: then it is refused.
_MOST_MASKED = 200
# Characters to compare with where one of the texts may begin. Chosen texts could need any number.
_MOST_COMPARED = 20_000_000
# Letters and digits. A shorter text occurs within too many words to be masked everywhere. It must not be a
# word of another part of the request or of the answer.
_SHORTEST = 8
_SHORTEST_LINE = 16
_WORD = re.compile(r"[^\W_]+")


class Hidden:
    """The texts that must not be found any more."""

    def __init__(self, texts: tuple[str, ...], asked: tuple[str, ...]) -> None:
        """Take all texts, and those of them that are in the request."""
        bare = {text.strip(): _bare(text) for text in texts}
        long = {text for text, letters in bare.items() if len(letters) >= _SHORTEST}
        lines = {line.strip() for text in texts for line in text.splitlines()}
        long |= {line for line in lines if len(_bare(line)) >= _SHORTEST_LINE}
        # Longest first: a shorter text may be part of a longer one.
        self._long = sorted(long, key=len, reverse=True)[:_MOST_MASKED]
        self._by_start = defaultdict[str, set[str]](set)
        for letters in map(_bare, long):
            self._by_start[letters[:_SHORTEST]].add(letters)
        self._compared = 0
        # A one-word answer often occurs in the question, so only the request's short texts count.
        self.short = {_words(text) for text in asked if 0 < len(_bare(text)) < _SHORTEST}

    @cached_property
    def _forms(self) -> list[str]:
        forms: dict[str, None] = {}
        for text in self._long:
            forms |= dict.fromkeys((text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]))
        return list(forms)

    def text(self, text: str) -> str:
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def are_in(self, text: str) -> bool:
        """Whether this text contains a long one, in any case or escaping, with anything between letters."""
        return bool(self._by_start) and any(map(self._is_in, map(_bare, layers(text))))

    def _is_in(self, letters: str) -> bool:
        for at in range(len(letters) - _SHORTEST + 1):
            for hidden in self._by_start.get(letters[at : at + _SHORTEST], ()):
                self._compared += len(hidden)
                if letters.startswith(hidden, at) or self._compared > _MOST_COMPARED:
                    return True  # or it can't be told in time
        return False

    def are_words_in(self, text: str) -> bool:
        """Whether a short text is one or more whole words of this one."""
        if not self.short:
            return False
        words = f" {_words(text)} "
        return any(
            f" {hidden} " in words or (not hidden.isascii() and hidden in words)  # Chinese has no spaces
            for hidden in self.short
        )

    def are_told_in(self, text: str) -> bool:
        return self.are_in(text) or self.are_words_in(text)


def _bare(text: str) -> str:
    """Return only the letters and digits."""
    return "".join(filter(str.isalnum, _folded(text)))


def _words(text: str) -> str:
    return " ".join(_WORD.findall(_folded(text)))


def _folded(text: str) -> str:
    """Return the text in one case, width, and normal form: models write “Zoë” in several."""
    return text.casefold() if text.isascii() else normalize("NFKC", without_invisible(text)).casefold()
