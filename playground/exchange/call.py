"""A call before it is made: where it goes, and what is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """`base_url` has no trailing slash; `key_variable` is None for a server that takes no key."""

    base_url: str
    url: str
    key_variable: str | None
    body: Mapping[str, Any]
