"""Sentences for people, kept apart from their language.

This room does not import Django, so it cannot translate. It stores what to say; the pages translate it into
the reader's language. `gettext_noop` only marks a text for `makemessages`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from playground import amounts


def gettext_noop(message: str) -> str:
    return message


@dataclass(frozen=True)
class Sentence:
    """A text with `%(name)s` placeholders, and their values. `str()` gives it in English.

    Whole numbers are counts and get separators: pass a port or another name made of digits as a string.
    """

    template: str
    params: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.filled(self.template, str)

    def filled(self, template: str, inner: Callable[["Sentence"], str]) -> str:
        """Fill `template`, which may be a translation; `inner` turns values that are sentences into text."""
        values = {
            name: inner(value) if isinstance(value, Sentence) else amounts.readable(value)
            for name, value in self.params.items()
        }
        return template % values if values else template


def say(template: str, **params: object) -> Sentence:
    """Return a `Sentence`: `say(gettext_noop("No host is called %(host)s."), host=host)`."""
    return Sentence(template, params)


class SentenceError(ValueError):
    """A value cannot be used; `sentence` says why, and what would work."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence
