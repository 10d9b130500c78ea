"""What most APIs have in common: one endpoint, to which the body is posted as is."""

from collections.abc import Mapping
from typing import Any

from playground.dialects import model_list, usage
from playground.dialects.demands import demands_of
from playground.dialects.values import listed
from playground.exchange.call import Headers
from playground.exchange.demands import Demands
from playground.exchange.dialect import Dialect
from playground.exchange.parameter import Parameter


class PlainDialect(Dialect):
    """A dialect overrides what it does differently."""

    count_path = ""

    models = staticmethod(model_list.read_models)

    def offered(self, body: Mapping[str, Any]) -> tuple[Parameter, ...]:
        del body
        return self.parameters

    def demands(self, body: Mapping[str, Any]) -> Demands:
        return demands_of(body, self.fields)

    def question(self, body: Mapping[str, Any]) -> str | None:
        last = self.contents(body)[-1:]
        return last[0] if last and isinstance(last[0], str) else None

    def lengths(self, body: Mapping[str, Any]) -> list[int]:
        return [len(str(content)) for content in self.contents(body)]

    def contents(self, body: Mapping[str, Any]) -> list[Any]:
        """Return the content of each message."""
        messages = listed(body.get(self.fields.prompt))
        return [message.get("content") for message in messages if isinstance(message, dict)]

    def path(self, body: Mapping[str, Any]) -> str:
        del body
        return self.ending

    def headers(self, body: Mapping[str, Any]) -> Headers:
        del body
        return ()

    def wire(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return body

    def to_count(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return body

    def counted(self, value: Any) -> int | None:
        return usage.count(value, "input_tokens") if isinstance(value, dict) else None

    def chunk(self, value: Any) -> Any:
        return value
