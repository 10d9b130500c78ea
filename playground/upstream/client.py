"""Send a request to a provider and record what happened.

Each exchange has its own connection (`Connection: close`): people share nothing, no call fails on a
connection that the provider has closed meanwhile, and ending the exchange means closing the socket.
"""

import logging
import socket
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import requests

from playground import __version__
from playground.catalogue.providers import LOCAL_MODEL
from playground.exchange.call import Call, Headers
from playground.exchange.dialect import Dialect, call_of
from playground.exchange.failure import Failure, FailureKind
from playground.exchange.record import Exchange, Received, Sent, Timings
from playground.exchange.request import Request
from playground.exchange.split_key import without_split_key
from playground.exchange.stream import EVENT_STREAM
from playground.network import alarm, failures
from playground.network.body import Body
from playground.network.connection import Adapter, Wire
from playground.network.head import Head, HeadReader, SlowHeadError
from playground.network.limits import Limits
from playground.network.pace import Clock, Pace, stopwatch
from playground.network.running import Running, running
from playground.network.watcher import watching
from playground.text import jsontext
from playground.text.pieces import TooManyError
from playground.text.redact import MASK, Redactor
from playground.upstream.ending import Ending
from playground.upstream.live import Finished, Live, Started, Step
from playground.upstream.local_model.life import Life
from playground.upstream.reading import Reading
from playground.upstream.route import Route

_logger = logging.getLogger(__name__)
_adapter = Adapter()
# How long a send waits while the local model restarts.
_RESTART_SECONDS = 20
# In characters. A failure's text can quote a line of megabytes.
_LONGEST_DETAIL = 200
# Failures that do not matter if the whole answer arrived before.
_HARMLESS_AT_THE_END = (FailureKind.SILENCE, FailureKind.CUT_OFF)


def _nothing(exchange: Exchange) -> None:
    del exchange


@dataclass(frozen=True, slots=True)
class Caller:
    """Who waits for a call. `visitor` identifies them; "" is nobody in particular.

    The call takes one of `places`. If `browser`, their connection, closes, so does the provider's; `interim`
    is sent to it before the response, to notice that (see `watcher`). `ended` is called with every Exchange
    that was begun, even if nobody waits for it any more; what it raises is logged.
    """

    visitor: str = ""
    browser: socket.socket | None = None
    ended: Callable[[Exchange], None] = _nothing
    interim: bytes = b""
    places: Running = running

    def told(self, exchange: Exchange) -> None:
        """Call `ended`. If the budget or the log fails, the answer is not lost."""
        try:
            self.ended(exchange)
        except Exception:
            _logger.exception("What follows a call failed")


NOBODY = Caller()


def send(request: Request, route: Route, limits: Limits, caller: Caller = NOBODY) -> Exchange:
    """Post a request. The Exchange records what goes wrong at the provider or on the way.

    Raises `egress.AddressRefusedError` if the policy forbids the host, and `running.BusyError` if too many
    exchanges are running.
    """
    return _finish(_post(request, route, limits, caller))


def stream(request: Request, route: Route, limits: Limits, caller: Caller = NOBODY) -> Live:
    """Post a request as `send` does, and show the answer while it arrives.

    Yields `Started` once the request is written, `Progress` some 40 ms after something arrived and at least
    every `heartbeat_seconds`, then `Finished`. The first `next` raises what `send` does.
    """
    return _post(request, route, limits, caller, live=True)


def _post(request: Request, route: Route, limits: Limits, caller: Caller, *, live: bool = False) -> Live:
    call = call_of(request.dialect, route.endpoint.base_url, route.key_variable, request.body)
    return _exchange("POST", request.dialect, call, request.encoded, route, limits, caller, live=live)


def _finish(steps: Live) -> Exchange:
    [exchange] = [step.exchange for step in steps if isinstance(step, Finished)]
    return exchange


def get(dialect: Dialect, path: str, route: Route, limits: Limits, caller: Caller = NOBODY) -> Exchange:
    """GET a path under the base URL. Raises what `send` does."""
    base_url = route.endpoint.base_url
    call = call_of(dialect, base_url, route.key_variable, {}, base_url + path)
    return _finish(_exchange("GET", dialect, call, b"", route, limits, caller))


