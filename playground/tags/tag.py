"""Parse the tag that docs authors write into a `LiveCall`.

    <ApiPlayground provider="openai" :defaultRequest="{ model: 'gpt-6-luna', messages: [] }" />

Authors write it for Vue (VitePress), where the request is JavaScript. Here it is never executed but parsed as
JSON5, which covers Vue's object literals as people write them; anything else is rejected with its position.

Uses json5, although pyjson5 is 1,000 times faster: json5 reports line and column instead of an offset, and
passes us each object's keys, numbers, and constants to check, where pyjson5 keeps the last of two equal keys.
Literals are short, and rendered pages are cached.
"""

import html
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import json5

from playground.text import jsontext
from playground.text.sentence import Sentence, SentenceError, gettext_noop, say

NAMES = ("ApiPlayground", "api-playground")
LONGEST = 16_384
# json5 makes about 20 nested calls per level, and Python stops at 1,000.
MAX_DEPTH = 24

OPENING = re.compile(rf"<(?P<name>{'|'.join(NAMES)})(?=[\s/>])")
_ATTRIBUTE = re.compile(
    r"""\s+(?P<name>[^\s"'<>/=]+)(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'=<>`]+)))?"""
)
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_END = re.compile(r"\s*(?P<closed>/)?>")
_CLOSINGS = {name: re.compile(rf"</{name}\s*>") for name in NAMES}
# Text that ends within an attribute, or between two.
_UNFINISHED = re.compile(
    r"""\s*+(?:[^\s"'<>/=]++\s*+)?(?:=\s*+(?:"[^"]*+|'[^']*+|[^\s"'=<>`]++)?)?(?:/\s*+)?\Z"""
)
# Without its semicolon, an entity in an attribute is plain text: `a&copy=1` (HTML standard, 13.2.5.73).
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_JSON5_ERROR = re.compile(r"<string>:(?P<line>\d+) (?P<problem>.*) at column (?P<column>\d+)", re.DOTALL)

_REQUEST_NAMES = ("request", "defaultrequest", "default-request")
_NOT_BLANK = ("provider", "embed", "api")
_TEXT = gettext_noop("“%(name)s” must be a string.")
# What tags and fences accept, by the name in a `LiveCall`, and the error for other values.
_ACCEPTED: dict[str, tuple[type, str]] = {
    "provider": (str, gettext_noop("“provider” must be the ID of a provider, such as “openai”.")),
    "embed": (str, gettext_noop("“embed” must be the name of an embed in this playground.")),
    "api": (str, gettext_noop("“api” must be the ID of an API, such as “messages”.")),
    "body": (dict, gettext_noop("The request must be an object: {…}.")),
    "label": (str, _TEXT),
    "theme": (str, _TEXT),
    "lang": (str, _TEXT),
}
# Attributes for the component's element or for Vue itself, and those that only pages of other sites need.
_IGNORED = re.compile(
    r"(?:v-bind:|:)?(?:class|style|id|key|ref|title|aria-.*|data-.*|src)|v-pre|v-once|v-cloak", re.IGNORECASE
)


class TagError(SentenceError):
    """The tag can't be read; `line` counts from the tag's own first line, which is 0."""

    def __init__(self, sentence: Sentence, line: int = 0) -> None:
        super().__init__(sentence)
        self.line = line


class _RefusedValue(Exception):  # noqa: N818 -- no ValueError: json5 turns those into text
    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class LiveCall:
    """What a live playground in a page starts with; "" and None for what was not given."""

    provider: str = ""
    body: Mapping[str, Any] | None = None
    embed: str = ""
    api: str = ""
    label: str = ""
    theme: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a tag, entities decoded; `line` is where its value begins, counted within the tag."""

    name: str
    value: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag in a text: where it ends, and its attributes, or why they can't be read.

    `awaits` is what is missing if the text merely ends too early: `>` or `</ApiPlayground`.
    """

    end: int
    attributes: tuple[Attribute, ...]
    problem: Sentence | None = None
    awaits: str = ""


