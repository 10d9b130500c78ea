"""Read the providers in a TOML file. Its fields are explained at the top of `providers.toml`."""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from playground.catalogue.caps import Caps
from playground.catalogue.examples import Examples
from playground.catalogue.headers import Wrong, wrong_with
from playground.catalogue.provider import Provider
from playground.config_types import SettingError
from playground.dialects import DEFAULT, DIALECTS
from playground.exchange.call import AUTHS, Auth
from playground.text.endpoint import BaseURLError, Endpoint

LOCAL_MODEL = "local"
_TEXTS = ("id", "label", "base_url", "key_variable", "docs", "start", "public_base_url")
_WRONG = {
    Wrong.NAME: "{name!r} isn’t a valid header name",
    Wrong.NOT_EXTRA: "{name} is set by the playground or contains a key, so it can’t be set here",
    Wrong.VALUE: "the value of {name} must be printable ASCII",
}


def read_providers(path: Path) -> dict[str, Provider]:
    """Return the providers of a file by id. Raises `SettingError`."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("provider", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"The provider file {path} can’t be read: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SettingError(f"{path}: write each provider as a [[provider]] table")
    providers = [_provider(entry, path) for entry in entries]
    return {provider.id: provider for provider in providers}


def at(provider: Provider, base_url: str) -> Provider:
    """Return the provider with all its APIs under this base URL. Raises `BaseURLError`."""
    return replace(provider, endpoints=_endpoints(provider.dialects, base_url, {}, provider.public_base_url))


def _provider(entry: dict[str, Any], path: Path) -> Provider:
    name = entry.get("id", "?")
    try:
        _check_types(entry)
        if not re.fullmatch("[a-z0-9][a-z0-9_-]*", name):
            raise ValueError("id can have only lowercase letters, digits, hyphens, and underscores")
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", entry.get("key_variable", "KEY")):
            raise ValueError("key_variable must be the name of an environment variable")
        if not re.match("https?://|$", entry.get("docs", "")):
            raise ValueError("docs must be a link that starts with https://")
        if entry.get("local") and "start" not in entry:
            raise ValueError("a local provider needs start, the command that starts it")
        values = dict(entry)
        dialects = _dialects(values.pop("dialects", None), values.pop("dialect", None))
        base_url, elsewhere = values.pop("base_url", ""), values.pop("base_urls", {})
        public = values.get("public_base_url", "")
        if not base_url and name != LOCAL_MODEL:
            raise ValueError("base_url is missing")
        models = tuple(values.pop("models", ()))
        return Provider(
            models=models,
            retired=tuple(values.pop("retired", ())),
            dialects=dialects,
            endpoints=_endpoints(dialects, base_url, elsewhere, public),
            auth=_auth(values.pop("auth", None)),
            headers=tuple(_headers(values.pop("headers", {}))),
            caps=_caps({"models": models, **values.pop("caps", {})}),
            examples=_examples(values.pop("examples", {})),
            **values,
        )
    except (TypeError, ValueError, BaseURLError) as error:
        raise SettingError(f"{path}: provider {name!r}: {error}") from error


def _check_types(entry: dict[str, Any]) -> None:
    """Raise `ValueError` for a value that would only be noticed when the provider is shown."""
    for name in _TEXTS:
        if not isinstance(entry.get(name, ""), str):
            raise ValueError(f"{name} must be a string")
    for name in ("models", "retired"):
        models = entry.get(name, [])
        if not isinstance(models, list) or not all(isinstance(model, str) for model in models):
            raise ValueError(f"{name} must be an array of strings")
    if not isinstance(entry.get("local", False), bool):
        raise ValueError("local must be true or false")
    if "further" in entry:
        raise ValueError("further isn’t a field of this file: put all suggested models in models")


def _dialects(several: Any, one: Any) -> tuple[str, ...]:
    if several is not None and one is not None:
        raise ValueError("set dialects or dialect, not both")
    names = several if several is not None else [one or DEFAULT.id]
    if not isinstance(names, list) or not names or len(set(map(str, names))) < len(names):
        raise ValueError("dialects must be an array of different names")
    if not {*names} <= {*DIALECTS}:
        raise ValueError(
            f"{'dialect' if several is None else 'each of dialects'} must be one of {', '.join(DIALECTS)}"
        )
    return tuple(names)


def _endpoints(dialects: tuple[str, ...], base_url: str, elsewhere: Any, public: str) -> dict[str, Endpoint]:
    """Return the endpoint of each dialect, or none without a base URL. Raises `ValueError`."""
    by_name = isinstance(elsewhere, dict) and all(isinstance(url, str) for url in elsewhere.values())
    if not by_name or not {*elsewhere} <= {*dialects}:
        raise ValueError("base_urls must map dialects of this provider to base URLs")
    if public and elsewhere:
        raise ValueError(
            "public_base_url can’t be combined with base_urls: move those APIs to a separate provider"
        )
    if not base_url:
        return {}
    # It may be the full address of the first API, as people copy it.
    base = Endpoint.parse(base_url, DIALECTS[dialects[0]].ending)
    endpoints = {dialects[0]: base}
    for name in dialects:
        if name in elsewhere or name != dialects[0]:
            url = elsewhere.get(name, base.base_url)
            endpoints[name] = Endpoint.parse(url, DIALECTS[name].ending)
    if not public:
        return endpoints
    return {
        name: replace(endpoint, public=Endpoint.parse(public, DIALECTS[name].ending).base_url)
        for name, endpoint in endpoints.items()
    }


def _auth(name: Any) -> Auth | None:
    if name is None:
        return None
    if not isinstance(name, str) or name not in AUTHS:
        raise ValueError(f"auth must be one of {', '.join(AUTHS)}")
    return AUTHS[name]


def _headers(headers: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(headers, dict):
        raise ValueError('headers must be a table of names and values, such as { "X-Title" = "Docs" }')
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("headers has the same header twice")
    for name, value in headers.items():
        if wrong := wrong_with(name, value):
            raise ValueError("headers: " + _WRONG[wrong].format(name=name))
        yield name, value


def _caps(entry: dict[str, Any]) -> Caps:
    for name, value in entry.items():
        if name in ("models", "allow"):
            if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
                raise ValueError(f"caps.{name} must be an array of strings")
            entry[name] = tuple(value)
        elif type(value) is not int or value < 1:
            raise ValueError(f"caps.{name} must be a whole number of at least 1")
    return Caps(**entry)


def _examples(entry: Any) -> Examples:
    names = {"without", "rename", "tokens", "change", "beside"}
    if not isinstance(entry, dict) or not {*entry} <= names:
        raise ValueError("examples takes without, rename, tokens, change, and beside")
    examples = Examples(**{**entry, "without": tuple(_strings(entry.get("without", [])))})
    if not isinstance(examples.rename, dict) or not all(
        isinstance(name, str) for name in examples.rename.values()
    ):
        raise ValueError("examples.rename must map names to names")
    if type(examples.tokens) is not int or examples.tokens < 0:
        raise ValueError("examples.tokens must be a whole number")
    if not isinstance(examples.change, dict):
        raise ValueError("examples.change must map names to values")
    if not _is_json([examples.change, examples.beside]):
        raise ValueError("examples.change and examples.beside take only JSON values: no dates, nan, or inf")
    if not _is_deep(examples.beside, 2) or not {*examples.beside} <= {*DIALECTS}:
        raise ValueError("examples.beside must map APIs to parameters, and those to parameters with values")
    return examples


def _strings(names: Any) -> list[str]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("examples.without must be an array of strings")
    return names


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _is_deep(table: Any, levels: int) -> bool:
    """Return whether it is a table, and all its values, down to the last level, are."""
    return isinstance(table, dict) and (
        levels == 0 or all(_is_deep(inner, levels - 1) for inner in table.values())
    )
