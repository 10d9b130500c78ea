"""JSON as text: parse strictly, write canonically, format without changing a value.

Strict parsing (RFC 8259, and I-JSON where it leaves a choice) rejects NaN and Infinity, numbers that a float
cannot hold, repeated keys, lone surrogates, and deep nesting. What passes can be sent to any provider and
means the same to all.

Responses are parsed leniently. A value that could not be written as JSON again (NaN, 1e400, an integer of
5,000 digits) becomes the string that was received, so that anything built from the response is valid JSON.
"""

import json
import re
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, NoReturn

from playground.text.sentence import Sentence, SentenceError, gettext_noop, say

MAX_DEPTH = 100
DEEPEST_PRETTY = 12
# The limit for one response: each value takes 60 to 230 bytes of memory. Logprobs have about 10 values per
# token and alternative.
MAX_VALUES = 1_000_000

# An unterminated string runs to the end of the text: looking for its end again from every quote in it would
# take quadratic time.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.?)*+(?:"|\Z)|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"\0")
_TOO_DEEP = gettext_noop("The JSON has more than %(depth)s levels.")
# The messages of Python's parser (json.decoder, json.scanner), by their start.
_PROBLEMS = {
    "Expecting value": gettext_noop("A value is missing."),
    "Expecting property name": gettext_noop("A field name in double quotes is missing."),
    "Illegal trailing comma before end of object": gettext_noop("Remove the comma at the end of the object."),
    "Illegal trailing comma before end of array": gettext_noop("Remove the comma at the end of the array."),
    "Expecting ':' delimiter": gettext_noop("A colon is missing."),
    "Expecting ',' delimiter": gettext_noop("A comma is missing."),
    "Extra data": gettext_noop("Remove what follows the JSON value."),
    "Unterminated string starting at": gettext_noop("The closing quote of the string is missing."),
    "Invalid control character at": gettext_noop("Escape the control character."),
    "Invalid \\escape": gettext_noop("This isn’t a valid escape."),
    "Invalid \\uXXXX escape": gettext_noop("This isn’t a valid \\uXXXX escape."),
}
_BREAKS_OFF = gettext_noop("The end is missing.")
_TOO_MANY_DIGITS = gettext_noop("A number in the JSON has too many digits.")


class JSONTextError(SentenceError):
    """The text is not JSON that this module accepts; `sentence` says why and where."""


class TooManyValuesError(JSONTextError):
    """The text has more than `MAX_VALUES` values, so it was not parsed."""


class _TooManyDigitsError(JSONTextError):
    """An integer has more digits than Python converts."""


def loads(text: str | bytes) -> Any:
    """Parse JSON strictly. Raises `JSONTextError`."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            sentence = gettext_noop("Byte %(position)s isn’t valid UTF-8.")
            raise JSONTextError(say(sentence, position=error.start)) from error
    value = _parse(text, _STRICT)
    check(value)
    return value


def loads_leniently(text: str | bytes, *, halves: bool = False) -> Any:
    """Parse a provider's response, which is shown and not sent on. Raises `JSONTextError`.

    The last of several equal keys wins, as in most parsers. Strings may contain raw control characters. NaN,
    Infinity, and numbers out of range become strings. Lone surrogates and broken UTF-8 become U+FFFD, so that
    the rest can be shown; `halves` keeps lone surrogates, for text whose other half may still arrive.
    """
    if isinstance(text, bytes):
        if _is_wide(text[:4096]):
            raise JSONTextError(say(gettext_noop("The JSON is in UTF-16 or UTF-32 instead of UTF-8.")))
        text = text.decode("utf-8", "replace")
    text = text.removeprefix("\ufeff")
    # An upper bound: commas and brackets within strings count too.
    if len(text) > MAX_VALUES and text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
        sentence = gettext_noop("The JSON has more than %(most)s values.")
        raise TooManyValuesError(say(sentence, most=MAX_VALUES))
    try:
        value = _parse(text, _LENIENT)
    except _TooManyDigitsError:
        value = _parse(text, _LENIENT_WITH_HUGE_INTEGERS)
    # A stream has thousands of small texts: walk the value only if it could be too deep.
    if text.count("{") + text.count("[") > MAX_DEPTH:
        deque(_levels(value), maxlen=0)  # raises if so
    return value if halves or not has_halves(text) else mended(value)


def has_halves(text: str) -> bool:
    """Whether a JSON text may contain a lone surrogate. Complete pairs match too."""
    return "\\u" in text and _SURROGATE_ESCAPE.search(text) is not None


def _parse(text: str, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(text)
    except JSONTextError:
        raise
    except json.JSONDecodeError as error:
        raise JSONTextError(_syntax_error(error, text)) from error
    except RecursionError as error:
        raise JSONTextError(say(_TOO_DEEP, depth=MAX_DEPTH)) from error
    except ValueError as error:  # an integer with more digits than Python converts
        raise _TooManyDigitsError(say(_TOO_MANY_DIGITS)) from error


def mended(value: Any) -> Any:
    """Return a value that UTF-8 can encode: adjacent surrogate halves are joined, lone ones become U+FFFD."""
    if isinstance(value, str):
        return mended_text(value)
    if isinstance(value, list):
        return [mended(item) for item in value]
    if isinstance(value, dict):
        return {mended_text(key): mended(item) for key, item in value.items()}
    return value


def mended_text(text: str) -> str:
    return joined_halves(text, "replace")


def whole_characters(text: str) -> str:
    """Remove lone surrogates."""
    return joined_halves(text, "ignore")


def _is_wide(start: bytes) -> bool:
    """Whether the text begins in UTF-16 or UTF-32.

    Binary data can start with a zero byte too, so try to decode it.
    """
    if not start.startswith(_UTF_16) and start[1:2] != b"\0":
        return False
    try:
        start[: len(start) & ~3].decode(json.detect_encoding(start))
    except UnicodeDecodeError as error:
        return "end of data" in error.reason
    return True


def joined_halves(text: str, lone: str = "surrogatepass") -> str:
    """Join adjacent surrogate halves into characters; `lone` is the codec error handler for lone ones."""
    if text.isascii() or not _LONE_SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", lone)


def check(value: Any) -> None:
    """Raise `JSONTextError` if a value is too deep or has a lone surrogate, which UTF-8 cannot encode."""
    for level in _levels(value):
        texts = [item for item in level if isinstance(item, str)]
        texts += [key for item in level if isinstance(item, dict) for key in item]
        if any(_LONE_SURROGATE.search(text) for text in texts):
            raise JSONTextError(
                say(gettext_noop("A string contains half of a surrogate pair (\\ud800–\\udfff)."))
            )


def _levels(value: Any) -> Iterator[list[Any]]:
    """Yield the values of each nesting level. Raises `JSONTextError` past `MAX_DEPTH` levels."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise JSONTextError(say(_TOO_DEEP, depth=MAX_DEPTH))
        yield level
        level = [child for item in level for child in _children(item)]


