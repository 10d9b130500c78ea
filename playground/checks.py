"""What must hold before the playground serves: `manage.py check` and every start of the server ask."""

import os
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error, register

from playground import env
from playground.upstream.providers import catalogue

_SHORTEST_KEY = 50


@register
def secret_key_is_set(app_configs: Any, **options: Any) -> list[CheckMessage]:
    del app_configs, options
    if len(env.read("PLAYGROUND_SECRET_KEY")) >= _SHORTEST_KEY:
        return []
    return [
        Error(
            f"PLAYGROUND_SECRET_KEY is not set, or has fewer than {_SHORTEST_KEY} characters.",
            hint='Make one: python -c "import secrets; print(secrets.token_urlsafe(50))"',
            id="playground.E001",
        )
    ]


@register
def catalogue_is_readable(app_configs: Any, **options: Any) -> list[CheckMessage]:
    del app_configs, options
    try:
        catalogue()
    except env.SettingError as error:
        return [Error(str(error), id="playground.E002")]
    return []


@register
def docs_are_there(app_configs: Any, **options: Any) -> list[CheckMessage]:
    del app_configs, options
    folder = env.read("PLAYGROUND_DOCS")
    if folder is None or folder.is_dir():
        return []
    return [
        checks.Warning(
            f"PLAYGROUND_DOCS names a folder that is not there: {folder}",
            hint="Make the folder, and put an index.md into it.",
            id="playground.W002",
        )
    ]


@register
def all_workers_count_together(app_configs: Any, **options: Any) -> list[CheckMessage]:
    del app_configs, options
    workers = os.environ.get("WEB_CONCURRENCY", "1")
    if workers == "1" or env.read("CACHE_URL") or not env.read("PLAYGROUND_CLIENT_RATE"):
        return []
    return [
        checks.Warning(
            f"Each of the {workers} workers counts calls alone: the rates hold {workers} times over.",
            hint="Set CACHE_URL to a Redis or Valkey that they share.",
            id="playground.W001",
        )
    ]
