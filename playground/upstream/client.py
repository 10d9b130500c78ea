"""Sends a request to a provider and records what happened.

One connection an exchange (`Connection: close`): nothing is shared between people, no call dies on a
connection that a provider closed meanwhile, and the exchange's end is the socket's end.
"""

import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPException, IncompleteRead

import requests
import urllib3.exceptions

from playground import __version__
from playground.exchange.chat_request import ChatRequest
from playground.exchange.explain import Explanation, explain_arrival
from playground.exchange.failure import Failure, FailureKind
from playground.exchange.record import Exchange, Received, Sent, Timings
from playground.exchange.redact import MASK, Redactor
from playground.exchange.snippets import Call
from playground.exchange.sse import LineTooLongError
from playground.exchange.stream import EVENT_STREAM, StreamReader
from playground.upstream.connection import Adapter, ConnectError, Wire, wire
from playground.upstream.limits import Limits
from playground.upstream.route import Route
from playground.upstream.watcher import watching

_READ_SIZE = 65_536
_adapter = Adapter()


def send(
    request: ChatRequest, route: Route, limits: Limits, browser: socket.socket | None = None
) -> Exchange:
    """Posts a chat completion. What goes wrong at the provider or on the way is in the Exchange.

    When `browser`, the connection of who waits for it, is closed, the provider's is closed at once.

    Raises `egress.AddressRefusedError` when the policy does not let the host be called.
    """
    call = Call(route.endpoint.base_url, route.endpoint.chat_completions, route.key_variable, request.body)
    return _exchange("POST", call, request.encoded, route, limits, browser)


def list_models(route: Route, limits: Limits) -> tuple[list[str], Exchange, Explanation | None]:
    """The ids that the provider lists, sorted; the Exchange; and what went wrong, if anything did."""
    call = Call(route.endpoint.base_url, route.endpoint.models, route.key_variable, {})
    exchange = _exchange("GET", call, b"", route, limits, None)
    problem = explain_arrival(exchange)
    return [] if problem else sorted(_ids(exchange), key=_natural), exchange, problem


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts `m-2` before `m-10`."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d{1,9})", name)]


def _ids(exchange: Exchange) -> set[str]:
    answer = exchange.answer
    items = answer.get("data") if isinstance(answer, dict) else answer  # Together sends a bare list
    if not isinstance(items, list):
        return set()
    return {item["id"] for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)}


@dataclass
class _Reading:
    """An answer as it arrives."""

    response: requests.Response | None = None
    body: bytearray = field(default_factory=bytearray)
    first_byte_ms: float | None = None
    stream: StreamReader | None = None


def _exchange(
    method: str, call: Call, body: bytes, route: Route, limits: Limits, browser: socket.socket | None
) -> Exchange:
    redactor = Redactor(route.key)
    accept = EVENT_STREAM if call.body.get("stream") else "application/json"
    prepared = _prepare(method, call.url, body, route.key, accept)
    on_wire, reading = Wire(), _Reading()
    token = wire.set(on_wire)
    started, clock = datetime.now(UTC), _stopwatch()
    alarm = threading.Timer(limits.exchange_seconds, on_wire.shutdown, (FailureKind.TOO_LONG,))
    alarm.daemon = True
    alarm.start()
    try:
        with watching(browser, partial(on_wire.shutdown, FailureKind.STOPPED)):
            failure = _run(prepared, reading, on_wire, limits, clock)
    finally:
        alarm.cancel()
        wire.reset(token)
        if reading.response is not None:
            reading.response.raw.close()
    total_ms = clock()
    return Exchange(
        call=_without_key(call, redactor),
        provider=route.provider,
        started=started,
        sent=Sent(
            method,
            call.url,
            _masked(on_wire.headers or list(prepared.headers.items()), redactor),
            redactor.data(body),
        ),
        received=_received(reading, redactor),
        failure=_redacted(failure, redactor),
        timings=Timings(
            reading.first_byte_ms, reading.stream.first_token_ms if reading.stream else None, total_ms
        ),
        stream=reading.stream.result(redactor) if reading.stream else None,
    )


def _prepare(method: str, url: str, body: bytes, key: str, accept: str) -> requests.PreparedRequest:
    headers = {
        "Accept": accept,
        "Accept-Encoding": "identity",
        "Connection": "close",
        "User-Agent": f"api-playground/{__version__}",
    }
    if body:
        headers["Content-Type"] = "application/json"
    if key:
        headers["Authorization"] = f"Bearer {key}"
    request = requests.PreparedRequest()
    request.prepare(method=method, url=url, headers=headers, data=body or None)
    return request


