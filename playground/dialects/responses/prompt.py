"""Check the items of a Responses request: each one, and how they refer to one another."""

from collections.abc import Iterator
from typing import Any

from playground.dialects.checks import not_a_role
from playground.dialects.responses import foreign
from playground.dialects.responses.items import ANSWERED, CALLS, type_of
from playground.exchange.refusal import FieldProblem
from playground.text.sentence import gettext_noop, say

ROLES = ("system", "developer", "user", "assistant")
_OUTPUT = "function_call_output"
# With one of these fields, earlier items are stored at the provider, not in this request.
_EARLIER = ("previous_response_id", "conversation", "prompt")
_REFERENCE = gettext_noop(
    "The provider can look up only what it has stored. Send the items themselves, or set store to true."
)


def problems(body: dict[str, Any], items: list[Any]) -> Iterator[FieldProblem]:
    """Yield what is wrong with the items in `input`."""
    for index, item in enumerate(items):
        place = f"input.{index}"
        if not isinstance(item, dict):
            yield FieldProblem(place, say(gettext_noop("Each item must be a JSON object.")))
        elif is_reference(item):
            if body.get("store") is False:
                yield FieldProblem(place, say(_REFERENCE))
        elif item.get("type") in (None, "message"):
            yield from _message(place, item)
        elif type_of(item) in CALLS or type_of(item) in ANSWERED:
            yield from _call(place, item)
    if all(isinstance(item, dict) for item in items):
        yield from _without_call(body, items)
        yield from _alone(body, items)


def references(body: dict[str, Any]) -> Iterator[FieldProblem]:
    """Yield the references of the body to stored items although `store` is false."""
    if body.get("store") is not False:
        return
    if body.get("previous_response_id") is not None:
        yield FieldProblem("previous_response_id", say(_REFERENCE))
    if body.get("background") is True:
        sentence = gettext_noop("Set store to true. Background responses must be stored.")
        yield FieldProblem("background", say(sentence))


def is_reference(item: dict[str, Any]) -> bool:
    """Whether an item refers to one that the provider has stored. Its type is optional."""
    type_ = item.get("type")
    return type_ == "item_reference" or (type_ is None and "id" in item and "role" not in item)


def _message(place: str, message: dict[str, Any]) -> Iterator[FieldProblem]:
    role, content = message.get("role"), message.get("content")
    if role in ("tool", "function"):
        sentence = gettext_noop(
            "The Responses API has no %(role)s role. Send a tool result as a separate item: %(item)s"
        )
        item = '{"type": "function_call_output", "call_id": …, "output": …}'
        yield FieldProblem(f"{place}.role", say(sentence, role=role, item=item))
        return
    if role is None:
        sentence = gettext_noop("Choose a role: %(roles)s.")
        yield FieldProblem(f"{place}.role", say(sentence, roles=(*ROLES, _OUTPUT)))
    elif role not in ROLES:
        yield FieldProblem(f"{place}.role", not_a_role(role, ROLES))
    if others := list(foreign.of_message(place, message)):
        yield from others
    elif not isinstance(content, str | list):
        yield FieldProblem(
            f"{place}.content", say(gettext_noop("Enter a string or an array of content parts."))
        )
    for part in content if isinstance(content, list) else []:
        type_ = part.get("type") if isinstance(part, dict) else None
        if wrong := list(foreign.of_part(f"{place}.content", type_, role)):
            yield wrong[0]
            return


def _call(place: str, item: dict[str, Any]) -> Iterator[FieldProblem]:
    """Yield the fields that a call or a result lacks."""
    type_ = type_of(item)
    needed = ("call_id", "name", CALLS[type_]) if type_ in CALLS else ("call_id", "output")
    if type_ == "apply_patch_call_output":  # its output is optional
        needed = ("call_id", "status")
    for name in needed:
        value = item.get(name)
        fits = isinstance(value, str | list | dict) if name == "output" else isinstance(value, str)
        if not fits or (name == "call_id" and not value):
            sentence = gettext_noop("An item of type %(type)s needs %(name)s.")
            yield FieldProblem(f"{place}.{name}", say(sentence, type=type_, name=name))


def _without_call(body: dict[str, Any], items: list[dict[str, Any]]) -> Iterator[FieldProblem]:
    """Yield the results that have no call: providers reject them."""
    if any(body.get(name) is not None for name in _EARLIER) or any(map(is_reference, items)):
        return
    made: set[tuple[str, str]] = set()
    for index, item in enumerate(items):
        call = item.get("call_id")
        if not isinstance(call, str) or not call:
            continue
        type_ = type_of(item)
        made.add((type_, call))
        # The provider takes the result of a function for a search for tools, too.
        answered = {(ANSWERED[type_], call), ("tool_search_call", call)} if type_ in ANSWERED else set()
        if answered and not answered & made:
            sentence = gettext_noop("No earlier item in input is a %(type)s with this call_id.")
            yield FieldProblem(f"input.{index}.call_id", say(sentence, type=ANSWERED[type_]))


def _alone(body: dict[str, Any], items: list[dict[str, Any]]) -> Iterator[FieldProblem]:
    """Yield reasoning items that cannot be read, or without the item that the model generated next."""
    for index, item in enumerate(items):
        if type_of(item) != "reasoning":
            continue
        following = items[index + 1] if index + 1 < len(items) else {}
        is_made = type_of(following) not in ("", *ANSWERED) or is_reference(following)
        if not is_made or following.get("role", "assistant") != "assistant":
            sentence = gettext_noop(
                "A reasoning item must be followed by the message or call that came after it in the answer. "
                "Send both, or remove both."
            )
            yield FieldProblem(f"input.{index}", say(sentence))
        elif body.get("store") is False and not any(
            map(item.get, ("encrypted_content", "content", "summary"))
        ):
            sentence = gettext_noop(
                "This reasoning item has only an ID, and with store set to false, the provider can’t look it "
                "up. Add reasoning.encrypted_content to include, and send back the whole item."
            )
            yield FieldProblem(f"input.{index}", say(sentence))
