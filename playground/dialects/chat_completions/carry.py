"""A Chat Completions request as a conversation of any API, and back."""

from collections.abc import Iterator, Mapping
from typing import Any

from playground.dialects import carrying, openai_fields
from playground.dialects.carrying import Losses, Unread
from playground.dialects.chat_completions.reasoning import NAMES
from playground.exchange import conversation as talk

_API = "Chat Completions"
_OWN = (
    "stop", "seed", "n", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "verbosity",
)  # fmt: skip
_WRITTEN: carrying.Settings = {
    **openai_fields.SETTINGS,
    **{name: (name,) for name in _OWN},
    "limit": ("max_tokens",),
    "effort": ("reasoning_effort",),
}
# Only some servers accept `top_k`, so another API's value is not passed on.
_READ: carrying.Settings = {**_WRITTEN, "top_k": ("top_k",)}


# --- reading ---


def conversation(body: Mapping[str, Any]) -> talk.Conversation:
    unread, own = Unread(body), list[talk.Own]()
    settings = _settings(unread, own)
    turns = [
        turn
        for index, message in enumerate(unread.take_list("messages") or ())
        if (turn := _turn(message, f"messages.{index}", own))
    ]
    tools = list(carrying.tools(unread, own, ("function", None), "parameters", "function"))
    choice = openai_fields.choice_in(unread, "function")
    output = openai_fields.output_in(unread.within("response_format"), "json_schema")
    return talk.Conversation(turns, tools, choice, output, settings, [*own, *unread.left()])


def _settings(unread: Unread, own: list[talk.Own]) -> dict[str, talk.Setting]:
    settings = unread.settings(_READ)
    newer = unread.take("max_completion_tokens")
    if newer is not None:
        if (older := settings.get("limit")) and older.value != newer:
            own.append(talk.Own("max_tokens", "max_tokens"))
        settings["limit"] = talk.Setting("max_completion_tokens", newer)
    # Other APIs always report the usage of a stream.
    if unread.take("stream_options", "include_usage") not in (True, None):
        own.append(talk.Own("stream_options.include_usage", "include_usage"))
    return settings


def _turn(value: Any, place: str, own: list[talk.Own]) -> talk.Turn | None:
    if not isinstance(value, Mapping):
        own.append(talk.Own(place, "message", talk.Loss.UNREAD))
        return None
    message = Unread(value, place)
    role = message.take("role")
    is_plain = isinstance(message.peek("content"), str)
    parts = list(carrying.parts(message, "content", own, _known_part))
    if role == "tool":
        result = talk.ToolResult(place, message.take("tool_call_id"), tuple(parts), is_plain)
        turn = talk.Turn(place, role, (result,))
    else:
        thought = [name for name in NAMES if message.take(name) is not None]
        own += (talk.Own(message.at(name), name, talk.Loss.REASONING) for name in thought)
        if (refusal := message.take_text("refusal")) is not None:
            parts.append(talk.Refusal(message.at("refusal"), refusal))
        parts += _calls(message, own)
        turn = talk.Turn(place, role, tuple(parts), is_plain)
    own.extend(message.left())
    # If nothing can be converted, leave the message out: it would be empty.
    return turn if turn.parts or not value.get("content") else None


def _known_part(part: Unread, kind: str) -> talk.Part | None:
    place = part.place
    if part.peek("thought") is True:  # Gemini marks its reasoning only here; it looks like the answer
        return None
    if text := openai_fields.text_in(part, kind, ("text",)):
        return text
    if kind == "image_url":
        inner = part.within("image_url")
        url = inner.take_text("url") if inner else part.take_text("image_url")
        if url is not None:
            return openai_fields.image_in(place, url, inner)
    if kind == "input_audio" and (inner := part.within("input_audio")):
        data = inner.take_text("data")
        return None if data is None else talk.Audio(place, data, inner.take("format"))
    if kind == "file" and (inner := part.within("file")):
        return openai_fields.file_in(inner, place)
    return None


