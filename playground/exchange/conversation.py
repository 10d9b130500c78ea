"""A request in a neutral form, for converting a conversation from one API to another.

What APIs share has a name here. What only one API has is in `Conversation.own`, so that the converter to
another API can list it: nothing is dropped silently.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from playground.text.sentence import Sentence

# --- turns ---


@dataclass(frozen=True, slots=True)
class Text:
    """`place` is the path of a part in the body: `messages.2.content.0`. All parts have one."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """An image at `url`, or base64 in `data` of the media type `type`. `detail` is how closely to look."""

    place: str
    url: str = ""
    data: str = ""
    type: str = ""
    detail: "Setting | None" = None


@dataclass(frozen=True, slots=True)
class Audio:
    """Base64, and the name of its format: `wav`."""

    place: str
    data: str
    format: Any


@dataclass(frozen=True, slots=True)
class File:
    """A file at `url`, by its `id` at the provider, or base64 in `data` with its media type in `type`."""

    place: str
    url: str = ""
    id: str = ""
    data: str = ""
    type: str = ""
    name: Any = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The text with which a model declined."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """`arguments` is a JSON string, unless the body is invalid. `id` is None if there is none."""

    place: str
    id: Any
    name: Any
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of the call `id`. `is_plain`: the content was a string instead of parts."""

    place: str
    id: Any
    content: tuple["Part", ...]
    is_plain: bool
    is_error: Any = None


Part: TypeAlias = Text | Image | Audio | File | Refusal | ToolCall | ToolResult


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the conversation. `role` is that of the body: `system`, `developer`, `user`, `tool`…

    A system prompt outside the messages is the first turn. A turn of the role `tool` has one
    `ToolResult`. `is_plain`: the text was a string instead of parts.
    """

    place: str
    role: Any
    parts: tuple[Part, ...]
    is_plain: bool = False


# --- tools ---


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call. None means not set."""

    place: str
    name: Any
    description: Any
    schema: Any
    strict: Any


class Pick(StrEnum):
    """Which tools the model calls."""

    AUTO = "auto"
    ANY = "any"
    NONE = "none"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """`name` is the name of the tool for `Pick.NAMED`."""

    place: str
    pick: Pick
    name: Any = None


# --- settings ---


@dataclass(frozen=True, slots=True)
class JSONOutput:
    """An answer in JSON, with a schema or `is_free`. None means not set; `place` has these fields."""

    place: str
    schema: Any = None
    name: Any = None
    strict: Any = None
    description: Any = None
    is_free: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that the other API accepts unchanged, and its path in the body."""

    place: str
    value: Any


# --- what cannot be converted ---


class Loss(StrEnum):
    """Why something was not converted unchanged."""

    LEFT_OUT = "left_out"
    UNREAD = "unread"
    REASONING = "reasoning"
    MOVED = "moved"
    CHANGED = "changed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Own:
    """A value that only its own API has, or that could not be read."""

    place: str
    name: str
    loss: Loss = Loss.LEFT_OUT


@dataclass(frozen=True, slots=True)
class Lost:
    """What was not converted unchanged. Equal losses are merged, with all `places`; `name` is a field's.

    The places are in the old body; for `Loss.ADDED`, in the new one.
    """

    loss: Loss
    name: str
    places: tuple[str, ...]
    sentence: Sentence

    @property
    def place(self) -> str:
        return self.places[0]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A request. `settings` are the shared ones, by the neutral names that each dialect's `carry` maps."""

    turns: Sequence[Turn] = ()
    tools: Sequence[Tool] = ()
    choice: ToolChoice | None = None
    output: JSONOutput | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict)
    own: Sequence[Own] = ()
