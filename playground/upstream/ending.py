"""When an answer is at its end though its connection is not.

Providers and gateways hold connections open after `[DONE]`, reset them, or leave out the mark of the last
chunk. What came is whole then: nobody waits for more, and nothing was cut off.
"""

import math

from playground.exchange.stream import StreamReader
from playground.network.limits import Limits
from playground.text import jsontext
from playground.text.event_data import without_done
from playground.upstream.reading import Reading

# Each try parses all that came: a body that pauses more often than this waits for the silence.
_MOST_TRIES = 5


class Ending:
    """`heard` after each piece; `reached` once there is no more to wait for, at `due_ms` of the call's clock.

    `choices` is how many answers were asked for: one may be finished before the next has begun.
    """

    def __init__(self, reading: Reading, limits: Limits, choices: int) -> None:
        self.due_ms = math.inf
        self._reading, self._limits, self._choices = reading, limits, choices
        self._tries = 0
        self._events = 0
        # How much had come when all was first said to be finished.
        self._tokens_at_finish: int | None = None

    def heard(self, now_ms: float) -> None:
        stream = self._reading.stream
        if stream is None:
            tries = self._is_closed() and self._tries < _MOST_TRIES
            self.due_ms = now_ms + 1000 * self._limits.grace_seconds if tries else math.inf
        elif stream.done:
            self.due_ms = min(self.due_ms, now_ms + 1000 * self._limits.grace_seconds)
        elif len(stream.times_ms) > self._events:  # not for comments, which may come forever
            self._events = len(stream.times_ms)
            ends = self._has_finished(stream)
            self.due_ms = now_ms + 1000 * self._limits.finish_seconds if ends else math.inf

    def reached(self, now_ms: float) -> bool:
        if now_ms < self.due_ms:
            return False
        if self._reading.stream or self.is_whole:
            return True
        self._tries += 1
        self.due_ms = math.inf
        return False

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the answer is missing, by its own words."""
        if stream := self._reading.stream:
            return stream.done or stream.collector.is_finished(self._choices)
        if not self._is_closed():
            return False
        try:
            value = jsontext.loads_leniently(without_done(bytes(self._reading.body)))
        except jsontext.JSONTextError:
            return self._end().endswith(b"</html>")
        return isinstance(value, dict | list) and not self._reading.dialect.is_chunk(value)

    def _is_closed(self) -> bool:
        """Whether it may be whole, told without reading all of it."""
        return self._end().endswith((b"}", b"]", b"</html>"))

    def _end(self) -> bytes:
        return bytes(self._reading.body[-64:]).rstrip().lower()

    def _has_finished(self, stream: StreamReader) -> bool:
        if not stream.collector.is_finished(self._choices):
            return False
        if self._tokens_at_finish is None:
            self._tokens_at_finish = stream.collector.tokens
        # Some say "stop" in every chunk: where text follows it, it is no end.
        return stream.collector.tokens == self._tokens_at_finish
