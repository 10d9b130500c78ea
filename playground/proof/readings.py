"""All that a response can be read as: with escapes and encodings decoded, and its pieces put together."""

import re
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any
from urllib.parse import unquote

from playground.text import jsontext

_LAYERS = 4
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CONTROL_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
# Shorter ones are words. Possessive, so that it takes linear time.
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{12,}+")
_HEXADECIMAL = re.compile(r"(?:[0-9a-fA-F]{2})++")
# What can be a byte or a character.
_NUMBERS = range(0x110000)

# Where pieces of one text are: how deep in the JSON, and the field's name.
_Place = tuple[int, str]


def layers(text: str) -> Iterator[str]:
    """Yield the text, then with its escapes of JSON, URLs and HTML decoded, then with those decoded, …

    Then what it has in base64 or hexadecimal digits, in the same way.
    """
    found = [*_unescaped(text)]
    yield from found
    if encoded := _ENCODED.findall(found[-1]):
        yield from _unescaped(" ".join(map(_decoded, encoded)))


def gathered(values: Iterable[Any]) -> Iterator[str]:
    """Yield what JSON values say if their pieces are read one after another.

    Pieces are in fields of the same name and depth (`logprobs` have tokens), in names, or are numbers.
    """
    texts, names = defaultdict[_Place, list[str]](list), defaultdict[int, list[str]](list)
    numbers = defaultdict[_Place, list[int]](list)
    waiting: list[tuple[Any, _Place]] = [(value, (0, "")) for value in reversed([*values])]
    while waiting:
        value, (depth, name) = waiting.pop()
        match value:
            case str():
                texts[depth, name].append(value)
            case dict():
                names[depth] += value
                waiting.extend((item, (depth + 1, name)) for name, item in reversed(value.items()))
            case list() if value and all(isinstance(item, int) and item in _NUMBERS for item in value):
                numbers[depth, name] += value
            case list():
                waiting.extend((item, (depth, name)) for item in reversed(value))
    yield from map("".join, [*texts.values(), *names.values()])
    for found in numbers.values():
        yield "".join(map(chr, found))
        yield bytes(number for number in found if number < 256).decode("utf-8", "replace")


def _unescaped(text: str) -> Iterator[str]:
    for _ in range(_LAYERS):
        yield text
        plain = jsontext.mended_text(unescape(unquote(_ESCAPE.sub(_character, text))))
        if plain == text:
            return
        text = plain
    yield text


def _character(escape: re.Match[str]) -> str:
    if escape[1]:
        return chr(int(escape[1], 16))
    return _CONTROL_ESCAPES.get(escape[2], escape[2])


def _decoded(text: str) -> str:
    whole = text[: len(text) - (len(text) % 4 == 1)].replace("-", "+").replace("_", "/")
    data = b64decode(whole + "==")
    if _HEXADECIMAL.fullmatch(text):
        data += b" " + bytes.fromhex(text)
    return data.decode("utf-8", "ignore")
