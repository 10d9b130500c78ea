"""Refusals of the admin, each in words that say what to do next."""

import math

from playground.calls.buckets import Empty
from playground.exchange.durations import duration
from playground.exchange.refusal import RETRY_SECONDS, Refusal
from playground.text.sentence import Sentence, gettext_noop, say


def admin_without_database(why: Sentence) -> Refusal:
    return Refusal(
        503,
        "database_unavailable",
        say(gettext_noop("The admin cannot be shown now")),
        say(
            gettext_noop(
                "Nothing was changed: %(why)s. PLAYGROUND_DATABASE or DATABASE_URL says where it is; the "
                "playground itself works without it."
            ),
            why=why,
        ),
        retry_seconds=RETRY_SECONDS,
    )


LOGINS_NOT_COUNTED = Refusal(
    503,
    "not_counted",
    say(gettext_noop("Nobody can log in now")),
    say(gettext_noop("What counts the attempts cannot be reached (CACHE_URL). Try again later.")),
    retry_seconds=RETRY_SECONDS,
)


def too_many_logins(empty: Empty) -> Refusal:
    seconds = math.ceil(empty.seconds)
    return Refusal(
        429,
        "too_many_logins",
        say(gettext_noop("Too many attempts to log in")),
        say(
            gettext_noop("From one address %(count)s are taken in %(period)s. Try again in %(wait)s."),
            count=empty.bucket.rate.count,
            period=duration(empty.bucket.rate.seconds),
            wait=duration(seconds),
        ),
        retry_seconds=seconds,
    )
