"""The client's mutable state of a call: what was sent, and the answer while it arrives."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import requests

from playground.exchange.call import Call
from playground.exchange.dialect import Dialect
from playground.exchange.failure import Failure
from playground.exchange.record import Sent
from playground.exchange.stream import StreamReader
from playground.network.body import Body
from playground.network.connection import Wire
from playground.network.head import Head
from playground.network.in_public import StreamInPublic
from playground.network.pace import Clock, stopwatch
from playground.network.public import renaming
from playground.text.redact import Redactor
from playground.upstream.live import News, Progress
from playground.upstream.route import Route
from playground.upstream.sniff import Sniffer, Sort


@dataclass
class Reading:
    """A call from the moment it has a place. Others see only `progress`.

    `running.stop` takes `number`; `id` will be the exchange's.

    `source` is the body on the wire, once its head has arrived. `stream` is set as soon as the first bytes
    show that it is one. `body` holds at most `most_bytes`; `is_full` tells that more arrived.
    """

    number: str
    dialect: Dialect
    call: Call
    route: Route
    prepared: requests.PreparedRequest
    wire: Wire
    most_bytes: int
    live: bool = True
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: Clock = field(default_factory=stopwatch)
    sent: Sent | None = None
    head: Head | None = None
    source: Body | None = None
    body: bytearray = field(default_factory=bytearray)
    is_full: bool = False
    first_byte_ms: float | None = None
    stream: StreamReader | None = None
    failure: Failure | None = None
    id: str = field(default_factory=lambda: uuid4().hex)
    _sniffer: Sniffer | None = None

    def __post_init__(self) -> None:
        self.redactor = Redactor(self.route.key)
        self._renamed = renaming(self.route.endpoint)
        self.in_public = StreamInPublic(self.dialect, self._renamed) if self._renamed else None
        self._news = News(self.redactor)

    def begin(self, head: Head, source: Body) -> None:
        self.head, self.source, self.first_byte_ms = head, source, self.clock()
        if self.live:
            reason = self._renamed(head.reason) if self._renamed else head.reason
            self._news.answered(head.status, reason)
        if head.ok:
            self._sniffer = Sniffer(self.dialect, ", ".join(head.values("content-type")))

    @property
    def has_more(self) -> bool:
        """Whether more of the body is ready without waiting for the wire."""
        return self.source is not None and self.source.has_more

    @property
    def has_token(self) -> bool:
        return self.stream is not None and self.stream.first_token_ms is not None

    @property
    def unread_coding(self) -> str:
        """The Content-Encoding of a body that could not be decoded, unless it is text all the same."""
        if self.head is None or self.source is None or not self.source.unread:
            return ""
        try:
            self.body.decode()
        except UnicodeDecodeError:
            # Keep its case: in a lower-case text, a key would not be found and redacted.
            return self.head.text("content-encoding")
        return ""

    def add(self, piece: bytes, at_ms: float) -> bool:
        """Add a piece; return whether all of it had room. Raises what `StreamReader.feed` does."""
        room = self.most_bytes - len(self.body)
        if len(piece) > room:
            self.is_full = True
            self.add(piece[:room], at_ms)
            return False
        self.body += piece
        if self.stream:
            self.stream.feed(piece, at_ms)
        elif self._sniffer:
            self._settle(self._sniffer.look(self.body), at_ms)
        return True

    def close(self) -> None:
        """Take note that no more arrives."""
        at_ms = self.clock()
        if self._sniffer:
            self._settle(self._sniffer.close(self.body), at_ms)
        if self.stream:
            self.stream.close(at_ms)

    def progress(self) -> Progress:
        """Return what is new since the last call; nothing unless somebody watches (`live`)."""
        return self._news.take(self.stream) if self.live else Progress()

    def _settle(self, sort: Sort | None, at_ms: float) -> None:
        if sort is None:
            return
        self._sniffer = None
        if sort is Sort.STREAM:
            changed = self.in_public.event if self.in_public else None
            self.stream = StreamReader(self.dialect, self.redactor, live=self.live, changed=changed)
            self.stream.feed(bytes(self.body), at_ms)
