"""Chat Completions requests for tests."""

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
    """Build a request from a body without checking it."""
    return Request(DEFAULT, body, jsontext.dumps(body), DEFAULT.demands(body))


def check(body: Any, *, max_messages: int = 1000, max_bytes: int = 1_000_000) -> Request:
    """Check a body. Raises `InvalidRequestError`."""
    return checked(DEFAULT, body, max_messages=max_messages, max_bytes=max_bytes)


def endpoint(url: str) -> Endpoint:
    """Parse a base URL. Raises `BaseURLError`."""
    return Endpoint.parse(url, DEFAULT.ending)


def call(base_url: str, key_variable: str | None, body: Mapping[str, Any], url: str = "") -> Call:
    return call_of(DEFAULT, base_url, key_variable, body, url)


def code(call: Call) -> dict[str, str]:
    return snippets.render(call, DEFAULT.targets)
