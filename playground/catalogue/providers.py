"""The provider list: who can be called, and with whose key."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from playground import config
from playground.catalogue.entries import LOCAL_MODEL, at, read_providers
from playground.catalogue.provider import Provider
from playground.config_types import SettingError
from playground.dialects import DEFAULT, DIALECTS
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.text.endpoint import BaseURLError
from playground.text.sentence import Sentence, gettext_noop, say

BUILT_IN = Path(__file__).with_name("providers.toml")
# What the package genai-prices says of their models; `scripts/models` writes it.
MODELS = Path(__file__).with_name("models.toml")
__all__ = [
    "BUILT_IN",
    "LOCAL_MODEL",
    "MODELS",
    "Catalogue",
    "Provider",
    "catalogue",
    "dialect_of",
    "dialect_recorded",
    "lacks",
]


class Catalogue(Mapping[str, Provider]):
    """Providers by id, in the order in which they are offered."""

    def __init__(self, providers: list[Provider]) -> None:
        self._providers = {provider.id: provider for provider in providers}

    def __getitem__(self, id: str) -> Provider:  # noqa: A002 -- the provider's field has this name
        return self._providers[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._providers)

    def __len__(self) -> int:
        return len(self._providers)


def catalogue() -> Catalogue:
    """Return the providers that this server offers: the built-in ones, changed by PLAYGROUND_PROVIDERS.

    Raises `SettingError` naming the file and the provider, or the variable, that cannot be used.
    """
    return read_catalogue(settings.CONFIG)


def dialect_of(provider: str | None, asked: str | None) -> Dialect:
    """Return the dialect that is asked for, else the provider's own. A base URL of one's own may speak any.

    Raises `InvalidRequestError` for a dialect that is unknown, or that the provider does not speak.
    """
    known = catalogue().get(provider or "")
    name = asked or (known.dialect if known else DEFAULT.id)
    if name not in DIALECTS:
        sentence = gettext_noop("“%(name)s” isn’t a known API. Use %(known)s.")
        raise _refused(say(sentence, name=name[:60], known=tuple(DIALECTS)))
    if known and name not in known.dialects:
        sentence = gettext_noop("%(provider)s doesn’t support %(dialect)s. Use %(known)s.")
        labels = tuple(f"{DIALECTS[id].label} ({id})" for id in known.dialects)  # noqa: A001
        raise _refused(say(sentence, provider=say(known.label), dialect=DIALECTS[name].label, known=labels))
    return DIALECTS[name]


def dialect_recorded(provider: str | None, recorded: str | None) -> Dialect:
    """Return the dialect that a link, a tag or an embed means: without a name, Chat Completions.

    They had no name while that was the only API, and keep their meaning whatever a provider speaks first.
    Only one that does not speak Chat Completions at all is meant with its own. Raises as `dialect_of` does.
    """
    known = catalogue().get(provider or "")
    return dialect_of(
        provider, recorded or (DEFAULT.id if not known or DEFAULT.id in known.dialects else None)
    )


def _refused(sentence: Sentence) -> InvalidRequestError:
    return InvalidRequestError(FieldProblem("dialect", sentence))


@lru_cache(maxsize=4)
def read_catalogue(settled: config.Config) -> Catalogue:
    """Build the catalogue of one configuration, once. Raises as `catalogue` does."""
    entries = _built_in()
    if own := settled.providers:
        entries |= read_providers(own)
    if settled.local_model_url and LOCAL_MODEL in entries:
        entries[LOCAL_MODEL] = _running(entries[LOCAL_MODEL], settled.local_model_url)
    offers_local = settled.local_providers
    return Catalogue(
        [
            provider
            for provider in entries.values()
            if offers_local or not (provider.local or (provider.id == LOCAL_MODEL and not provider.endpoints))
        ]
    )


def _built_in() -> dict[str, Provider]:
    """Return the built-in providers with the further models and the deprecated ones of the data."""
    entries = read_providers(BUILT_IN)
    for name, known in tomllib.loads(MODELS.read_text(encoding="utf-8")).items():
        provider = replace(entries[name], retired=(*entries[name].retired, *known["deprecated"]))
        further = [
            model
            for model in known["current"]
            if model not in provider.models and not provider.has_retired(model)
        ]
        entries[name] = replace(provider, further=tuple(further))
    return entries


def _running(local_model: Provider, url: str) -> Provider:
    try:
        return at(local_model, url)
    except BaseURLError as error:
        raise SettingError(f"PLAYGROUND_LOCAL_MODEL_URL cannot be used: {error.sentence}") from error


def without_key(provider: Provider) -> Sentence:
    """Say that a call needs a key, and where it can come from."""
    if settings.CONFIG.data_keys:
        text = gettext_noop(
            "Enter an API key for %(provider)s, or ask an admin of your team to add one under Keys."
        )
        return say(text, provider=say(provider.label))
    text = gettext_noop("Enter an API key for %(provider)s. (Administrators can set %(variable)s.)")
    return say(text, provider=say(provider.label), variable=provider.key_variable)


def lacks(provider: Provider, *, has_key: bool | None = None) -> Sentence | None:
    """Return what the provider lacks according to the settings alone, or None; no request is made.

    `has_key` says whether there is a key for whoever asks; None if that is the server's.
    """
    has_key = bool(provider.server_key) if has_key is None else has_key
    if not provider.endpoints:
        return say(
            gettext_noop(
                "Not running. (Administrators can start the playground without --no-local-model; the first "
                "start downloads the model.)"
            )
        )
    own = settings.CONFIG.port
    if provider.local and any(endpoint.port == own for endpoint in provider.endpoints.values()):
        return say(
            gettext_noop(
                "Port %(port)s is the playground’s own. (Administrators can start the playground with "
                "another --port.)"
            ),
            port=str(own),
        )
    if provider.key_variable and not provider.local and not has_key:
        if settings.CONFIG.data_keys:
            return say(gettext_noop("Needs a key. Enter one, or ask an admin of your team to add one."))
        return say(
            gettext_noop("Needs a key. Enter one. (Administrators can set %(variable)s.)"),
            variable=provider.key_variable,
        )
    return None
