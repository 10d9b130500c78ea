"""A duration in words."""

import math

from playground.text.sentence import Sentence, gettext_noop, say

_UNITS = (
    (86_400, gettext_noop("a day"), gettext_noop("%(count)s days")),
    (3600, gettext_noop("an hour"), gettext_noop("%(count)s hours")),
    (60, gettext_noop("a minute"), gettext_noop("%(count)s minutes")),
    (1, gettext_noop("a second"), gettext_noop("%(count)s seconds")),
)


def duration(seconds: int) -> Sentence:
    """Return it in the largest unit that fits at least twice, or exactly once.

    Rounds up, so that nobody retries too early.
    """
    for size, one, many in _UNITS:
        if seconds == size:
            return say(one)
        if seconds >= 2 * size:
            return say(many, count=math.ceil(seconds / size))
    return say(_UNITS[-1][1])  # less than a second
