"""The table of settings: each environment variable with its default, its help line, and its check."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playground.config_types import (
    cache_url,
    count,
    flag,
    header,
    host_ports,
    issuer,
    key_teams,
    mail_url,
    minutes,
    names,
    networks,
    path_or_none,
    ports,
    postgresql,
    proxy,
    rates,
    seconds,
    text,
    threads,
    token,
)


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: its name, its value when unset, and what it does."""

    name: str
    default: str
    help: str
    parse: Callable[[str], Any] = text


VARIABLES = (
    Variable(
        "PLAYGROUND_SECRET_KEY",
        "",
        "Signs cookies and page credentials; at least 50 random characters. `scripts/play` generates one.",
    ),
    Variable("PLAYGROUND_DEBUG", "0", "Shows Django’s debug pages. For development only.", flag),
    Variable(
        "PLAYGROUND_ALLOWED_HOSTS",
        "localhost,127.0.0.1,[::1]",
        "Host names that the playground accepts, separated by commas.",
        names,
    ),
    Variable(
        "PLAYGROUND_HTTPS",
        "1",
        "Uses secure cookies and HSTS, and redirects to HTTPS. `scripts/play` turns it off.",
        flag,
    ),
    Variable(
        "PLAYGROUND_PROVIDERS",
        "",
        "Path of a TOML file that adds providers, or replaces built-in ones with the same `id`.",
        path_or_none,
    ),
    Variable(
        "PLAYGROUND_PRIVATE_UPSTREAMS",
        "",
        "Exact `host:port` pairs inside your network that may be called, separated by commas.",
        host_ports,
    ),
    Variable(
        "PLAYGROUND_PORTS",
        "80,443",
        "Ports a custom base URL may use, separated by commas, in addition to those of the provider list.",
        ports,
    ),
    Variable(
        "PLAYGROUND_EGRESS_PROXY",
        "",
        "HTTP proxy for all calls except those to private upstreams. The proxy decides what may be called.",
        proxy,
    ),
    Variable(
        "PLAYGROUND_LOCAL_PROVIDERS",
        "0",
        "Offers providers on this machine (Ollama, vLLM, LM Studio). `scripts/play` turns it on.",
        flag,
    ),
    Variable(
        "PLAYGROUND_LOCAL_MODEL_URL",
        "",
        "Base URL of the local model. `scripts/play` starts one and sets this.",
    ),
    Variable(
        "PLAYGROUND_LOG",
        "1",
        "Writes one line of JSON to stderr per call, without content or keys. `scripts/play` turns it off.",
        flag,
    ),
    Variable(
        "PLAYGROUND_CAPS",
        "1",
        "Applies per-call limits to calls with the server’s keys. Off on loopback.",
        flag,
    ),
    Variable(
        "PLAYGROUND_CLIENT_RATE",
        "20/minute,500/day",
        "Rate limit per IP address for calls with the server’s keys, or `off`. Off on loopback.",
        rates,
    ),
    Variable(
        "PLAYGROUND_TOTAL_RATE",
        "200/minute,5000/day",
        "Rate limit for all calls with the server’s keys together, or `off`. Off on loopback.",
        rates,
    ),
    Variable(
        "PLAYGROUND_CLIENT_CALLS",
        "16",
        "Concurrent calls per IP address. Without `CACHE_URL`, each worker counts its own.",
        count,
    ),
    Variable(
        "PLAYGROUND_TRUSTED_PROXIES",
        "",
        "Proxies to trust for `X-Forwarded-For`: addresses and networks, or `unix` for a socket.",
        networks,
    ),
    Variable(
        "CACHE_URL",
        "",
        "Redis or Valkey (`redis://host:6379/0`) that all workers share to count and stop calls.",
        cache_url,
    ),
    Variable(
        "PLAYGROUND_DOCS",
        "",
        "Folder of Markdown files to show at `/docs/`. If unset, the playground shows its own docs.",
        path_or_none,
    ),
    Variable(
        "PLAYGROUND_DOCS_HTML",
        "0",
        "Renders raw HTML in those files. Turn it on only if you trust all their authors.",
        flag,
    ),
    Variable(
        "PLAYGROUND_DATABASE",
        "",
        "Path of the SQLite file. If unset, it’s `playground.sqlite3` in your user’s data folder.",
        path_or_none,
    ),
    Variable(
        "DATABASE_URL",
        "",
        "PostgreSQL instead of SQLite: `postgresql://user:password@host:5432/name`.",
        postgresql,
    ),
    Variable(
        "PLAYGROUND_RUNS",
        "0",
        "Saves each call of the page as a run that every visitor can read and delete. "
        "On in `scripts/play` on loopback.",
        flag,
    ),
    Variable(
        "PLAYGROUND_RUNS_DAYS",
        "365",
        "Days to keep a run. Starred runs are kept until somebody deletes them.",
        count,
    ),
    Variable(
        "PLAYGROUND_RUNS_MIB",
        "1024",
        "Maximum size of all runs, in MiB. The oldest are deleted first, starred ones never.",
        count,
    ),
    Variable(
        "PLAYGROUND_ACCOUNTS",
        "0",
        "Asks people to sign in. Make the first link with `manage.py people invite --owner`.",
        flag,
    ),
    Variable(
        "PLAYGROUND_PRIVATE_RUNS",
        "0",
        "With accounts, only the person who sent a call sees its run. Otherwise the team does.",
        flag,
    ),
    Variable(
        "PLAYGROUND_TEAM_EMBEDS",
        "20",
        "With accounts, the most embeds that a team can have.",
        count,
    ),
    Variable(
        "PLAYGROUND_PUBLIC_LINKS",
        "1",
        "With accounts, members can make links to runs that open without signing in. `0` ends all of them.",
        flag,
    ),
    Variable(
        "PLAYGROUND_IDLE_MINUTES",
        "20160",
        "With accounts, how long a session lasts that isn’t used. By default, two weeks.",
        minutes,
    ),
    Variable(
        "PLAYGROUND_OIDC_URL",
        "",
        "With accounts, lets people sign in at this OpenID Connect provider, named by its issuer.",
        issuer,
    ),
    Variable("PLAYGROUND_OIDC_CLIENT_ID", "", "The playground’s client ID there.", str),
    Variable("PLAYGROUND_OIDC_CLIENT_SECRET", "", "The client’s secret.", str),
    Variable("PLAYGROUND_OIDC_NAME", "SSO", "What the provider is called on the button.", str),
    Variable(
        "PLAYGROUND_SSO_TEAM",
        "",
        "Whoever comes by single sign-on can join this team as a member. Otherwise they need an invitation.",
        str,
    ),
    Variable(
        "PLAYGROUND_USER_HEADER",
        "",
        "With accounts, a header in which a trusted proxy names who is signed in, by email address.",
        header,
    ),
    Variable(
        "PLAYGROUND_MAIL_URL",
        "",
        "With accounts, mails invitations and warnings by this server: `smtp+tls://user:password@host:587`.",
        mail_url,
    ),
    Variable("PLAYGROUND_MAIL_FROM", "playground@localhost", "The sender of that mail.", str),
    Variable(
        "PLAYGROUND_DATA_KEYS",
        "",
        "Encrypts the keys that teams keep. One or more from `manage.py keys new`; the first encrypts.",
        names,
    ),
    Variable(
        "PLAYGROUND_KEY_TEAMS",
        "",
        "With accounts, gives a server’s key to some teams only: `openai:Research,openai:Docs`.",
        key_teams,
    ),
    Variable(
        "PLAYGROUND_METRICS_TOKEN",
        "",
        "Opens `/metrics` to Prometheus. At least 20 random characters. If unset, there are no metrics.",
        token,
    ),
    Variable("PLAYGROUND_PORT", "8000", "Port that `scripts/play` listens on.", count),
    Variable("PLAYGROUND_CONNECT_SECONDS", "5", "Timeout for connecting to a provider.", seconds),
    Variable(
        "PLAYGROUND_SILENCE_SECONDS",
        "60",
        "Timeout between two bytes from a provider, and for a browser to take the next part of an export.",
        seconds,
    ),
    Variable("PLAYGROUND_EXCHANGE_SECONDS", "600", "Time limit for one call from start to end.", seconds),
    Variable(
        "PLAYGROUND_HEARTBEAT_SECONDS",
        "15",
        "Interval of heartbeats in a silent stream, so that proxies keep it open.",
        seconds,
    ),
    Variable(
        "PLAYGROUND_ARRIVAL_SECONDS",
        "30",
        "Timeout for a browser’s request headers, and again for its body.",
        seconds,
    ),
    Variable("PLAYGROUND_REQUEST_BYTES", "1048576", "Maximum size of a request body, in bytes.", count),
    Variable(
        "PLAYGROUND_RESPONSE_BYTES",
        "16777216",
        "Maximum size of a response after decompression, in bytes.",
        count,
    ),
    Variable("PLAYGROUND_MESSAGES", "1000", "Maximum number of messages in a request.", count),
    Variable(
        "PLAYGROUND_THREADS",
        "128",
        "Threads per worker. A running call holds one; an eighth is reserved for pages.",
        threads,
    ),
    Variable(
        "PLAYGROUND_GRACE_SECONDS",
        "30",
        "How long running calls may continue after SIGTERM, while new ones are rejected.",
        seconds,
    ),
)
