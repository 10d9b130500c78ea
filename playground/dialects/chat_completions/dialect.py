"""The Chat Completions dialect, as other packages use it."""

from typing import Any

from playground.dialects.chat_completions import carry, demands, joined, request, wrapping
from playground.dialects.chat_completions.answer import read_answer
from playground.dialects.chat_completions.chunks import ChunkCollector
from playground.dialects.chat_completions.openai_python import OPENAI_PYTHON
from playground.dialects.chat_completions.parameters import PARAMETERS
from playground.dialects.chat_completions.presets import PRESETS
from playground.dialects.fixes import Fixes
from playground.dialects.plain import PlainDialect
from playground.dialects.rows import MessageRows
from playground.exchange.call import BEARER
from playground.exchange.parameter import Tick
from playground.snippets import HTTP_TARGETS
from playground.text import event_data
from playground.text.sentence import gettext_noop

_FIXES = Fixes(
    PARAMETERS,
    prompt="messages",
    tokens=demands.TOKENS,
    tools=demands.TOOLS,
    count="n",
    tied={"stream": "stream_options"},
    worded=("reasoning_effort", "verbosity", "tool_choice", "service_tier"),
)
_ROWS = MessageRows(
    instead=frozenset(("tool_calls", "function_call", "refusal", "audio")),
    call=demands.FIELDS.call,
    call_roles=("tool",),
)


class ChatCompletions(PlainDialect):
    id = "chat_completions"
    label = "Chat Completions"
    ending = "/chat/completions"
    models_path = "/models"
    auth = BEARER
    chunk_marks = (b'"delta"', b"chat.completion.chunk")
    end_mark = event_data.DONE
    fields = demands.FIELDS
    roles = request.ROLES
    call_roles = _ROWS.call_roles
    parameters = PARAMETERS
    ticks = (
        Tick("stream", {"stream": True}, gettext_noop("Streaming: shows the answer as it arrives.")),
        Tick(
            "include_usage",
            {"stream_options": {"include_usage": True}},
            gettext_noop("include_usage adds the token usage at the end."),
            within="stream",
        ),
    )
    presets = PRESETS
    targets = (OPENAI_PYTHON, *HTTP_TARGETS)

    rows = _ROWS.rows
    prompt = _ROWS.prompt
    problems = staticmethod(request.problems)
    extras = staticmethod(demands.extras)
    conversation = staticmethod(carry.conversation)
    body_of = staticmethod(carry.body_of)
    collector = staticmethod(ChunkCollector)
    chunk = staticmethod(wrapping.unwrapped)
    answer = staticmethod(read_answer)
    error = staticmethod(wrapping.error_in)
    fix = _FIXES.fix
    fix_tokens = _FIXES.fix_tokens
    texts = staticmethod(joined.texts)
    masked = staticmethod(joined.masked)

    def is_chunk(self, value: Any) -> bool:
        if not isinstance(value, dict):
            return False
        choices = value.get("choices")
        items = choices if isinstance(choices, list) else []
        deltas = any(isinstance(item, dict) and "delta" in item for item in items)
        return deltas or value.get("object") == "chat.completion.chunk"

    def is_done(self, data: str, value: Any) -> bool:
        del value
        return event_data.is_done(data)

    def completion(self, value: Any) -> dict[str, Any] | None:
        answer = wrapping.unwrapped(value)
        has_choices = isinstance(answer, dict) and isinstance(answer.get("choices", ...), list | None)
        return answer if has_choices else None


CHAT_COMPLETIONS = ChatCompletions()
