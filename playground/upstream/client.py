"""Sends a request to a provider and records what happened.

One connection an exchange (`Connection: close`): nothing is shared between people, no call dies on a
connection that a provider closed meanwhile, and the exchange's end is the socket's end.
"""

import re
import socket
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

import requests

from playground import __version__
from playground.exchange import jsontext
from playground.exchange.chat_request import ChatRequest
from playground.exchange.chunks import TooManyError
from playground.exchange.explain import Explanation, explain_arrival
from playground.exchange.failure import Failure, FailureKind
from playground.exchange.record import Exchange, Received, Sent, Timings
from playground.exchange.redact import MASK, Redactor
from playground.exchange.snippets import Call
from playground.exchange.split_key import without_split_key
from playground.exchange.sse import LineTooLongError
from playground.exchange.stream import EVENT_STREAM, StreamReader
from playground.upstream import alarm, failures
from playground.upstream.connection import Adapter, Wire
from playground.upstream.limits import Limits
from playground.upstream.pace import Clock, Pace
from playground.upstream.route import Route
from playground.upstream.running import running
from playground.upstream.watcher import watching

_READ_SIZE = 65_536
_adapter = Adapter()


def _nothing(exchange: Exchange) -> None:
    del exchange


@dataclass(frozen=True, slots=True)
class Caller:
    """Who waits for a call. `client` tells one from another; "" is nobody in particular.

    When `browser`, their connection, is closed, the provider's is closed at once. `ended` is called with
    every Exchange that was begun, also when nobody waits for its end.
    """

    client: str = ""
    browser: socket.socket | None = None
    ended: Callable[[Exchange], None] = _nothing


_NOBODY = Caller()


def send(request: ChatRequest, route: Route, limits: Limits, caller: Caller = _NOBODY) -> Exchange:
    """Posts a chat completion. What goes wrong at the provider or on the way is in the Exchange.

    Raises `egress.AddressRefusedError` when the policy does not let the host be called, and
    `running.BusyError` when there is no place for a further exchange.
    """
    return _finish(_exchange("POST", _call(request, route), request.encoded, route, limits, caller))


def stream(request: ChatRequest, route: Route, limits: Limits, caller: Caller = _NOBODY) -> "Live":
    """Posts a chat completion as `send` does, and shows the answer while it arrives.

    Gives the `Reading` when the request is written, some 40 ms after something came, at least every
    `heartbeat_seconds`, and at the end, with its Exchange. The first `next` raises what `send` does.
    """
    call = _call(request, route)
    return _exchange("POST", call, request.encoded, route, limits, caller, live=True)


def _call(request: ChatRequest, route: Route) -> Call:
    return Call(route.endpoint.base_url, route.endpoint.chat_completions, route.key_variable, request.body)


def _finish(steps: "Live") -> Exchange:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            exchange: Exchange = end.value
            return exchange


def list_models(
    route: Route, limits: Limits, caller: Caller = _NOBODY
) -> tuple[list[str], Exchange, Explanation | None]:
    """The ids that the provider lists and the caps allow, sorted; the Exchange; and what went wrong."""
    call = Call(route.endpoint.base_url, route.endpoint.models, route.key_variable, {})
    exchange = _finish(_exchange("GET", call, b"", route, limits, caller))
    if problem := explain_arrival(exchange):
        return [], exchange, problem
    allowed = (name for name in _ids(exchange) if route.caps is None or route.caps.allows_model(name))
    return sorted(allowed, key=_natural), exchange, None


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
    caller: Caller,
    *,
    live: bool = False,
) -> Live:
    redactor = Redactor(route.key)
    accept = EVENT_STREAM if call.body.get("stream") else "application/json"
    prepared = _prepare(method, call.url, body, route.key, accept)
    on_wire = Wire()
    started, clock = datetime.now(UTC), _stopwatch()

    def record(failure: Failure | None) -> Exchange:
        received, stream = _received(reading, redactor), None
        if reading.stream and received:
            stream = reading.stream.result(received.body)
            received = replace(received, body=stream.body)
        exchange = Exchange(
            call=_without_key(call, redactor),
            provider=route.provider,
            started=started,
            sent=reading.sent or _sent(prepared, on_wire, redactor),
            received=received,
            failure=_redacted(failure, redactor),
            timings=Timings(
                reading.first_byte_ms, reading.stream.first_token_ms if reading.stream else None, clock()
            ),
            stream=stream,
        )
        return _without_joined_key(exchange, redactor)

    with (
        running.place(on_wire, limits, caller.client) as number,
        alarm.clock().after(limits.exchange_seconds, partial(on_wire.shutdown, FailureKind.TOO_LONG)),
        watching(caller.browser, partial(on_wire.shutdown, FailureKind.STOPPED)),
    ):
        reading = Reading(number, redactor)
        pace = Pace(limits, clock) if live else None
        try:
            failure = yield from _run(prepared, reading, on_wire, limits, clock, pace)
        except GeneratorExit:  # who looked on has left
            caller.ended(record(failures.failure(FailureKind.STOPPED, prepared)))
            raise
        exchange = record(failure)
        caller.ended(exchange)
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


def _run(
    prepared: requests.PreparedRequest,
    reading: Reading,
    on_wire: Wire,
    limits: Limits,
    clock: Clock,
    pace: Pace | None,
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
            reading.stream = StreamReader(limits.sse_line_bytes, reading.redactor, live=pace is not None)
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
                return failures.failure(FailureKind.TOO_LARGE, prepared, limit=limits.response_bytes)
        if reading.stream:
            reading.stream.close(clock())
        if (missing := reading.response.raw.length_remaining) and not on_wire.ended:
            return failures.failure(FailureKind.CUT_OFF, prepared, f"{missing} bytes are missing")
    except TooManyError as error:
        return failures.failure(FailureKind.TOO_MANY, prepared, limit=error.limit)
    except LineTooLongError:
        return failures.failure(FailureKind.LINE_TOO_LONG, prepared, limit=limits.sse_line_bytes)
    except failures.ERRORS as error:
        return failures.translate(error, prepared, on_wire, limits)
    finally:
        if reading.response is not None:
            reading.response.raw.close()
        if connection is not None:
            connection.close()
        on_wire.close()
    return failures.ended(prepared, on_wire, limits)


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


def _without_joined_key(exchange: Exchange, redactor: Redactor) -> Exchange:
    """Content parts are shown as one text, so that a key in pieces would be whole again."""
    if exchange.received is None or exchange.stream or exchange.completion is None:
        return exchange
    completion = without_split_key(redactor, exchange.completion)
    if completion is exchange.completion:
        return exchange
    return replace(exchange, received=replace(exchange.received, body=jsontext.dumps(completion)))


def _stopwatch() -> Callable[[], float]:
    start = time.perf_counter()
    return lambda: (time.perf_counter() - start) * 1000
