"""Translate the libraries' errors, and calls that we ended ourselves, into failures of an Exchange."""

import ssl
from http.client import HTTPException
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from playground.exchange.failure import Failure, FailureKind
from playground.network.body import CutOffError
from playground.network.connection import TooMuchError, Wire
from playground.network.decode import BadEncodingError, TooMuchUnpackedError
from playground.network.dial import ConnectError
from playground.network.limits import Limits

# What reading a response can raise.
ERRORS = (
    ConnectError,
    BadEncodingError,
    TooMuchUnpackedError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
    HTTPException,
)


def ended(prepared: requests.PreparedRequest, on_wire: Wire, limits: Limits) -> Failure | None:
    """Return the failure if we ended the call ourselves, which looks like any error or like a normal end."""
    if on_wire.ended is None:
        return None
    limit = limits.exchange_seconds if on_wire.ended is FailureKind.TOO_LONG else None
    return failure(on_wire.ended, prepared, limit=limit)


def translate(error: Exception, prepared: requests.PreparedRequest, on_wire: Wire, limits: Limits) -> Failure:
    """Translate a library's error into a `Failure`."""
    causes = _causes(error)
    if end := ended(prepared, on_wire, limits):
        return end
    if isinstance(error, ConnectError):
        limit = limits.connect_seconds if error.kind is FailureKind.CONNECT_TIMEOUT else None
        return failure(error.kind, prepared, str(error), limit)
    if _any(causes, ssl.SSLError, urllib3.exceptions.SSLError):
        return failure(FailureKind.TLS, prepared, str(causes[-1]))
    if _any(causes, requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
        if not on_wire.headers:  # the TLS handshake never finished
            return failure(FailureKind.CONNECT_TIMEOUT, prepared, limit=limits.connect_seconds)
        has_begun = on_wire.heads is not None and on_wire.heads.has_begun
        kind = FailureKind.SLOW_HEAD if has_begun else FailureKind.SILENCE
        return failure(kind, prepared, limit=limits.silence_seconds)
    if _any(causes, TooMuchError, TooMuchUnpackedError):
        return failure(FailureKind.TOO_LARGE, prepared, limit=limits.response_bytes)
    if _any(causes, BadEncodingError):
        return failure(FailureKind.BAD_ENCODING, prepared, str(causes[-1]))
    if _any(causes, CutOffError, ConnectionError):
        return failure(FailureKind.CUT_OFF, prepared, str(causes[-1]))
    return failure(FailureKind.NOT_HTTP, prepared, str(causes[-1]))


def _causes(error: BaseException) -> list[BaseException]:
    """Return the error and what it wraps (in `args`, `reason` or as its cause), outermost first."""
    causes: list[BaseException] = []
    following: object = error
    while isinstance(following, BaseException) and following not in causes:
        causes.append(following)
        inner = [getattr(following, "reason", None), *following.args[::-1]]
        following = next((item for item in inner if isinstance(item, BaseException)), following.__cause__)
    return causes


def _any(causes: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(cause, kinds) for cause in causes)


def failure(
    kind: FailureKind, prepared: requests.PreparedRequest, detail: str = "", limit: float | None = None
) -> Failure:
    return Failure(kind, urlsplit(prepared.url or "").netloc, detail, None if limit is None else float(limit))
