"""JSON as text: read strictly, write canonically, indent without changing a value.

Strict (RFC 8259, and I-JSON where it leaves a choice): no NaN or Infinity, no repeated key, no half of a
surrogate pair, a bounded depth. What passes can be sent to any provider and means the same to all.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

from playground.exchange.text import Sentence, SentenceError, gettext_noop, say

MAX_DEPTH = 100
DEEPEST_PRETTY = 12
# Of an answer, for which each one takes 60 to 230 bytes. Logprobs with their alternatives are some 10 values
# a token each.
MAX_VALUES = 1_000_000

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TOO_DEEP = gettext_noop("The JSON is nested too deep; at most %(depth)s levels are taken.")
# What Python's parser finds wrong (json.decoder, json.scanner).
_PROBLEMS = {
    "Expecting value": gettext_noop("expecting value"),
    "Expecting property name enclosed in double quotes": gettext_noop(
        "expecting property name enclosed in double quotes"
    ),
    "Illegal trailing comma before end of object": gettext_noop(
        "illegal trailing comma before end of object"
    ),
    "Illegal trailing comma before end of array": gettext_noop("illegal trailing comma before end of array"),
    "Expecting ':' delimiter": gettext_noop("expecting ':' delimiter"),
    "Expecting ',' delimiter": gettext_noop("expecting ',' delimiter"),
    "Extra data": gettext_noop("extra data"),
    "Unterminated string starting at": gettext_noop("unterminated string starting"),
    "Invalid control character at": gettext_noop("invalid control character"),
    "Invalid \\escape": gettext_noop("invalid \\escape"),
    "Invalid \\uXXXX escape": gettext_noop("invalid \\uXXXX escape"),
}
_TOO_LONG_A_NUMBER = gettext_noop("A number in the JSON has too many digits.")


class JSONTextError(SentenceError):
    """A text that is not JSON as this module takes it; `sentence` says why and where."""


class TooManyValuesError(JSONTextError):
    """A text of more than `MAX_VALUES`, which is not even tried."""


def loads(text: str | bytes) -> Any:
    """The value of a JSON text. Raises `JSONTextError`."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise JSONTextError(
                say(gettext_noop("Byte %(position)s is not valid UTF-8."), position=error.start)
            ) from error
    value = _parse(text, _STRICT)
    check(value)
    return value


def loads_leniently(text: str | bytes) -> Any:
    """The value of a provider's answer, which is shown and not sent on. Raises `JSONTextError`.

    Of a repeated key the last one counts, as most parsers have it; half of a surrogate pair and broken
    UTF-8 become U+FFFD, so that the rest can be shown.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig", "replace")
    # As many as there may be: a comma in a text counts as well.
    if len(text) > MAX_VALUES and text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
        raise TooManyValuesError(
            say(gettext_noop("The JSON has too many values; at most %(most)s are taken."), most=MAX_VALUES)
        )
    value = _parse(text)
    # A stream has thousands of small texts: what cannot be wrong with them is not looked for.
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _check_depth(value)
    return _mended(value) if _SURROGATE_ESCAPE.search(text) else value


def _parse(text: str, decoder: json.JSONDecoder | None = None) -> Any:
    try:
        return (decoder or _LENIENT).decode(text)
    except JSONTextError:
        raise
    except json.JSONDecodeError as error:
        raise JSONTextError(_where(error)) from error
    except RecursionError as error:
        raise JSONTextError(say(_TOO_DEEP, depth=MAX_DEPTH)) from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise JSONTextError(say(_TOO_LONG_A_NUMBER)) from error


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        for position, item in enumerate(value):
            value[position] = _mended(item)
        return value
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return value


def check(value: Any) -> None:
    """Raises `JSONTextError` when a value is too deep or holds a text that UTF-8 cannot carry."""
    for level in _levels(value):
        texts = [item for item in level if isinstance(item, str)]
        texts += [key for item in level if isinstance(item, dict) for key in item]
        if any(_LONE_SURROGATE.search(text) for text in texts):
            raise JSONTextError(say(gettext_noop("A text holds half of a surrogate pair (\\ud800–\\udfff).")))


def _check_depth(value: Any) -> None:
    for _ in _levels(value):
        pass


def _levels(value: Any) -> Iterator[list[Any]]:
    """What stands on each level of nesting. Raises `JSONTextError` past `MAX_DEPTH` of them."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise JSONTextError(say(_TOO_DEEP, depth=MAX_DEPTH))
        yield level
        level = [child for item in level for child in _children(item)]


def dumps(value: Any) -> bytes:
    """The canonical bytes: UTF-8, no needless spaces, keys in their order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def pretty(value: Any) -> str:
    """For people: two spaces a level, where it is not nested so deep that spaces would outweigh the rest."""
    deep = any(depth > DEEPEST_PRETTY for depth, _ in enumerate(_levels(value)))
    return json.dumps(value, ensure_ascii=False, indent=None if deep else 2)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: for Python, 1, 1.0 and true are equal."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def indent(text: str, longest: int | None = None) -> str:
    """A JSON text, two spaces a level; numbers stay as written, `\\uXXXX` letters become readable.

    Works on the text, not on parsed values: `1.0e5` must not be shown as `100000.0`. Raises `JSONTextError`
    when it becomes longer than `longest`: brackets grow a hundredfold.
    """
    parts, length = [], 0
    for part in _indented(_TOKEN.findall(text)):
        parts.append(part)
        length += len(part)
        if longest is not None and length > longest:
            raise JSONTextError(say(gettext_noop("The JSON is too long to be indented.")))
    return "".join(parts)


def _indented(parts: list[str]) -> Iterator[str]:
    depth = 0
    for position, part in enumerate(parts):
        following = parts[position + 1] if position + 1 < len(parts) else ""
        if part in "{[":
            yield part
            if following not in ("}", "]"):
                depth += 1
                yield "\n" + "  " * depth
        elif part in "}]":
            if parts[position - 1] not in ("{", "["):
                depth -= 1
                yield "\n" + "  " * depth
            yield part
        elif part == ",":
            yield ",\n" + "  " * depth
        elif part == ":":
            yield ": "
        elif "\\u" in part:
            yield _readable(part)
        else:
            yield part


def _readable(string: str) -> str:
    try:
        value = json.loads(string)
    except json.JSONDecodeError:  # the text is no JSON: a redacted key can take a quotation mark along
        return string
    return string if _LONE_SURROGATE.search(value) or not value.isprintable() else _quoted(value)


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise JSONTextError(say(gettext_noop("The number %(number)s is too large."), number=digits[:40]))
    return number


def _no_constant(name: str) -> NoReturn:
    raise JSONTextError(say(gettext_noop("%(name)s is not a JSON number."), name=name))


def _no_repeated_key(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # Counted in one pass: asking for each name anew takes minutes for a megabyte of keys.
        repeated = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise JSONTextError(
            say(gettext_noop("The key “%(key)s” stands there twice; keep one."), key=repeated[:80])
        )
    return found


def _where(error: json.JSONDecodeError) -> Sentence:
    return say(
        gettext_noop("This is not JSON: %(problem)s at line %(line)s, column %(column)s."),
        problem=_problem(error.msg),
        line=error.lineno,
        column=error.colno,
    )


def _problem(message: str) -> Sentence | str:
    known = next((text for start, text in _PROBLEMS.items() if message.startswith(start)), None)
    return say(known) if known else message[:1].lower() + message[1:]


# Made once: `json.loads` makes one for each call that has options.
_LENIENT = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant)
_STRICT = json.JSONDecoder(
    parse_float=_finite, parse_constant=_no_constant, object_pairs_hook=_no_repeated_key
)