def _calls(message: Unread, own: list[talk.Own]) -> Iterator[talk.ToolCall]:
    for index, item in enumerate(message.take_list("tool_calls") or ()):
        place = f"{message.at('tool_calls')}.{index}"
        call = Unread(item, place) if isinstance(item, Mapping) else None
        function = call.within("function") if call else None
        if call is None or function is None or call.take("type") not in ("function", None):
            own.append(talk.Own(place, "tool_calls"))
            continue
        name, arguments = function.take("name"), function.take("arguments")
        yield talk.ToolCall(place, call.take("id"), name, carrying.as_text(arguments))
        own.extend(call.left())


# --- writing ---


def body_of(conversation: talk.Conversation) -> tuple[dict[str, Any], list[talk.Lost]]:
    losses, settings = Losses(_API, conversation.own), dict(conversation.settings)
    carrying.drop_default(settings, "store", False)
    body: dict[str, Any] = {}
    carrying.put_settings(body, settings, {"model": _WRITTEN["model"]})
    body["messages"] = [message for turn in conversation.turns for message in _messages(turn, losses)]
    carrying.put_settings(body, settings, _WRITTEN)
    if body.get("stream") is True:
        # Other APIs always report the usage.
        carrying.put(body, ("stream_options", "include_usage"), True)
    if conversation.tools:
        body["tools"] = [_tool_of(tool) for tool in conversation.tools]
    if conversation.choice:
        body["tool_choice"] = openai_fields.PICKS.get(conversation.choice.pick) or {
            "type": "function",
            "function": {"name": conversation.choice.name},
        }
    if conversation.output:
        body["response_format"] = openai_fields.format_of(
            conversation.output, "response_format", losses, "json_schema"
        )
    losses.add_settings(settings)
    return body, losses.listed()


def _messages(turn: talk.Turn, losses: Losses) -> Iterator[dict[str, Any]]:
    for result in turn.parts:
        if isinstance(result, talk.ToolResult):
            yield _result(result, losses)
    parts = [part for part in turn.parts if not isinstance(part, talk.ToolResult)]
    if not parts and turn.parts:
        return
    message = carrying.given(role=turn.role)
    calls = [part for part in parts if isinstance(part, talk.ToolCall)]
    said = [part for part in parts if not isinstance(part, talk.ToolCall)]
    if calls and any(isinstance(part, talk.ToolCall) for part in parts[: len(said)]):
        losses.add(talk.Loss.MOVED, "tool_call", calls[0].place)
    if len(said) == 1 and isinstance(said[0], talk.Refusal):
        message |= {"content": None, "refusal": said[0].text}
    elif said:
        content = carrying.content(said, turn.is_plain, _part_of, losses)
        if content != []:
            message["content"] = content
        elif not calls:
            return
    elif not calls:
        message["content"] = ""
    if calls:
        message["tool_calls"] = [_call_of(call) for call in calls]
    yield message


def _result(result: talk.ToolResult, losses: Losses) -> dict[str, Any]:
    content = openai_fields.result_of(result, _text_of, losses)
    return carrying.given(role="tool", tool_call_id=result.id, content=content)


def _text_of(part: talk.Part) -> dict[str, Any] | None:
    """Return a part of a tool message, which accepts only text."""
    return _part_of(part) if isinstance(part, talk.Text) else None


def _part_of(part: talk.Part) -> dict[str, Any] | None:
    if isinstance(part, talk.Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, talk.Refusal):
        return {"type": "refusal", "refusal": part.text}
    if isinstance(part, talk.Image) and (url := carrying.source(part)):
        return {"type": "image_url", "image_url": {"url": url, **openai_fields.detail_of(part)}}
    if isinstance(part, talk.Audio):
        return {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format}}
    if isinstance(part, talk.File) and not part.url:
        return {"type": "file", "file": openai_fields.file_fields(part)}
    return None


def _call_of(call: talk.ToolCall) -> dict[str, Any]:
    function = carrying.given(name=call.name, arguments=call.arguments)
    return carrying.given(id=call.id, type="function", function=function)


def _tool_of(tool: talk.Tool) -> dict[str, Any]:
    fields = carrying.given(
        name=tool.name, description=tool.description, parameters=tool.schema, strict=tool.strict or None
    )
    return {"type": "function", "function": fields}
