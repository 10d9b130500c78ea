"""A running call as a sequence of immutable steps: `Started`, any number of `Progress`, then `Finished`.

Code that shows a running call sees only these steps. The key is redacted in all of them.
"""

import json
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from playground.exchange.dialect import LiveCall, LiveChoice
from playground.exchange.record import Exchange, Sent
from playground.exchange.split_key import HeldTexts
from playground.exchange.stream import StreamEvent, StreamReader
from playground.text import jsontext
from playground.text.pieces import Pieces
from playground.text.redact import Redactor

# Growing tool calls are shown whole at each step, up to these limits; the finished answer has all of them.
_MOST_CALLS = 100
_LONGEST_CALLS = 20_000


@dataclass(frozen=True, slots=True)
class Started:
    """The request is on the wire. `running.stop` takes `number`; `id` will be the exchange's.

    If a recorded answer is shown instead, it has its own id.
    """

    number: str
    sent: Sent
    id: str


@dataclass(frozen=True, slots=True)
class Growth:
    """What is new in the choice at `position`: pairs of a place and the text to append there.

    `calls` holds all tool calls of the choice if any of them changed, else nothing. Each is written as
    `name(arguments)`, or `(arguments)` until its name arrives.
    """

    position: int
    texts: tuple[tuple[str, str], ...] = ()
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """What is new since the previous step; a heartbeat has nothing new.

    `status`, such as `200 OK`, is set once. `choices` has the numbers of new choices, in the order of their
    positions. `events` can be shown now. The rest are totals so far: `arrived` counts all events, including
    those held back because a key may begin in them; times are milliseconds since the call began.
    """

    status: str = ""
    events: tuple[StreamEvent, ...] = ()
    choices: tuple[int, ...] = ()
    growth: tuple[Growth, ...] = ()
    arrived: int = 0
    tokens: int = 0
    first_token_ms: float | None = None
    last_event_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Finished:
    """The end; `rest` is what is new since the previous step. If the request was not sent, the only step."""

    number: str
    exchange: Exchange
    rest: Progress = field(default_factory=Progress)


Step = Started | Progress | Finished
Live = Generator[Step, None, None]


class News:
    """Turns an answer that is being read into `Progress`: each call of `take` returns what is new."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = HeldTexts(redactor)
        self._status = ""
        self._choices = 0
        self._lengths: dict[tuple[int, str], int] = {}
        self._calls: dict[int, tuple[str, ...]] = {}
        self._too_long: set[int] = set()  # choices whose calls are not shown any more while they grow

    def answered(self, status: int, reason: str) -> None:
        """Takes the status line. It is redacted once, because `reason` may be a megabyte."""
        self._status = self._redactor.text(f"{status} {reason}".strip())

    def take(self, stream: StreamReader | None) -> Progress:
        status, self._status = self._status, ""
        if stream is None:
            return Progress(status)
        collector = stream.collector
        choices = tuple(collector.indexes[self._choices :])
        self._choices += len(choices)
        growth = (self._growth(position, choice) for position, choice in enumerate(collector.live))
        return Progress(
            status,
            tuple(stream.take_fresh()),
            choices,
            tuple(grown for grown in growth if grown.texts or grown.calls),
            len(stream.times_ms),
            collector.tokens,
            stream.first_token_ms,
            stream.times_ms[-1] if stream.times_ms else 0.0,
        )

    def _growth(self, position: int, choice: LiveChoice) -> Growth:
        texts = []
        for place, pieces in choice.texts.items():
            if pieces.length > (length := self._lengths.get((position, place), 0)):
                self._lengths[position, place] = pieces.length
                if text := self._held.add((position, place), pieces.since(length)):
                    texts.append((place, text))
        return Growth(position, tuple(texts), self._new_calls(position, choice.calls))

    def _new_calls(self, position: int, calls: list[LiveCall]) -> tuple[str, ...]:
        if position in self._too_long:  # they can be megabytes, of which each step would write all
            return ()
        lines = [_open_line(call) for call in calls[:_MOST_CALLS]]
        if sum(map(len, lines)) > _LONGEST_CALLS:
            self._too_long.add(position)
            return ()
        if not lines:
            return ()
        # Hold back the end of the open line first: behind a bracket it would not look like a key's beginning.
        shown = tuple(self._held.instead(f"{self._held.instead(line)})") for line in lines)
        if shown == self._calls.get(position):
            return ()
        self._calls[position] = shown
        return shown


def _open_line(call: LiveCall) -> str:
    """`name(arguments`, as far as they have arrived."""
    return f"{_joined(call.name)}({_joined(call.arguments)}"


def _joined(value: Any) -> str:
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    return jsontext.mended_text(str(value)) if isinstance(value, str | Pieces) else ""
