"""An answer as every view reads it, whatever the API that it came by."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from playground.exchange.usage import Usage
from playground.text.sentence import Sentence

# What a page can carry of an image or a sound, in characters of base64; some 6 MB.
LONGEST_DATA = 8_000_000


@dataclass(frozen=True, slots=True)
class Media:
    """An image or a sound. `type` is None when its bytes are none that a page can show; then `data` is "".

    `link` is where it lies when it is not in the answer; `size` counts the characters that came.
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
        """Of base64, three for four characters."""
        return self.size * 3 // 4

    @property
    def url(self) -> str:
        return f"data:{self.type};base64,{self.data}" if self.type else ""


@dataclass(frozen=True, slots=True)
class Source:
    """What an answer cites. `link` is None for what a browser cannot be sent to; `title` is never empty."""

    title: str
    link: str | None

    @property
    def host(self) -> str:
        return urlsplit(self.link).hostname or "" if self.link else ""


# By link, or by title where there is none.
Cited = Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Sources:
    """Each source once: a choice's own, and those that the answer names for all of its choices.

    The latter may be very many: they are read once for all.
    """

    own: Cited
    common: Cited

    def __len__(self) -> int:
        both = self.own.keys() & self.common.keys()
        return len(self.own) + len(self.common) - len(both)

    def __iter__(self) -> Iterator[Source]:
        for key, source in self.own.items():
            yield self.common.get(key, source) if source.title == source.link else source
        yield from (source for key, source in self.common.items() if key not in self.own)


@dataclass(frozen=True)
class Choice(ABC):
    """One of the texts that a model gave in answer. `text` is None when there is none, which is not the
    empty text.

    `tool_calls` and `function_call` are as their API has them. A dialect adds what costs work to find out,
    and is asked for of the choices that are shown.
    """

    index: int
    text: str | None
    reasoning: str | None
    refusal: str | None
    transcript: str | None
    tool_calls: list[Any]
    function_call: dict[str, Any] | None

    @property
    @abstractmethod
    def finish_reason(self) -> str | None:
        """Why it ended, in the provider's word; None where that says nothing."""

    @property
    @abstractmethod
    def finish_note(self) -> Sentence | None:
        """What that means, when it is not the usual end."""

    @property
    @abstractmethod
    def is_broken_off(self) -> bool:
        """Whether it says that the answer has no proper end."""

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
        """What has no view of its own, by its names."""

    @abstractmethod
    def following(self, *, media: bool) -> list[dict[str, Any]]:
        """Messages that put it into the conversation, and what the conversation wants next.

        Without `media` its images and sounds are left out.
        """

    @property
    def texts(self) -> list[str]:
        """Everything that was written for people."""
        texts = (self.reasoning, self.text, self.transcript, self.refusal)
        return [text for text in texts if text]

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
        calls = self.tool_calls or self.function_call
        return bool(self.text or self.transcript or self.refusal or calls or self.images or self.audio)


@dataclass(frozen=True, slots=True)
class Answer:
    """All of an answer. `model` is None where the provider does not say which one answered."""

    choices: Sequence[Choice] = ()
    usage: Usage | None = None
    model: str | None = None
