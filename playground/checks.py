"""What must hold before the playground serves: `manage.py check` and every start of the server ask."""

from typing import Any

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
