"""Reading the settings from the environment.

`settings.CONFIG` holds all of them, read and checked once at the start; a test compares the tables
of `docs/run/settings.md` with `VARIABLES`. A variable `NAME` can also be set as `NAME_FILE`, the path of a
file with the value (as Docker and Kubernetes pass secrets).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playground.config_types import MailServer, Proxy, Rate, SettingError
from playground.config_variables import VARIABLES

_BY_NAME = {variable.name: variable for variable in VARIABLES}


def secret(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the value of `NAME`, or of the file that `NAME_FILE` names; `""` if neither is set."""
    if name in environ or f"{name}_FILE" not in environ:
        return environ.get(name, "")
    file = environ[f"{name}_FILE"]
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{name}_FILE names a file that cannot be read as text: {file}") from error


def read(name: str, environ: Mapping[str, str] = os.environ) -> Any:
    """Return the parsed value of one of `VARIABLES`. Raises `SettingError` naming the variable."""
    variable = _BY_NAME[name]
    try:
        return variable.parse(secret(name, environ) or variable.default)
    except SettingError:
        raise
    except ValueError as error:
        raise SettingError(f"{name} {error}") from error


@dataclass(frozen=True, eq=False)
class Config:
    """All of `VARIABLES`, parsed. Hashed by identity, so that caches can use it as a key."""

    secret_key: str = field(repr=False)
    debug: bool
    allowed_hosts: tuple[str, ...]
    https: bool
    providers: Path | None
    private_upstreams: frozenset[tuple[str, int]]
    ports: tuple[int, ...]
    egress_proxy: Proxy | None
    local_providers: bool
    local_model_url: str
    log: bool
    caps: bool
    client_rate: tuple[Rate, ...]
    total_rate: tuple[Rate, ...]
    client_calls: int
    trusted_proxies: frozenset[str]
    cache_url: str = field(repr=False)
    docs: Path | None
    docs_html: bool
    database: Path | None
    database_url: dict[str, Any] | None = field(repr=False)
    runs: bool
    runs_days: int
    runs_mib: int
    accounts: bool
    private_runs: bool
    team_embeds: int
    public_links: bool
    idle_minutes: int
    oidc_url: str
    oidc_client_id: str
    oidc_client_secret: str = field(repr=False)
    oidc_name: str
    sso_team: str
    user_header: str
    mail_url: MailServer = field(repr=False)
    mail_from: str
    data_keys: tuple[str, ...] = field(repr=False)
    key_teams: dict[str, frozenset[str]]
    metrics_token: str = field(repr=False)
    port: int
    connect_seconds: float
    silence_seconds: float
    exchange_seconds: float
    heartbeat_seconds: float
    arrival_seconds: float
    request_bytes: int
    response_bytes: int
    messages: int
    threads: int
    grace_seconds: float


def load(environ: Mapping[str, str] = os.environ) -> Config:
    """Read the configuration from an environment. Raises `SettingError` naming the variable."""
    return Config(**{v.name.removeprefix("PLAYGROUND_").lower(): read(v.name, environ) for v in VARIABLES})