def _exchange(
    method: str,
    dialect: Dialect,
    call: Call,
    body: bytes,
    route: Route,
    limits: Limits,
    caller: Caller,
    *,
    live: bool = False,
) -> Live:
    redactor = Redactor(route.key)
    prepared = _prepare(method, call, body, route.key)
    on_wire = Wire(browser=caller.browser if live else None)
    started, clock = datetime.now(UTC), stopwatch()

    def record(failure: Failure | None) -> Exchange:
        received, stream = _received(reading, redactor), None
        if reading.stream and received:
            stream = reading.stream.result(received.body)
            received = replace(received, body=stream.body)
        exchange = Exchange(
            id=reading.id,
            dialect=dialect,
            call=_without_key(dialect, call, redactor),
            provider=route.provider,
            started=started,
            sent=reading.sent or _sent(prepared, on_wire, reading),
            received=received,
            failure=_redacted(failure, redactor),
            timings=Timings(
                reading.first_byte_ms,
                reading.stream.first_token_ms if reading.stream else None,
                clock(),
                reading.stream.last_token_ms if reading.stream else None,
            ),
            stream=stream,
        )
        return _without_joined_key(exchange, redactor)

    with (
        caller.places.place(on_wire, limits, caller.visitor) as number,
        alarm.clock().after(limits.exchange_seconds, partial(on_wire.shutdown, FailureKind.TOO_LONG)),
        watching(
            caller.browser,
            partial(on_wire.shutdown, FailureKind.STOPPED),
            None if live else caller.interim,
        ),
    ):
        reading = Reading(number, dialect, call.auth, redactor, live, limits.response_bytes)
        ending = Ending(reading, limits, dialect.demands(call.body).count)
        try:
            failure = yield from _run(prepared, route, reading, on_wire, limits, clock, ending)
        except GeneratorExit:  # whoever watched has left
            caller.told(record(failures.failure(FailureKind.STOPPED, prepared)))
            raise
        exchange = record(failure)
        caller.told(exchange)
        # Keep its place until the last step is written: a browser may be slow to read it.
        yield Finished(number, exchange, reading.progress())


def _prepare(method: str, call: Call, body: bytes, key: str) -> requests.PreparedRequest:
    headers = {
        "Accept": EVENT_STREAM if call.streams else "application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "User-Agent": f"api-playground/{__version__}",
    }
    if body:
        headers["Content-Type"] = "application/json"
    request = requests.PreparedRequest()
    request.prepare(
        method=method,
        url=call.url,
        headers=headers | dict(call.auth.headers(key) + call.headers),
        data=body or None,
    )
    return request


def _run(
    prepared: requests.PreparedRequest,
    route: Route,
    reading: Reading,
    on_wire: Wire,
    limits: Limits,
    clock: Clock,
    ending: Ending,
) -> Generator[Step, None, Failure | None]:
    """Fill `reading` as far as possible; return the failure that stopped it, if any."""
    connection, pace = None, Pace(limits, clock, reading.live)
    try:
        if life := _life(route):
            life.wait_until_there(_RESTART_SECONDS, lambda: on_wire.ended is not None)
            pace.works = life.works
        connection = _adapter.start(prepared, route.endpoint, on_wire, limits)
        reading.sent = _sent(prepared, on_wire, reading)
        if reading.live:
            yield Started(reading.number, reading.sent, reading.id)
        pace.begin()
        head = yield from _head(reading, on_wire, pace)
        body = _adapter.body(on_wire, head, limits)
        reading.begin(head, clock())
        if not (yield from _read(reading, body, on_wire, clock, pace, ending)):
            return failures.failure(FailureKind.TOO_LARGE, prepared, limit=limits.response_bytes)
        if body.unread and not _is_text(reading.body):
            # Keep its case: in a lower-case text, a key would not be found and redacted.
            coding = f"Content-Encoding: {head.text('content-encoding')}"
            return failures.failure(FailureKind.BAD_ENCODING, prepared, coding)
    except TooManyError as error:
        return failures.failure(FailureKind.TOO_MANY, prepared, limit=error.limit)
    except failures.ERRORS as error:
        failure = failures.translate(error, prepared, on_wire, limits)
        return None if failure.kind in _HARMLESS_AT_THE_END and ending.is_whole else failure
    finally:
        if connection is not None:
            connection.close()
        on_wire.close()
    return failures.ended(prepared, on_wire, limits)


