"""Events that differ in one text only, as nearly all of an answer's do: many are read as one piece.

Parsing each as JSON takes several times as long, and between two updates of a page many arrive.
"""

import re
from dataclasses import dataclass
from itertools import takewhile

from playground.text.sse import Event

# Bytes that are looked at at once: only a few of them may be alike.
_AT_ONCE = 8192
# Such a text would need more than decoding, or end the event.
_NOT_PLAIN = re.compile(rb'[\0-\x1f"\\]|data:')


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the text in the line of data, and on the wire."""

    name: str
    before: str
    after: str
    start: bytes
    end: bytes

    @classmethod
    def around(cls, text: str, event: Event, last: "Frame | None") -> "Frame | None":
        """Return what is around the text in the event, often the `last` one; None if that is not certain.

        Without a backslash in it, all texts are written as they are, so one that occurs once is this one. In
        `"content":":"`, the text ":" occurs twice, and they overlap.
        """
        if last and event.data == f"{last.before}{text}{last.after}" and event.name == last.name:
            return last
        quoted, data = f'"{text}"', event.data
        at = data.find(quoted)
        if "\\" in data or "\n" in data or event.id or at < 0 or at != data.rfind(quoted):
            return None
        before, after = data[: at + 1], data[at + 1 + len(text) :]
        name = "" if event.name == "message" else f"event: {event.name}\n"
        return cls(event.name, before, after, f"{name}data: {before}".encode(), f"{after}\n\n".encode())

    def texts(self, data: bytes, start: int) -> list[bytes]:
        """Return the texts of the next events from `start` on, up to one that has to be parsed."""
        if not data.startswith(self.start, start):
            return []
        begin = start + len(self.start)
        *texts, last = data[begin : begin + _AT_ONCE].split(self.end + self.start)
        text, end, _ = last.partition(self.end)
        if end:
            texts.append(text)
        if b"" in texts or _NOT_PLAIN.search(b"".join(texts)):
            return [*takewhile(lambda text: text and not _NOT_PLAIN.search(text), texts)]
        return texts

    def size(self, texts: list[bytes]) -> int:
        """Return how many bytes these events take."""
        return sum(map(len, texts)) + len(texts) * (len(self.start) + len(self.end))
