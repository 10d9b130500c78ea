"""Where a request goes, and with whose key."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

from playground.catalogue.caps import Caps
from playground.catalogue.providers import LOCAL_MODEL, Provider, catalogue, lacks
from playground.dialects import DIALECTS
from playground.exchange.call import API_KEY, BEARER, Auth, Call, Headers
from playground.exchange.dialect import Dialect, call_of
from playground.exchange.fix import Fix
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
    `caps` limit what such a call may ask for; None for no limits. `auth` is None for the dialect's own;
    `headers` are the provider's.
    """

    provider: str | None
    endpoint: Endpoint
    key: str = field(repr=False)
    key_variable: str | None
    at_servers_expense: bool = False
    caps: Caps | None = None
    auth: Auth | None = None
    headers: Headers = ()

    def call(self, dialect: Dialect, body: Mapping[str, Any], url: str = "") -> Call:
        """Return the call that posts this body here or, with a `url`, gets it, at the public address."""
        base_url, variable = self.endpoint.shown, self.key_variable
        return call_of(dialect, base_url, variable, body, url, auth=self.auth, headers=self.headers)


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
        return _provider_route(_find_provider(provider), typed, dialect)
    if not base_url:
        raise _refusal("base_url", say(gettext_noop("Give a base URL, or choose a provider.")))
    try:
        endpoint = Endpoint.parse(base_url, dialect.ending)
    except BaseURLError as error:
        problem = FieldProblem("base_url", error.sentence, fix=_switch(error))
        raise InvalidRequestError(problem, *problems) from error
    if problems:
        raise InvalidRequestError(*problems)
    route = typed_route(endpoint, typed, dialect)
    if not egress.is_private_upstream(endpoint.host, endpoint.port):
        return route
    # The operator pays for a machine in the server's own network, even if its URL was typed.
    behind = (p for p in catalogue().values() if _place(endpoint) in map(_place, p.endpoints.values()))
    caps = applied(next((provider.caps for provider in behind), Caps()))
    return replace(route, at_servers_expense=True, caps=caps)


def routes_to(base_url: str | None, key: str | None) -> dict[Dialect, Route]:
    """Return the route to a typed base URL in each dialect. Raises `InvalidRequestError`.

    The base URL may be the full address of any of them.
    """
    found, failed = dict[Dialect, Route](), list[InvalidRequestError]()
    for dialect in DIALECTS.values():
        try:
            found[dialect] = find_route(None, base_url, key, dialect)
        except InvalidRequestError as error:
            failed.append(error)
    if not found:
        raise failed[0]
    base = next(iter(found.values())).endpoint.base_url
    return {
        dialect: found.get(dialect) or find_route(None, base, key, dialect) for dialect in DIALECTS.values()
    }


def _switch(error: BaseURLError) -> Fix | None:
    """Return the change to the API whose full address was pasted, if it can be spoken."""
    meant = next((dialect for dialect in DIALECTS.values() if dialect.ending == error.ending), None)
    if meant is None:
        return None
    return Fix(say(gettext_noop("Switch to %(api)s"), api=meant.label), {}, meant.id)


def typed_route(endpoint: Endpoint, key: str, dialect: Dialect) -> Route:
    """Return the route to a base URL of one's own, at one's own expense."""
    # Azure reads a key in the header of its own wherever others read a bearer token.
    auth = API_KEY if endpoint.is_azure and dialect.auth is BEARER else None
    return Route(None, endpoint, key, OWN_KEY_VARIABLE, auth=auth)


def _provider_route(provider: Provider, typed: str, dialect: Dialect) -> Route:
    lacking, endpoint = lacks(provider), provider.endpoint(dialect)
    if endpoint is None or (provider.key_variable and not typed and lacking):
        field_name = "provider" if endpoint is None else "api_key"
        raise _refusal(
            field_name,
            say(gettext_noop("%(provider)s %(lacking)s."), provider=say(provider.label), lacking=lacking),
        )
    key = typed or _checked_server_key(provider)
    # With a typed key, the visitor pays, unless the provider needs no key.
    expense = not (typed and provider.key_variable) or provider.id == LOCAL_MODEL
    return Route(
        provider.id,
        endpoint,
        key,
        provider.key_variable or (OWN_KEY_VARIABLE if key else None),
        at_servers_expense=expense,
        caps=applied(provider.caps) if expense else None,
        auth=provider.auth,
        headers=provider.headers,
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
