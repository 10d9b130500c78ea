"""Rate limits for the server's keys: for each visitor, and for all together."""

from typing import cast

from django.conf import settings
from django.core.cache import cache

from playground.calls.buckets import Bucket, Buckets, Empty
from playground.exchange.refusal import Refusal, RefusedError
from playground.text.durations import duration
from playground.text.sentence import gettext_noop, ngettext_noop, say
from playground.upstream.route import Route

_TOTAL = "total"


class TooManyCallsError(RefusedError):
    """A rate limit is reached: `empty` tells which one, and for how long."""

    def __init__(self, empty: Empty) -> None:
        self.empty = empty
        rate, seconds = empty.bucket.rate, empty.whole_seconds
        advice = say(
            _BY_ALL if empty.bucket.key == _TOTAL else _BY_YOU,
            count=rate.count,
            period=duration(rate.seconds),
            wait=duration(seconds),
        )
        title = say(gettext_noop("Playground rate limit reached"))
        super().__init__(Refusal(429, "too_many_calls", title, advice, retry_seconds=seconds))


_BY_ALL = ngettext_noop(
    "Not sent. With this server’s keys, all visitors together can make %(count)s call in %(period)s. Send "
    "again in %(wait)s, or enter your own key. (Administrators can raise PLAYGROUND_TOTAL_RATE.)",
    "Not sent. With this server’s keys, all visitors together can make %(count)s calls in %(period)s. Send "
    "again in %(wait)s, or enter your own key. (Administrators can raise PLAYGROUND_TOTAL_RATE.)",
)
_BY_YOU = ngettext_noop(
    "Not sent. With this server’s keys, you can make %(count)s call in %(period)s. Send again in %(wait)s, "
    "or enter your own key. (Administrators can raise PLAYGROUND_CLIENT_RATE.)",
    "Not sent. With this server’s keys, you can make %(count)s calls in %(period)s. Send again in %(wait)s, "
    "or enter your own key. (Administrators can raise PLAYGROUND_CLIENT_RATE.)",
)


def count(visitor: str, route: Route) -> None:
    """Count a visitor's call, if the operator pays for it.

    Raises `TooManyCallsError` and `buckets.UnavailableError`.
    """
    if not route.at_servers_expense:
        return
    buckets = [
        *(Bucket(f"visitor:{visitor}", rate) for rate in settings.CONFIG.client_rate),
        *(Bucket(_TOTAL, rate) for rate in settings.CONFIG.total_rate),
    ]
    if buckets and (empty := cast("Buckets", cache).take(buckets)):
        raise TooManyCallsError(empty)
