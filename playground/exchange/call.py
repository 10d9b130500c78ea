"""A call before it is made: where it goes, and what is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Headers = tuple[tuple[str, str], ...]
# Stands for the key in the headers of a `Call`.
KEY = "$KEY"


@dataclass(frozen=True, slots=True)
class Call:
    """`base_url` has no trailing slash; `key_variable` is None for a server that takes no key.

    `headers` are those that the API requires, with `KEY` in place of the key. `body` is the request as people
    write it, and `wire` is the part of it that is posted. `streams` says whether it asks for a stream.
    """

    base_url: str
    url: str
    key_variable: str | None
    body: Mapping[str, Any]
    headers: Headers
    wire: Mapping[str, Any]
    streams: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A language or tool to write the call in. `lexer` is Pygments' name of the language."""

    id: str
    label: str
    note: str
    lexer: str
    render: Callable[[Call], str]
