"""Health checks: the database, and the Redis that counts calls.

A caller waits two seconds at most. Anyone may call, as often as they like, so a check that hangs runs once,
not once per caller, and its result is reused for a second.
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
    """A health check: `ask` returns what is wrong, or None."""

    def __init__(self, ask: Callable[[], str | None]) -> None:
        self._ask = ask
        self._found: str | None = None
        self.question = Question(self._look, _HOLDS_SECONDS)

    def found(self, put_at: float, seconds: float) -> str | None:
        """Return what is wrong, in a few words without secrets; None if all is well."""
        return self._found if self.question.wait(put_at, seconds) else _NO_ANSWER

    def _look(self) -> None:
        found: str | None = "the check failed"
        try:
            found = self._ask()
        finally:
            self._found = found


def look(probes: dict[str, Probe], patience: float = _PATIENCE_SECONDS) -> dict[str, str | None]:
    """Run the checks side by side, within `patience` seconds; return what is wrong with each."""
    until = time.monotonic() + patience
    put_at = {name: probe.question.put() for name, probe in probes.items()}
    return {name: probe.found(put_at[name], until - time.monotonic()) for name, probe in probes.items()}


def database() -> str | None:
    """Return what is wrong with the database: no answer, or not migrated to this version."""
    file = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite" and not Path(file).exists():
        return NOT_MIGRATED  # SQLite would create an empty file, perhaps owned by the wrong user
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except Error as error:
        return str(why(error))
    finally:
        connection.close()
    return None if _known() <= applied.keys() else NOT_MIGRATED


@cache
def _known() -> set[tuple[str, str]]:
    """Return the latest migration of each app in this version."""
    return set(MigrationLoader(None).graph.leaf_nodes())


def cache_server() -> str | None:
    """Return what is wrong with the Redis of CACHE_URL; None if there is none."""
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
    """`/healthz` and `/readyz` for a load balancer, under any host name.

    `/healthz` says that this process responds, and costs nothing. `/readyz` says that its database and cache
    respond too. Both return 503 while the process stops, so that new calls go to another one.
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
