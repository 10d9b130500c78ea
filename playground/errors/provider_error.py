"""Read what a provider says went wrong. Only this module knows the shapes of error bodies.

To add a shape, add a name to `_MESSAGE_FIELDS` or a mark to `_is_failure`. The shapes here were sent by
OpenAI, Azure, Anthropic, Gemini, Mistral, OpenRouter, Cloudflare, DashScope, MiniMax, Zhipu, Tencent, Spark,
Qianfan, vLLM, llama.cpp, Ollama, LiteLLM, FastAPI, NestJS, and others; the tests' wire table names a report
for each.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from typing import Any

from playground.errors.html_page import is_page, is_xml, page_within, words_of_page
from playground.errors.informative import (
    DEEPEST,
    LONGEST_MESSAGE,
    MOST_ENTRIES,
    MOST_OBJECTS,
    by_field,
    informative,
    is_informative,
    sentences,
)
from playground.text import jsontext
from playground.text.sse import EventParser

_LONGEST_EVENTS = 100_000
# How many brackets within a text are tried as the start of JSON.
_MOST_STARTS = 4
_LONGEST_CODE = 100

_NAMED_ERRORS = (
    "error_code", "error_type", "error_message", "errorMessage", "error_msg", "error_description",
)  # fmt: skip
_CLAIMS = frozenset(("errors", "detail", *_NAMED_ERRORS))
# Fields that say what went wrong (string, object, or array), in the order in which they are shown.
_MESSAGE_FIELDS = (
    "error", "title", "message", "msg", *_NAMED_ERRORS[2:], "status_msg", "detail", "details", "errors",
    "base_resp", "Response", "upstream_error",
)  # fmt: skip
_ALL_MESSAGE_FIELDS = frozenset(_MESSAGE_FIELDS)
# These may list errors field by field, if they hold none of those names.
_BY_FIELD = ("detail", "details", "errors")
# Objects beside a choice that may hold an error: Groq's, Tencent's, OpenAI's (`response.failed`).
_ERROR_PARENTS = ("x_groq", "Response", "response")
_CAPITALS = frozenset(("Error", "Code", "Message"))
_CODES = ("code", "type", "status", "reason", "error_code", "error_type", "error", "errorType")
_STATUSES = ("status", "code", "status_code", "statusCode", "http_code", "http_status_code", "error_code")
_FIELD_NAME = re.compile(r"[\w.\[\]\-]{1,100}", re.ASCII)
_FRAMED = re.compile(r"\s*(?:data|event|id|retry)?:")
# Values that mean nothing is wrong.
_OK_VALUES = frozenset(("", "0", "200", "ok", "success", "succeeded", "none", "null", "false"))
_ERROR_TYPES = frozenset(("error", "Error"))
_BAD_STATUS = re.compile("[45][0-9]{2}")
_FAILED_STATUSES = frozenset(("error", "failed", "failure", "fail"))
_STRAIGHT_QUOTES = str.maketrans("“”‘’´", "\"\"'''")
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True)
class ProviderError:
    """A provider's own words. `texts` are the messages, `objects` the JSON objects that contained them.

    `is_page` says that the body was an HTML page.
    """

    texts: tuple[str, ...] = ()
    objects: tuple[dict[str, Any], ...] = ()
    is_page: bool = False

    @cached_property
    def message(self) -> str | None:
        """The words as people read them, one line each, at most `LONGEST_MESSAGE` characters."""
        relayed = (item.get("provider_name") for item in self.objects if "raw" in item)
        upstream = next((f"{name[:60]}: " for name in relayed if isinstance(name, str) and name), "")
        lines = "\n".join(self.texts or self._named_codes)
        if not lines:
            return None
        # What the model wrote: shown, but not searched for phrases.
        generated = (item.get("failed_generation") for item in self.objects)  # Groq
        lines += "".join(f"\n{text}" for text in generated if isinstance(text, str) and text)
        found = upstream + lines
        return found if len(found) <= LONGEST_MESSAGE else found[:LONGEST_MESSAGE] + "…"

    @cached_property
    def words(self) -> str:
        """All texts in lower case with straight quotation marks, for finding phrases."""
        text = "\n".join(self.texts)[:LONGEST_MESSAGE].casefold()
        return text.translate(_STRAIGHT_QUOTES)

    @cached_property
    def codes(self) -> frozenset[str]:
        """The provider's names and numbers for the error, in lower case."""
        return frozenset(code.casefold() for code in self._codes)

    @cached_property
    def status(self) -> int | None:
        """The HTTP status that the body names, whatever the response's own."""
        values = (item.get(name) for item in self.objects for name in _STATUSES)
        texts = (str(value) for value in values if isinstance(value, str | int))
        return next((int(text) for text in texts if _BAD_STATUS.fullmatch(text)), None)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The parameters it is about, if named apart from the words: `seed`, `messages[0].role`."""
        found = [name for item in self.objects for name in _parameters(item)]
        return tuple(dict.fromkeys(found))

    @property
    def _codes(self) -> list[str]:
        values = [item[name] for item in self.objects for name in _CODES if name in item]
        return [
            str(value)[:_LONGEST_CODE]
            for value in values
            if isinstance(value, str | int) and value and value is not True
        ]

    @property
    def _named_codes(self) -> list[str]:
        return [code for code in dict.fromkeys(self._codes) if not code.isdigit() and code != "error"][:1]


def read_value(value: Any) -> ProviderError:
    """Read a JSON value: an object, an array, a string, or JSON in a string."""
    reader = _Reader()
    reader.read(value)
    texts = informative(reader.texts)
    if not any(map(is_informative, texts)):
        texts = list(islice(sentences(value), MOST_ENTRIES)) or texts
    return ProviderError(tuple(dict.fromkeys(texts)), tuple(reader.objects))


def error_in(value: Any, parts: Sequence[dict[str, Any]] = ()) -> Any:
    """Return the part of a JSON value that reports an error although the status says success, or None.

    Looks for `error` at the top, in a list's first item, and in each of the `parts` of an answer. An empty
    one does not count.
    """
    if isinstance(value, list):
        return error_in(value[0]) if value and isinstance(value[0], dict) else None
    if not isinstance(value, dict):
        return None
    read = lower_initials(value)
    around = [inner for name in _ERROR_PARENTS if isinstance(inner := value.get(name), dict)]
    for holder in (value, *parts, *around):
        if (error := lower_initials(holder).get("error")) and not _is_ok(error):
            return error if isinstance(error, dict | list) else holder
    if isinstance(error := value.get("error_msg"), dict) and not _is_ok(error):  # Hunyuan, beside an answer
        return error
    return value if _is_marked(read) or (not parts and _is_failure(read)) else None


def read_text(text: str) -> ProviderError:
    """Read a text: JSON, events, a page, or plain words."""
    if is_page(text) or is_xml(text):
        words = words_of_page(text)
        return ProviderError((words,) if words else (), is_page=is_page(text))
    return read_value(_events_in(text) or text)


def _events_in(text: str) -> list[str]:
    """Return the data of the events that a text consists of; empty if it is something else."""
    if not _FRAMED.match(text):
        return []
    parser = EventParser()
    events = islice(chain(parser.feed(text[:_LONGEST_EVENTS].encode()), parser.close()), MOST_ENTRIES)
    return [event.data for event in events if event.data.strip() not in ("", "[DONE]")]


@dataclass
class _Reader:
    """Walks through a value and gathers its texts and objects, as many as people can use."""

    texts: list[str] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)

    def read(self, value: Any, depth: int = 0) -> None:
        if depth > DEEPEST or len(self.texts) >= MOST_ENTRIES:
            return
        if isinstance(value, str):
            self._read_text(value.strip(), depth)
        elif isinstance(value, list):
            for item in value[:MOST_ENTRIES]:
                self.read(item, depth + 1)
        elif isinstance(value, dict):
            self._read_object(value, depth)

    def _read_object(self, value: dict[str, Any], depth: int) -> None:
        if len(self.objects) >= MOST_OBJECTS:
            return
        value = lower_initials(value)
        self.objects.append(value)
        first = len(self.texts)
        for name in _MESSAGE_FIELDS:
            self.read(inner := value.get(name), depth + 1)
            if name in _BY_FIELD and isinstance(inner, dict) and not inner.keys() & _ALL_MESSAGE_FIELDS:
                for text in islice(by_field(inner), MOST_ENTRIES):
                    self._add(text)
        for part in _parts(value):
            self.read(part.get("error"), depth + 1)
        if isinstance(param := value.get("param"), str) and " " in param:  # a reason in the wrong place
            self.read(param, depth + 1)
        if "error_code" in value:  # FastChat
            self.read(value.get("text"), depth + 1)
        if isinstance(metadata := value.get("metadata"), dict):
            self.objects.append(metadata)  # OpenRouter: what the provider behind it said
            self.read(metadata.get("raw"), depth + 1)
        if (place := _location(value)) and len(self.texts) > first:
            said = self.texts[first:]
            del self.texts[first:]
            self._add(f"{place}: {' '.join(said)}")

    def _read_text(self, text: str, depth: int) -> None:
        events = _events_in(text)
        if any(event.startswith("{") for event in events):
            self.read(events, depth + 1)
            return
        if (page := page_within(text)) and (words := words_of_page(text[page.start : page.stop])):
            self._add(" ".join(filter(None, (text[: page.start].strip(), words, text[page.stop :].strip()))))
            return
        for start, value, end in _json_within(text):
            inner = _Reader(objects=self.objects)
            inner.read(value, depth + 1)
            if inner.texts:
                around = text[:start].strip(), "; ".join(informative(inner.texts)), text[end:].strip()
                for said in [" ".join(around).strip()] if around[0] or around[2] else inner.texts:
                    self._add(said)
                return
        self._add(text)

    def _add(self, text: str) -> None:
        text = text[: LONGEST_MESSAGE + 1]
        if text and text not in self.texts:
            self.texts.append(text)


def _json_within(text: str) -> Iterator[tuple[int, Any, int]]:
    """Yield an error in JSON within a text (`Error from provider: {…}`): its start, value, and end."""
    for found in islice(re.finditer(r"[{\[]", text), _MOST_STARTS):
        start = found.start()
        try:
            _, end = _DECODER.raw_decode(text, start)
            value = jsontext.loads_leniently(text[start:end])
        except (ValueError, RecursionError):
            continue
        is_whole = not text[:start].strip() and not text[end:].strip()
        if isinstance(value, dict | list) and (is_whole or _looks_like_an_error(value)):
            yield start, value, end
            return


def _looks_like_an_error(value: Any) -> bool:
    """Stricter than for a whole text: a message may quote any JSON, even that of the request."""
    return error_in(value) is not None or (isinstance(value, dict) and [*value] == ["message"])


def lower_initials(item: dict[str, Any]) -> dict[str, Any]:
    """Return the names as most providers write them: Tencent's and Alibaba's begin with a capital."""
    if _CAPITALS.isdisjoint(item):
        return item
    return {name[:1].lower() + name[1:]: item[name] for name in item}


def _parts(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield where an answer may hold an error: the objects in its arrays, and the objects right in those."""
    lists = (item for name, item in value.items() if isinstance(item, list) and name not in _MESSAGE_FIELDS)
    for part in chain.from_iterable(items[:MOST_ENTRIES] for items in lists):
        if isinstance(part, dict):
            yield from (holder for holder in (part, *part.values()) if isinstance(holder, dict))


