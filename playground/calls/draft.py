"""A request as it was read, before it is known whether it can be sent."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.conf import settings

from playground.catalogue.held import NOTHING_LENT, Lent
from playground.catalogue.providers import dialect_of
from playground.exchange.call import Headers
from playground.exchange.dialect import Dialect
from playground.exchange.refusal import FieldProblem, InvalidRequestError, collect
from playground.exchange.request import Request, checked
from playground.text.sentence import gettext_noop, say
from playground.upstream.route import Route, find_route

_NOT_WITH_THE_SERVERS_KEY = gettext_noop(
    "With the server’s key, extra headers aren’t allowed. Enter your own key, or clear this field."
)
_TAKEN = gettext_noop("Remove %(name)s. The provider list or another field already sets it.")


@dataclass(frozen=True)
class Draft:
    """Where to send, with which key, and a body of JSON values.

    `dialect` is the ID of the one that the body is written in; None for the provider's own. `headers` are
    sent besides those of the API and the provider. `problems` were found while reading it. `lent` is what may
    be used without a typed key.
    """

    provider: str | None
    base_url: str | None
    key: str | None = field(repr=False)
    body: Any
    problems: tuple[FieldProblem, ...] = ()
    dialect: str | None = None
    headers: Headers = ()
    lent: Lent = NOTHING_LENT

    def checked(self) -> tuple[Request, Route]:
        """Return what to send and where. Raises `InvalidRequestError` with everything wrong in both."""
        self.speaks()  # an unknown dialect is refused alone: without it nothing else can be judged
        problems: list[FieldProblem] = []
        route = collect(problems, None, self.route)
        request = collect(problems, None, self.request)
        if request:
            problems += self._taken(request.dialect.headers(request.body))
        if problems:
            raise InvalidRequestError(*problems)
        return request, route

    def speaks(self) -> Dialect:
        """Return the dialect of its body. Raises `InvalidRequestError`."""
        return dialect_of(self.provider, self.dialect)

    def request(self) -> Request:
        """Return the checked request, the same object every time. Raises `InvalidRequestError`."""
        return self._request

    @cached_property
    def _request(self) -> Request:
        problems = list(self.problems)
        request: Request = collect(problems, None, checked_request, self.speaks(), self.body)
        if problems:
            raise InvalidRequestError(*problems)
        return request

    def route(self) -> Route:
        """Return where to send. Raises `InvalidRequestError`."""
        route = find_route(self.provider, self.base_url, self.key, self.speaks(), self.lent)
        if not self.headers:
            return route
        if route.caps is not None:
            raise InvalidRequestError(FieldProblem("headers", say(_NOT_WITH_THE_SERVERS_KEY)))
        if problems := self._taken(route.headers):
            raise InvalidRequestError(*problems)
        return replace(route, headers=route.headers + self.headers)

    def _taken(self, headers: Headers) -> list[FieldProblem]:
        names = {name.lower() for name, _ in headers}
        return [
            FieldProblem("headers", say(_TAKEN, name=name))
            for name, _ in self.headers
            if name.lower() in names
        ]


def checked_request(dialect: Dialect, body: Any) -> Request:
    """Check a body against the limits of the settings. Raises `InvalidRequestError`."""
    limits = settings.LIMITS
    return checked(dialect, body, max_messages=limits.messages, max_bytes=limits.request_bytes)
