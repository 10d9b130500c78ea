"""Checks that run at every start of the server, and with `manage.py check`."""

import logging
import os
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from playground.catalogue.providers import catalogue
from playground.config_types import SettingError
from playground.serving import static
from playground.serving.health import database
from playground.serving.static import Collected
from playground.trouble import reason

_logger = logging.getLogger(__name__)
_SHORTEST_KEY = 50
_STORAGE = "playground.serving.static.Storage"
_NOT_COLLECTED = "playground.W003"
# Set for a server if its parent has already reported what is wrong with the database.
DATABASE_TOLD = "PLAYGROUND_DATABASE_TOLD"
_COLLECT = "Run: python manage.py collectstatic --noinput"


@register
def secret_key_is_set(app_configs: Any, **options: Any) -> list[CheckMessage]:
    del app_configs, options
    if len(settings.CONFIG.secret_key) >= _SHORTEST_KEY:
        return []
    return [
        Error(
            f"PLAYGROUND_SECRET_KEY is not set, or has fewer than {_SHORTEST_KEY} characters.",
            hint='Generate one: python -c "import secrets; print(secrets.token_urlsafe(50))"',
            id="playground.E001",
        )
    ]


@register
def data_keys_are_strong(app_configs: Any, **options: Any) -> list[CheckMessage]:
    del app_configs, options
    keys = settings.CONFIG.data_keys
    if not keys:
        return []
    from playground.keys import sealing  # with its library only if it is needed

    wrong = sealing.problem(keys, settings.CONFIG.secret_key)
    if wrong is None:
        return []
    return [
        Error(
            f"PLAYGROUND_DATA_KEYS cannot be used: {wrong}.",
            hint="Generate a key: python manage.py keys new",
            id="playground.E003",
        )
    ]


@register
def keys_are_given_for_known_providers(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Refuse a misspelled provider: its key would be for all teams."""
    del app_configs, options
    with suppress(SettingError):  # which another check reports
        if unknown := sorted(set(settings.CONFIG.key_teams) - set(catalogue())):
            told = f"PLAYGROUND_KEY_TEAMS names providers that are not in the list: {', '.join(unknown)}."
            return [Error(told, id="playground.E004")]
    return []


@register
def the_header_of_people_is_from_a_proxy(app_configs: Any, **options: Any) -> list[CheckMessage]:
    del app_configs, options
    if not settings.CONFIG.user_header or settings.CONFIG.trusted_proxies:
        return []
    told = "PLAYGROUND_USER_HEADER needs PLAYGROUND_TRUSTED_PROXIES: nobody else is believed."
    return [Error(told, id="playground.E005")]


@register
def catalogue_is_readable(app_configs: Any, **options: Any) -> list[CheckMessage]:
    del app_configs, options
    try:
        catalogue()
    except SettingError as error:
        return [Error(str(error), id="playground.E002")]
    return []


@register
def docs_are_there(app_configs: Any, **options: Any) -> list[CheckMessage]:
    del app_configs, options
    folder = settings.CONFIG.docs
    if folder is None or folder.is_dir():
        return []
    return [
        checks.Warning(
            f"PLAYGROUND_DOCS names a folder that does not exist: {folder}",
            hint="Create the folder, with an index.md in it.",
            id="playground.W002",
        )
    ]


@register
def all_workers_count_together(app_configs: Any, **options: Any) -> list[CheckMessage]:
    del app_configs, options
    workers = os.environ.get("WEB_CONCURRENCY", "1")
    if workers == "1" or settings.CONFIG.cache_url or not settings.CONFIG.client_rate:
        return []
    return [
        checks.Warning(
            f"Each of the {workers} workers counts calls on its own: all rates are {workers} times as high.",
            hint="Set CACHE_URL to a Redis or Valkey server that all workers share.",
            id="playground.W001",
        )
    ]


@register
def static_files_are_collected(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Warn only: after an error, `migrate` and `collectstatic` itself would not run."""
    del app_configs, options
    if settings.DEBUG or settings.STORAGES["staticfiles"]["BACKEND"] != _STORAGE:
        return []
    try:
        found = static.collected()
    except OSError as error:
        return [_uncollected(f"The static files cannot be read: {reason(error) or error.strerror}.")]
    if found is Collected.MISSING:
        return [_uncollected("The static files are not collected, so no page can be shown.")]
    if found is Collected.OLD:
        return [
            checks.Warning(
                "The collected static files belong to another version.",
                hint=_COLLECT,
                id="playground.W004",
            )
        ]
    return []


def _uncollected(words: str) -> CheckMessage:
    return checks.Warning(words, hint=_COLLECT, id=_NOT_COLLECTED)


def before_serving() -> None:
    """Log a line for each problem. Raises `SettingError` if no page could be shown."""
    found = without_errors()
    lines = [_line(message) for message in found if message.level >= checks.WARNING]
    if not os.environ.get(DATABASE_TOLD) and (trouble := database()):
        lines.append(f"Embeds and the admin are unavailable: {trouble}.")
    for line in lines:
        _logger.warning("%s", line)


def without_errors() -> list[CheckMessage]:
    """Return what the checks find. Raises `SettingError` if no page could be shown."""
    found = [message for message in checks.run_checks() if not message.is_silenced()]
    fatal = [m for m in found if m.is_serious() or m.id == _NOT_COLLECTED]
    if fatal:
        raise SettingError("\n".join(map(_line, fatal)))
    return found


def _line(message: CheckMessage) -> str:
    return " ".join(text for text in (message.msg, message.hint) if text)
