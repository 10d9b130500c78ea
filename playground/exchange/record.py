"""The Exchange: the one record from which every view, snippet, and log line is made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from playground.exchange.answer import Answer, Choice
from playground.exchange.call import Call, Headers
from playground.exchange.charset import in_utf8
from playground.exchange.demands import Demands
from playground.exchange.dialect import Dialect
from playground.exchange.failure import Failure
from playground.exchange.stream import Stream
from playground.exchange.usage import Usage
from playground.text import jsontext
from playground.text.event_data import without_done
from playground.text.sentence import Sentence

_SHORTEST_MS = 50


@dataclass(frozen=True, slots=True)
class Sent:
    """What went over the wire, byte for byte except for the key, and an address that people are not shown."""

    method: str
    url: str
    headers: Headers
    body: bytes

    @property
    def host(self) -> str:
        """The host as in the URL: with its port, unless that is the scheme's default."""
        return urlsplit(self.url).netloc

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Received:
    """What came back. `body` is decompressed; `Exchange.failure` says when it is incomplete."""

    status: int
    reason: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def in_utf8(self) -> bytes:
        """The body converted to UTF-8 for reading. Streams are read as UTF-8 while they arrive."""
        return in_utf8(self.body, self.header("Content-Type") or "")

    @property
    def text(self) -> str:
        return self.in_utf8.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds since the call began; None for what never happened. Only streams have token times."""

    first_byte_ms: float | None
    first_token_ms: float | None
    total_ms: float
    last_token_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """Marks an exchange from earlier: when, why it is shown now, and whether it was the same request."""

    at: datetime
    reason: Sentence
    same_request: bool


@dataclass(frozen=True)
class Exchange:
    """One call, complete and immutable. It contains no key: the client redacts it before creating this.

    `id` is unique and never changes. `failure` says why `received` is missing or incomplete. `fixed` names
    what the reader of an embed can't change: `base_url`, `api_key`, fields of the body.
    """

    id: str
    dialect: Dialect
    call: Call
    provider: str | None
    started: datetime
    sent: Sent
    received: Received | None
    failure: Failure | None
    timings: Timings
    stream: Stream | None = None
    recorded: Recorded | None = None
    fixed: frozenset[str] = frozenset()
    # A cache for what the packages above derive from it.
    derived: dict[str, Any] = field(init=False, default_factory=dict, compare=False, repr=False)

    @cached_property
    def _read(self) -> tuple[Any, jsontext.JSONTextError | None]:
        try:
            return jsontext.loads_leniently(
                without_done(self.received.in_utf8 if self.received else b"")
            ), None
        except jsontext.JSONTextError as error:
            return None, error

    @property
    def is_listing(self) -> bool:
        """Whether the call asked for the provider's models."""
        return self.sent.method == "GET"

    @property
    def is_count(self) -> bool:
        """Whether the call asked for the number of a request's tokens, and for no answer."""
        path = self.dialect.count_path
        return bool(path) and self.call.url == self.call.base_url + path

    @cached_property
    def demands(self) -> Demands:
        return self.dialect.demands(self.call.body)

    @property
    def value(self) -> Any:
        """The JSON value of the received body. Raises `JSONTextError` if it is not JSON."""
        value, error = self._read
        if error:
            raise error
        return value

    @cached_property
    def completion(self) -> dict[str, Any] | None:
        """The completion in its dialect, assembled if streamed; None if something else was received."""
        if self.stream:
            return self.stream.completion
        try:
            return self.dialect.completion(self.value)
        except jsontext.JSONTextError:
            return None

    @cached_property
    def answer(self) -> Answer:
        """The completion in the form that all dialects share; without choices if there is none."""
        return self.dialect.answer(self.completion, self.call.body) if self.completion else Answer()

    @property
    def choices(self) -> Sequence[Choice]:
        return self.answer.choices

    @property
    def usage(self) -> Usage | None:
        return self.answer.usage

    @cached_property
    def tokens_per_second(self) -> float | None:
        """Completion tokens per second while they arrived; None if that time is too short to tell.

        In a stream, that is from the first token to the last, so the first is not counted.
        """
        tokens = self.usage.completion_tokens if self.usage else None
        timings, milliseconds = self.timings, self.timings.total_ms
        first, last = timings.first_token_ms, timings.last_token_ms
        if first is not None and last is not None:
            tokens, milliseconds = tokens and tokens - 1, last - first
        return tokens * 1000 / milliseconds if tokens and milliseconds >= _SHORTEST_MS else None


def joined(headers: Headers) -> dict[str, str]:
    """Return headers as an object; a repeated name's values are joined by commas (RFC 9110, 5.3)."""
    values: dict[str, str] = {}
    for name, value in headers:
        values[name] = f"{values[name]}, {value}" if name in values else value
    return values
