"""Translate the sentences of packages without Django."""

from collections.abc import Iterable

from django.utils.translation import gettext, ngettext

from playground.text.sentence import Sentence

# Chinese has no space after these.
_FULL_WIDTH = ("。", "！", "？", "；", "：")


def translate(sentence: Sentence) -> str:
    return sentence.said(gettext, ngettext)


def spaced(sentence: str) -> str:
    """Return a sentence ready for another after it: Chinese has no space between them."""
    return sentence if sentence.endswith(_FULL_WIDTH) else f"{sentence} "


def paragraph(sentences: Iterable[str]) -> str:
    return "".join(map(spaced, sentences)).strip()
