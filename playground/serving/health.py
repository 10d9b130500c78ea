"""Whether what the playground leans on answers: its database, and the Redis that calls are counted in.

Who asks waits for two seconds at most. What hangs is asked once and not once for each who asks, and what was
found holds for a second: anybody may ask, as often as they like.
"""

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.core.cache import caches
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from playground.calls.buckets import RedisBuckets, UnavailableError
from playground.network.running import running
from playground.trouble import NOT_MIGRATED, why
from playground.upstream.question import Question

_PATIENCE_SECONDS = 2.0
_HOLDS_SECONDS = 1.0
_NO_ANSWER = "no answer in time"


class Probe:
    """`ask` gives what is wrong, or None."""

    def __init__(self, ask: Callable[[], str | None]) -> None:
        self._ask = ask
        self._found: str | None = None
        self.question = Question(self._look, _HOLDS_SECONDS)

    def found(self, put_at: float, seconds: float) -> str | None:
        """What is wrong, in a few words that hold no secret; None when all is well."""
        return self._found if self.question.wait(put_at, seconds) else _NO_ANSWER

    def _look(self) -> None:
        found: str | None = "the question failed"
        try:
            found = self._ask()
        finally:
            self._found = found


def look(probes: dict[str, Probe], patience: float = _PATIENCE_SECONDS) -> dict[str, str | None]:
    """What is wrong with each: they are asked side by side, and the patience is for all of them."""
    until = time.monotonic() + patience
    put_at = {name: probe.question.put() for name, probe in probes.items()}
    return {name: probe.found(put_at[name], until - time.monotonic()) for name, probe in probes.items()}


def database() -> str | None:
    """What is wrong with the database: it does not answer, or was not migrated to this version."""
    file = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite" and not Path(file).exists():
        return NOT_MIGRATED  # SQLite would make an empty one, which is then perhaps the wrong person's
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except Error as error:
        return str(why(error))
    finally:
        connection.close()
    return None if _known() <= applied.keys() else NOT_MIGRATED


@cache
def _known() -> set[tuple[str, str]]:
    """The last migrations of this version's apps."""
    return set(MigrationLoader(None).graph.leaf_nodes())


def cache_server() -> str | None:
    """What is wrong with the Redis of CACHE_URL. Without one there is nothing to ask."""
    shared = caches["default"]
    if not isinstance(shared, RedisBuckets):
        return None
    try:
        shared.ping()
    except UnavailableError:
        return "the cache does not answer"
    return None


PROBES = {"database": Probe(database), "cache": Probe(cache_server)}


class HealthMiddleware:
    """`/healthz` and `/readyz` for a load balancer, whatever host name it asks under.

    `/healthz` says that this process answers, and costs nothing. `/readyz` says that what it leans on answers
    too. 503 once it is stopping: new calls belong to another process.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        match request.path:
            case "/healthz":
                if running.stopping:
                    return HttpResponse("stopping", status=503, content_type="text/plain")
                return HttpResponse("ok", content_type="text/plain")
            case "/readyz":
                return _readiness()
        return self.get_response(request)


def _readiness() -> HttpResponse:
    found = {name: wrong or "ok" for name, wrong in look(PROBES).items()}
    if running.stopping:
        found["server"] = "stopping"
    ready = set(found.values()) == {"ok"}
    return JsonResponse({"ready": ready} | found, status=200 if ready else 503)
