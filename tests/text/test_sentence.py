"""Sentences: plurals, lists, and sentences within sentences."""

import pytest
from django.utils import translation

from playground.rendering.translate import paragraph, translate
from playground.text.sentence import gettext_noop, ngettext_noop, say

_SECONDS = ngettext_noop("%(count)s second", "%(count)s seconds")


@pytest.mark.parametrize(
    ("count", "english", "chinese"),
    [(1, "1 second", "1 秒"), (2, "2 seconds", "2 秒"), (1253, "1,253 seconds", "1,253 秒")],
)
def test_a_count_chooses_the_form(count: int, english: str, chinese: str) -> None:
    sentence = say(_SECONDS, count=count)

    assert str(sentence) == translate(sentence) == english
    with translation.override("zh-hans"):
        assert translate(sentence) == chinese


@pytest.mark.parametrize(
    ("items", "english", "chinese"),
    [
        ((), "", ""),
        ((80,), "80", "80"),
        ((80, 443), "80 or 443", "80 或 443"),
        (("a", "b", "c"), "a, b, or c", "a、b 或 c"),
        (("a", "b", "c", "d"), "a, b, c, or d", "a、b、c 或 d"),
        ([], "", ""),
        (["a"], "a", "a"),
        (["a", "b", "c"], "a, b, c", "a、b、c"),
    ],
)
def test_lists_and_alternatives_are_joined_by_the_language(items: object, english: str, chinese: str) -> None:
    sentence = say("%(items)s", items=items)

    assert str(sentence) == translate(sentence) == english
    with translation.override("zh-hans"):
        assert translate(sentence) == chinese


@pytest.mark.parametrize(
    ("sentences", "joined"),
    [
        (["One.", "Two."], "One. Two."),
        (["一。", "二。"], "一。二。"),
        (["", "一。"], "一。"),
        (["一", "Two."], "一 Two."),
    ],
)
def test_sentences_are_joined_as_in_their_language(sentences: list[str], joined: str) -> None:
    assert paragraph(sentences) == joined


def test_a_sentence_within_a_sentence_is_translated() -> None:
    sentence = say(gettext_noop("Wait %(wait)s, then send again."), wait=say(_SECONDS, count=1))

    assert str(sentence) == "Wait 1 second, then send again."
    with translation.override("zh-hans"):
        assert translate(sentence) == "请等待 1 秒，然后重新发送。"
