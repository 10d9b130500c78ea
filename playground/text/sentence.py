"""Sentences for people, kept apart from their language.

This room does not import Django, so it cannot translate. It stores what to say; the pages translate it into
the reader's language. `gettext_noop` only marks a text for `makemessages`.
"""

from dataclasses import dataclass, field

from playground import amounts


def gettext_noop(message: str) -> str:
    return message


@dataclass(frozen=True)
class Sentence:
    """A text with `%(name)s` placeholders, and their values. `str()` gives it in English."""

    template: str
    params: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template % self.params if self.params else self.template


def say(template: str, **params: object) -> Sentence:
    """Return a `Sentence`: `say(gettext_noop("No host is called %(host)s."), host=host)`.

    Whole numbers get separators, so pass a port as a string.
    """
    return Sentence(template, {name: amounts.readable(value) for name, value in params.items()})


class SentenceError(ValueError):
    """A value cannot be used; `sentence` says why, and what would work."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence
