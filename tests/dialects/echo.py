"""A small API for tests. It shares no field with other APIs, so only its own dialect can read it.

{"who": "parrot", "lines": ["Hello!"], "limit": 20, "drip": false, "props": ["hat"]}
{"from": "parrot", "speech": "Hello!", "because": "done", "bill": {"heard": 1, "spoken": 2}}
data: {"bit": "Hel"}   data: {"bit": "lo!", "because": "done"}   data: {"over": true}
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.dialects import model_list
from playground.dialects.carrying import Losses, Unread, put_settings
from playground.dialects.joining import walk
from playground.errors import provider_error
from playground.errors.provider_error import ProviderError
from playground.exchange.answer import Answer, Choice, Finish, Sources
from playground.exchange.call import Auth, Headers
from playground.exchange.conversation import Conversation, Lost, Text, Turn
from playground.exchange.demands import Demands, Extra, Fields
from playground.exchange.dialect import Dialect, LiveChoice, Place
from playground.exchange.fix import Fix
from playground.exchange.parameter import Parameter, Preset, Row, Tick
from playground.exchange.refusal import FieldProblem
from playground.exchange.usage import Usage
from playground.snippets import HTTP_TARGETS
from playground.text.pieces import Pieces
from playground.text.sentence import say

SHARED = {"model": ("who",), "limit": ("limit",), "stream": ("drip",)}


@dataclass(frozen=True)
class Speech(Choice):
    because: str | None

    finish = Finish.STOP
    finish_note = None
    is_broken_off = False
    images = ()
    audio = ()
    sources = Sources({}, {})

    @property
    def finish_reason(self) -> str | None:
        return self.because

    @property
    def others(self) -> dict[str, Any]:
        return {}

    def following(self, *, media: bool) -> list[dict[str, Any]]:
        return [{"lines": [self.text or ""]}]


class Listener:
    """The collector: joins the bits."""

    def __init__(self) -> None:
        self.error: Any = None
        self.tokens, self.has_begun = 0, False
        self._speech, self._head = Pieces(), dict[str, Any]()

    def add(self, chunk: Any) -> str:
        if not isinstance(chunk, dict):
            return ""
        bit = chunk.get("bit", "")
        self.has_begun |= "bit" in chunk
        self._head |= {name: chunk[name] for name in chunk if name not in ("bit", "over")}
        self._speech.append(bit)
        self.tokens += bit != ""
        return str(bit)

    def is_finished(self, choices: int) -> bool:
        return choices == 1 and "because" in self._head

    @property
    def completion(self) -> dict[str, Any]:
        return {"speech": str(self._speech), **self._head}

    @property
    def fields(self) -> int:
        return len(self._head)

    @property
    def indexes(self) -> list[int]:
        return [0] if self.has_begun else []

    @property
    def live(self) -> list[LiveChoice]:
        return [LiveChoice({"text": self._speech}, [])] if self.has_begun else []


class Echo(Dialect):
    id = "echo"
    label = "Echo"
    ending = "/speak"
    models_path = "/parrots"
    count_path = ""
    auth = Auth("cracker", "X-Cracker", "key=")
    chunk_marks = (b'"bit"',)
    end_mark = "over"
    fields = Fields("who", "lines", ("limit",), "", frozenset(("drip",)), (frozenset(("who", "bird")),))
    roles = ()
    call_roles = ()
    parameters: tuple[Parameter, ...] = ()
    ticks = (Tick("drip", {"drip": True}),)
    presets = (Preset("hello", "Hello", {"lines": ["Hello!"], "limit": 20}),)
    targets = HTTP_TARGETS
    models = staticmethod(model_list.read_models)
    collector = staticmethod(Listener)
    error = staticmethod(provider_error.error_in)

    def offered(self, body: Mapping[str, Any]) -> tuple[Parameter, ...]:
        return self.parameters

    def rows(self, prompt: Any) -> list[Row] | None:
        return [Row(content=line) for line in prompt] if isinstance(prompt, list) else None

    def prompt(self, rows: Sequence[Row]) -> Any:
        return [row.content for row in rows]

    def problems(self, body: dict[str, Any], most_messages: int) -> list[FieldProblem]:
        del most_messages
        return [] if body.get("lines") else [FieldProblem("lines", say("Say something."))]

    def demands(self, body: Mapping[str, Any]) -> Demands:
        limits = {"limit": body["limit"]} if "limit" in body else {}
        return Demands(body.get("who", ""), body.get("drip") is True, 1, limits)

    def extras(self, body: Mapping[str, Any]) -> Iterator[Extra]:
        yield from (Extra("props", name, "props", is_part=True) for name in body.get("props", ()))

    def question(self, body: Mapping[str, Any]) -> str | None:
        return str(body["lines"][-1])

    def lengths(self, body: Mapping[str, Any]) -> list[int]:
        return [len(line) for line in body["lines"]]

    def conversation(self, body: Mapping[str, Any]) -> Conversation:
        unread = Unread(body)
        lines = unread.take_list("lines") or []
        turns = [
            Turn(f"lines.{index}", "user", (Text(f"lines.{index}", line),), is_plain=True)
            for index, line in enumerate(lines)
        ]
        return Conversation(turns, settings=unread.settings(SHARED), own=list(unread.left()))

    def body_of(self, conversation: Conversation) -> tuple[dict[str, Any], list[Lost]]:
        losses, settings = Losses(self.label, conversation.own), dict(conversation.settings)
        body: dict[str, Any] = {"lines": []}
        for part in (part for turn in conversation.turns for part in turn.parts):
            if isinstance(part, Text):
                body["lines"].append(part.text)
            else:
                losses.add_part(part)
        put_settings(body, settings, SHARED)
        losses.add_settings(settings)
        return body, losses.listed()

    def path(self, body: Mapping[str, Any]) -> str:
        return f"/{body.get('who', 'nobody')}/speak"

    def headers(self, body: Mapping[str, Any]) -> Headers:
        return (("X-Dialect", body.get("tongue", "1")),)

    def wire(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: value for name, value in body.items() if name != "who"}

    def to_count(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return body

    def counted(self, value: Any) -> int | None:
        del value
        return None

    def chunk(self, value: Any) -> Any:
        return value

    def is_chunk(self, value: Any) -> bool:
        return isinstance(value, dict) and "bit" in value

    def is_done(self, data: str, value: Any) -> bool:
        del data
        return isinstance(value, dict) and value.get("over") is True

    def completion(self, value: Any) -> dict[str, Any] | None:
        return value if isinstance(value, dict) and "speech" in value else None

    def answer(self, completion: dict[str, Any], asked: Mapping[str, Any]) -> Answer:
        del asked
        choice = Speech(0, completion["speech"], None, None, None, [], completion.get("because"))
        bill = completion.get("bill")
        usage = Usage(bill["heard"], bill["spoken"], bill["heard"] + bill["spoken"]) if bill else None
        return Answer([choice], usage, completion.get("from"))

    def fix(self, body: Mapping[str, Any], error: ProviderError) -> Fix | None:
        quiet = "props" in body and "no props" in error.words
        return Fix(say("Send without props"), {"props": None}) if quiet else None

    def fix_tokens(self, body: Mapping[str, Any], room: int) -> Fix | None:
        return Fix(say("Speak less"), {"limit": room}) if body.get("limit", 0) > room else None

    def texts(self, value: Any) -> Iterator[tuple[tuple[Place, ...], str]]:
        for path, text in walk((), value):
            yield (("speech",) if path in (("bit",), ("speech",)) else path,), text

    def masked(self, completion: dict[str, Any], numbers: set[int]) -> dict[str, Any]:
        raise AssertionError("a whole answer has its text in one piece")


ECHO = Echo()