def _run(
    prepared: requests.PreparedRequest,
    reading: _Reading,
    on_wire: Wire,
    limits: Limits,
    clock: Callable[[], float],
) -> Failure | None:
    """Fills `reading` as far as it gets; says what stopped it."""
    # The adapter itself, not a Session: no cookies kept, no redirects, no proxies or netrc of this machine.
    try:
        reading.response = _adapter.send(
            prepared, stream=True, timeout=(limits.connect_seconds, limits.silence_seconds)
        )
        reading.first_byte_ms = clock()
        if reading.response.ok and EVENT_STREAM in reading.response.headers.get("Content-Type", "").lower():
            reading.stream = StreamReader(limits.sse_line_bytes)
        while chunk := reading.response.raw.read1(_READ_SIZE, decode_content=True):
            reading.body += chunk
            if reading.stream:
                reading.stream.feed(chunk, clock())
            if len(reading.body) > limits.response_bytes:
                del reading.body[limits.response_bytes :]
                return _failure(FailureKind.TOO_LARGE, prepared, limit=limits.response_bytes)
        if reading.stream:
            reading.stream.close(clock())
        if (missing := reading.response.raw.length_remaining) and not on_wire.ended:
            return _failure(FailureKind.CUT_OFF, prepared, f"{missing} bytes are missing")
    except LineTooLongError:
        return _failure(FailureKind.LINE_TOO_LONG, prepared, limit=limits.sse_line_bytes)
    except (
        ConnectError,
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
        HTTPException,
    ) as error:
        return _translate(error, prepared, on_wire, limits)
    return _ended(prepared, on_wire, limits)


def _ended(prepared: requests.PreparedRequest, on_wire: Wire, limits: Limits) -> Failure | None:
    """Whether we ended the call ourselves, which shows as any error or as a plain end."""
    if on_wire.ended is None:
        return None
    limit = limits.exchange_seconds if on_wire.ended is FailureKind.TOO_LONG else None
    return _failure(on_wire.ended, prepared, limit=limit)


def _translate(
    error: Exception, prepared: requests.PreparedRequest, on_wire: Wire, limits: Limits
) -> Failure:
    """The libraries' errors, said once in our words."""
    causes = _causes(error)
    if ended := _ended(prepared, on_wire, limits):
        return ended
    if isinstance(error, ConnectError):
        limit = limits.connect_seconds if error.kind is FailureKind.CONNECT_TIMEOUT else None
        return _failure(error.kind, prepared, str(error), limit)
    if _any(causes, requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        return _failure(FailureKind.TLS, prepared, str(causes[-1]))
    if _any(causes, requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
        if not on_wire.headers:  # TLS never came to an end
            return _failure(FailureKind.CONNECT_TIMEOUT, prepared, limit=limits.connect_seconds)
        return _failure(FailureKind.SILENCE, prepared, limit=limits.silence_seconds)
    if _any(causes, urllib3.exceptions.DecodeError):
        return _failure(FailureKind.BAD_ENCODING, prepared, str(causes[-1]))
    if _any(causes, urllib3.exceptions.IncompleteRead, IncompleteRead, ConnectionError):
        return _failure(FailureKind.CUT_OFF, prepared, str(causes[-1]))
    return _failure(FailureKind.NOT_HTTP, prepared, str(causes[-1]))


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it wraps, the outermost first: in `args`, `reason` or as its cause."""
    causes: list[BaseException] = []
    following: object = error
    while isinstance(following, BaseException) and following not in causes:
        causes.append(following)
        inner = [getattr(following, "reason", None), *following.args[::-1]]
        following = next((item for item in inner if isinstance(item, BaseException)), following.__cause__)
    return causes


def _any(causes: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(cause, kinds) for cause in causes)


def _failure(
    kind: FailureKind, prepared: requests.PreparedRequest, detail: str = "", limit: float | None = None
) -> Failure:
    host = (prepared.url or "").split("/", 3)[2]
    return Failure(kind, host, detail[:500], None if limit is None else float(limit))


def _received(reading: _Reading, redactor: Redactor) -> Received | None:
    if reading.response is None:
        return None
    return Received(
        reading.response.status_code,
        redactor.text(reading.response.reason or ""),
        redactor.headers(list(reading.response.raw.headers.items())),
        redactor.data(bytes(reading.body)),
    )


def _redacted(failure: Failure | None, redactor: Redactor) -> Failure | None:
    if failure is None:
        return None
    return Failure(failure.kind, failure.host, redactor.text(failure.detail), failure.limit)


def _masked(headers: list[tuple[str, str]], redactor: Redactor) -> tuple[tuple[str, str], ...]:
    masked = [(name, f"Bearer {MASK}" if name == "Authorization" else value) for name, value in headers]
    return redactor.headers(masked)


def _without_key(call: Call, redactor: Redactor) -> Call:
    """A person may have pasted the key into a message as well: then the code does not show it either."""
    return Call(call.base_url, call.url, call.key_variable, redactor.value(call.body))


def _stopwatch() -> Callable[[], float]:
    start = time.perf_counter()
    return lambda: (time.perf_counter() - start) * 1000
