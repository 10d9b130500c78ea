"""The Exchange: the one record that every view, snippet and log line is made from."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from playground.exchange.call import Call
from playground.exchange.dialect import Dialect
from playground.exchange.event_data import without_done
from playground.exchange.failure import Failure
from playground.exchange.stream import Stream
from playground.exchange.usage import Usage
from playground.text import jsontext
from playground.text.charset import in_utf8
from playground.text.sentence import Sentence

_SHORTEST_MS = 50

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """What went over the wire, as it went, but for the key."""

    method: str
    url: str
    headers: Headers
    body: bytes

    @property
    def host(self) -> str:
        """As the URL has it: with its port, when that is not the scheme's own."""
        return urlsplit(self.url).netloc

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Received:
    """What came back. `body` is decoded; `Exchange.failure` says when it is short of its end."""

    status: int
    reason: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def in_utf8(self) -> bytes:
        """The body to be read. Streams are read as they come, in UTF-8."""
        return in_utf8(self.body, self.header("Content-Type") or "")

    @property
    def text(self) -> str:
        return self.in_utf8.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds since the call began; None for what never happened. Tokens are timed in streams only."""

    first_byte_ms: float | None
    first_token_ms: float | None
    total_ms: float
    last_token_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """That an exchange took place earlier: when, why it is shown now, and whether it is the same request."""

    at: datetime
    reason: Sentence
    same_request: bool


@dataclass(frozen=True)
class Exchange:
    """One call, whole and unchangeable. No key is in it: the client takes it out before it makes this.

    `id` names it for good: no two have the same. `failure` says why `received` is missing or short of its
    end. `fixed` names what its reader can't change (an embed's): `base_url`, `api_key`, fields of the body.
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
    # What the rooms above have made of it, each once.
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
        """Whether it asked for the provider's models."""
        return self.sent.method == "GET"

    @property
    def answer(self) -> Any:
        """The received body's JSON value. Raises `JSONTextError` when it is none."""
        value, error = self._read
        if error:
            raise error
        return value

    @cached_property
    def completion(self) -> dict[str, Any] | None:
        """The answer as its dialect has it, when that is what was received; a streamed one put together."""
        if self.stream:
            return self.stream.completion
        try:
            return self.dialect.completion(self.answer)
        except jsontext.JSONTextError:
            return None

    @cached_property
    def choices(self) -> list[Any]:
        return self.dialect.choices(self.completion)

    @cached_property
    def usage(self) -> Usage | None:
        return self.dialect.usage(self.completion) if self.completion else None

    @cached_property
    def tokens_per_second(self) -> float | None:
        """Completion tokens over the time in which they came. In a stream that is from the first token to the
        last, in which all but the first came. Too short a time says nothing.
        """
        tokens = self.usage.completion_tokens if self.usage else None
        first, last, milliseconds = (
            self.timings.first_token_ms,
            self.timings.last_token_ms,
            self.timings.total_ms,
        )
        if first is not None and last is not None:
            tokens, milliseconds = tokens and tokens - 1, last - first
        return tokens * 1000 / milliseconds if tokens and milliseconds >= _SHORTEST_MS else None


def joined(headers: Headers) -> dict[str, str]:
    """Headers as an object; a repeated name's values stand in one, with commas between (RFC 9110, 5.3)."""
    values: dict[str, str] = {}
    for name, value in headers:
        values[name] = f"{values[name]}, {value}" if name in values else value
    return values
