"""The ways in which a response is missing or incomplete."""

from dataclasses import dataclass
from enum import StrEnum


class FailureKind(StrEnum):
    UNKNOWN_HOST = "unknown_host"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    PROXY = "proxy"
    CONNECT_TIMEOUT = "connect_timeout"
    TLS = "tls"
    SILENCE = "silence"
    SLOW_HEAD = "slow_head"
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    CUT_OFF = "cut_off"
    STOPPED = "stopped"
    RESTARTED = "restarted"
    NOT_HTTP = "not_http"
    BAD_ENCODING = "bad_encoding"


@dataclass(frozen=True, slots=True)
class Failure:
    """`host` is `name:port`; `detail` is the system's own message, `limit` the limit that was reached."""

    kind: FailureKind
    host: str
    detail: str = ""
    limit: float | None = None
