"""Sentences in a JSON column: kept apart from their language, as everywhere."""

from typing import Any

from playground.text.sentence import Sentence
from playground.text.storable import storable


def stored(sentence: Sentence) -> dict[str, Any]:
    """Return a sentence without a plural as JSON has it."""
    return {
        "says": sentence.template,
        "with": {name: _stored(value) for name, value in sentence.params.items()},
    }


def told(value: dict[str, Any]) -> Sentence:
    """Return the sentence that `stored` was given; lists of alternatives come back as plain lists."""
    template = value["says"] if isinstance(value["says"], str) else tuple(value["says"])
    return Sentence(template, {name: _told(one) for name, one in value["with"].items()})


def _stored(value: Any) -> Any:
    if isinstance(value, Sentence):
        return stored(value)
    if isinstance(value, (list, tuple)):
        return [_stored(one) for one in value]
    return value if isinstance(value, int) else storable(str(value))


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return told(value)
    return [_told(one) for one in value] if isinstance(value, list) else value