def _location(item: dict[str, Any]) -> str:
    """Return the location in a FastAPI entry, such as `body.seed`."""
    return ".".join(str(part)[:_LONGEST_CODE] for part in _loc(item)[:DEEPEST])


def _loc(item: dict[str, Any]) -> list[Any]:
    """Return FastAPI's `loc`, which some servers write in one string: `body -> seed`."""
    loc = item.get("loc")
    parts = loc[:LONGEST_MESSAGE].split(" -> ") if isinstance(loc, str) else loc
    return parts if isinstance(parts, list) else []


def _parameters(item: dict[str, Any]) -> Iterator[str]:
    for name in (item.get("param"), item.get("parameter"), item.get("field")):
        if isinstance(name, str) and _FIELD_NAME.fullmatch(name):
            yield name
    loc = _loc(item)
    if 1 <= len(loc) <= 2 and isinstance(loc[-1], str):
        yield loc[-1][:_LONGEST_CODE]


def _is_ok(value: Any) -> bool:
    """Whether a value says that nothing is wrong, or says nothing."""
    if isinstance(value, dict):
        return all(map(_is_ok, value.values()))
    return not value or (isinstance(value, str | int) and str(value).strip().casefold() in _OK_VALUES)


def _is_marked(value: dict[str, Any]) -> bool:
    """Whether it declares itself an error, whatever else it contains."""
    kinds = (value.get("object"), value.get("type"))
    if any(isinstance(kind, str) and kind in _ERROR_TYPES for kind in kinds):
        return True
    base = value.get("base_resp")  # MiniMax
    return isinstance(base, dict) and not _is_ok(base.get("status_code"))


def _is_failure(value: dict[str, Any]) -> bool:
    """Whether a value without choices is an error in all but name."""
    if value.get("success") in (False, "false") or value.get("ok") in (False, "false"):
        return True
    if not (_CLAIMS.isdisjoint(value) or all(_is_ok(value[name]) for name in _CLAIMS & value.keys())):
        return True
    status = value.get("status") or value.get("statusCode")
    if isinstance(status, str | int) and (status in _FAILED_STATUSES or _BAD_STATUS.fullmatch(str(status))):
        return True
    said = value.get("message") or value.get("msg")
    return isinstance(said, str) and not _is_ok(said) and not _is_ok(value.get("code"))