def _life(route: Route) -> Life | None:
    """Return how to ask the local model whether it restarts or works on a long prompt; None for others."""
    if route.provider != LOCAL_MODEL:
        return None
    return Life(route.endpoint.base_url.removesuffix("/v1"), route.key)


def _head(reading: Reading, on_wire: Wire, pace: Pace) -> Generator[Step, None, Head]:
    """Read the response's head. A whole interim one (1xx) counts as a sign of life, single bytes do not."""
    heads = HeadReader(on_wire.reader)
    while True:
        try:
            ready = pace.wait(on_wire)
        except TimeoutError as error:
            if heads.has_begun:
                raise SlowHeadError from error
            raise
        if not ready:
            if reading.live:
                yield reading.progress()
        elif head := heads.read1():
            pace.heard(0)
            if not head.is_interim:
                return head


def _read(
    reading: Reading, body: Body, on_wire: Wire, clock: Clock, pace: Pace, ending: Ending
) -> Generator[Step, None, bool]:
    """Read to the end of the answer. Return False if it exceeds the size limit."""
    try:
        # Buffered data can take long to decode; a call that was ended does not wait for it.
        while not (on_wire.ended or ending.reached(clock())):
            if not pace.wait(on_wire, ready=body.has_more, until_ms=ending.due_ms):
                if reading.live:
                    yield reading.progress()
                continue
            if (piece := body.read1()) is None:
                break
            pace.heard(len(piece))
            if not reading.add(piece, pace.heard_ms):
                return False
            ending.heard(pace.heard_ms)
    except failures.ERRORS:
        reading.close(clock())  # a last line without its line break may say that all has arrived
        raise
    reading.close(clock())
    return True


def _is_text(body: bytearray) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _sent(prepared: requests.PreparedRequest, on_wire: Wire, reading: Reading) -> Sent:
    return Sent(
        prepared.method or "",
        prepared.url or "",
        _masked(on_wire.headers or list(prepared.headers.items()), reading),
        reading.redactor.data(prepared.body if isinstance(prepared.body, bytes) else b""),
    )


def _received(reading: Reading, redactor: Redactor) -> Received | None:
    if reading.head is None:
        return None
    return Received(
        reading.head.status,
        redactor.text(reading.head.reason),
        redactor.headers(list(reading.head.headers)),
        redactor.of_whole_keys.data(bytes(reading.body)),
    )


def _redacted(failure: Failure | None, redactor: Redactor) -> Failure | None:
    if failure is None:
        return None
    # Cut after redaction: a key that is cut in two would not be found.
    detail = redactor.text(failure.detail)[:_LONGEST_DETAIL]
    return Failure(failure.kind, failure.host, detail, failure.limit)


def _masked(headers: list[tuple[str, str]], reading: Reading) -> Headers:
    """Mask the key in its own header even if it is too short to be redacted elsewhere."""
    own = dict(reading.auth.headers(MASK))
    return reading.redactor.headers([(name, own.get(name, value)) for name, value in headers])


def _without_key(dialect: Dialect, call: Call, redactor: Redactor) -> Call:
    """Redact the key in the body too, so that the code does not show a key pasted into a message."""
    body = redactor.value(call.body)
    return replace(call, body=body, wire=dialect.wire(body))


def _without_joined_key(exchange: Exchange, redactor: Redactor) -> Exchange:
    """Mask a key in pieces: content parts are shown as one text, which would put it together.

    Only then its beginnings: before, they may be the first of its pieces.
    """
    received, completion = exchange.received, exchange.completion
    if received is None or exchange.stream:
        return exchange
    joined = without_split_key(redactor, completion, exchange.dialect) if completion else completion
    body = redactor.data(received.body if joined is completion else jsontext.dumps(joined))
    return exchange if body == received.body else replace(exchange, received=replace(received, body=body))
