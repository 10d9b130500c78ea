"""Whom a request goes to, and with whose key."""

import re
from dataclasses import dataclass, field

from playground.exchange.chat_request import FieldError, InvalidRequestError
from playground.exchange.endpoint import BaseURLError, Endpoint
from playground.exchange.text import Sentence, gettext_noop, say
from playground.upstream.providers import Provider, catalogue, missing

# What a header value may hold (RFC 9110 allows a little more; no key needs it).
_KEY = re.compile(r"[\x21-\x7e]+")
OWN_KEY_VARIABLE = "API_KEY"


@dataclass(frozen=True, slots=True)
class Route:
    """`provider` is None for a base URL that a person typed. `key` is "" when none is sent."""

    provider: str | None
    endpoint: Endpoint
    key: str = field(repr=False)
    key_variable: str | None


def find_route(provider: str | None, base_url: str | None, key: str | None) -> Route:
    """The route of a provider's id or, without one, of a base URL. Raises `InvalidRequestError`.

    A key that the server holds is bound to its provider: it goes to the catalogue's own address, and
    never with a base URL that was typed.
    """
    typed = _checked_key(key or "")
    if provider and base_url:
        raise _refusal("base_url", say(gettext_noop("Give a provider or a base URL, not both.")))
    if provider:
        return _provider_route(_find_provider(provider), typed)
    if not base_url:
        raise _refusal("base_url", say(gettext_noop("Give a base URL, or choose a provider.")))
    try:
        endpoint = Endpoint.parse(base_url)
    except BaseURLError as error:
        raise InvalidRequestError(FieldError("base_url", error.sentence)) from error
    return Route(None, endpoint, typed, OWN_KEY_VARIABLE)


def _provider_route(provider: Provider, typed: str) -> Route:
    lacking = missing(provider)
    if provider.endpoint is None or (provider.key_variable and not typed and lacking):
        field_name = "provider" if provider.endpoint is None else "api_key"
        raise _refusal(field_name, say("%(provider)s %(lacking)s.", provider=provider.label, lacking=lacking))
    key = typed or _checked_server_key(provider)
    return Route(
        provider.id, provider.endpoint, key, provider.key_variable or (OWN_KEY_VARIABLE if key else None)
    )


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


def _checked_key(key: str) -> str:
    if key and not _KEY.fullmatch(key):
        raise _refusal(
            "api_key",
            say(
                gettext_noop(
                    "A key has no spaces, line breaks, control or non-ASCII characters. Copy it once more."
                )
            ),
        )
    return key


def _checked_server_key(provider: Provider) -> str:
    key = provider.server_key
    if key and not _KEY.fullmatch(key):
        raise _refusal(
            "provider",
            say(
                gettext_noop("The server's %(variable)s holds characters that no key has; set it anew."),
                variable=provider.key_variable,
            ),
        )
    return key


def _refusal(name: str, sentence: Sentence) -> InvalidRequestError:
    return InvalidRequestError(FieldError(name, sentence))
