"""Where a request goes, and with which key."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

from playground.catalogue.caps import Caps
from playground.catalogue.held import NOTHING_LENT, Lent
from playground.catalogue.providers import LOCAL_MODEL, Provider, catalogue, lacks, without_key
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
# Only the local model has no address.
_NO_LOCAL_MODEL = gettext_noop(
    "The local model isn’t running. Choose another provider. (Administrators can start the playground "
    "without --no-local-model; the first start downloads the model.)"
)


@dataclass(frozen=True, slots=True)
class Route:
    """`provider` is None for a base URL that a person typed. `key` is "" when none is sent.

    `at_servers_expense`: the operator pays, with their key or hardware, and `caps` limit the call, if any.
    `teams_key` is the name of the key if a team pays. `auth` is None for the dialect's own.
    """

    provider: str | None
    endpoint: Endpoint
    key: str = field(repr=False)
    key_variable: str | None
    at_servers_expense: bool = False
    caps: Caps | None = None
    auth: Auth | None = None
    headers: Headers = ()
    teams_key: str = ""

    def call(self, dialect: Dialect, body: Mapping[str, Any], url: str = "") -> Call:
        """Return the call that posts this body or, with a `url`, GETs that. It shows the public address."""
        base_url, variable = self.endpoint.shown, self.key_variable
        return call_of(dialect, base_url, variable, body, url, auth=self.auth, headers=self.headers)


def find_route(
    provider: str | None, base_url: str | None, key: str | None, dialect: Dialect, lent: Lent = NOTHING_LENT
) -> Route:
    """Return the route for a provider's id or, without one, a base URL. Raises `InvalidRequestError`.

    The server's keys are bound to their providers: each is sent only to its address in the catalogue, never
    to a typed base URL. A saved key goes to its own origins only. A typed key comes before both.
    """
    typed, problems = _checked_key(key or "")
    if provider and base_url:
        raise _refusal("base_url", say(gettext_noop("Enter a provider or a base URL, not both.")))
    if provider:
        if problems:
            raise InvalidRequestError(*problems)
        return _provider_route(_find_provider(provider), typed, dialect, lent)
    if not base_url:
        raise _refusal("base_url", say(gettext_noop("Enter a base URL, or choose a provider.")))
    try:
        endpoint = Endpoint.parse(base_url, dialect.ending)
    except BaseURLError as error:
        problem = FieldProblem("base_url", error.sentence, fix=_switch(error))
        raise InvalidRequestError(problem, *problems) from error
    if problems:
        raise InvalidRequestError(*problems)
    route = typed_route(endpoint, typed, dialect)
    if lent.key and not typed:
        key = _checked_lent(lent, endpoint)
        route = replace(route, key=key, auth=lent.auth or route.auth, teams_key=lent.teams)
    if not egress.is_private_upstream(endpoint.host, endpoint.port):
        return route
    # The operator pays for a machine in the server's own network, even if its URL was typed.
    behind = (p for p in catalogue().values() if _place(endpoint) in map(_place, p.endpoints.values()))
    caps = applied(next((provider.caps for provider in behind), Caps()))
    return replace(route, at_servers_expense=True, caps=caps)


def routes_to(base_url: str | None, key: str | None, lent: Lent = NOTHING_LENT) -> dict[Dialect, Route]:
    """Return the route to a typed base URL in each dialect. Raises `InvalidRequestError`.

    The base URL may be the full address of any of them.
    """
    found, failed = dict[Dialect, Route](), list[InvalidRequestError]()
    for dialect in DIALECTS.values():
        try:
            found[dialect] = find_route(None, base_url, key, dialect, lent)
        except InvalidRequestError as error:
            failed.append(error)
    if not found:
        raise failed[0]
    base = next(iter(found.values())).endpoint.base_url
    return {
        dialect: found.get(dialect) or find_route(None, base, key, dialect, lent)
        for dialect in DIALECTS.values()
    }


def _switch(error: BaseURLError) -> Fix | None:
    """Return the fix that switches to the API that the pasted URL belongs to, if it is one of ours."""
    meant = next((dialect for dialect in DIALECTS.values() if dialect.ending == error.ending), None)
    if meant is None:
        return None
    return Fix(say(gettext_noop("Switch to %(api)s"), api=meant.label), {}, meant.id)


def typed_route(endpoint: Endpoint, key: str, dialect: Dialect) -> Route:
    """Return the route to a custom base URL, paid for by the visitor."""
    # Azure reads the key from its own header instead of a bearer token.
    auth = API_KEY if endpoint.is_azure and dialect.auth is BEARER else None
    return Route(None, endpoint, key, OWN_KEY_VARIABLE, auth=auth)


def _provider_route(provider: Provider, typed: str, dialect: Dialect, lent: Lent) -> Route:
    endpoint = provider.endpoint(dialect)
    if endpoint is None:
        raise _refusal("provider", say(_NO_LOCAL_MODEL))
    own = typed or (_checked_lent(lent, endpoint) if lent.key else "")
    has_key = bool(own or (lent.servers and provider.server_key))
    if provider.key_variable and not own and lacks(provider, has_key=has_key):
        raise _refusal("api_key", without_key(provider))
    key = own or (_checked_server_key(provider) if lent.servers else "")
    # With a typed or saved key, the operator doesn't pay, unless the provider needs no key.
    expense = not (own and provider.key_variable) or provider.id == LOCAL_MODEL
    return Route(
        provider.id,
        endpoint,
        key,
        provider.key_variable or (OWN_KEY_VARIABLE if key else None),
        at_servers_expense=expense,
        caps=applied(provider.caps) if expense else None,
        auth=provider.auth,
        headers=provider.headers,
        teams_key=lent.teams,
    )


def applied(caps: Caps) -> Caps | None:
    """Return the caps, or None if this server turns them off."""
    return caps if settings.CONFIG.caps else None


def _place(endpoint: Endpoint) -> tuple[str, int]:
    return ("localhost" if endpoint.host in LOOPBACK else endpoint.host), endpoint.port


def _find_provider(name: str) -> Provider:
    try:
        return catalogue()[name]
    except KeyError as error:
        if name == LOCAL_MODEL:  # outside scripts/play
            raise _refusal("provider", say(_NO_LOCAL_MODEL)) from error
        sentence = gettext_noop("“%(name)s” isn’t a known provider. Use %(known)s.")
        raise _refusal("provider", say(sentence, name=name[:60], known=tuple(catalogue()))) from error


def _checked_key(key: str) -> tuple[str, list[FieldProblem]]:
    """Return the typed key and its problems, to show together with those of the base URL."""
    try:
        return typed_key.clean(key), []
    except typed_key.KeyProblemError as error:
        return "", [FieldProblem("api_key", error.sentence)]


def _checked_lent(lent: Lent, endpoint: Endpoint) -> str:
    """Return the saved key. What it was lent for is not trusted: it is for this very endpoint, or refused."""
    if endpoint.origin not in lent.origins:
        raise _refusal("saved_key", say(gettext_noop("This key is for another address. Choose another one.")))
    return lent.key


def _checked_server_key(provider: Provider) -> str:
    key = provider.server_key
    if key and not typed_key.can_be_sent(key):
        raise _refusal(
            "provider",
            say(
                gettext_noop(
                    "The server’s key is invalid. Enter your own key. (Administrators can correct "
                    "%(variable)s.)"
                ),
                variable=provider.key_variable,
            ),
        )
    return key


def _refusal(name: str, sentence: Sentence) -> InvalidRequestError:
    return InvalidRequestError(FieldProblem(name, sentence))
