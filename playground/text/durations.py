"""A duration in words."""

import math

from playground.text.sentence import Sentence, ngettext_noop, say

SECONDS = ngettext_noop("%(count)s second", "%(count)s seconds")
_UNITS = (
    (86_400, ngettext_noop("%(count)s day", "%(count)s days")),
    (3600, ngettext_noop("%(count)s hour", "%(count)s hours")),
    (60, ngettext_noop("%(count)s minute", "%(count)s minutes")),
)


def duration(seconds: int) -> Sentence:
    """Return it in the largest unit that fits at least twice, or exactly once.

    Rounds up, so that nobody retries too early.
    """
    for size, words in _UNITS:
        if seconds == size or seconds >= 2 * size:
            return say(words, count=math.ceil(seconds / size))
    return say(SECONDS, count=max(1, math.ceil(seconds)))
