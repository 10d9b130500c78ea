"""The Exchange of a call that has ended. The key is masked before there is one."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from playground.exchange.call import Call, Headers
from playground.exchange.dialect import Dialect
from playground.exchange.failure import Failure
from playground.exchange.record import Exchange, Received, Sent, Timings
from playground.exchange.split_key import without_split_key
from playground.network.in_public import in_public
from playground.network.public import renaming
from playground.text import jsontext
from playground.text.redact import MASK, Redactor
from playground.upstream.reading import Reading

# In characters. A failure's text can quote a line of megabytes.
_LONGEST_DETAIL = 200


def outcome(reading: Reading, failure: Failure | None) -> Exchange:
    """Record what was sent and what has arrived; `failure` says why something is missing, if anything is."""
    redactor, received, stream = reading.redactor, _received(reading), None
    if reading.stream and received:
        body = reading.in_public.body(received.body) if reading.in_public else received.body
        stream = reading.stream.result(body)
        received = replace(received, body=stream.body)
    exchange = Exchange(
        id=reading.id,
        dialect=reading.dialect,
        call=_without_key(reading.dialect, reading.call, redactor),
        provider=reading.route.provider,
        started=reading.started,
        sent=reading.sent or sent(reading),
        received=received,
        failure=_as_shown(failure, reading),
        timings=Timings(
            reading.first_byte_ms,
            reading.stream.first_token_ms if reading.stream else None,
            reading.clock(),
            reading.stream.last_token_ms if reading.stream else None,
        ),
        stream=stream,
    )
    return in_public(_without_joined_key(exchange, redactor), reading.route.endpoint)


def sent(reading: Reading) -> Sent:
    """Record what was written so far or, before anything was, what would have been."""
    prepared, headers = reading.prepared, reading.wire.headers
    return Sent(
        prepared.method or "",
        reading.redactor.text(prepared.url or ""),
        _masked(headers or list(prepared.headers.items()), reading),
        reading.redactor.data(prepared.body if isinstance(prepared.body, bytes) else b""),
    )


def _masked(headers: list[tuple[str, str]], reading: Reading) -> Headers:
    """Mask the key in its own header even if it is too short to be redacted elsewhere."""
    own = dict(reading.call.auth.headers(MASK))
    return redacted_headers([(name, own.get(name, value)) for name, value in headers], reading.redactor)


def redacted_headers(headers: Iterable[tuple[str, str]], redactor: Redactor) -> Headers:
    pairs = tuple(headers)
    together = "\n".join(chain.from_iterable(pairs))
    if redactor.text(together) == together:  # checks all of them at once, because a key is rarely there
        return pairs
    return tuple((redactor.text(name), redactor.text(value)) for name, value in pairs)


def _received(reading: Reading) -> Received | None:
    if reading.head is None:
        return None
    return Received(
        reading.head.status,
        reading.redactor.text(reading.head.reason),
        redacted_headers(reading.head.headers, reading.redactor),
        reading.redactor.of_whole_keys.data(bytes(reading.body)),
    )


def _as_shown(failure: Failure | None, reading: Reading) -> Failure | None:
    if failure is None:
        return None
    # Truncate last: a key or an address that is cut in two would not be found.
    detail, renamed = reading.redactor.text(failure.detail), renaming(reading.route.endpoint)
    detail = renamed(detail) if renamed else detail
    return Failure(failure.kind, failure.host, detail[:_LONGEST_DETAIL], failure.limit)


def _without_key(dialect: Dialect, call: Call, redactor: Redactor) -> Call:
    """Redact the key wherever it was pasted: into a message, an extra header, or the base URL."""
    body = redactor.value(call.body)
    if body is not call.body:
        call = replace(call, body=body, wire=dialect.wire(body))
    headers, base_url = redacted_headers(call.headers, redactor), redactor.text(call.base_url)
    return replace(call, base_url=base_url, url=redactor.text(call.url), headers=headers)


def _without_joined_key(exchange: Exchange, redactor: Redactor) -> Exchange:
    """Mask a key that is split over content parts: the page joins them, which would show it.

    Then mask beginnings of the key; doing it earlier could hide the first of its pieces.
    """
    received, completion = exchange.received, exchange.completion
    if received is None or exchange.stream:
        return exchange
    joined = without_split_key(redactor, completion, exchange.dialect) if completion else completion
    body = redactor.data(received.body if joined is completion else jsontext.dumps(joined))
    return exchange if body == received.body else replace(exchange, received=replace(received, body=body))
