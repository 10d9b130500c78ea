"""What each provider lacks just now: a key, or a server on this machine that is not running.

A server on this machine is asked for its models, through the one client with its rules, by one thread in
the background. What it said holds for some seconds; a page waits only when nothing is known yet, and not for
long. A call that is sent never asks: it finds out.
"""

import threading
import time
from dataclasses import dataclass, field

from playground.exchange.endpoint import Endpoint
from playground.exchange.text import Sentence, gettext_noop, say
from playground.upstream import client
from playground.upstream.egress import AddressRefusedError
from playground.upstream.limits import Limits
from playground.upstream.providers import Provider, catalogue, lacks
from playground.upstream.route import Route
from playground.upstream.running import BusyError

_FRESH_SECONDS = 5.0
_FIRST_WAIT_SECONDS = 0.3
_LIMITS = Limits(
    connect_seconds=0.2,
    silence_seconds=0.2,
    exchange_seconds=0.5,
    response_bytes=1 << 20,
)


@dataclass
class Probe:
    """Which servers on this machine answer like a provider, as last seen."""

    seen: dict[Endpoint, bool] = field(default_factory=dict)
    _seen_at: float = float("-inf")
    _asking: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def runs(self, endpoint: Endpoint) -> bool | None:
        """None while it is not known."""
        if endpoint not in self.seen or time.monotonic() - self._seen_at > _FRESH_SECONDS:
            asking = self._ask()
            if endpoint not in self.seen:
                asking.join(_FIRST_WAIT_SECONDS)
        return self.seen.get(endpoint)

    def _ask(self) -> threading.Thread:
        with self._lock:
            if self._asking is None or not self._asking.is_alive():
                self._asking = threading.Thread(target=self._look, name="readiness", daemon=True)
                self._asking.start()
            return self._asking

    def _look(self) -> None:
        for provider in catalogue().values():
            endpoint = provider.endpoint if provider.local else None
            if endpoint and (runs := _answers(provider, endpoint)) is not None:
                self.seen[endpoint] = runs
        self._seen_at = time.monotonic()


probe = Probe()


def missing(provider: Provider) -> Sentence | None:
    """What the provider lacks to work without a key from the person; None when it is ready."""
    if (lacking := lacks(provider)) or not (provider.local and provider.endpoint):
        return lacking
    runs = probe.runs(provider.endpoint)
    if runs is None:
        return say(gettext_noop("no answer yet: start it with “%(command)s”"), command=provider.start)
    return (
        None
        if runs
        else say(gettext_noop("not running: start it with “%(command)s”"), command=provider.start)
    )


def preselected() -> Provider:
    """The first provider that can work as things stand; else the first that only wants a key."""
    with_endpoint = [provider for provider in catalogue().values() if provider.endpoint]
    return next((provider for provider in with_endpoint if missing(provider) is None), with_endpoint[0])


def _answers(provider: Provider, endpoint: Endpoint) -> bool | None:
    """Whether a Chat Completions server is there; many another program listens on port 8000. None where there
    was no place to ask."""
    try:
        listing = client.list_models(Route(provider.id, endpoint, "", None), _LIMITS)
    except AddressRefusedError:
        return False
    except BusyError:
        return None
    if listing.problem:
        return listing.problem.kind == "unauthorized"
    return isinstance(listing.exchange.answer, dict)
