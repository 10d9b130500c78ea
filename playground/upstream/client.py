"""Send a request to a provider and record what happened.

Each exchange has its own connection (`Connection: close`): visitors share nothing, no call fails on a
connection that the provider has just closed, and ending the exchange means closing the socket.
"""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import requests

from playground import __version__
from playground.catalogue.providers import LOCAL_MODEL
from playground.exchange.call import Call
from playground.exchange.dialect import Dialect
from playground.exchange.failure import FailureKind
from playground.exchange.record import Exchange
from playground.exchange.request import Request
from playground.exchange.stream import EVENT_STREAM
from playground.network import alarm, failures
from playground.network.connection import Adapter, Wire
from playground.network.limits import Limits
from playground.network.pace import Pace
from playground.network.running import Running, running
from playground.network.watcher import watching
from playground.text.pieces import TooManyError
from playground.upstream.ending import Ending
from playground.upstream.live import Finished, Live, Started
from playground.upstream.local_model.life import Life
from playground.upstream.outcome import outcome, sent
from playground.upstream.reading import Reading
from playground.upstream.route import Route

_logger = logging.getLogger(__name__)
_adapter = Adapter()
# How long a send waits while the local model restarts.
_RESTART_SECONDS = 45
# Failures that do not matter if the whole answer arrived before.
_HARMLESS_AT_THE_END = (FailureKind.SILENCE, FailureKind.CUT_OFF)


def _nothing(*_: Exchange) -> None: ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who waits for a call. `visitor` identifies them; "" if that does not matter.

    The call takes one of `places`. If `browser`, their connection, closes, so does the provider's; `interim`
    is sent to it before the response, to notice that (see `watcher`). `begins` is called before an exchange,
    and may refuse it; `ended` with every Exchange that was begun; what it raises is logged.
    """

    visitor: str = ""
    browser: socket.socket | None = None
    ended: Callable[[Exchange], None] = _nothing
    interim: bytes = b""
    places: Running = running
    begins: Callable[[], None] = _nothing

    def and_then(self, ended: Callable[[Exchange], None]) -> "Caller":
        """Return a caller that calls this function too, even if the first one raises."""

        def both(exchange: Exchange) -> None:
            try:
                self.ended(exchange)
            finally:
                ended(exchange)

        return replace(self, ended=both)

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
    return _last(stream(request, route, limits, caller, live=False))


def get(dialect: Dialect, path: str, route: Route, limits: Limits, caller: Caller = NOBODY) -> Exchange:
    """GET a path under the base URL. Raises what `send` does."""
    nothing = Request(dialect, {}, b"", dialect.demands({}))
    return _last(stream(nothing, route, limits, caller, live=False, url=route.endpoint.shown + path))


def post(request: Request, path: str, route: Route, limits: Limits, caller: Caller = NOBODY) -> Exchange:
    """Post a request to another path than its own under the base URL. Raises what `send` does."""
    return _last(stream(request, route, limits, caller, live=False, url=route.endpoint.shown + path))


def _last(steps: Live) -> Exchange:
    """Make the call to its end. Raises what `send` does."""
    *_, finished = steps
    return cast("Finished", finished).exchange


def stream(
    request: Request,
    route: Route,
    limits: Limits,
    caller: Caller = NOBODY,
    *,
    live: bool = True,
    url: str = "",
) -> Live:
    """Post a request, perhaps to another `url` than its own, and show the answer while it arrives.

    A request without bytes is a GET.

    Yields `Started` once the request is written, `Progress` some 40 ms after something arrived and at least
    every `heartbeat_seconds`, then `Finished`; unless `live`, only that. The first `next` raises what `send`
    does.
    """
    wire = Wire(browser=caller.browser if live else None)
    call = route.call(request.dialect, request.body, url)
    prepared = _prepare(call, request.encoded, route.key)
    with (
        caller.places.place(wire, limits, caller.visitor) as number,
        alarm.clock().after(limits.exchange_seconds, partial(wire.shutdown, FailureKind.TOO_LONG)),
        watching(
            caller.browser, partial(wire.shutdown, FailureKind.STOPPED), None if live else caller.interim
        ),
    ):
        caller.begins()
        reading = Reading(number, request.dialect, call, route, prepared, wire, limits.response_bytes, live)
        clock, pace = reading.clock, Pace(limits, reading.clock, live)
        ending = Ending(reading, limits, request.demands.count)
        try:
            with closing(wire), _failures_noted(reading, ending, limits):
                if life := _life(route):
                    life.wait_until_there(_RESTART_SECONDS, lambda: wire.ended is not None)
                    pace.works = life.works
                heads = _adapter.start(prepared, route.endpoint, wire, limits)
                reading.sent = sent(reading)
                if live:
                    yield Started(number, reading.sent, reading.id)
                pace.begin()
                # Buffered data can take long to decode; a call that was ended does not wait for it.
                while not (wire.ended or ending.reached(clock())):
                    if not pace.wait(wire, ready=reading.has_more, until_ms=ending.due_ms):
                        if live:
                            yield reading.progress()
                    elif reading.source is None:
                        # A whole head is a sign of life, even an interim one (1xx); single bytes are not.
                        if head := heads.read1():
                            pace.heard(0)
                            if not head.is_interim:
                                reading.begin(head, _adapter.body(wire, head, limits))
                    elif (piece := reading.source.read1()) is None:
                        break
                    else:
                        pace.heard(len(piece))
                        if not reading.add(piece, pace.heard_ms):
                            break
                        pace.token = reading.has_token
                        ending.heard(pace.heard_ms)
        except GeneratorExit:  # the watcher has left
            caller.told(outcome(reading, failures.failure(FailureKind.STOPPED, prepared)))
            raise
        exchange = outcome(reading, reading.failure)
        caller.told(exchange)
        # Keep its place until the last step is written: a browser may be slow to read it.
        yield Finished(number, exchange, reading.progress())


@contextmanager
def _failures_noted(reading: Reading, ending: Ending, limits: Limits) -> Iterator[None]:
    """Let the block fill `reading` as far as possible; set the failure that stopped it, if any."""
    prepared, wire, failure = reading.prepared, reading.wire, failures.failure
    try:
        try:
            yield
        except failures.ERRORS:
            reading.close()  # a last line without its line break may be the end marker
            raise
        if reading.is_full:
            reading.failure = failure(FailureKind.TOO_LARGE, prepared, limit=limits.response_bytes)
            return
        reading.close()
        if reading.unread_coding:
            coding = f"Content-Encoding: {reading.unread_coding}"
            reading.failure = failure(FailureKind.BAD_ENCODING, prepared, coding)
        else:
            reading.failure = failures.ended(prepared, wire, limits)
    except TooManyError as error:
        reading.failure = failure(FailureKind.TOO_MANY, prepared, limit=error.limit)
    except failures.ERRORS as error:
        translated = failures.translate(error, prepared, wire, limits)
        is_harmless = translated.kind in _HARMLESS_AT_THE_END and ending.is_whole
        reading.failure = None if is_harmless else translated


def _prepare(call: Call, body: bytes, key: str) -> requests.PreparedRequest:
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
        method="POST" if body else "GET",
        url=call.url,
        headers=headers | dict(call.auth.headers(key) + call.headers),
        data=body or None,
    )
    return request


def _life(route: Route) -> Life | None:
    """Return how to ask the local model whether it restarts or works on a long prompt; None for others."""
    if route.provider != LOCAL_MODEL:
        return None
    return Life(route.endpoint.base_url.removesuffix("/v1"), route.key)
