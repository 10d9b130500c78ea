"""What the record needs to know of the API that a provider speaks; `dialects` has one for each API."""

from dataclasses import dataclass
from typing import Any, Protocol

from playground.exchange.usage import Usage
from playground.text.pieces import Pieces


@dataclass(frozen=True, slots=True)
class LiveMessage:
    """What a page shows of a message that grows: the text of each place, and its tool calls."""

    texts: dict[str, Pieces]
    calls: list[Any]


class Collector(Protocol):
    """Puts a stream together: `add` each event's JSON value; `completion` is what they add up to so far.

    `tokens` counts the events that brought something, `fields` the names in them beside the answer.
    """

    error: Any
    tokens: int
    has_begun: bool

    def add(self, chunk: Any) -> str:
        """The text that it brought. Raises `TooManyError` at what would fill the memory."""
        ...

    def is_finished(self, choices: int) -> bool:
        """Whether at least so many answers came, and each has said that it is finished."""
        ...

    @property
    def completion(self) -> dict[str, Any]: ...

    @property
    def fields(self) -> int: ...

    @property
    def indexes(self) -> list[int]:
        """The answers' own numbers, in the order of `messages`."""
        ...

    @property
    def messages(self) -> list[LiveMessage]:
        """Each answer as far as it came, in the order of their first chunks."""
        ...


class Dialect(Protocol):
    """`id` stands in requests and archives."""

    id: str

    def collector(self) -> Collector: ...

    def is_done(self, data: str) -> bool:
        """Whether an event's data says that the stream is over."""
        ...

    def completion(self, value: Any) -> dict[str, Any] | None:
        """The answer in a received JSON value; None when there is none in it."""
        ...

    def choices(self, completion: dict[str, Any] | None) -> list[Any]:
        """Its answers, one after the other."""
        ...

    def usage(self, completion: dict[str, Any]) -> Usage | None: ...
