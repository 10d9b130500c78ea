"""Fields of other APIs, and what to use instead in the Responses API."""

from collections.abc import Iterator
from typing import Any

from playground.exchange.refusal import FieldProblem
from playground.text.sentence import Sentence, gettext_noop, say

_INSTEAD = gettext_noop("The Responses API has no %(name)s. Use %(instead)s.")
_NOTHING = gettext_noop("The Responses API has no %(name)s and no equivalent. Remove it.")
_ONE_ANSWER = gettext_noop(
    "The Responses API returns one answer per call. Remove n, and send the request again for more."
)
_FLAT = gettext_noop("Move %(names)s out of %(name)s, next to type.")
_FIELDS = {
    "messages": "input",
    "contents": "input",
    "system": "instructions",
    "systemInstruction": "instructions",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "generationConfig": "max_output_tokens, temperature, top_p",
    "response_format": "text.format",
    "reasoning_effort": "reasoning.effort",
    "verbosity": "text.verbosity",
    "thinking": "reasoning.effort",
    "output_config": "reasoning.effort, text.format",
    "logprobs": 'top_logprobs, include: ["message.output_text.logprobs"]',
    "functions": "tools",
    "function_call": "tool_choice",
    "web_search_options": 'tools: [{"type": "web_search"}]',
    # No equivalent.
    **dict.fromkeys(("stop", "stop_sequences", "seed", "logit_bias"), ""),
    **dict.fromkeys(("presence_penalty", "frequency_penalty"), ""),
}
FOREIGN = frozenset((*_FIELDS, "n"))
_IN_A_MESSAGE = {
    "tool_calls": '{"type": "function_call", "call_id": …, "name": …, "arguments": …}',
    "function_call": '{"type": "function_call", "call_id": …, "name": …, "arguments": …}',
    "tool_call_id": '{"type": "function_call_output", "call_id": …, "output": …}',
}
_AN_ITEM = gettext_noop("In the Responses API, this is a separate item in input: %(item)s")
# Parts of messages; `text` becomes `output_text` in assistant messages.
_PARTS = {
    "text": "input_text",
    "image_url": "input_image",
    "image": "input_image",
    "document": "input_file",
    "file": "input_file",
    "tool_use": "function_call",
    "tool_result": "function_call_output",
    "thinking": "reasoning",
}
_PART = gettext_noop("The Responses API has no content part of type %(type)s. Use %(instead)s.")


def of_body(body: dict[str, Any]) -> Iterator[FieldProblem]:
    """Yield the problems of fields that only other APIs have. null counts as not set."""
    for name, instead in _FIELDS.items():
        if body.get(name) is not None:
            yield FieldProblem(name, _sentence(name, instead))
    if body.get("n") is not None:
        yield FieldProblem("n", say(_ONE_ANSWER))
    options = body.get("stream_options")
    if isinstance(options, dict) and options.get("include_usage") is not None:
        sentence = gettext_noop("The Responses API always returns usage. Remove %(name)s.")
        yield FieldProblem("stream_options.include_usage", say(sentence, name="include_usage"))
    yield from _of_format(body)
    yield from _of_tools(body)


def of_message(place: str, message: dict[str, Any]) -> Iterator[FieldProblem]:
    """Yield the problems of a message's fields that only other APIs have."""
    for name, item in _IN_A_MESSAGE.items():
        if message.get(name):
            yield FieldProblem(f"{place}.{name}", say(_AN_ITEM, item=item))


def of_part(place: str, type_: Any, role: Any) -> Iterator[FieldProblem]:
    """Yield the problem of a part's type that only other APIs have."""
    instead = _PARTS.get(type_) if isinstance(type_, str) else None
    if instead:
        instead = "output_text" if (type_, role) == ("text", "assistant") else instead
        yield FieldProblem(place, say(_PART, type=type_, instead=instead))


def _sentence(name: str, instead: str) -> Sentence:
    return say(_INSTEAD, name=name, instead=instead) if instead else say(_NOTHING, name=name)


def _of_format(body: dict[str, Any]) -> Iterator[FieldProblem]:
    text = body.get("text")
    format_ = text.get("format") if isinstance(text, dict) else None
    if isinstance(format_, dict) and format_.get("json_schema") is not None:
        sentence = say(_FLAT, names="name, schema, strict", name="json_schema")
        yield FieldProblem("text.format.json_schema", sentence)


def _of_tools(body: dict[str, Any]) -> Iterator[FieldProblem]:
    tools = body.get("tools")
    for index, tool in enumerate(tools if isinstance(tools, list) else []):
        if isinstance(tool, dict) and isinstance(tool.get("function"), dict):
            sentence = say(_FLAT, names="name, description, parameters", name="function")
            yield FieldProblem(f"tools.{index}.function", sentence)
        elif isinstance(tool, dict) and tool.get("input_schema") is not None:
            sentence = say(_INSTEAD, name="input_schema", instead="parameters")
            yield FieldProblem(f"tools.{index}.input_schema", sentence)
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and isinstance(choice.get("function"), dict):
        yield FieldProblem("tool_choice.function", say(_FLAT, names="name", name="function"))
    elif isinstance(choice, dict) and choice.get("type") in ("any", "tool"):
        instead = "required" if choice["type"] == "any" else '{"type": "function", "name": …}'
        sentence = say(_INSTEAD, name=f"tool_choice.type {choice['type']}", instead=instead)
        yield FieldProblem("tool_choice.type", sentence)
