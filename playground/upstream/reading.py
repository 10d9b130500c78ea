"""The client's mutable state while it reads an answer."""

from dataclasses import dataclass, field
from uuid import uuid4

from playground.exchange.call import Auth
from playground.exchange.dialect import Dialect
from playground.exchange.record import Sent
from playground.exchange.stream import StreamReader
from playground.network.head import Head
from playground.text.redact import Redactor
from playground.upstream.live import News, Progress
from playground.upstream.sniff import Sniffer, Sort


@dataclass
class Reading:
    """An answer as it arrives. Others see only `progress`.

    `running.stop` takes `number`; `id` will be the exchange's.

    `stream` is set as soon as the first bytes show that it is one. `body` holds at most `most_bytes`.
    """

    number: str
    dialect: Dialect
    auth: Auth
    redactor: Redactor
    live: bool = True
    most_bytes: int = 0
    sent: Sent | None = None
    head: Head | None = None
    body: bytearray = field(default_factory=bytearray)
    first_byte_ms: float | None = None
    stream: StreamReader | None = None
    id: str = field(default_factory=lambda: uuid4().hex)
    _sniffer: Sniffer | None = None

    def __post_init__(self) -> None:
        self._news = News(self.redactor)

    def begin(self, head: Head, at_ms: float) -> None:
        self.head, self.first_byte_ms = head, at_ms
        if self.live:
            self._news.answered(head.status, head.reason)
        if head.ok:
            self._sniffer = Sniffer(self.dialect, ", ".join(head.values("content-type")))

    def add(self, piece: bytes, at_ms: float) -> bool:
        """Add a piece; return whether all of it had room. Raises what `StreamReader.feed` does."""
        room = self.most_bytes - len(self.body)
        if len(piece) > room:
            self.add(piece[:room], at_ms)
            return False
        self.body += piece
        if self.stream:
            self.stream.feed(piece, at_ms)
        elif self._sniffer:
            self._settle(self._sniffer.look(self.body), at_ms)
        return True

    def close(self, at_ms: float) -> None:
        """Take note that no more arrives."""
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
            self.stream = StreamReader(self.dialect, self.redactor, live=self.live)
            self.stream.feed(bytes(self.body), at_ms)
