"""The Messages dialect, as other packages use it."""

from collections.abc import Mapping
from typing import Any

from playground.dialects.messages import carry, demands, fixes, joined, request, version
from playground.dialects.messages import rows as as_rows
from playground.dialects.messages.answer import read_answer
from playground.dialects.messages.anthropic_python import ANTHROPIC_PYTHON
from playground.dialects.messages.events import EventCollector
from playground.dialects.messages.parameters import OF_NEWER, PARAMETERS
from playground.dialects.messages.presets import PRESETS
from playground.dialects.messages.prompt import ROLES
from playground.dialects.plain import PlainDialect
from playground.errors import provider_error
from playground.exchange.call import X_API_KEY
from playground.exchange.parameter import Parameter, Tick
from playground.snippets import HTTP_TARGETS
from playground.text import event_data
from playground.text.sentence import gettext_noop

_CHUNKS = ("message_start", "message_delta", "message_stop", "content_block_")
# Fields of a request that the token count rejects.
_NOT_COUNTED = frozenset((
    "container", "diagnostics", "inference_geo", "max_tokens", "metadata", "service_tier", "stop_sequences",
    "stream", *version.GONE,
))  # fmt: skip


class Messages(PlainDialect):
    id = "messages"
    label = "Messages"
    ending = "/messages"
    models_path = "/models?limit=1000"  # the maximum; without it, the list ends after 20
    count_path = "/messages/count_tokens"
    auth = X_API_KEY
    chunk_marks = (b'"message_start"', b'"message_delta"', b'"message_stop"', b'"content_block_')
    end_mark = "message_stop"
    fields = demands.FIELDS
    roles = (*ROLES, as_rows.RESULT)
    call_roles = (as_rows.RESULT,)
    parameters = PARAMETERS
    ticks = (Tick("stream", {"stream": True}, gettext_noop("Streaming: shows the answer as it arrives.")),)
    presets = PRESETS
    targets = (ANTHROPIC_PYTHON, *HTTP_TARGETS)

    rows = staticmethod(as_rows.rows)
    prompt = staticmethod(as_rows.prompt)
    problems = staticmethod(request.problems)
    extras = staticmethod(demands.extras)
    conversation = staticmethod(carry.conversation)
    body_of = staticmethod(carry.body_of)
    headers = staticmethod(version.headers)
    wire = staticmethod(version.wire)
    collector = staticmethod(EventCollector)
    answer = staticmethod(read_answer)
    fix = staticmethod(fixes.fix)
    fix_tokens = fixes.FIXES.fix_tokens
    texts = staticmethod(joined.texts)
    masked = staticmethod(joined.masked)

    def offered(self, body: Mapping[str, Any]) -> tuple[Parameter, ...]:
        return OF_NEWER if version.is_newer(body) else self.parameters

    def question(self, body: Mapping[str, Any]) -> str | None:
        """Return the text of the last message if it is a string or a single text block."""
        last = next(iter(self.contents(body)[-1:]), None)
        if isinstance(last, list) and len(last) == 1 and isinstance(last[0], dict):
            last = last[0].get("text") if last[0].get("type") == "text" else None
        return last if isinstance(last, str) else None

    def to_count(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: value for name, value in version.wire(body).items() if name not in _NOT_COUNTED}

    def is_chunk(self, value: Any) -> bool:
        kind = value.get("type") if isinstance(value, dict) else None
        return isinstance(kind, str) and kind.startswith(_CHUNKS)

    def is_done(self, data: str, value: Any) -> bool:
        if isinstance(value, dict):
            return value.get("type") == self.end_mark
        return event_data.is_done(data)  # sent by some compatible servers

    def completion(self, value: Any) -> dict[str, Any] | None:
        if not isinstance(value, dict) or not isinstance(value.get("content", ...), list | str | None):
            return None
        is_message = value.get("type") == "message" or value.get("role") == "assistant"
        return value if is_message or "stop_reason" in value else None

    def error(self, value: Any) -> Any:
        return provider_error.error_in(value, [{}] if self.completion(value) else [])


MESSAGES = Messages()
