"""Convert a conversation from one API to another.

`Unread` reads a body field by field and keeps track of what is left; `Losses` collects what could not be
converted.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from playground.exchange.conversation import (
    File,
    Image,
    Loss,
    Lost,
    Own,
    Part,
    Refusal,
    Setting,
    Text,
    Tool,
    Turn,
)
from playground.exchange.dialect import Dialect
from playground.text.sentence import gettext_noop, say

# The neutral name of each setting that APIs share, and the path of its field in an API.
Settings = Mapping[str, tuple[str, ...]]

_REASONING = ("thinking", "redacted_thinking", "reasoning", "reasoning_text")
_SENTENCES = {
    Loss.LEFT_OUT: gettext_noop("“%(name)s” was left out: %(api)s doesn’t support it."),
    Loss.UNREAD: gettext_noop("“%(name)s” was left out: its value couldn’t be read."),
    Loss.REASONING: gettext_noop(
        "“%(name)s” was left out: reasoning can be sent back only to the API that produced it."
    ),
    Loss.MOVED: gettext_noop("“%(name)s” was moved to where %(api)s expects it."),
    Loss.CHANGED: gettext_noop("“%(name)s” was rewritten: %(api)s has no exact equivalent."),
    Loss.ADDED: gettext_noop("“%(name)s” was set to %(value)s."),
}
# Field names in a body can have any length.
_LONGEST_NAME = 80
_DATA_URL = re.compile(r"data:([^;,\s]+);base64,", re.IGNORECASE)


def carried(body: Any, old: Dialect, new: Dialect) -> tuple[Any, list[Lost]]:
    """Return the body converted to another API, and what could not be converted unchanged.

    A body of the same API, or one that is not an object, is returned as is.
    """
    if old.id == new.id:
        return body, []
    if not isinstance(body, Mapping):
        losses = Losses(new.label)
        losses.add(Loss.UNREAD, "request", "request")
        return body, losses.listed()
    return new.body_of(old.conversation(body))


class Unread:
    """A JSON object whose fields are taken one by one. What is left over is specific to its API."""

    def __init__(self, value: Mapping[str, Any], place: str = "") -> None:
        self.place = place
        self._fields = dict(value)
        self._inner: dict[str, Unread] = {}

    def at(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def take(self, *path: str) -> Any:
        """Return the value of a field and mark it as read; None if it is missing or null."""
        name, *inner = path
        if not inner:
            return self._fields.pop(name, None)
        within = self.within(name)
        return within.take(*inner) if within else None

    def within(self, name: str) -> "Unread | None":
        """Return the object in a field as an `Unread`; None if it is not an object."""
        if name not in self._inner and isinstance(self._fields.get(name), Mapping):
            self._inner[name] = Unread(self._fields.pop(name), self.at(name))
        return self._inner.get(name)

    def take_text(self, name: str) -> str | None:
        """Take the value of a field if it is a string; otherwise leave it."""
        return self.take(name) if isinstance(self._fields.get(name), str) else None

    def take_list(self, name: str) -> list[Any] | None:
        """Take the value of a field if it is a list; otherwise leave it."""
        return self.take(name) if isinstance(self._fields.get(name), list) else None

    def peek(self, name: str) -> Any:
        return self._fields.get(name)

    def settings(self, table: Settings) -> dict[str, Setting]:
        taken = ((name, path, self.take(*path)) for name, path in table.items())
        return {
            name: Setting(self.at(".".join(path)), value) for name, path, value in taken if value is not None
        }

    def left(self) -> Iterator[Own]:
        """Yield the fields that were not taken, but not null or [], which SDKs send for "not set"."""
        for name, value in self._fields.items():
            if value not in (None, []):
                yield Own(self.at(name), name)
        for inner in self._inner.values():
            yield from inner.left()


def parts(
    message: Unread, name: str, own: list[Own], known: Callable[[Unread, str], Part | None]
) -> Iterator[Part]:
    """Yield the parts of a `content`: a string, or objects with a `type`, which `known` parses."""
    if (text := message.take_text(name)) is not None:
        yield Text(message.at(name), text)
    for index, value in enumerate(message.take_list(name) or ()):
        place, kind = f"{message.at(name)}.{index}", name_of(value, name)
        part, found = Unread(value, place) if isinstance(value, Mapping) else None, None
        if part and kind in _REASONING:
            own.append(Own(place, kind, Loss.REASONING))
        elif part and (found := known(part, kind)):
            part.take("type")
            yield found
            own.extend(part.left())
        else:
            own.append(Own(place, kind, Loss.LEFT_OUT if part else Loss.UNREAD))


def tools(
    body: Unread, own: list[Own], kinds: tuple[str | None, ...], schema: str, within: str = ""
) -> Iterator[Tool]:
    """Yield the functions among the tools; tools of other `kinds` are specific to their API."""
    for index, value in enumerate(body.take_list("tools") or ()):
        place = f"tools.{index}"
        tool = Unread(value, place) if isinstance(value, Mapping) else None
        fields = tool.within(within) if tool and within else tool
        if tool is None or fields is None or tool.take("type") not in kinds:
            own.append(Own(place, name_of(value, "tools")))
            continue
        yield Tool(place, *(fields.take(name) for name in ("name", "description", schema, "strict")))
        own.extend(tool.left())


def given(**fields: Any) -> dict[str, Any]:
    """Return the fields that are set."""
    return {name: value for name, value in fields.items() if value is not None}


class Losses:
    """Collects what could not be written for an API, and groups equal entries."""

    def __init__(self, api: str, own: Sequence[Own] = ()) -> None:
        self._api = api
        self._places: dict[tuple[Loss, str], list[str]] = {}
        self._added: dict[str, str] = {}
        for item in own:
            self.add(item.loss, item.name, item.place)

    def add(self, loss: Loss, name: str, place: str) -> None:
        self._places.setdefault((loss, name[:_LONGEST_NAME]), []).append(place)

    def added(self, name: str, place: str, value: Any) -> None:
        """Record a value that only the new body has."""
        self.add(Loss.ADDED, name, place)
        self._added[name] = value if isinstance(value, str) else json.dumps(value)

    def add_settings(self, left: Mapping[str, Setting]) -> None:
        for setting in left.values():
            self.add(Loss.LEFT_OUT, setting.place.rpartition(".")[2], setting.place)

    def add_part(self, part: Part) -> None:
        self.add(Loss.LEFT_OUT, kind_of(part), part.place)

    def listed(self) -> list[Lost]:
        return [
            Lost(loss, name, tuple(places), say(_SENTENCES[loss], **self._params(loss, name)))
            for (loss, name), places in self._places.items()
        ]

    def _params(self, loss: Loss, name: str) -> dict[str, str]:
        params = {"api": self._api, "name": name}
        return params | {"value": self._added[name]} if loss is Loss.ADDED else params


def kind_of(part: Part) -> str:
    """Return the name of a kind of part as it appears in JSON: `tool_call`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(part).__name__).lower()


