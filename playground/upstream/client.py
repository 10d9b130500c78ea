"""Sends a request to a provider and records what happened.

One connection an exchange (`Connection: close`): nothing is shared between people, no call dies on a
connection that a provider closed meanwhile, and the exchange's end is the socket's end.
"""

import re
import socket
import ssl
import time
from collections.abc import Callable, Generator
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
from playground.upstream import alarm
from playground.upstream.connection import Adapter, ConnectError, Wire
from playground.upstream.limits import Limits
from playground.upstream.route import Route
from playground.upstream.running import running
from playground.upstream.watcher import watching

_READ_SIZE = 65_536
_FLUSH_SECONDS = 0.04
_MOST_UNSHOWN = 1 << 18
_adapter = Adapter()


def send(
    request: ChatRequest, route: Route, limits: Limits, browser: socket.socket | None = None
) -> Exchange:
    """Posts a chat completion. What goes wrong at the provider or on the way is in the Exchange.

    When `browser`, the connection of who waits for it, is closed, the provider's is closed at once.

    Raises `egress.AddressRefusedError` when the policy does not let the host be called, and
    `running.BusyError` when there is no place for a further exchange.
    """
    return _finish(_exchange("POST", _call(request, route), request.encoded, route, limits, browser))


def stream(
    request: ChatRequest, route: Route, limits: Limits, browser: socket.socket | None = None
) -> "Live":
    """Posts a chat completion as `send` does, and shows the answer while it arrives.

    Gives the `Reading` when the request is written, some 40 ms after something came, at least every
    `heartbeat_seconds`, and at the end, with its Exchange. The first `next` raises what `send` does.
    """
    return _exchange("POST", _call(request, route), request.encoded, route, limits, browser, live=True)


def _call(request: ChatRequest, route: Route) -> Call:
    return Call(route.endpoint.base_url, route.endpoint.chat_completions, route.key_variable, request.body)


def _finish(steps: "Live") -> Exchange:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            exchange: Exchange = end.value
            return exchange


def list_models(route: Route, limits: Limits) -> tuple[list[str], Exchange, Explanation | None]:
    """The ids that the provider lists, sorted; the Exchange; and what went wrong, if anything did."""
    call = Call(route.endpoint.base_url, route.endpoint.models, route.key_variable, {})
    exchange = _finish(_exchange("GET", call, b"", route, limits, None))
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
class Reading:
    """An answer as it arrives. `number` is by what `running.stop` ends it; `exchange` is there at the end."""

    number: str
    redactor: Redactor
    sent: Sent | None = None
    response: requests.Response | None = None
    body: bytearray = field(default_factory=bytearray)
    first_byte_ms: float | None = None
    stream: StreamReader | None = None
    exchange: Exchange | None = None


Live = Generator[Reading, None, Exchange]


def _exchange(
    method: str,
    call: Call,
    body: bytes,
    route: Route,
    limits: Limits,
    browser: socket.socket | None,
    *,
    live: bool = False,
) -> Live:
    redactor = Redactor(route.key)
    accept = EVENT_STREAM if call.body.get("stream") else "application/json"
    prepared = _prepare(method, call.url, body, route.key, accept)
    on_wire = Wire()
    started, clock = datetime.now(UTC), _stopwatch()
    with (
        running.place(on_wire, limits.exchanges) as number,
        alarm.clock().after(limits.exchange_seconds, partial(on_wire.shutdown, FailureKind.TOO_LONG)),
        watching(browser, partial(on_wire.shutdown, FailureKind.STOPPED)),
    ):
        reading = Reading(number, redactor)
        pace = _Pace(limits, clock) if live else None
        failure = yield from _run(prepared, reading, on_wire, limits, clock, pace)
        total_ms, received = clock(), _received(reading, redactor)
        exchange = Exchange(
            call=_without_key(call, redactor),
            provider=route.provider,
            started=started,
            sent=reading.sent or _sent(prepared, on_wire, redactor),
            received=received,
            failure=_redacted(failure, redactor),
            timings=Timings(
                reading.first_byte_ms, reading.stream.first_token_ms if reading.stream else None, total_ms
            ),
            stream=reading.stream.result(received.body, redactor) if reading.stream and received else None,
        )
        if live:
            # Its place is held until the last of it is written: a browser may be slow to take it.
            reading.exchange = exchange
            yield reading
    return exchange


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


