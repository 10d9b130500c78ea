"""Sentences for people, kept apart from their language.

This package does not import Django: it stores what to say, and the pages translate it. `gettext_noop` and
`ngettext_noop` only mark texts for `makemessages`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playground import amounts


def gettext_noop(message: str) -> str:
    return message


def ngettext_noop(one: str, many: str) -> tuple[str, str]:
    return one, many


# How a list and alternatives are written; longer ones repeat the first separator.
_LIST = gettext_noop("{0}, {1}")
_TWO = gettext_noop("{0} or {1}")
_THREE = gettext_noop("{0}, {1}, or {2}")


@dataclass(frozen=True)
class Sentence:
    """A text with `%(name)s` placeholders, and their values. `str()` gives it in English.

    A template with a singular and a plural goes by the number in `count`. Whole numbers are counts and get
    separators: pass a port as a string. A value can be a sentence, a list (a, b, c) or a tuple (a, b, or c).
    """

    template: str | tuple[str, str]
    params: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.said(gettext_noop, lambda one, many, count: one if count == 1 else many)

    def said(self, gettext: Callable[[str], str], ngettext: Callable[[str, str, int], str]) -> str:
        """Return the text in the language of these two functions."""
        params = {name: _said(value, gettext, ngettext) for name, value in self.params.items()}
        one = self.template
        text = gettext(one) if isinstance(one, str) else ngettext(*one, self.params["count"])
        return text % params if params else text


def _said(value: Any, gettext: Callable[[str], str], ngettext: Callable[[str, str, int], str]) -> Any:
    if isinstance(value, Sentence):
        return value.said(gettext, ngettext)
    if not isinstance(value, (tuple, list)):
        return amounts.readable(value)
    items = [str(_said(item, gettext, ngettext)) for item in value]
    if isinstance(value, list):
        return gettext(_LIST)[3:-3].join(items)
    if len(items) < 3:
        return gettext(_TWO).format(*items) if len(items) == 2 else "".join(items)
    _, between, before_last, _ = re.split(r"\{\d\}", gettext(_THREE))
    return between.join(items[:-1]) + before_last + items[-1]


def say(template: str | tuple[str, str], **params: object) -> Sentence:
    """Return a `Sentence`: `say(gettext_noop("Can’t find %(host)s."), host=host)`."""
    return Sentence(template, params)


class SentenceError(ValueError):
    """A value cannot be used; `sentence` says why, and what would work."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence
