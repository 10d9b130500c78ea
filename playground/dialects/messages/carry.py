"""A Messages request as a conversation of any API, and back."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, takewhile
from typing import Any

from playground.dialects import carrying
from playground.dialects.carrying import Losses, Unread
from playground.dialects.messages import version
from playground.dialects.messages.parameters import EFFORTS
from playground.exchange import conversation as talk
from playground.text import jsontext

_API = "Messages"
# The length limit if the request has none: the API requires one, and all its models can write this much.
_LIMIT = 4096
_SETTINGS: carrying.Settings = {
    "model": ("model",),
    "limit": ("max_tokens",),
    **{name: (name,) for name in version.GONE},
    "stop": ("stop_sequences",),
    "stream": ("stream",),
    "user": ("metadata", "user_id"),
    "effort": ("output_config", "effort"),
    "service_tier": ("service_tier",),
}
# OpenAI's names for the tiers. Its `default` corresponds to not using prepaid capacity.
_TIERS = {"auto": "auto", "default": "standard_only"}
_PICKS = {talk.Pick.AUTO: "auto", talk.Pick.ANY: "any", talk.Pick.NONE: "none"}
_SYSTEM = ("system", "developer")


# --- reading ---


def conversation(body: Mapping[str, Any]) -> talk.Conversation:
    unread, own = Unread(body), list[talk.Own]()
    settings = unread.settings(_SETTINGS)
    if (tier := settings.get("service_tier")) and tier.value == _TIERS["default"]:
        settings["service_tier"] = talk.Setting(tier.place, "default")
    turns = list(_system(unread, own))
    for index, message in enumerate(unread.take_list("messages") or ()):
        turns += _turns(message, f"messages.{index}", own)
    tools = list(carrying.tools(unread, own, ("custom", None), "input_schema"))
    choice = _choice(unread, settings)
    return talk.Conversation(turns, tools, choice, _output(unread), settings, [*own, *unread.left()])


def _system(unread: Unread, own: list[talk.Own]) -> Iterator[talk.Turn]:
    is_plain = isinstance(unread.peek("system"), str)
    parts = tuple(carrying.parts(unread, "system", own, _shared_part))
    if parts:
        yield talk.Turn("system", "system", parts, is_plain)


def _turns(value: Any, place: str, own: list[talk.Own]) -> Iterator[talk.Turn]:
    """Yield the turns of a message; each tool result is a turn of its own."""
    if not isinstance(value, Mapping):
        own.append(talk.Own(place, "message", talk.Loss.UNREAD))
        return
    message = Unread(value, place)
    role = message.take("role")
    is_plain = isinstance(message.peek("content"), str)

    def known(block: Unread, kind: str) -> talk.Part | None:
        return _result_in(block, own) if kind == "tool_result" else _shared_part(block, kind)

    parts = list(carrying.parts(message, "content", own, known))
    own.extend(message.left())
    for is_result, run in groupby(parts, lambda part: isinstance(part, talk.ToolResult)):
        if is_result:
            yield from (talk.Turn(part.place, "tool", (part,)) for part in run)
        else:
            yield talk.Turn(place, role, tuple(run), is_plain)
    # If nothing can be converted, leave the message out: it would be empty.
    if not parts and not value.get("content"):
        yield talk.Turn(place, role, (), is_plain)


def _shared_part(block: Unread, kind: str) -> talk.Part | None:
    if kind == "text" and (text := block.take_text("text")) is not None:
        return talk.Text(block.place, text)
    if kind in ("image", "document") and (source := block.within("source")):
        return _media(block, source, kind)
    if kind == "tool_use":
        arguments = carrying.as_text(block.take("input"))
        return talk.ToolCall(block.place, block.take("id"), block.take("name"), arguments)
    return None


def _result_in(block: Unread, own: list[talk.Own]) -> talk.ToolResult:
    is_plain = isinstance(block.peek("content"), str)
    content = tuple(carrying.parts(block, "content", own, _shared_part))
    return talk.ToolResult(block.place, block.take("tool_use_id"), content, is_plain, block.take("is_error"))


def _media(block: Unread, source: Unread, kind: str) -> talk.Part | None:
    form = source.take("type")
    url, data, type_ = (source.take_text(name) or "" for name in ("url", "data", "media_type"))
    if (form, bool(url), bool(data and type_)) not in (("url", True, False), ("base64", False, True)):
        return None
    if kind == "image":
        return talk.Image(block.place, url, data, type_)
    return talk.File(block.place, url, "", data, type_, block.take("title"))


def _choice(unread: Unread, settings: dict[str, talk.Setting]) -> talk.ToolChoice | None:
    choice = unread.within("tool_choice")
    if choice is None:
        return None
    if isinstance(choice.peek("disable_parallel_tool_use"), bool):
        place = choice.at("disable_parallel_tool_use")
        settings["parallel"] = talk.Setting(place, not choice.take("disable_parallel_tool_use"))
    for pick, word in {**_PICKS, talk.Pick.NAMED: "tool"}.items():
        if choice.peek("type") == word:
            choice.take("type")
            return talk.ToolChoice(
                "tool_choice", pick, choice.take("name") if pick is talk.Pick.NAMED else None
            )
    return None


def _output(unread: Unread) -> talk.JSONOutput | None:
    config = unread.within("output_config")
    output = config.within("format") if config else None
    if output is None or output.peek("type") != "json_schema":
        return None
    output.take("type")
    return talk.JSONOutput(output.place, output.take("schema"), strict=True)


# --- writing ---


def body_of(conversation: talk.Conversation) -> tuple[dict[str, Any], list[talk.Lost]]:
    losses, settings = Losses(_API, conversation.own), dict(conversation.settings)
    carrying.drop_default(settings, "store", False)
    _fit(settings, losses)
    body: dict[str, Any] = {}
    carrying.put_settings(body, settings, {"model": ("model",)})
    is_sampled = any(name in settings for name in version.GONE)
    body[version.NAME] = version.OLDER if is_sampled else version.NEWER
    losses.added(version.NAME, version.NAME, body[version.NAME])
    if "limit" not in settings:
        body["max_tokens"] = _LIMIT
        losses.added("max_tokens", "max_tokens", _LIMIT)
    carrying.put_settings(body, settings, {"limit": ("max_tokens",)})
    _put_turns(body, conversation.turns, losses)
    if conversation.tools:
        body["tools"] = [_tool_of(tool) for tool in conversation.tools]
    _put_choice(body, conversation.choice, settings)
    carrying.put_settings(body, settings, _SETTINGS)
    if conversation.output:
        _put_output(body, conversation.output, losses)
    losses.add_settings(settings)
    return body, losses.listed()


def _fit(settings: dict[str, talk.Setting], losses: Losses) -> None:
    """Convert the settings to the values of this API; remove those that it does not have."""
    if (stop := settings.get("stop")) and isinstance(stop.value, str):
        settings["stop"] = talk.Setting(stop.place, [stop.value])
    if (effort := settings.get("effort")) and effort.value not in EFFORTS:
        losses.add_settings({"effort": settings.pop("effort")})
    if tier := settings.pop("service_tier", None):
        if isinstance(tier.value, str) and tier.value in _TIERS:
            settings["service_tier"] = talk.Setting(tier.place, _TIERS[tier.value])
        else:
            losses.add_settings({"service_tier": tier})


def _put_turns(body: dict[str, Any], turns: Sequence[talk.Turn], losses: Losses) -> None:
    first = list(takewhile(lambda turn: turn.role in _SYSTEM, turns))
    later = [turn for turn in turns[len(first) :] if turn.role in _SYSTEM]
    for turn in later:
        losses.add(talk.Loss.MOVED, turn.role, turn.place)
    systems = [*first, *later]
    texts = [part for turn in systems for part in _texts(turn, losses)]
    if len(systems) == 1 and systems[0].is_plain and len(texts) == 1:
        body["system"] = texts[0].text
    elif texts:
        body["system"] = [{"type": "text", "text": part.text} for part in texts]
    said = [turn for turn in turns if turn.role not in _SYSTEM]
    body["messages"] = []
    for is_result, run in groupby(said, lambda turn: turn.role == "tool"):
        if is_result:
            # The API requires all results for one answer in one message.
            parts = carrying.filled([part for turn in run for part in turn.parts])
            content = carrying.content(parts, False, lambda part: _block(part, losses), losses)
            body["messages"] += [{"role": "user", "content": content}] if content else []
        else:
            body["messages"] += [message for turn in run if (message := _message(turn, losses))]


def _texts(turn: talk.Turn, losses: Losses) -> Iterator[talk.Text]:
    for part in turn.parts:
        if isinstance(part, talk.Text):
            yield part
        else:
            losses.add_part(part)


def _message(turn: talk.Turn, losses: Losses) -> dict[str, Any] | None:
    parts = carrying.filled(turn.parts) if len(turn.parts) > 1 else turn.parts
    content = carrying.content(parts, turn.is_plain, lambda part: _block(part, losses), losses)
    if content or content == "" or not turn.parts:
        return carrying.given(role=turn.role, content=content or "")
    return None


def _block(part: talk.Part, losses: Losses) -> dict[str, Any] | None:
    if isinstance(part, talk.Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, talk.Refusal):
        losses.add(talk.Loss.CHANGED, "refusal", part.place)
        return {"type": "text", "text": part.text}
    if isinstance(part, talk.ToolCall):
        return carrying.given(type="tool_use", id=part.id, name=part.name, input=_input(part, losses))
    if isinstance(part, talk.ToolResult):
        return _result(part, losses)
    if isinstance(part, talk.Image | talk.File) and (source := _source(part)):
        if isinstance(part, talk.File):
            return carrying.given(type="document", source=source, title=part.name)
        if part.detail is not None:
            losses.add(talk.Loss.LEFT_OUT, "detail", part.detail.place)
        return {"type": "image", "source": source}
    return None


def _result(part: talk.ToolResult, losses: Losses) -> dict[str, Any]:
    content = carrying.content(part.content, part.is_plain, lambda inner: _block(inner, losses), losses)
    return carrying.given(type="tool_result", tool_use_id=part.id, content=content, is_error=part.is_error)


def _input(call: talk.ToolCall, losses: Losses) -> dict[str, Any]:
    """Return the arguments as an object, as the API requires."""
    if not call.arguments.strip():
        return {}
    try:
        arguments = jsontext.loads(call.arguments)
    except jsontext.JSONTextError:
        arguments = None
    if isinstance(arguments, dict):
        return arguments
    losses.add(talk.Loss.CHANGED, "arguments", call.place)
    return {"arguments": call.arguments}


def _source(part: talk.Image | talk.File) -> dict[str, Any] | None:
    """Return the `source` of an image or file. File IDs belong to one provider; documents are PDF only."""
    if part.url:
        return {"type": "url", "url": part.url}
    if not part.data or (isinstance(part, talk.File) and part.type != "application/pdf"):
        return None
    return {"type": "base64", "media_type": part.type, "data": part.data}


def _tool_of(tool: talk.Tool) -> dict[str, Any]:
    return carrying.given(
        name=tool.name,
        description=tool.description,
        input_schema=carrying.schema_of(tool),
        strict=tool.strict or None,
    )


def _put_choice(
    body: dict[str, Any], choice: talk.ToolChoice | None, settings: dict[str, talk.Setting]
) -> None:
    if choice:
        name = {"name": choice.name} if choice.pick is talk.Pick.NAMED else {}
        body["tool_choice"] = {"type": _PICKS.get(choice.pick, "tool"), **name}
    parallel = settings.get("parallel")
    takes_it = choice is None or choice.pick is not talk.Pick.NONE
    if parallel and isinstance(parallel.value, bool) and takes_it and "tools" in body:
        body.setdefault("tool_choice", {"type": "auto"})["disable_parallel_tool_use"] = not parallel.value
        del settings["parallel"]


def _put_output(body: dict[str, Any], output: talk.JSONOutput, losses: Losses) -> None:
    if output.is_free:
        losses.add(talk.Loss.LEFT_OUT, "json_object", output.place)
        return
    for name in ("name", "description"):
        if getattr(output, name) is not None:
            losses.add(talk.Loss.LEFT_OUT, name, f"{output.place}.{name}")
    if output.strict not in (None, True):
        losses.add(talk.Loss.CHANGED, "strict", f"{output.place}.strict")
    carrying.put(body, ("output_config", "format"), {"type": "json_schema", "schema": output.schema})
