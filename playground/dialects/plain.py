"""What most APIs have in common: one endpoint, to which the body is posted as people write it."""

from collections.abc import Mapping
from typing import Any

from playground.exchange.call import Headers
from playground.exchange.dialect import Dialect
from playground.exchange.parameter import Parameter


class PlainDialect(Dialect):
    """A dialect overrides what it does otherwise."""

    def offered(self, body: Mapping[str, Any]) -> tuple[Parameter, ...]:
        del body
        return self.parameters

    def path(self, body: Mapping[str, Any]) -> str:
        del body
        return self.ending

    def headers(self, body: Mapping[str, Any]) -> Headers:
        del body
        return ()

    def wire(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return body

    def chunk(self, value: Any) -> Any:
        return value
