"""The version of the API. In the playground it is a field of the body; it is sent as a header."""

from collections.abc import Mapping
from typing import Any

from playground.exchange.call import Headers

NAME = "anthropic-version"
# A request without a version always means the older one: its meaning must not change.
OLDER, NEWER = "2023-06-01", "2026-10-21"
VERSIONS = (NEWER, OLDER)
# The newer version rejects them, even at their defaults.
GONE = ("temperature", "top_p", "top_k")


def is_newer(body: Mapping[str, Any]) -> bool:
    return body.get(NAME) == NEWER


def headers(body: Mapping[str, Any]) -> Headers:
    return ((NAME, NEWER if is_newer(body) else OLDER),)


def wire(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in body.items() if name != NAME}
