"""Detect that an answer is complete although its connection is still open.

Providers and gateways keep connections open after `[DONE]`, reset them, or omit the last chunk's mark. The
answer is complete then: the client does not wait for more, and reports nothing as cut off.
"""

import math

from playground.exchange.stream import StreamReader
from playground.network.limits import Limits
from playground.text import jsontext
from playground.text.event_data import without_done
from playground.upstream.reading import Reading

# Each try parses everything so far. A body that pauses more often waits for the silence limit.
_MOST_TRIES = 5


class Ending:
    """Call `heard` after each piece; `reached` is true from `due_ms` on the call's clock, if all has arrived.

    `choices` is how many were asked for: one may be finished before the next has begun.
    """

    def __init__(self, reading: Reading, limits: Limits, choices: int) -> None:
        self.due_ms = math.inf
        self._reading, self._limits, self._choices = reading, limits, choices
        self._tries = 0
        self._events = 0
        # How many tokens had arrived when all choices were first finished.
        self._tokens_at_finish: int | None = None

    def heard(self, now_ms: float) -> None:
        stream = self._reading.stream
        if stream is None:
            tries = self._is_closed() and self._tries < _MOST_TRIES
            self.due_ms = now_ms + 1000 * self._limits.grace_seconds if tries else math.inf
        elif stream.done:
            self.due_ms = min(self.due_ms, now_ms + 1000 * self._limits.grace_seconds)
        elif stream.told > self._events:  # heartbeats do not count: they may go on forever
            self._events = stream.told
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
        """Return whether the answer is complete, judging by its content."""
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
        """Return whether it may be complete, judging by its last bytes."""
        return self._end().endswith((b"}", b"]", b"</html>"))

    def _end(self) -> bytes:
        return bytes(self._reading.body[-64:]).rstrip().lower()

    def _has_finished(self, stream: StreamReader) -> bool:
        if not stream.collector.is_finished(self._choices):
            return False
        if self._tokens_at_finish is None:
            self._tokens_at_finish = stream.collector.tokens
        # Some servers send "stop" in every chunk: it is not the end if text follows.
        return stream.collector.tokens == self._tokens_at_finish