def put(body: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set a field, creating the objects around it."""
    *outer, name = path
    for field in outer:
        body = body.setdefault(field, {})
    body[name] = value


def put_settings(body: dict[str, Any], settings: dict[str, Setting], table: Settings) -> None:
    """Set the fields of the settings in the table, and remove those from `settings`."""
    for name, path in table.items():
        if name in settings:
            put(body, path, settings.pop(name).value)


def media_type_and_data(url: str) -> tuple[str, str] | None:
    """Return the media type and the data of a base64 data URL; None for any other URL."""
    head = _DATA_URL.match(url)
    return (head[1], url[head.end() :]) if head else None


def source(part: Image | File) -> str:
    """Return the URL of an image or a file, which may be a data URL."""
    return part.url or (f"data:{part.type};base64,{part.data}" if part.data else "")


def only_text(parts: Sequence[Part]) -> str | None:
    """Return the text if the parts are a single text and nothing else."""
    return parts[0].text if len(parts) == 1 and isinstance(parts[0], Text) else None


def filled(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Return the parts without empty texts, which some APIs reject next to other parts."""
    return tuple(part for part in parts if not (isinstance(part, Text | Refusal) and not part.text))


def schema_of(tool: Tool) -> Any:
    """Return the schema of a tool's arguments; without one, a schema that allows no arguments."""
    return {"type": "object", "properties": {}} if tool.schema is None else tool.schema


def name_of(value: Any, otherwise: str) -> str:
    """Return the type of a JSON object, in its API's terms."""
    kind = value.get("type") if isinstance(value, Mapping) else None
    return kind if isinstance(kind, str) and kind else otherwise


def as_text(arguments: Any) -> str:
    """Return the arguments of a call as a JSON string; some servers and SDKs send the object itself."""
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return json.dumps(arguments, ensure_ascii=False)


def content(
    parts: Sequence[Part], is_plain: bool, write: Callable[[Part], dict[str, Any] | None], losses: Losses
) -> str | list[dict[str, Any]]:
    """Return the content of a message: a single text unchanged, or the result of `write` for each part.

    A part for which `write` returns nothing is listed as left out.
    """
    if is_plain and len(parts) == 1 and isinstance(parts[0], Text):
        return parts[0].text
    written = []
    for part in parts:
        if value := write(part):
            written.append(value)
        else:
            losses.add_part(part)
    return written


def plain(place: str, role: str, text: str) -> Turn:
    return Turn(place, role, (Text(place, text),), is_plain=True)


def drop_default(settings: dict[str, Setting], name: str, default: Any) -> None:
    """Remove a setting that only repeats the API's default."""
    if name in settings and settings[name].value is default:
        del settings[name]
