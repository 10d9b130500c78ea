"""Refusals of the admin; each says what to do next."""

from playground.calls.buckets import Empty
from playground.exchange.refusal import RETRY_SECONDS, Refusal
from playground.text.durations import duration
from playground.text.sentence import Sentence, gettext_noop, say


def admin_without_database(why: Sentence) -> Refusal:
    return Refusal(
        503,
        "database_unavailable",
        say(gettext_noop("Admin unavailable")),
        say(
            gettext_noop(
                "Try again later: %(why)s. Nothing was changed, and the playground works without the "
                "database. (Administrators can check PLAYGROUND_DATABASE or DATABASE_URL.)"
            ),
            why=why,
        ),
        retry_seconds=RETRY_SECONDS,
    )


LOGINS_NOT_COUNTED = Refusal(
    503,
    "not_counted",
    say(gettext_noop("Login unavailable")),
    say(
        gettext_noop(
            "Try again later: login attempts can’t be counted now. (Administrators can check CACHE_URL.)"
        )
    ),
    retry_seconds=RETRY_SECONDS,
)


def too_many_logins(empty: Empty) -> Refusal:
    seconds = empty.whole_seconds
    return Refusal(
        429,
        "too_many_logins",
        say(gettext_noop("Too many login attempts")),
        say(
            gettext_noop(
                "Try again in %(wait)s. Each address can make at most %(attempts)s attempts in %(period)s."
            ),
            attempts=empty.bucket.rate.count,
            period=duration(empty.bucket.rate.seconds),
            wait=duration(seconds),
        ),
        retry_seconds=seconds,
    )