def dumps(value: Any) -> bytes:
    """Return the canonical bytes: UTF-8, no needless spaces, keys in their given order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def pretty(value: Any) -> str:
    """Indent by two spaces per level, unless nesting is so deep that spaces would outweigh the rest."""
    deep = any(depth > DEEPEST_PRETTY for depth, _ in enumerate(_levels(value)))
    return json.dumps(value, ensure_ascii=False, indent=None if deep else 2)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON. Python's `==` treats 1, 1.0, and true as equal."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def indent(text: str, longest: int | None = None) -> str:
    """Indent a JSON text by two spaces per level; numbers stay as written, `\\uXXXX` letters become readable.

    Works on the text, not on parsed values: `1.0e5` must not appear as `100000.0`. Raises `JSONTextError`
    when the result exceeds `longest` characters: nested brackets can grow a hundredfold.
    """
    parts, length = [], 0
    for part in _indented(_TOKEN.findall(text)):
        parts.append(part)
        length += len(part)
        if longest is not None and length > longest:
            raise JSONTextError(say(gettext_noop("The JSON is too long to format.")))
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
    except json.JSONDecodeError:  # not JSON: redacting a key can remove a quotation mark with it
        return string
    is_readable = value.isprintable() and not _LONE_SURROGATE.search(value)
    return json.dumps(value, ensure_ascii=False) if is_readable else string


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def number_of(digits: str) -> float:
    """Return the float. Raises `JSONTextError` if none holds the number: 1e400, or 1e-400 (it would be 0)."""
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise JSONTextError(say(gettext_noop("The number %(number)s is too large."), number=digits[:40]))
    if not number and _is_not_zero(digits):
        sentence = gettext_noop("The number %(number)s is too close to zero.")
        raise JSONTextError(say(sentence, number=digits[:40]))
    return number


def _float_or_text(digits: str) -> float | str:
    number = float(digits)
    fits = number not in (float("inf"), float("-inf")) and (number or not _is_not_zero(digits))
    return number if fits else digits


def _is_not_zero(digits: str) -> bool:
    """Whether a number that a float rounds to 0 is not 0 as written: 1e-400."""
    return digits.lower().partition("e")[0].strip("+-0.") != ""


def _int_or_text(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        return digits


def no_constant(name: str) -> NoReturn:
    """Raise `JSONTextError`: NaN and Infinity are JavaScript, not JSON."""
    raise JSONTextError(say(gettext_noop("%(name)s isn’t a JSON number."), name=name))


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object from its pairs. Raises `JSONTextError` for a repeated key."""
    found = dict(pairs)
    if len(found) < len(pairs):
        # Count all names in one pass: counting each one separately takes minutes for a megabyte of keys.
        repeated = Counter(name for name, _ in pairs).most_common(1)[0][0]
        sentence = gettext_noop("The field “%(name)s” appears more than once. Keep one.")
        raise JSONTextError(say(sentence, name=repeated[:80]))
    return found


def _syntax_error(error: json.JSONDecodeError, text: str) -> Sentence:
    breaks_off = error.pos >= len(text.rstrip()) > 0
    return say(
        gettext_noop("Invalid JSON in line %(line)s, column %(column)s. %(problem)s"),
        problem=say(_BREAKS_OFF) if breaks_off else _problem(error.msg),
        line=error.lineno,
        column=error.colno,
    )


def _problem(message: str) -> Sentence | str:
    known = next((text for start, text in _PROBLEMS.items() if message.startswith(start)), None)
    return say(known) if known else f"{message}."


# Built once: `json.loads` with options builds a decoder for each call.
_LENIENT = json.JSONDecoder(parse_float=_float_or_text, parse_constant=str, strict=False)
# A `parse_int` called for every integer costs more than parsing the rare text with huge integers twice.
_LENIENT_WITH_HUGE_INTEGERS = json.JSONDecoder(
    parse_float=_float_or_text, parse_int=_int_or_text, parse_constant=str, strict=False
)
_STRICT = json.JSONDecoder(parse_float=number_of, parse_constant=no_constant, object_pairs_hook=object_of)
