"""Parse each kind of setting. Each function raises `ValueError` with what is valid: "must be …"."""

import ipaddress
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


class SettingError(ValueError):
    """A setting is invalid. The message names the variable, and what is valid."""


def text(value: str) -> str:
    return value


def flag(value: str) -> bool:
    match value.strip().lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off" | "":
            return False
    raise ValueError("must be 1 or 0")


def names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def host_ports(value: str) -> frozenset[tuple[str, int]]:
    """Parse exact pairs: `"10.0.0.5:8080,[fd00::1]:80"`."""
    pairs = set()
    for name in names(value):
        host, colon, port = name.rpartition(":")
        if not colon or not host or not port.isascii() or not port.isdigit():
            raise ValueError(f"must be host:port pairs separated by commas, not {name!r}")
        if not 1 <= int(port) <= 65535:
            raise ValueError(f"must have ports from 1 to 65535, not {name!r}")
        pairs.add((host.strip("[]").lower(), int(port)))
    return frozenset(pairs)


def seconds(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = 0
    if not 0 < number < 86_400:
        raise ValueError("must be a number of seconds above 0 and below 86400")
    return number


def count(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 0 < int(value[:19]) < 2**40):
        raise ValueError("must be a whole number of 1 or more")
    return int(value)


def minutes(value: str) -> int:
    if (number := count(value)) > 5_256_000:
        raise ValueError("must be at most ten years")
    return number


def header(value: str) -> str:
    if value and not re.fullmatch(r"[A-Za-z0-9-]{1,100}", value):
        raise ValueError("must be a header’s name: letters, digits, and hyphens")
    return value


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over; false without a host. `scheme` is smtp, smtp+tls (STARTTLS), or smtps."""

    scheme: str = "smtp"
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.host)


_MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def mail_url(value: str) -> MailServer:
    """Parse the URL of a mail server; user and password are percent-encoded."""
    if not value:
        return MailServer()
    told = "must be smtp+tls://user:password@host:587 (or smtps, or smtp without TLS)"
    try:
        parts = urlsplit(value)
        port = parts.port or _MAIL_PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise ValueError(told) from None
    if not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(told)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(parts.scheme, parts.hostname, port, user, password)


def token(value: str) -> str:
    if value and len(value) < 20:
        raise ValueError("must have at least 20 random characters")
    return value


def threads(value: str) -> int:
    if (number := count(value)) < 2:
        raise ValueError("must be 2 or more: one for calls, one for pages")
    return number


def ports(value: str) -> tuple[int, ...]:
    if not all(name.isascii() and name.isdigit() and 0 < int(name[:6]) < 65536 for name in names(value)):
        raise ValueError("must be port numbers from 1 to 65535, separated by commas")
    return tuple(sorted({int(name) for name in names(value)}))


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy. `credentials` is `user:password`, or "" if it needs none."""

    host: str
    port: int
    credentials: str = field(default="", repr=False)


def proxy(value: str) -> Proxy | None:
    """Parse a proxy's address: `"http://user:password@proxy.internal:4750"`."""
    if not value:
        return None
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.scheme != "http" or parts.path not in ("", "/") or parts.query:
        raise ValueError("must be the address of an HTTP proxy: http://host:port")
    user = unquote(parts.username or "")
    return Proxy(host, port, f"{user}:{unquote(parts.password or '')}" if user else "")


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` calls in `seconds`: a bucket that holds `count` and refills in `seconds`."""

    count: int
    seconds: int


_PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


def rates(value: str) -> tuple[Rate, ...]:
    """Parse rates: `"20/minute, 500/day"`; `"off"` means none."""
    if value.strip().lower() == "off":
        return ()
    found = []
    for name in names(value):
        number, _, period = name.partition("/")
        if (
            not (number.isascii() and number.isdigit() and 0 < int(number[:10]) < 10**9)
            or period not in _PERIODS
        ):
            raise ValueError(
                "must be off, or rates such as 20/minute or 20/minute,500/day (per second, minute, hour, "
                "or day)"
            )
        found.append(Rate(int(number), _PERIODS[period]))
    return tuple(found)


def issuer(value: str) -> str:
    """Parse the issuer of an OpenID Connect provider: `"https://login.example.org/realms/staff"`."""
    parts = urlsplit(value)
    is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if value and not (parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and is_local))):
        raise ValueError("must be the https address of an OpenID Connect provider")
    return value.rstrip("/")


def key_teams(value: str) -> dict[str, frozenset[str]]:
    """Parse pairs of a provider and a team: `"openai:Research, openai:Docs"`."""
    found = dict[str, frozenset[str]]()
    for name in names(value):
        provider, _, team = map(str.strip, name.partition(":"))
        if not provider or not team:
            raise ValueError(f"must be provider:team pairs separated by commas, not {name!r}")
        found[provider] = found.get(provider, frozenset()) | {" ".join(team.split())}
    return found


# A proxy on a Unix socket, which has no address.
UNIX = "unix"


@cache
def networks(value: str) -> frozenset[str]:
    """Parse networks, written out in full, and `"unix"`: `"127.0.0.1, 10.0.0.0/8, unix"`."""
    found = set()
    for name in names(value):
        try:
            found.add(name if name == UNIX else str(ipaddress.ip_network(name)))
        except ValueError as error:
            raise ValueError(
                f"must be addresses and networks separated by commas, or unix, not {name!r}"
            ) from error
    return frozenset(found)


def cache_url(value: str) -> str:
    """Parse the URL of Redis or Valkey. Both speak the same protocol, but the driver only knows `redis`."""
    if not value:
        return ""
    scheme, colon, rest = value.partition("://")
    known = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss", "unix": "unix"}
    if scheme not in known or not rest:
        raise ValueError("must be redis://host:port/0 (or rediss, valkey, valkeys, unix)")
    return known[scheme] + colon + rest


# libpq’s settings. Without them, a server that vanished from the network is waited for a quarter of an hour.
_PATIENCE = {
    "connect_timeout": 5,
    "tcp_user_timeout": 15_000,  # milliseconds; the others are seconds and a number
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}


def postgresql(value: str) -> dict[str, Any] | None:
    """Convert `"postgresql://user:password@host:5432/name?sslmode=require"` to an entry of DATABASES."""
    if not value:
        return None
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = conninfo_to_dict(value) if value.startswith(("postgresql://", "postgres://")) else {}
    except ProgrammingError:  # its text may quote the password
        parts = {}
    if not parts.get("dbname"):
        raise ValueError("must be postgresql://user:password@host:5432/name")
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    entry = {name: str(parts.pop(part, "")) for name, part in names.items()}
    return {"ENGINE": "playground.database.postgresql", "OPTIONS": _PATIENCE | parts} | entry


def path_or_none(value: str) -> Path | None:
    return Path(value).expanduser() if value else None
