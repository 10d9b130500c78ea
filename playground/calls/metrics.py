"""What Prometheus is told of calls: counts and times, with few and known labels, never content or names.

Nothing is counted without PLAYGROUND_METRICS_TOKEN.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial

from django.conf import settings

from playground.calls.cost import used_usd
from playground.exchange.record import Exchange
from playground.explanations.explain import explain

# Seconds: from a local model's first token to the longest call that is allowed.
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600)
# A base URL that was typed.
_TYPED = "other"
# A provider's numbers are bounded before they are added up.
_MOST = 10**9


class Metrics:
    """All metrics of this process, in a registry of their own."""

    def __init__(self) -> None:
        # Imported here: it decides then whether processes share their counts (PROMETHEUS_MULTIPROC_DIR).
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()
        counter = partial(Counter, namespace="playground", registry=self.registry)
        times = partial(Histogram, namespace="playground", registry=self.registry, buckets=_SECONDS)
        self.calls = counter("calls", "Calls that were sent", ["provider", "what", "outcome"])
        self.refused = counter("refused_calls", "Calls that were not sent", ["kind"])
        self.running = Gauge(
            "playground_running_calls", "Running calls", registry=self.registry, multiprocess_mode="livesum"
        )
        self.first_token = times("first_token_seconds", "Time to the first token", ["provider"])
        self.seconds = times("call_seconds", "Time from start to end", ["provider"])
        self.tokens = counter("tokens", "Tokens, as providers count them", ["provider", "kind"])
        self.usd = counter("cost_usd", "Cost, as far as prices are known", ["provider"])
        self.warned = counter("budget_warnings", "Budgets of teams that were used to 80 %")
        self.responses = counter("responses", "Responses to browsers and programs", ["status"])


@cache
def _made() -> Metrics:
    return Metrics()


def metrics() -> Metrics | None:
    """Return the process's metrics; None if nobody may read them."""
    return _made() if settings.CONFIG.metrics_token else None


def count(exchange: Exchange) -> None:
    """Count a call that has ended."""
    if not (found := metrics()):
        return
    provider = exchange.provider or _TYPED
    if exchange.is_listing or exchange.is_count:
        failed = exchange.failure or not exchange.received or exchange.received.status >= 400
        what = "models" if exchange.is_listing else "count"
        found.calls.labels(provider, what, "error" if failed else "ok").inc()
        return
    error, usage, timings = explain(exchange), exchange.usage, exchange.timings
    found.calls.labels(provider, "call", error.kind if error else "ok").inc()
    found.seconds.labels(provider).observe(timings.total_ms / 1000)
    if timings.first_token_ms is not None:
        found.first_token.labels(provider).observe(timings.first_token_ms / 1000)
    for kind in ("prompt", "completion"):
        tokens = getattr(usage, f"{kind}_tokens", None) or 0
        found.tokens.labels(provider, kind).inc(min(max(0, tokens), _MOST))
    found.usd.labels(provider).inc(float(min(max(0, used_usd(exchange) or 0), _MOST)))


def count_refused(kind: str) -> None:
    """Count a call that was not sent. `kind` is a refusal's."""
    if found := metrics():
        found.refused.labels(kind).inc()


def count_warning() -> None:
    """Count a budget that has just been used to 80 %."""
    if found := metrics():
        found.warned.inc()


@contextmanager
def running() -> Iterator[None]:
    """Count a call while it runs."""
    if found := metrics():
        with found.running.track_inprogress():
            yield
    else:
        yield
