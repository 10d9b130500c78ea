"""Chat Completions, for tests of what speaks it."""

from collections.abc import Mapping
from typing import Any

from playground import snippets
from playground.dialects import DEFAULT
from playground.exchange.call import Call
from playground.exchange.dialect import call_of
from playground.exchange.request import Request, checked
from playground.text import jsontext
from playground.text.endpoint import Endpoint


def request(body: Mapping[str, Any]) -> Request:
    """The body as it is, whether or not it would pass the check."""
    return Request(DEFAULT, body, jsontext.dumps(body), DEFAULT.demands(body))


def check(body: Any, *, max_messages: int = 1000, max_bytes: int = 1_000_000) -> Request:
    """Raises `InvalidRequestError`."""
    return checked(DEFAULT, body, max_messages=max_messages, max_bytes=max_bytes)


def endpoint(url: str) -> Endpoint:
    """Raises `BaseURLError`."""
    return Endpoint.parse(url, DEFAULT.ending)


def call(base_url: str, key_variable: str | None, body: Mapping[str, Any], url: str = "") -> Call:
    return call_of(DEFAULT, base_url, key_variable, body, url)


def code(call: Call) -> dict[str, str]:
    return snippets.render(call, DEFAULT.targets)
