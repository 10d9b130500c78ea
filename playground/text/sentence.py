"""Sentences for people, kept apart from their language.

This room knows no Django, so it cannot translate. It says what to say; the pages say it in the reader's
language. `gettext_noop` marks a text for `makemessages` and does nothing else.
"""

from dataclasses import dataclass, field


def gettext_noop(message: str) -> str:
    return message


@dataclass(frozen=True)
class Sentence:
    """A text with `%(name)s` places and what goes into them. `str()` gives it in English."""

    template: str
    params: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template % self.params if self.params else self.template


def say(template: str, **params: object) -> Sentence:
    """`say(gettext_noop("No host is called %(host)s."), host=host)`"""
    return Sentence(template, params)


class SentenceError(ValueError):
    """Something that cannot be used; `sentence` says why, and what would do."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence
