"""What the record needs from the API that a provider speaks; `dialects` implements it for each API."""

from dataclasses import dataclass
from typing import Any, Protocol

from playground.exchange.usage import Usage
from playground.text.pieces import Pieces


@dataclass(frozen=True, slots=True)
class LiveMessage:
    """A growing message as a page shows it: the text of each place, and its tool calls."""

    texts: dict[str, Pieces]
    calls: list[Any]


class Collector(Protocol):
    """Assembles a stream: `add` takes each event's JSON value; `completion` is the result so far.

    `tokens` counts the events that added text, `fields` the names in them beside the choices.
    """

    error: Any
    tokens: int
    has_begun: bool

    def add(self, chunk: Any) -> str:
        """Return the text that the chunk added. Raises `TooManyError` before memory fills up."""
        ...

    def is_finished(self, choices: int) -> bool:
        """Whether at least `choices` choices arrived, and each has finished."""
        ...

    @property
    def completion(self) -> dict[str, Any]: ...

    @property
    def fields(self) -> int: ...

    @property
    def indexes(self) -> list[int]:
        """The choices' own indexes, in the order of `messages`."""
        ...

    @property
    def messages(self) -> list[LiveMessage]:
        """Each choice's message so far, in the order of their first chunks."""
        ...


class Dialect(Protocol):
    """`id` appears in requests and archives."""

    id: str

    def collector(self) -> Collector: ...

    def is_done(self, data: str) -> bool:
        """Whether an event's data announces the end of the stream."""
        ...

    def completion(self, value: Any) -> dict[str, Any] | None:
        """Return the completion in a received JSON value, or None if there is none."""
        ...

    def choices(self, completion: dict[str, Any] | None) -> list[Any]:
        """Return the completion's choices in order."""
        ...

    def usage(self, completion: dict[str, Any]) -> Usage | None: ...