@dataclass
class _Pace:
    """When a live reading is to be shown again: soon after something new, and now and then in a silence.

    `fresh` counts the bytes that are not shown yet; times are in milliseconds of `clock`.
    """

    limits: Limits
    clock: Callable[[], float]
    fresh: int = 0
    shown_ms: float = 0.0
    heard_ms: float = 0.0

    def begin(self) -> None:
        self.heard_ms = self.clock()
        self.shown_ms = self.heard_ms - 1000 * _FLUSH_SECONDS  # the first token need not wait

    def wait(self, on_wire: Wire, *, ready: bool = False) -> bool:
        """Waits for the wire, unless it is `ready`; False when the reading is to be shown first.

        Raises `TimeoutError` when the silence has lasted too long.
        """
        flush_ms = 1000 * _FLUSH_SECONDS
        if running.crowded and not self.fresh:
            # Many streams at once: each waking costs more than the token that it is for.
            time.sleep(max(0.0, self.shown_ms + flush_ms - self.clock()) / 1000)
        due_ms = self.shown_ms + (flush_ms if self.fresh else 1000 * self.limits.heartbeat_seconds)
        silent_ms = self.heard_ms + 1000 * self.limits.silence_seconds
        patience = (min(due_ms, silent_ms) - self.clock()) / 1000
        # What is there already is shown with the rest, unless that is much.
        if self.fresh < _MOST_UNSHOWN and (ready or on_wire.wait(patience)):
            return True
        self.shown_ms, self.fresh = self.clock(), 0
        if self.shown_ms >= silent_ms and not on_wire.wait(0):
            raise TimeoutError
        return False

    def heard(self, size: int) -> None:
        self.fresh += size
        self.heard_ms = self.clock()


def _run(
    prepared: requests.PreparedRequest,
    reading: Reading,
    on_wire: Wire,
    limits: Limits,
    clock: Callable[[], float],
    pace: _Pace | None,
) -> Generator[Reading, None, Failure | None]:
    """Fills `reading` as far as it gets; says what stopped it."""
    connection = None
    try:
        connection = _adapter.start(prepared, on_wire, limits)
        reading.sent = _sent(prepared, on_wire, reading.redactor)
        if pace:
            yield reading
            pace.begin()
        while pace and not pace.wait(on_wire):
            yield reading
        reading.response = _adapter.answer(prepared, connection)
        reading.first_byte_ms = clock()
        if reading.response.ok and EVENT_STREAM in reading.response.headers.get("Content-Type", "").lower():
            reading.stream = StreamReader(limits.sse_line_bytes, live=pace is not None)
        chunk = b""
        while True:
            # After a full read there may be more in the decoder, of which the wire knows nothing.
            while pace and not pace.wait(on_wire, ready=len(chunk) == _READ_SIZE):
                yield reading
            if not (chunk := reading.response.raw.read1(_READ_SIZE, decode_content=True)):
                break
            reading.body += chunk
            if reading.stream:
                reading.stream.feed(chunk, clock())
            if pace:
                pace.heard(len(chunk))
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
    finally:
        if reading.response is not None:
            reading.response.raw.close()
        if connection is not None:
            connection.close()
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
    if _any(causes, ssl.SSLError, urllib3.exceptions.SSLError):
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


def _sent(prepared: requests.PreparedRequest, on_wire: Wire, redactor: Redactor) -> Sent:
    return Sent(
        prepared.method or "",
        prepared.url or "",
        _masked(on_wire.headers or list(prepared.headers.items()), redactor),
        redactor.data(prepared.body if isinstance(prepared.body, bytes) else b""),
    )


def _received(reading: Reading, redactor: Redactor) -> Received | None:
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
