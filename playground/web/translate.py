"""Translate the sentences of rooms without Django."""

from django.utils.translation import gettext

from playground.text.sentence import Sentence


def translate(sentence: Sentence) -> str:
    text = gettext(sentence.template)
    if not sentence.params:
        return text
    return text % {
        name: translate(value) if isinstance(value, Sentence) else value
        for name, value in sentence.params.items()
    }
