"""For a server with a public address, hide its internal one from what people see."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import chain

from playground.exchange.dialect import Dialect
from playground.exchange.record import Exchange
from playground.network.public import renaming
from playground.text import event_data
from playground.text.endpoint import Endpoint
from playground.text.sse import Event, EventParser

# A line of a stream without data, so no model wrote it: a comment, a name, an id; also after a BOM.
_NO_DATA = re.compile(r"(?<![^\r\n])(?:\xef\xbb\xbf)?(?:|event|id|retry):[^\r\n]*")


def in_public(exchange: Exchange, endpoint: Endpoint) -> Exchange:
    """Replace the real address in what the server itself says. The model's answer stays unchanged.

    A stream has gone through `StreamInPublic` as it arrived, and the failure through `renaming` before it was
    cut.
    """
    received, renamed = exchange.received, renaming(endpoint)
    if renamed is None or received is None:
        return exchange
    headers = tuple((name, renamed(value)) for name, value in received.headers)
    received = replace(received, reason=renamed(received.reason), headers=headers)
    # Text by a model is never changed, even if it contains the address.
    if not exchange.stream and not _is_answer(exchange):
        # Latin-1 maps each byte to one character, so binary data survives unchanged.
        body = renamed(received.body.decode("latin-1")).encode("latin-1")
        received = replace(received, body=body)
    return replace(exchange, received=received)


class StreamInPublic:
    """Replaces the real address in what the server itself says in a stream: errors, comments, names, ids.

    Give `event` each event as it arrives, then `body` the bytes in which they arrived.
    """

    def __init__(self, dialect: Dialect, renamed: Callable[[str], str]) -> None:
        self._dialect, self._renamed = dialect, renamed
        self._count = 0
        self._changed: set[int] = set()

    def event(self, event: Event) -> Event:
        self._count += 1
        if event.id or event.name != "message":
            event = replace(event, name=self._renamed(event.name), id=self._renamed(event.id))
        said = self._renamed(event.data)
        if said == event.data or not self._is_of_server(event):
            return event
        self._changed.add(self._count)
        return replace(event, data=said, value=self._dialect.chunk(event_data.read(said)))

    def body(self, body: bytes) -> bytes:
        # Latin-1 maps each byte to one character, so bytes that are not UTF-8 survive unchanged.
        text, parts, start = body.decode("latin-1"), list[str](), 0
        parser = EventParser(self._dialect.chunk)
        events = chain(parser.feed(body), parser.close()) if self._changed else ()
        for number, event in enumerate(events, 1):
            part, start = text[start : event.end], event.end
            parts.append(self._renamed(part) if number in self._changed else part)
        whole = "".join([*parts, text[start:]])
        return _NO_DATA.sub(lambda line: self._renamed(line[0]), whole).encode("latin-1")

    def _is_of_server(self, event: Event) -> bool:
        """Whether the event is from the server itself: it reports an error, or is not part of an answer."""
        if event.name == "error" or event.words is not None or event.is_heartbeat:
            return True
        alone = self._dialect.collector()
        alone.add(event.value)
        return alone.error is not None or not alone.has_begun


def _is_answer(exchange: Exchange) -> bool:
    """Whether a body that was not streamed is a completion that reports no error."""
    return exchange.completion is not None and exchange.dialect.error(exchange.value) is None
