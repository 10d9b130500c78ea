"""How often the server's keys may be used: by each client, and by all together."""

from dataclasses import dataclass
from typing import cast

from django.core.cache import cache

from playground import env
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
        *(Bucket(f"client:{client}", rate) for rate in env.read("PLAYGROUND_CLIENT_RATE")),
        *(Bucket(_TOTAL, rate) for rate in env.read("PLAYGROUND_TOTAL_RATE")),
    ]
    if buckets and (empty := cast("Buckets", cache).take(buckets)):
        raise TooManyCallsError(empty)
