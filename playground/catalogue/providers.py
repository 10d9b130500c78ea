"""The provider list: who can be called, and with whose key."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from playground import config
from playground.catalogue.caps import Caps
from playground.config_types import SettingError
from playground.dialects import DEFAULT, DIALECTS
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem, InvalidRequestError
from playground.text.endpoint import BaseURLError, Endpoint
from playground.text.sentence import Sentence, gettext_noop, say

BUILT_IN = Path(__file__).with_name("providers.toml")
LOCAL_MODEL = "local"


@dataclass(frozen=True, slots=True)
class Provider:
    """One entry. `endpoint` is None for the local model while it does not run."""

    id: str
    label: str
    endpoint: Endpoint | None
    key_variable: str | None = None
    docs: str = ""
    models: tuple[str, ...] = ()
    dialect: str = DEFAULT.id
    local: bool = False
    start: str = ""
    caps: Caps = field(default_factory=Caps)

    @property
    def dialects(self) -> tuple[str, ...]:
        """The APIs that it speaks, the usual one first."""
        return (self.dialect,)

    @property
    def server_key(self) -> str:
        """The server's key for this provider; "" if it has none."""
        return config.secret(self.key_variable).strip() if self.key_variable else ""


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
    """Return the dialect that is asked for, else the provider's own. Raises `InvalidRequestError`."""
    known = catalogue().get(provider or "")
    name = asked or (known.dialect if known else DEFAULT.id)
    try:
        return DIALECTS[name]
    except KeyError as error:
        sentence = gettext_noop("No API is called “%(name)s” here. Use one of: %(known)s.")
        problem = say(sentence, name=name[:60], known=", ".join(DIALECTS))
        raise InvalidRequestError(FieldProblem("dialect", problem)) from error


@lru_cache(maxsize=4)
def read_catalogue(settled: config.Config) -> Catalogue:
    """Build the catalogue of one configuration, once. Raises as `catalogue` does."""
    entries = _read(BUILT_IN)
    if own := settled.providers:
        entries |= _read(own)
    local_model = settled.local_model_url
    if local_model and LOCAL_MODEL in entries:
        local = entries[LOCAL_MODEL]
        endpoint = _local_endpoint(local_model, DIALECTS[local.dialect])
        entries[LOCAL_MODEL] = replace(local, endpoint=endpoint)
    offers_local = settled.local_providers
    return Catalogue(
        [
            provider
            for provider in entries.values()
            if offers_local or not (provider.local or (provider.id == LOCAL_MODEL and not provider.endpoint))
        ]
    )


def _local_endpoint(url: str, dialect: Dialect) -> Endpoint:
    try:
        return Endpoint.parse(url, dialect.ending)
    except BaseURLError as error:
        raise SettingError(f"PLAYGROUND_LOCAL_MODEL_URL cannot be used: {error.sentence}") from error


def lacks(provider: Provider) -> Sentence | None:
    """Return what the provider lacks according to the settings alone, or None; no request is made."""
    if provider.endpoint is None:
        return say(
            gettext_noop(
                "not running: start the playground with a network once, so that its weights are fetched"
            )
        )
    if provider.local and provider.endpoint.port == settings.CONFIG.port:
        return say(
            gettext_noop("port %(port)s is this playground's own: start it with another --port"),
            port=provider.endpoint.port,
        )
    if provider.key_variable and not provider.local and not provider.server_key:
        return say(gettext_noop("needs a key: type one, or set %(variable)s"), variable=provider.key_variable)
    return None


def _caps(entry: dict[str, Any]) -> Caps:
    for name, value in entry.items():
        if name in ("models", "allow"):
            if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
                raise ValueError(f"caps.{name} takes a list of names")
            entry[name] = tuple(value)
        elif type(value) is not int or value < 1:
            raise ValueError(f"caps.{name} takes a whole number of 1 or more")
    return Caps(**entry)


def _read(path: Path) -> dict[str, Provider]:
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("provider", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"The provider file {path} cannot be read: {error}") from error
    providers = [_provider(entry, path) for entry in entries]
    return {provider.id: provider for provider in providers}


def _provider(entry: dict[str, Any], path: Path) -> Provider:
    name = entry.get("id", "?")
    try:
        if not re.fullmatch("[a-z0-9][a-z0-9_-]*", str(name)):
            raise ValueError("id takes small letters, digits, - and _")
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", entry.get("key_variable", "KEY")):
            raise ValueError("key_variable takes the name of an environment variable")
        if not re.match("https?://|$", entry.get("docs", "")):
            raise ValueError("docs is a link that starts with https://")
        dialect = DIALECTS.get(entry.get("dialect", DEFAULT.id))
        if dialect is None:
            raise ValueError(f"dialect is one of {', '.join(DIALECTS)}")
        if "base_url" not in entry and name != LOCAL_MODEL:
            raise ValueError("base_url is missing")
        if entry.get("local") and "start" not in entry:
            raise ValueError("a local provider names the command that starts it (start)")
        models = tuple(entry.get("models", ()))
        values = {**entry, "models": models, "caps": _caps({"models": models, **entry.get("caps", {})})}
        base_url = values.pop("base_url", None)
        endpoint = Endpoint.parse(base_url, dialect.ending) if base_url else None
        return Provider(endpoint=endpoint, **values)
    except (TypeError, ValueError, BaseURLError) as error:
        raise SettingError(f"{path}: provider {name!r}: {error}") from error