def scan(text: str, start: int) -> Tag | None:
    """Return the tag that begins at `start`, or None."""
    opening = OPENING.match(text, start)
    if opening is None:
        return None
    limit = start + LONGEST
    attributes, position, line, told = list[Attribute](), opening.end(), 0, start
    while attribute := _ATTRIBUTE.match(text, position, limit):
        value = next(
            (found for found in attribute.group("double", "single", "bare") if found is not None), None
        )
        begin = _value_start(attribute)
        line, told = line + text.count("\n", told, begin), begin
        attributes.append(Attribute(attribute["name"], None if value is None else _decoded(value), line))
        position = attribute.end()
    end = _END.match(text, position, limit)
    if end is None:
        return Tag(
            _paragraph_end(text, start, limit),
            tuple(attributes),
            say(
                gettext_noop(
                    "The tag isn’t closed. Put each value in quotes, and end the tag with “/>”. A tag can "
                    "have up to %(most)s characters."
                ),
                most=f"{LONGEST:,}",
            ),
            awaits=">" if _UNFINISHED.match(text, position, limit) else "",
        )
    if end["closed"]:
        return Tag(end.end(), tuple(attributes))
    closing = _CLOSINGS[opening["name"]].search(text, end.end(), limit)
    if closing is None:
        problem = say(gettext_noop("The tag isn’t closed. End it with “/>”."))
        return Tag(end.end(), tuple(attributes), problem, awaits=f"</{opening['name']}")
    return Tag(closing.end(), tuple(attributes))


def _value_start(attribute: re.Match[str]) -> int:
    places = [attribute.start(group) for group in ("double", "single", "bare")]
    return max(*places, attribute.start("name"))


def _paragraph_end(text: str, start: int, limit: int) -> int:
    blank = _BLANK_LINE.search(text, start, limit)
    return blank.start() if blank else start + len(text[start:limit].rstrip())


def _decoded(value: str) -> str:
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), value)


def read(tag: Tag) -> LiveCall:
    """Turn a scanned tag into a `LiveCall`. Raises `TagError`."""
    if tag.problem:
        raise TagError(tag.problem)
    values: dict[str, Any] = {}
    for attribute in tag.attributes:
        try:
            if name := name_of(attribute.name, values):
                values[name] = value_of(name, _attribute_value(attribute, name))
        except TagError:
            raise
        except SentenceError as error:
            raise TagError(error.sentence, attribute.line) from error
    return LiveCall(**values)


def name_of(written: str, values: Collection[str]) -> str:
    """Map a tag's attribute or a fence's key to its name in a `LiveCall`; "" for what is ignored.

    Raises `SentenceError` for unknown names and for those that have a value already.
    """
    if _IGNORED.fullmatch(written):
        return ""
    plain = written.removeprefix("v-bind").removeprefix(":").lower()
    name = "body" if plain in _REQUEST_NAMES else plain
    if name not in _ACCEPTED:
        raise SentenceError(
            say(
                gettext_noop(
                    "Unknown attribute “%(name)s”. Use “provider”, “api”, “embed”, “request”, “label”, "
                    "“theme”, or “lang”."
                ),
                name=written[:60],
            )
        )
    if name in values:
        raise SentenceError(say(gettext_noop("“%(name)s” appears twice. Keep one."), name=plain))
    return name


def value_of(name: str, value: Any) -> Any:
    """Return a value as a `LiveCall` holds it; null counts as not given. Raises `SentenceError`."""
    kind, problem = _ACCEPTED[name]
    if value is None:
        return None if name == "body" else ""
    if not isinstance(value, kind) or (name in _NOT_BLANK and not str(value).strip()):
        raise SentenceError(say(problem, name=name))
    return value.strip() if isinstance(value, str) else value


