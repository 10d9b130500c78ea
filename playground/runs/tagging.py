"""The tags that a run can have."""

from collections.abc import Collection

from playground.text.sentence import Sentence, gettext_noop, say
from playground.text.storable import storable

_MOST, _LONGEST, _LONGEST_TOGETHER = 20, 40, 300
_TOO_MANY = gettext_noop(
    "The tags weren’t saved. Enter at most %(most)s different ones of up to %(longest)s characters each, and "
    "%(all)s characters in all."
)


class TagsError(Exception):
    """A run can't have so many or so long tags; `sentence` says what it can have."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def joined(tags: Collection[str]) -> str:
    """Return the tags as a run has them. Raises `TagsError`."""
    different = sorted(set(map(storable, tags)))
    text = " ".join(different)
    longest = max(map(len, different), default=0)
    if len(different) > _MOST or longest > _LONGEST or len(text) > _LONGEST_TOGETHER:
        raise TagsError(say(_TOO_MANY, most=_MOST, longest=_LONGEST, all=_LONGEST_TOGETHER))
    return text
