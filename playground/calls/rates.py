"""How often the server's keys may be used: by each client, and by all together."""

from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.core.cache import cache

from playground.calls.buckets import Bucket, Buckets, Empty
from playground.upstream.route import Route

_TOTAL = "total"


@dataclass
class TooManyCallsError(Exception):
    """A rate is used up: `empty` says which one, and for how long."""

    empty: Empty

    @property
    def by_all(self) -> bool:
        return self.empty.bucket.key == _TOTAL


def count(client: str, route: Route) -> None:
    """Counts a client's call that the server pays for.

    Raises `TooManyCallsError` and `buckets.UnavailableError`.
    """
    if not route.at_servers_expense:
        return
    buckets = [
        *(Bucket(f"client:{client}", rate) for rate in settings.CONFIG.client_rate),
        *(Bucket(_TOTAL, rate) for rate in settings.CONFIG.total_rate),
    ]
    if buckets and (empty := cast("Buckets", cache).take(buckets)):
        raise TooManyCallsError(empty)
