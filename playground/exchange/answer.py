"""An answer in the form that every view reads, whatever its API."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from playground.exchange.usage import Usage
from playground.text.sentence import Sentence

# The largest image or audio that a page shows, in characters of base64: about 6 MB.
LONGEST_DATA = 8_000_000


@dataclass(frozen=True, slots=True)
class Media:
    """An image or audio. `type` is None if a page cannot show its bytes; then `data` is "".

    `link` is its URL if it is not in the answer itself; `size` is the number of characters received.
    """

    type: str | None
    data: str
    size: int
    link: str | None = None

    @property
    def is_too_long(self) -> bool:
        return self.size > LONGEST_DATA

    @property
    def bytes(self) -> int:
        """The size in bytes: base64 has four characters for three bytes."""
        return self.size * 3 // 4

    @property
    def url(self) -> str:
        return f"data:{self.type};base64,{self.data}" if self.type else ""


@dataclass(frozen=True, slots=True)
class Source:
    """A source that an answer cites. `link` is None if it is not a safe URL; `title` is never empty."""

    title: str
    link: str | None

    @property
    def host(self) -> str:
        return urlsplit(self.link).hostname or "" if self.link else ""


# Sources by link, or by title if there is none.
Cited = Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Sources:
    """Each source once: first those of the choice, then those that the answer cites for all choices.

    The common ones are read only once, because there can be very many.
    """

    own: Cited
    common: Cited

    def __len__(self) -> int:
        return len(self.own) + len(self.common) - len(self.own.keys() & self.common.keys())

    def __iter__(self) -> Iterator[Source]:
        for key, source in self.own.items():
            yield self.common.get(key, source) if source.title == source.link else source
        yield from (source for key, source in self.common.items() if key not in self.own)


class Finish(StrEnum):
    """Why an answer ended, in one word for all APIs."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    FILTER = "filter"
    REFUSAL = "refusal"
    PAUSED = "paused"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call. `arguments` is a JSON string; `raw` is the call as received, whatever its type.

    `id` is None if results do not name the call, `name` if the call names no tool.
    """

    id: str | None
    name: str | None
    arguments: str
    raw: Any


@dataclass(frozen=True)
class Choice(ABC):
    """One candidate answer of a model. `text` is None if there is none, which differs from an empty one.

    A dialect adds the properties that are costly to compute; they are read only for choices that are shown.
    """

    index: int
    text: str | None
    reasoning: str | None
    refusal: str | None
    transcript: str | None
    tool_calls: list[ToolCall]

    @property
    @abstractmethod
    def finish(self) -> Finish | None:
        """Why it ended; None if the provider gives no reason, or an unknown one."""

    @property
    @abstractmethod
    def finish_reason(self) -> str | None:
        """Why it ended, in the provider's own word; None if there is none."""

    @property
    @abstractmethod
    def finish_note(self) -> Sentence | None:
        """What the finish reason means; None for a normal end."""

    @property
    @abstractmethod
    def is_broken_off(self) -> bool:
        """Whether the finish reason means that the answer did not end properly."""

    @property
    @abstractmethod
    def images(self) -> list[Media]: ...

    @property
    @abstractmethod
    def audio(self) -> list[Media]: ...

    @property
    @abstractmethod
    def sources(self) -> Sources: ...

    @property
    @abstractmethod
    def others(self) -> dict[str, Any]:
        """Fields that have no view of their own, by name."""

    @abstractmethod
    def following(self, *, media: bool) -> list[dict[str, Any]]:
        """Return the messages that add the answer to the conversation, and the empty ones that must follow.

        Without `media`, images and audio are left out. Nothing is returned if nothing of it can be sent back.
        """

    @property
    def next_fields(self) -> dict[str, Any]:
        """Fields that the next request needs if the answer is added to the conversation."""
        return {}

    @property
    def texts(self) -> list[str]:
        """All texts of the choice that people read."""
        return [text for text in (self.reasoning, self.text, self.transcript, self.refusal) if text]

    @property
    def is_empty(self) -> bool:
        return not (self._is_said or self.reasoning or self.others)

    @property
    def is_reasoning_only(self) -> bool:
        return bool(self.reasoning) and not (self._is_said or self.others)

    @property
    def is_others_only(self) -> bool:
        return bool(self.others) and not self._is_said

    @cached_property
    def _is_said(self) -> bool:
        texts = self.text or self.transcript or self.refusal
        return bool(texts or self.tool_calls or self.images or self.audio)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `model` is None and `tier` (`flex`, `priority`) "" if the provider names none."""

    choices: Sequence[Choice] = ()
    usage: Usage | None = None
    model: str | None = None
    tier: str = ""
