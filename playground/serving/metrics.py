"""`/metrics`, for Prometheus: the counts of all workers of this machine, for whoever has the token."""

import os
import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from playground.calls.metrics import Metrics, metrics

_PATH = "/metrics"


class MetricsMiddleware:
    """Counts responses, and answers `/metrics` under any host name, if PLAYGROUND_METRICS_TOKEN is set."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        metrics()  # made before the first call

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        found = metrics()
        if found is None:
            return self.get_response(request)
        if request.path == _PATH:
            return _told(found, request.headers.get("Authorization", ""))
        response = self.get_response(request)
        found.responses.labels(str(response.status_code)).inc()
        return response


def _told(found: Metrics, authorization: str) -> HttpResponse:
    scheme, _, token = authorization.partition(" ")
    expected = settings.CONFIG.metrics_token
    if scheme.lower() != "bearer" or not secrets.compare_digest(token.strip().encode(), expected.encode()):
        refused = HttpResponse("A token is needed.\n", status=401, content_type="text/plain")
        refused["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return refused
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = found.registry
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    response = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    response["Cache-Control"] = "no-store"
    return response
