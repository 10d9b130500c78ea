"""The client's own, changing state of an answer that it reads."""

from dataclasses import dataclass, field
from uuid import uuid4

from playground.exchange.dialect import Dialect
from playground.exchange.record import Sent
from playground.exchange.stream import StreamReader
from playground.network.head import Head
from playground.text.redact import Redactor
from playground.upstream.live import News, Progress
from playground.upstream.sniff import Sniffer, Sort


@dataclass
class Reading:
    """An answer as it arrives. `progress` is what others get to see of it.

    `running.stop` takes `number`; `id` is that of the exchange to come.

    `stream` is there as soon as the first bytes say that it is one. `body` takes `most_bytes` at most.
    """

    number: str
    dialect: Dialect
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
        """Whether all of the piece had room. Raises what `StreamReader.feed` does."""
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
        """No more comes."""
        if self._sniffer:
            self._settle(self._sniffer.close(self.body), at_ms)
        if self.stream:
            self.stream.close(at_ms)

    def progress(self) -> Progress:
        """What is new since the last time; nothing if nobody watches (`live`)."""
        return self._news.take(self.stream) if self.live else Progress()

    def _settle(self, sort: Sort | None, at_ms: float) -> None:
        if sort is None:
            return
        self._sniffer = None
        if sort is Sort.STREAM:
            self.stream = StreamReader(self.dialect, self.redactor, live=self.live)
            self.stream.feed(bytes(self.body), at_ms)
