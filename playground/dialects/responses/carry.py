"""A Responses request as a conversation of any API, and back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playground.dialects import carrying, openai_fields
from playground.dialects.carrying import Losses, Unread
from playground.exchange import conversation as talk

_API = "Responses"
_SETTINGS: carrying.Settings = {
    **openai_fields.SETTINGS,
    "limit": ("max_output_tokens",),
    "effort": ("reasoning", "effort"),
    "verbosity": ("text", "verbosity"),
}
_LOGPROBS = "message.output_text.logprobs"


def conversation(body: Mapping[str, Any]) -> talk.Conversation:
    unread, own = Unread(body), list[talk.Own]()
    settings = unread.settings(_SETTINGS)
    _read_include(unread, settings, own)
    system = unread.take_text("instructions")
    turns = [] if system is None else [carrying.plain("instructions", "system", system)]
    turns += _turns(unread, own)
    tools = list(carrying.tools(unread, own, ("function",), "parameters"))
    text = unread.within("text")
    output = openai_fields.output_in(text.within("format") if text else None)
    choice = openai_fields.choice_in(unread)
    return talk.Conversation(turns, tools, choice, output, settings, [*own, *unread.left()])


def _read_include(unread: Unread, settings: dict[str, talk.Setting], own: list[talk.Own]) -> None:
    for index, value in enumerate(unread.take_list("include") or ()):
        if value == _LOGPROBS:
            settings["logprobs"] = talk.Setting("include", True)
        else:
            own.append(talk.Own(f"include.{index}", value if isinstance(value, str) else "include"))


def _turns(unread: Unread, own: list[talk.Own]) -> list[talk.Turn]:
    if (text := unread.take_text("input")) is not None:
        return [carrying.plain("input", "user", text)]
    turns: list[talk.Turn] = []
    goes_on = False
    for index, value in enumerate(unread.take_list("input") or ()):
        place = f"input.{index}"
        turn = _turn(value, place, own)
        if turn is None:
            # Reasoning starts a new turn.
            goes_on = goes_on and carrying.name_of(value, "") != "reasoning"
        elif (
            goes_on
            and all(isinstance(part, talk.ToolCall) for part in turn.parts)
            and turn.role == "assistant"
        ):
            turns[-1] = talk.Turn(
                turns[-1].place, "assistant", turns[-1].parts + turn.parts, turns[-1].is_plain
            )
        else:
            turns.append(turn)
            goes_on = turn.role == "assistant"
    return turns


def _turn(value: Any, place: str, own: list[talk.Own]) -> talk.Turn | None:
    if not isinstance(value, Mapping):
        own.append(talk.Own(place, "message", talk.Loss.UNREAD))
        return None
    kind = "message" if value.get("type") is None else carrying.name_of(value, "type")
    item, inner = Unread(value, place), list[talk.Own]()
    if kind == "message":
        is_plain = isinstance(item.peek("content"), str)
        parts = tuple(carrying.parts(item, "content", inner, _known_part))
        turn = talk.Turn(place, item.take("role"), parts, is_plain)
    elif kind == "function_call":
        id_, name, arguments = (item.take(field) for field in ("call_id", "name", "arguments"))
        turn = talk.Turn(place, "assistant", (talk.ToolCall(place, id_, name, carrying.as_text(arguments)),))
    elif kind == "function_call_output":
        is_plain = isinstance(item.peek("output"), str)
        content = tuple(carrying.parts(item, "output", inner, _known_part))
        turn = talk.Turn(place, "tool", (talk.ToolResult(place, item.take("call_id"), content, is_plain),))
    else:
        own.append(talk.Own(place, kind, talk.Loss.REASONING if kind == "reasoning" else talk.Loss.LEFT_OUT))
        return None
    item.take("type")
    own += [*inner, *item.left()]
    # If nothing can be converted, leave the message out: it would be empty.
    return turn if turn.parts or not value.get("content") else None


def _known_part(part: Unread, kind: str) -> talk.Part | None:
    if text := openai_fields.text_in(part, kind, ("input_text", "output_text", "text")):
        return text
    if kind == "input_image" and (url := part.take_text("image_url")):
        return openai_fields.image_in(part.place, url, part)
    return openai_fields.file_in(part, part.place) if kind == "input_file" else None


def body_of(conversation: talk.Conversation) -> tuple[dict[str, Any], list[talk.Lost]]:
    losses, settings = Losses(_API, conversation.own), dict(conversation.settings)
    body: dict[str, Any] = {}
    carrying.put_settings(body, settings, {"model": ("model",)})
    turns = list(conversation.turns)
    if turns and turns[0].role == "system" and carrying.only_text(turns[0].parts) is not None:
        body["instructions"] = carrying.only_text(turns.pop(0).parts)
    body["input"] = [item for turn in turns for item in _items(turn, losses)]
    carrying.put_settings(body, settings, _SETTINGS)
    if "logprobs" in settings and settings["logprobs"].value is True:
        body["include"] = [_LOGPROBS]
        del settings["logprobs"]
    if "store" not in body:
        # Unlike other APIs, this one stores answers by default.
        body["store"] = False
        losses.added("store", "store", False)
    if conversation.tools:
        body["tools"] = [_tool_of(tool) for tool in conversation.tools]
    if choice := conversation.choice:
        named = {"type": "function", "name": choice.name}
        body["tool_choice"] = openai_fields.PICKS.get(choice.pick, named)
    if conversation.output:
        carrying.put(
            body, ("text", "format"), openai_fields.format_of(conversation.output, "text.format", losses)
        )
    losses.add_settings(settings)
    return body, losses.listed()


def _items(turn: talk.Turn, losses: Losses) -> Iterator[dict[str, Any]]:
    said: list[talk.Part] = []
    for part in carrying.filled(turn.parts) if len(turn.parts) > 1 else turn.parts:
        if isinstance(part, talk.ToolCall | talk.ToolResult):
            yield from _message_of(turn, said, losses)
            said = []
            yield _call_of(part) if isinstance(part, talk.ToolCall) else _result_of(part, losses)
        else:
            said.append(part)
    if said or not turn.parts:
        yield from _message_of(turn, said, losses)


def _message_of(turn: talk.Turn, said: Sequence[talk.Part], losses: Losses) -> Iterator[dict[str, Any]]:
    content = carrying.content(said, turn.is_plain, lambda part: _part_of(part, turn.role), losses)
    if content or content == "" or not turn.parts:
        yield carrying.given(role=turn.role, content=content or "")


def _part_of(part: talk.Part, role: Any) -> dict[str, Any] | None:
    if isinstance(part, talk.Text):
        return {"type": "output_text" if role == "assistant" else "input_text", "text": part.text}
    if isinstance(part, talk.Refusal):
        return {"type": "refusal", "refusal": part.text}
    if isinstance(part, talk.Image) and (url := carrying.source(part)):
        return {"type": "input_image", "image_url": url, **openai_fields.detail_of(part)}
    if isinstance(part, talk.File):
        url_field = carrying.given(file_url=part.url or None)
        return {"type": "input_file", **url_field, **openai_fields.file_fields(part)}
    return None


def _call_of(call: talk.ToolCall) -> dict[str, Any]:
    return carrying.given(type="function_call", call_id=call.id, name=call.name, arguments=call.arguments)


def _result_of(result: talk.ToolResult, losses: Losses) -> dict[str, Any]:
    output = openai_fields.result_of(result, lambda part: _part_of(part, "user"), losses)
    return carrying.given(type="function_call_output", call_id=result.id, output=output)


def _tool_of(tool: talk.Tool) -> dict[str, Any]:
    # Tools are strict by default here, but not in other APIs.
    strict = False if tool.strict is None else tool.strict
    fields = carrying.given(
        name=tool.name, description=tool.description, parameters=carrying.schema_of(tool), strict=strict
    )
    return {"type": "function", **fields}
