"""The Responses dialect, as other packages use it."""

from collections.abc import Mapping
from typing import Any

from playground.dialects.plain import PlainDialect
from playground.dialects.responses import carry, demands, fixes, joined, request
from playground.dialects.responses.answer import read_answer
from playground.dialects.responses.events import EventCollector
from playground.dialects.responses.items import END_EVENTS, error_of
from playground.dialects.responses.openai_python import OPENAI_PYTHON
from playground.dialects.responses.parameters import PARAMETERS
from playground.dialects.responses.presets import PRESETS
from playground.dialects.responses.prompt import ROLES
from playground.dialects.responses.rows import OUTPUT, prompt_of, rows_of
from playground.errors import provider_error
from playground.exchange.call import BEARER
from playground.exchange.parameter import Tick
from playground.snippets import HTTP_TARGETS
from playground.text import event_data
from playground.text.sentence import gettext_noop

# Fields of a request that the token count accepts; it rejects the rest.
_COUNTED = frozenset((
    "conversation", "input", "instructions", "model", "parallel_tool_calls", "previous_response_id",
    "reasoning", "text", "tool_choice", "tools", "truncation",
))  # fmt: skip


class Responses(PlainDialect):
    id = "responses"
    label = "Responses"
    ending = "/responses"
    models_path = "/models"
    count_path = "/responses/input_tokens"
    auth = BEARER
    chunk_marks = (b'"response.',)
    end_mark = "response.completed"
    fields = demands.FIELDS
    roles = (*ROLES, OUTPUT)
    call_roles = (OUTPUT,)
    parameters = PARAMETERS
    ticks = (Tick("stream", {"stream": True}, gettext_noop("Streaming: shows the answer as it arrives.")),)
    presets = PRESETS
    targets = (OPENAI_PYTHON, *HTTP_TARGETS)

    rows = staticmethod(rows_of)
    prompt = staticmethod(prompt_of)
    problems = staticmethod(request.problems)
    extras = staticmethod(demands.extras)
    contents = staticmethod(demands.contents)
    conversation = staticmethod(carry.conversation)
    body_of = staticmethod(carry.body_of)
    collector = staticmethod(EventCollector)
    answer = staticmethod(read_answer)
    fix = staticmethod(fixes.fix)
    fix_tokens = fixes.FIXES.fix_tokens
    texts = staticmethod(joined.texts)
    masked = staticmethod(joined.masked)

    def to_count(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: value for name, value in body.items() if name in _COUNTED}

    def is_chunk(self, value: Any) -> bool:
        type_ = value.get("type") if isinstance(value, dict) else None
        return isinstance(type_, str) and type_.startswith("response.")

    def is_done(self, data: str, value: Any) -> bool:
        if isinstance(value, dict):
            type_ = value.get("type")
            return isinstance(type_, str) and (type_ in END_EVENTS or type_ == "error")
        return event_data.is_done(data)

    def completion(self, value: Any) -> dict[str, Any] | None:
        if not isinstance(value, dict) or not isinstance(value.get("output"), list | None):
            return None
        return value if "output" in value or value.get("object") == "response" else None

    def error(self, value: Any) -> Any:
        return error_of(value) if self.completion(value) else provider_error.error_in(value)


RESPONSES = Responses()
