"""Check the messages of a request: their roles, their blocks, and how these fit together."""

from collections.abc import Iterator, Mapping
from typing import Any

from playground.dialects.checks import no_messages, not_a_role
from playground.exchange.demands import too_many_messages
from playground.exchange.refusal import FieldProblem
from playground.text.sentence import Sentence, gettext_noop, say

ROLES = ("user", "assistant", "system")
_OTHER_ROLES = {
    "developer": gettext_noop(
        "The Messages API has no %(role)s role. Move the text to the system parameter."
    ),
    **dict.fromkeys(
        ("tool", "function"),
        gettext_noop(
            "The Messages API has no %(role)s role. Send the result as a tool_result block in a user message."
        ),
    ),
    "model": gettext_noop("The Messages API has no %(role)s role. Use assistant for the model’s messages."),
}
# Parts of other APIs' messages, and the equivalent blocks.
_OTHER_PARTS = {
    "image_url": "image",
    "input_image": "image",
    "input_text": "text",
    "output_text": "text",
    "input_file": "document",
    "file": "document",
    "function_call": "tool_use",
    "function_call_output": "tool_result",
}


def problems(messages: Any, most: int, *, newer: bool) -> Iterator[FieldProblem]:
    """Yield what is wrong; `newer` says that the version is 2026-10-21."""
    if not isinstance(messages, list) or not messages:
        yield no_messages("messages")
        return
    if len(messages) > most:
        yield too_many_messages("messages", len(messages), most)
        return
    calls: set[str] = set()
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            yield FieldProblem(f"messages.{index}", say(gettext_noop("Each message must be a JSON object.")))
            continue
        if (role := message.get("role")) not in ROLES:
            yield FieldProblem(f"messages.{index}.role", _not_a_role(role))
        elif role == "system" and index == 0:  # later ones change the rules, for Claude Opus 4.8 and newer
            sentence = gettext_noop("Move the text of a first system message to the system parameter.")
            yield FieldProblem("messages.0.role", say(sentence))
        yield from _beside(index, message)
        if wrong := next(_content(message.get("content"), role, calls, newer=newer), None):
            yield FieldProblem(f"messages.{index}.content", wrong)


def _not_a_role(role: Any) -> Sentence:
    if isinstance(role, str) and role in _OTHER_ROLES:
        return say(_OTHER_ROLES[role], role=role)
    return not_a_role(role, ROLES)


def _beside(index: int, message: Mapping[str, Any]) -> Iterator[FieldProblem]:
    """Yield the problems of fields that only a Chat Completions message has."""
    for name, block in (("tool_calls", "tool_use"), ("tool_call_id", "tool_result")):
        if message.get(name) and message.get("role") in ROLES:
            yield FieldProblem(
                f"messages.{index}.{name}",
                say(
                    gettext_noop(
                        "The Messages API doesn’t have this field. Use a content block of type %(block)s."
                    ),
                    block=block,
                ),
            )


def _content(content: Any, role: Any, calls: set[str], *, newer: bool) -> Iterator[Sentence]:
    """Yield what is wrong with a `content`; add the calls in it to `calls`."""
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        yield say(gettext_noop("Enter a string or an array of content blocks."))
        return
    for block in content:
        kind = block.get("type") if isinstance(block, dict) else None
        if not isinstance(kind, str) or not kind:
            yield say(gettext_noop("Each content block must be a JSON object with a type."))
        elif kind in _OTHER_PARTS:
            yield say(
                gettext_noop("The Messages API has no content block of type %(kind)s. Use %(block)s."),
                kind=kind,
                block=_OTHER_PARTS[kind],
            )
        elif kind == "text" and not isinstance(block.get("text"), str):
            yield say(gettext_noop("In a content block of type text, text must be a string."))
        elif kind == "tool_use":
            calls.update(call for call in [block.get("id")] if isinstance(call, str))
        elif kind == "tool_result":
            yield from _result(block.get("tool_use_id"), calls)
        elif kind == "thinking" and not isinstance(block.get("signature"), str):
            yield say(
                gettext_noop(
                    "A thinking block can be sent back only with its signature. Add it, or remove the block."
                )
            )
        if newer:
            yield from _in_newer(block, role)


def _result(call: Any, calls: set[str]) -> Iterator[Sentence]:
    if not isinstance(call, str) or not call:
        yield say(gettext_noop("Enter the tool_use_id of the tool call that the tool_result answers."))
    elif call not in calls:
        yield say(gettext_noop("No earlier message has a tool call with the ID “%(id)s”."), id=call[:60])


def _in_newer(block: Any, role: Any) -> Iterator[Sentence]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind == "document" and role == "assistant":
        yield say(gettext_noop("Version 2026-10-21 rejects documents in assistant messages."))
    elif kind == "text" and role == "user" and block.get("citations"):
        yield say(gettext_noop("Version 2026-10-21 rejects citations in the text of user messages."))
