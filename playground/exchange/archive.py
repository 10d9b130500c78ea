"""An Exchange as a JSON value to keep, readable by every later version.

    {"format": "api-playground.exchange", "version": 1, "id": …, "dialect": "chat_completions", "provider": …,
     "started": "2026-01-02T03:04:05.678901+00:00",
     "call": {"base_url", "url", "key_variable", "body"; if not the dialect's own: "auth", "headers"},
     "sent": {"method", "url", "headers": [[name, value], …], "body": BYTES},
     "received": null or {"status", "reason", "headers", "body": BYTES},
     "failure": null or {"kind", "host", "detail", "limit"},
     "timings_ms": {"first_byte", "first_token", "last_token", "total"},
     "events_ms": null, or when each event of a stream was complete}

BYTES is `{"text": …}`, or `{"base64": …}` if not UTF-8. Derived data is not kept: the completion, its usage,
and its explanation are read from the bytes again. A later version adds names, and never changes the meaning
of one; golden files in the tests hold what earlier versions wrote.
"""

import base64
import binascii
import json
from array import array
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from playground.exchange.call import AUTHS, Call, Headers
from playground.exchange.dialect import Dialect, call_of
from playground.exchange.failure import Failure, FailureKind
from playground.exchange.record import Exchange, Received, Sent, Timings
from playground.exchange.stream import read_again

FORMAT = "api-playground.exchange"
VERSION = 1


# What each part holds, as far as reading it would not notice another type by itself. Nothing is true or
# false, which Python takes for numbers.
_TYPES: Mapping[str, Mapping[str, Any]] = {
    "": {"id": str, "provider": str | None, "received": dict | None, "failure": dict | None},
    "call": {"base_url": str, "url": str, "key_variable": str | None, "body": dict},
    "sent": {"method": str, "url": str},
    "received": {"status": int, "reason": str},
    "failure": {"host": str, "detail": str, "limit": int | float | None},
    "timings_ms": {
        "first_byte": int | float | None,
        "first_token": int | float | None,
        "last_token": int | float | None,
        "total": int | float,
    },
}

_LARGEST = 1e15  # no time or size is, and larger ones can't be shown


class ArchiveError(ValueError):
    """The value is not an archive of an Exchange, or its version is unknown."""


def dump(exchange: Exchange, *, with_body: bool = True) -> dict[str, Any]:
    """Return the archive. Without `with_body`, the received body is null, to be kept elsewhere as bytes."""
    received, failure, timings = exchange.received, exchange.failure, exchange.timings
    return {
        "format": FORMAT,
        "version": VERSION,
        "id": exchange.id,
        "dialect": exchange.dialect.id,
        "provider": exchange.provider,
        "started": exchange.started.isoformat(),
        "call": {
            "base_url": exchange.call.base_url,
            "url": exchange.call.url,
            "key_variable": exchange.call.key_variable,
            "body": dict(exchange.call.body),
            **dict(_from_the_provider(exchange.call, exchange.dialect)),
        },
        "sent": {
            "method": exchange.sent.method,
            "url": exchange.sent.url,
            "headers": [list(pair) for pair in exchange.sent.headers],
            "body": _kept(exchange.sent.body),
        },
        "received": received
        and {
            "status": received.status,
            "reason": received.reason,
            "headers": [list(pair) for pair in received.headers],
            "body": _kept(received.body) if with_body else None,
        },
        "failure": failure
        and {
            "kind": str(failure.kind),
            "host": failure.host,
            "detail": failure.detail,
            "limit": failure.limit,
        },
        "timings_ms": {
            "first_byte": timings.first_byte_ms,
            "first_token": timings.first_token_ms,
            "last_token": timings.last_token_ms,
            "total": timings.total_ms,
        },
        "events_ms": list(exchange.stream.times_ms) if exchange.stream else None,
    }


def load(value: Any, dialects: Mapping[str, Dialect], body: bytes | None = None) -> Exchange:
    """Read an archive; `body` is the received body, if it was kept elsewhere. Raises `ArchiveError`."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ArchiveError("no archive of an exchange")
    if value.get("version") != VERSION:
        raise ArchiveError(f"an archive of version {value.get('version')!r}; this reads {VERSION}")
    try:
        _check_types(value)
        return _exchange(value, dialects[value["dialect"]], body)
    except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise ArchiveError(f"a broken archive: {type(error).__name__}: {error}") from error


def _from_the_provider(call: Call, dialect: Dialect) -> Iterator[tuple[str, Any]]:
    """Yield what of the call is the provider's and not the dialect's."""
    if call.auth != dialect.auth:
        yield "auth", call.auth.id
    if extra := call.headers[len(dialect.headers(call.body)) :]:
        yield "headers", [list(pair) for pair in extra]


def _call(value: dict[str, Any], dialect: Dialect) -> Call:
    auth = AUTHS[value["auth"]] if "auth" in value else None
    rest = {name: item for name, item in value.items() if name not in ("auth", "headers")}
    return call_of(dialect, **rest, auth=auth, headers=_headers(value.get("headers", [])))


def _check_types(value: dict[str, Any]) -> None:
    for part, types in _TYPES.items():
        holder = value[part] if part else value
        for name, kind in types.items() if holder is not None else ():
            if not isinstance(holder[name], kind) or isinstance(holder[name], bool):
                raise TypeError(f"{part}.{name} is {type(holder[name]).__name__}".lstrip("."))
            if isinstance(holder[name], int | float) and abs(holder[name]) > _LARGEST:
                raise ValueError(f"{part}.{name} is too large")
    if value["received"] is None and value["failure"] is None:
        raise ValueError("neither an answer nor a failure")
    # No page can show half a character, or a number that is none.
    received = value["received"] and {**value["received"], "body": None}  # which can be megabytes
    json.dumps({**value, "received": received}, allow_nan=False, ensure_ascii=False).encode()


def _exchange(value: dict[str, Any], dialect: Dialect, body: bytes | None) -> Exchange:
    sent, received, failure, timings = (value[name] for name in ("sent", "received", "failure", "timings_ms"))
    events_ms = value["events_ms"]
    answer = received and Received(
        received["status"],
        received["reason"],
        _headers(received["headers"]),
        _bytes(received["body"]) if body is None else body,
    )
    times_ms = None if events_ms is None else array("d", events_ms)
    started = datetime.fromisoformat(value["started"]).astimezone(UTC)
    started + timedelta(milliseconds=timings["total"]), urlsplit(sent["url"])  # raise here, and not later
    return Exchange(
        id=value["id"],
        dialect=dialect,
        call=_call(value["call"], dialect),
        provider=value["provider"],
        started=started,
        sent=Sent(sent["method"], sent["url"], _headers(sent["headers"]), _bytes(sent["body"])),
        received=answer,
        failure=failure
        and Failure(FailureKind(failure["kind"]), failure["host"], failure["detail"], failure["limit"]),
        timings=Timings(*(timings[name] for name in ("first_byte", "first_token", "total", "last_token"))),
        stream=None if times_ms is None or answer is None else read_again(dialect, answer.body, times_ms),
    )


def _kept(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _bytes(kept: dict[str, str]) -> bytes:
    if "text" in kept:
        return kept["text"].encode()
    try:
        return base64.b64decode(kept["base64"], validate=True)
    except binascii.Error as error:
        raise ValueError("base64 that is none") from error


def _headers(pairs: list[list[str]]) -> Headers:
    if not all(isinstance(text, str) for pair in pairs for text in pair):
        raise TypeError("a header that is no text")
    return tuple((name, value) for name, value in pairs)
