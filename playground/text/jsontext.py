"""JSON as text: read strictly, write canonically, indent without changing a value.

Strict (RFC 8259, and I-JSON where it leaves a choice): no NaN or Infinity, no number that a float cannot
hold, no repeated key, no half of a surrogate pair, a bounded depth. What passes can be sent to any provider
and means the same to all.

An answer is read leniently. A value that no JSON could say again (NaN, 1e400, 5,000 digits) becomes the text
that came, so that whatever is made of the answer is JSON once more.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

from playground.text.sentence import Sentence, SentenceError, gettext_noop, say

MAX_DEPTH = 100
DEEPEST_PRETTY = 12
# Of an answer, for which each one takes 60 to 230 bytes. Logprobs with their alternatives are some 10 values
# a token each.
MAX_VALUES = 1_000_000

# A string without its end is taken to the end of the text: to look for the quote from each of its own anew
# would take quadratic time.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.?)*+(?:"|\Z)|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"\0")
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
_BREAKS_OFF = gettext_noop("it breaks off")
_TOO_LONG_A_NUMBER = gettext_noop("A number in the JSON has too many digits.")


class JSONTextError(SentenceError):
    """A text that is not JSON as this module takes it; `sentence` says why and where."""


class TooManyValuesError(JSONTextError):
    """A text of more than `MAX_VALUES`, which is not even tried."""


class _TooManyDigitsError(JSONTextError):
    """An integer of more digits than Python converts."""


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


def loads_leniently(text: str | bytes, *, halves: bool = False) -> Any:
    """The value of a provider's answer, which is shown and not sent on. Raises `JSONTextError`.

    Of a repeated key the last one counts, as most parsers have it. Raw control characters may stand in
    strings. A number that is none or that no float holds becomes its text. Half of a surrogate pair and
    broken UTF-8 become U+FFFD, so that the rest can be shown; with `halves` the former stay, for a text
    whose other half is still to come.
    """
    if isinstance(text, bytes):
        if _is_wide(text[:4096]):
            raise JSONTextError(say(gettext_noop("The JSON is not in UTF-8 but in UTF-16 or UTF-32.")))
        text = text.decode("utf-8", "replace")
    text = text.removeprefix("\ufeff")
    # As many as there may be: a comma in a text counts as well.
    if len(text) > MAX_VALUES and text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
        raise TooManyValuesError(
            say(gettext_noop("The JSON has too many values; at most %(most)s are taken."), most=MAX_VALUES)
        )
    try:
        value = _parse(text, _LENIENT)
    except _TooManyDigitsError:
        value = _parse(text, _LENIENT_OF_DIGITS)
    # A stream has thousands of small texts: what cannot be wrong with them is not looked for.
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _check_depth(value)
    return value if halves or not has_halves(text) else mended(value)


def has_halves(text: str) -> bool:
    """Whether a JSON text may hold half of a surrogate pair: one that has whole pairs only counts as well."""
    return _SURROGATE_ESCAPE.search(text) is not None


def _parse(text: str, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(text)
    except JSONTextError:
        raise
    except json.JSONDecodeError as error:
        raise JSONTextError(_where(error, text)) from error
    except RecursionError as error:
        raise JSONTextError(say(_TOO_DEEP, depth=MAX_DEPTH)) from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise _TooManyDigitsError(say(_TOO_LONG_A_NUMBER)) from error


def mended(value: Any) -> Any:
    """A value whose texts UTF-8 can carry: two halves that stand together make a character, others U+FFFD."""
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
    """A text without the halves whose other one is not beside them."""
    return joined_halves(text, "ignore")


def _is_wide(start: bytes) -> bool:
    """Whether a text begins in UTF-16 or UTF-32. Binary data may have a zero at its beginning, too."""
    if not start.startswith(_UTF_16) and start[1:2] != b"\0":
        return False
    try:
        start[: len(start) & ~3].decode(json.detect_encoding(start))
    except UnicodeDecodeError as error:
        return "end of data" in error.reason
    return True


def joined_halves(text: str, lone: str = "surrogatepass") -> str:
    """Two halves that stand together make a character; `lone` is what becomes of others (as of errors)."""
    if text.isascii() or not _LONE_SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", lone)


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


def number_of(digits: str) -> float:
    """Raises `JSONTextError` for a number that no float holds: `1e400`, or `1e-400`, which would become 0."""
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise JSONTextError(say(gettext_noop("The number %(number)s is too large."), number=digits[:40]))
    if not number and _is_not_zero(digits):
        raise JSONTextError(
            say(gettext_noop("The number %(number)s is too close to zero."), number=digits[:40])
        )
    return number


def _float_or_text(digits: str) -> float | str:
    number = float(digits)
    fits = number not in (float("inf"), float("-inf")) and (number or not _is_not_zero(digits))
    return number if fits else digits


def _is_not_zero(digits: str) -> bool:
    """Whether what a float has as 0 is written as another number: 1e-400."""
    return digits.lower().partition("e")[0].strip("+-0.") != ""


def _int_or_text(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        return digits


def no_constant(name: str) -> NoReturn:
    """Raises `JSONTextError`: NaN and Infinity are JavaScript's."""
    raise JSONTextError(say(gettext_noop("%(name)s is not a JSON number."), name=name))


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises `JSONTextError` for a key that stands there twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        # Counted in one pass: asking for each name anew takes minutes for a megabyte of keys.
        repeated = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise JSONTextError(
            say(gettext_noop("The key “%(key)s” stands there twice; keep one."), key=repeated[:80])
        )
    return found


def _where(error: json.JSONDecodeError, text: str) -> Sentence:
    breaks_off = error.pos >= len(text.rstrip()) > 0
    return say(
        gettext_noop("This is not JSON: %(problem)s at line %(line)s, column %(column)s."),
        problem=say(_BREAKS_OFF) if breaks_off else _problem(error.msg),
        line=error.lineno,
        column=error.colno,
    )


def _problem(message: str) -> Sentence | str:
    known = next((text for start, text in _PROBLEMS.items() if message.startswith(start)), None)
    return say(known) if known else message[:1].lower() + message[1:]


# Made once: `json.loads` makes one for each call that has options.
_LENIENT = json.JSONDecoder(parse_float=_float_or_text, parse_constant=str, strict=False)
# A function of our own for every integer costs more than to read the rare text of many digits twice.
_LENIENT_OF_DIGITS = json.JSONDecoder(
    parse_float=_float_or_text, parse_int=_int_or_text, parse_constant=str, strict=False
)
_STRICT = json.JSONDecoder(parse_float=number_of, parse_constant=no_constant, object_pairs_hook=object_of)