def _attribute_value(attribute: Attribute, name: str) -> Any:
    text, is_bound = attribute.value or "", attribute.name.startswith((":", "v-bind:"))
    if name == "body" and not is_bound and attribute.name.lower() != "request":
        problem = gettext_noop("Put a colon before “%(name)s”: its value is an object, not a string.")
        raise SentenceError(say(problem, name=attribute.name))
    if name == "body" or (is_bound and name in _NOT_BLANK):
        return literal(text, attribute.line)
    return _constant(text) if is_bound else text


def _constant(text: str) -> str | None:
    """Return a bound string, or None for any other expression, which only Vue could evaluate."""
    with suppress(TagError):
        value = literal(text)
        return value if isinstance(value, str) else None
    return None


def literal(text: str, line: int = 0) -> Any:
    """Parse an object literal that begins on the tag's line `line`. Raises `TagError`."""
    if not text.strip():
        raise TagError(say(gettext_noop("The request is empty.")), line)
    try:
        return checked(
            json5.loads(
                text,
                object_pairs_hook=_object,
                parse_int=_integer,
                parse_float=_number,
                parse_constant=_refusing(jsontext.no_constant),
            )
        )
    except (_RefusedValue, SentenceError) as error:
        raise TagError(error.sentence, line) from error
    except RecursionError as error:
        raise TagError(_too_deep(), line) from error
    except ValueError as error:
        raise _syntax_error(error, line) from error


def checked(value: Any) -> Any:
    """Return a value that can be sent, surrogate halves joined. Raises `SentenceError`."""
    if _depth(value) > MAX_DEPTH:
        raise SentenceError(_too_deep())
    value = _joined(value)
    jsontext.check(value)
    return value


def _syntax_error(error: ValueError, line: int) -> TagError:
    found = _JSON5_ERROR.match(str(error))
    if found is None:
        return TagError(say(gettext_noop("The request can’t be read.")), line)
    sentence = _at_column(found["problem"], found["column"])
    return TagError(sentence, line + int(found["line"]) - 1)


def _at_column(message: str, column: str) -> Sentence:
    """Translate json5's message: `Unexpected "("`, `Unexpected end of input`, or another."""
    if message == "Unexpected end of input":
        template = gettext_noop("The request ends in column %(column)s. Check its quotes and brackets.")
    elif message.startswith("Unexpected "):
        template = gettext_noop(
            "Unexpected %(what)s in column %(column)s. Use only strings, numbers, true, false, null, arrays, "
            "and objects."
        )
    else:
        template = gettext_noop("Invalid syntax in column %(column)s: %(what)s.")
    return say(template, what=message.removeprefix("Unexpected ")[:60], column=column)


def _too_deep() -> Sentence:
    return say(
        gettext_noop("The request is nested too deeply. Use at most %(depth)s levels."), depth=MAX_DEPTH
    )


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [child for item in level for child in _children(item)]
    return depth


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _object(pairs: Any) -> dict[str, Any]:
    found: dict[str, Any] = _refusing(jsontext.object_of)(
        [(jsontext.joined_halves(name), value) for name, value in pairs]
    )
    return found


def _joined(value: Any) -> Any:
    if isinstance(value, str):
        return jsontext.joined_halves(value)
    if isinstance(value, list):
        return [_joined(item) for item in value]
    if isinstance(value, dict):
        return {name: _joined(item) for name, item in value.items()}
    return value


def _integer(digits: str, base: int = 10) -> int:
    try:
        return int(digits, base)
    except ValueError as error:  # more digits than Python converts
        raise _RefusedValue(say(gettext_noop("A number has too many digits."))) from error


def _number(digits: str) -> int | float:
    """Return the number as JavaScript has it, where 150.0 is 150."""
    number: float = _refusing(jsontext.number_of)(digits)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _refusing(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Wrap `read` so that what it rejects raises `_RefusedValue`."""

    def reading(value: Any) -> Any:
        try:
            return read(value)
        except jsontext.JSONTextError as error:
            raise _RefusedValue(error.sentence) from error

    return reading
