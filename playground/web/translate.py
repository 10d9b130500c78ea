"""Translate the sentences of packages without Django."""

from django.utils.translation import gettext, ngettext

from playground.text.sentence import Sentence


def translate(sentence: Sentence) -> str:
    return sentence.said(gettext, ngettext)
