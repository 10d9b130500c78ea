"""What each provider lacks right now: a key, or a server on this machine that is not running.

A background thread asks servers on this machine for their models, through the usual client and its rules.
The result is kept for some seconds. A page waits for the first result only, and briefly. Sending a call
doesn't check first.
"""

from playground.catalogue.held import NOTHING_HELD, Held
from playground.catalogue.providers import LOCAL_MODEL, Provider, catalogue, lacks
from playground.dialects import DIALECTS
from playground.network.egress import AddressRefusedError
from playground.network.limits import Limits
from playground.network.running import Running
from playground.text.endpoint import Endpoint
from playground.text.sentence import Sentence, gettext_noop, say
from playground.upstream import client, models
from playground.upstream.local_model import abilities
from playground.upstream.question import Question
from playground.upstream.route import Route

_FRESH_SECONDS = 5.0
_FIRST_WAIT_SECONDS = 0.3
_LIMITS = Limits(
    connect_seconds=0.2,
    silence_seconds=0.2,
    exchange_seconds=0.5,
    response_bytes=1 << 20,
)
# The probe takes none of the places for calls: it asks one server at a time, in its own thread.
_CALLER = client.Caller(places=Running())


class Probe:
    """Remembers which servers on this machine responded like a provider."""

    def __init__(self, holds: float = _FRESH_SECONDS) -> None:
        self.seen: dict[Endpoint, bool] = {}
        self._question = Question(self._look, holds)

    def runs(self, endpoint: Endpoint) -> bool | None:
        """Return whether the server runs; None if that is not known yet."""
        put_at = self._question.put()
        if endpoint not in self.seen:
            self._question.wait(put_at, _FIRST_WAIT_SECONDS)
        return self.seen.get(endpoint)

    def _look(self) -> None:
        for provider in catalogue().values():
            if provider.local and (endpoint := _endpoint(provider)):
                self.seen[endpoint] = _answers(provider, endpoint)


probe = Probe()


def missing(provider: Provider, held: Held = NOTHING_HELD) -> Sentence | None:
    """Return what the provider needs before it works without a typed key; None if it is ready."""
    if provider.id == LOCAL_MODEL:
        abilities.probe.ask()  # so that it is known before something is sent
    endpoint = _endpoint(provider)
    if (lacking := lacks(provider, has_key=held.has_key(provider))) or not (provider.local and endpoint):
        return lacking
    runs = probe.runs(endpoint)
    if runs is None:
        return say(gettext_noop("no response yet (start it with: %(command)s)"), command=provider.start)
    return (
        None
        if runs
        else say(gettext_noop("not running (start it with: %(command)s)"), command=provider.start)
    )


def preselected(dialect: str = "", held: Held = NOTHING_HELD) -> Provider:
    """Return the first provider that is ready, else the first one with an endpoint.

    Only providers that support the dialect count, if there are any.
    """
    with_endpoint = [provider for provider in catalogue().values() if provider.endpoints]
    speaking = [provider for provider in with_endpoint if dialect in provider.dialects] or with_endpoint
    return next((provider for provider in speaking if missing(provider, held) is None), speaking[0])


def _endpoint(provider: Provider) -> Endpoint | None:
    """Return where to check whether it runs: the endpoint of its first API."""
    return provider.endpoint(DIALECTS[provider.dialect])


def _answers(provider: Provider, endpoint: Endpoint) -> bool:
    """Return whether a server of its dialect answers; other programs also listen on port 8000."""
    try:
        route = Route(provider.id, endpoint, "", None, auth=provider.auth, headers=provider.headers)
        listing = models.list_models(DIALECTS[provider.dialect], route, _LIMITS, _CALLER)
    except AddressRefusedError:
        return False
    if listing.problem:
        return listing.problem.kind == "unauthorized"
    return isinstance(listing.exchange.value, dict)
