"""A Responses request as a conversation of any API, and back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playground.dialects import carrying, openai_fields
from playground.dialects.carrying import Losses, Unread
from playground.exchange.conversation import (
    Conversation,
    File,
    Image,
    Loss,
    Lost,
    Own,
    Part,
    Refusal,
    Setting,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)

_API = "Responses"
_SAME = (
    "model", "temperature", "top_p", "stream", "top_logprobs", "user", "safety_identifier", "metadata",
    "store", "service_tier", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
    "moderation",
)  # fmt: skip
_SETTINGS: carrying.Settings = {
    **{name: (name,) for name in _SAME},
    "limit": ("max_output_tokens",),
    "effort": ("reasoning", "effort"),
    "verbosity": ("text", "verbosity"),
    "parallel": ("parallel_tool_calls",),
    "obfuscation": ("stream_options", "include_obfuscation"),
}
_LOGPROBS = "message.output_text.logprobs"
_TEXTS = ("input_text", "output_text", "text")


# --- reading ---


def conversation(body: Mapping[str, Any]) -> Conversation:
    unread, own = Unread(body), list[Own]()
    settings = unread.settings(_SETTINGS)
    _read_include(unread, settings, own)
    turns = [*_instructions(unread), *_turns(unread, own)]
    tools = list(carrying.tools(unread, own, ("function",), "parameters"))
    text = unread.within("text")
    choice, output = (
        openai_fields.choice_in(unread),
        openai_fields.output_in(text.within("format") if text else None),
    )
    return Conversation(turns, tools, choice, output, settings, [*own, *unread.left()])


def _read_include(unread: Unread, settings: dict[str, Setting], own: list[Own]) -> None:
    for index, value in enumerate(unread.take_list("include") or ()):
        if value == _LOGPROBS:
            settings["logprobs"] = Setting("include", True)
        else:
            own.append(Own(f"include.{index}", value if isinstance(value, str) else "include"))


def _instructions(unread: Unread) -> Iterator[Turn]:
    if (text := unread.take_text("instructions")) is not None:
        yield Turn("instructions", "system", (Text("instructions", text),), is_plain=True)


def _turns(unread: Unread, own: list[Own]) -> list[Turn]:
    if (text := unread.take_text("input")) is not None:
        return [Turn("input", "user", (Text("input", text),), is_plain=True)]
    turns: list[Turn] = []
    goes_on = False
    for index, value in enumerate(unread.take_list("input") or ()):
        place = f"input.{index}"
        turn = _turn(value, place, own)
        if turn is None:
            # What a model thought stands at the beginning of what it said.
            goes_on = goes_on and carrying.name_of(value, "") != "reasoning"
        elif goes_on and all(isinstance(part, ToolCall) for part in turn.parts) and turn.role == "assistant":
            turns[-1] = Turn(turns[-1].place, "assistant", turns[-1].parts + turn.parts, turns[-1].is_plain)
        else:
            turns.append(turn)
            goes_on = turn.role == "assistant"
    return turns


def _turn(value: Any, place: str, own: list[Own]) -> Turn | None:
    if not isinstance(value, Mapping):
        own.append(Own(place, "message", Loss.UNREAD))
        return None
    kind = "message" if value.get("type") is None else carrying.name_of(value, "type")
    item, inner = Unread(value, place), list[Own]()
    if kind == "message":
        turn = _message(item, inner)
    elif kind == "function_call":
        id_, name, arguments = (item.take(field) for field in ("call_id", "name", "arguments"))
        turn = Turn(place, "assistant", (ToolCall(place, id_, name, carrying.as_text(arguments)),))
    elif kind == "function_call_output":
        is_plain = isinstance(item.peek("output"), str)
        content = tuple(carrying.parts(item, "output", inner, _known_part))
        turn = Turn(place, "tool", (ToolResult(place, item.take("call_id"), content, is_plain),))
    else:
        own.append(Own(place, kind, Loss.REASONING if kind == "reasoning" else Loss.LEFT_OUT))
        return None
    item.take("type")
    own += [*inner, *item.left()]
    # A message of which nothing can be carried would only be an empty one.
    return turn if turn.parts or not value.get("content") else None


def _message(item: Unread, own: list[Own]) -> Turn:
    is_plain = isinstance(item.peek("content"), str)
    parts = tuple(carrying.parts(item, "content", own, _known_part))
    return Turn(item.place, item.take("role"), parts, is_plain)


def _known_part(part: Unread, kind: str) -> Part | None:
    if kind in _TEXTS and (text := part.take_text("text")) is not None:
        return Text(part.place, text)
    if kind == "refusal" and (text := part.take_text("refusal")) is not None:
        return Refusal(part.place, text)
    if kind == "input_image" and (url := part.take_text("image_url")):
        return openai_fields.image_in(part.place, url, part)
    return openai_fields.file_in(part, part.place) if kind == "input_file" else None


# --- writing ---


def body_of(conversation: Conversation) -> tuple[dict[str, Any], list[Lost]]:
    losses, settings = Losses(_API, conversation.own), dict(conversation.settings)
    body: dict[str, Any] = {}
    carrying.put_settings(body, settings, {"model": ("model",)})
    turns = list(conversation.turns)
    if turns and (instructions := _instructions_of(turns[0])) is not None:
        body["instructions"] = instructions
        turns.pop(0)
    body["input"] = [item for turn in turns for item in _items(turn, losses)]
    carrying.put_settings(body, settings, _SETTINGS)
    if "logprobs" in settings and settings["logprobs"].value is True:
        body["include"] = [_LOGPROBS]
        del settings["logprobs"]
    if "store" not in body:
        # The API keeps answers unless it is told not to; others do not.
        body["store"] = False
        losses.added("store", "store", False)
    if conversation.tools:
        body["tools"] = [_tool_of(tool) for tool in conversation.tools]
    if choice := conversation.choice:
        body["tool_choice"] = openai_fields.PICKS.get(choice.pick) or {
            "type": "function",
            "name": choice.name,
        }
    if conversation.output:
        carrying.put(
            body, ("text", "format"), openai_fields.format_of(conversation.output, "text.format", losses)
        )
    losses.add_settings(settings)
    return body, losses.listed()


def _instructions_of(turn: Turn) -> str | None:
    return carrying.only_text(turn.parts) if turn.role == "system" else None


def _items(turn: Turn, losses: Losses) -> Iterator[dict[str, Any]]:
    said: list[Part] = []
    for part in carrying.filled(turn.parts) if len(turn.parts) > 1 else turn.parts:
        if isinstance(part, ToolCall | ToolResult):
            yield from _message_of(turn, said, losses)
            said = []
            yield _call_of(part) if isinstance(part, ToolCall) else _result_of(part, losses)
        else:
            said.append(part)
    if said or not turn.parts:
        yield from _message_of(turn, said, losses)


def _message_of(turn: Turn, said: Sequence[Part], losses: Losses) -> Iterator[dict[str, Any]]:
    role = carrying.given(role=turn.role)
    content = carrying.content(said, turn.is_plain, lambda part: _part_of(part, turn.role), losses)
    if content:
        yield {**role, "content": content}
    elif not turn.parts or content == "":
        yield {**role, "content": ""}


def _part_of(part: Part, role: Any) -> dict[str, Any] | None:
    if isinstance(part, Text):
        return {"type": "output_text" if role == "assistant" else "input_text", "text": part.text}
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    if isinstance(part, Image) and (url := carrying.source(part)):
        return {"type": "input_image", "image_url": url, **openai_fields.detail_of(part)}
    if isinstance(part, File):
        url_field = carrying.given(file_url=part.url or None)
        return {"type": "input_file", **url_field, **openai_fields.file_fields(part)}
    return None


def _call_of(call: ToolCall) -> dict[str, Any]:
    return carrying.given(type="function_call", call_id=call.id, name=call.name, arguments=call.arguments)


def _result_of(result: ToolResult, losses: Losses) -> dict[str, Any]:
    if result.is_error not in (None, False):
        losses.add(Loss.LEFT_OUT, "is_error", f"{result.place}.is_error")
    output = carrying.content(result.content, result.is_plain, lambda part: _part_of(part, "user"), losses)
    return carrying.given(type="function_call_output", call_id=result.id, output=output or "")


def _tool_of(tool: Tool) -> dict[str, Any]:
    # Here a tool is strict unless it says otherwise; elsewhere it is not.
    strict = False if tool.strict is None else tool.strict
    fields = carrying.given(
        name=tool.name, description=tool.description, parameters=carrying.schema_of(tool), strict=strict
    )
    return {"type": "function", **fields}
