"""What is asked for, before anybody knows whether it can be sent."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings

from playground.dialects.chat_completions.request import ChatRequest
from playground.exchange.refusal import FieldProblem, InvalidRequestError, collect
from playground.upstream.route import Route, find_route


@dataclass(frozen=True)
class Draft:
    """To whom, with which key, and a body of JSON values.

    `problems` were found where it was read.
    """

    provider: str | None
    base_url: str | None
    key: str | None = field(repr=False)
    body: Any
    problems: tuple[FieldProblem, ...] = ()

    def checked(self) -> tuple[ChatRequest, Route]:
        """What to send and to whom. Raises `InvalidRequestError` with all that is wrong in both."""
        problems: list[FieldProblem] = []
        route = collect(problems, None, self.route)
        request = collect(problems, None, self.request)
        if problems:
            raise InvalidRequestError(*problems)
        return request, route

    def request(self) -> ChatRequest:
        """Checked once, and the same object every time. Raises `InvalidRequestError`."""
        return self._request

    @cached_property
    def _request(self) -> ChatRequest:
        problems = list(self.problems)
        request: ChatRequest = collect(problems, None, checked_request, self.body)
        if problems:
            raise InvalidRequestError(*problems)
        return request

    def route(self) -> Route:
        """Raises `InvalidRequestError`."""
        return find_route(self.provider, self.base_url, self.key)


def checked_request(body: Any) -> ChatRequest:
    """Held to the limits of the settings. Raises `InvalidRequestError`."""
    limits = settings.LIMITS
    return ChatRequest.from_body(body, max_messages=limits.messages, max_bytes=limits.request_bytes)
