"""Where a request goes, and with whose key."""

from dataclasses import dataclass, field

from django.conf import settings

from playground.catalogue.caps import Caps
from playground.catalogue.providers import LOCAL_MODEL, Provider, catalogue, lacks
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.network import egress
from playground.network.egress import LOOPBACK
from playground.text import typed_key
from playground.text.endpoint import BaseURLError, Endpoint
from playground.text.sentence import Sentence, gettext_noop, say

OWN_KEY_VARIABLE = "API_KEY"


@dataclass(frozen=True, slots=True)
class Route:
    """`provider` is None for a base URL that a person typed. `key` is "" when none is sent.

    `at_servers_expense`: the operator pays for the call, with their key or their hardware.
    `caps` limit what such a call may ask for; None for no limits.
    """

    provider: str | None
    endpoint: Endpoint
    key: str = field(repr=False)
    key_variable: str | None
    at_servers_expense: bool = False
    caps: Caps | None = None


def find_route(provider: str | None, base_url: str | None, key: str | None, dialect: Dialect) -> Route:
    """Return the route for a provider's id or, without one, a base URL. Raises `InvalidRequestError`.

    The server's keys are bound to their providers: each is sent only to its address in the catalogue, never
    to a typed base URL.
    """
    typed, problems = _checked_key(key or "")
    if provider and base_url:
        raise _refusal("base_url", say(gettext_noop("Give a provider or a base URL, not both.")))
    if provider:
        if problems:
            raise InvalidRequestError(*problems)
        return _provider_route(_find_provider(provider), typed)
    if not base_url:
        raise _refusal("base_url", say(gettext_noop("Give a base URL, or choose a provider.")))
    try:
        endpoint = Endpoint.parse(base_url, dialect.ending)
    except BaseURLError as error:
        raise InvalidRequestError(FieldProblem("base_url", error.sentence), *problems) from error
    if problems:
        raise InvalidRequestError(*problems)
    if not egress.is_private_upstream(endpoint.host, endpoint.port):
        return Route(None, endpoint, typed, OWN_KEY_VARIABLE)
    # The operator pays for a machine in the server's own network, even if its URL was typed.
    behind = (p for p in catalogue().values() if p.endpoint and _place(p.endpoint) == _place(endpoint))
    caps = applied(next((provider.caps for provider in behind), Caps()))
    return Route(None, endpoint, typed, OWN_KEY_VARIABLE, at_servers_expense=True, caps=caps)


def _provider_route(provider: Provider, typed: str) -> Route:
    lacking = lacks(provider)
    if provider.endpoint is None or (provider.key_variable and not typed and lacking):
        field_name = "provider" if provider.endpoint is None else "api_key"
        raise _refusal(
            field_name,
            say(gettext_noop("%(provider)s %(lacking)s."), provider=say(provider.label), lacking=lacking),
        )
    key = typed or _checked_server_key(provider)
    # With a typed key, the visitor pays, unless the provider needs no key.
    expense = not (typed and provider.key_variable) or provider.id == LOCAL_MODEL
    return Route(
        provider.id,
        provider.endpoint,
        key,
        provider.key_variable or (OWN_KEY_VARIABLE if key else None),
        at_servers_expense=expense,
        caps=applied(provider.caps) if expense else None,
    )


def applied(caps: Caps) -> Caps | None:
    """Return the caps, or None if they are turned off on this server."""
    return caps if settings.CONFIG.caps else None


def _place(endpoint: Endpoint) -> tuple[str, int]:
    return ("localhost" if endpoint.host in LOOPBACK else endpoint.host), endpoint.port


def _find_provider(name: str) -> Provider:
    try:
        return catalogue()[name]
    except KeyError as error:
        known = ", ".join(catalogue())
        raise _refusal(
            "provider",
            say(
                gettext_noop("No provider is called “%(name)s”; there are %(known)s."),
                name=name[:60],
                known=known,
            ),
        ) from error


def _checked_key(key: str) -> tuple[str, list[FieldProblem]]:
    """Return the typed key and its problems, which are shown together with those of the base URL."""
    try:
        return typed_key.clean(key), []
    except typed_key.KeyProblemError as error:
        return "", [FieldProblem("api_key", error.sentence)]


def _checked_server_key(provider: Provider) -> str:
    key = provider.server_key
    if key and not typed_key.can_be_sent(key):
        raise _refusal(
            "provider",
            say(
                gettext_noop("The server's %(variable)s holds characters that no key has; set it anew."),
                variable=provider.key_variable,
            ),
        )
    return key


def _refusal(name: str, sentence: Sentence) -> InvalidRequestError:
    return InvalidRequestError(FieldProblem(name, sentence))
