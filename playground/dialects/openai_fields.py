"""Fields that OpenAI's APIs share, for conversions to and from them."""

from collections.abc import Callable
from typing import Any

from playground.dialects.carrying import Losses, Settings, Unread, content, given, media_type_and_data
from playground.exchange.conversation import (
    File,
    Image,
    JSONOutput,
    Loss,
    Part,
    Pick,
    Refusal,
    Setting,
    Text,
    ToolChoice,
    ToolResult,
)

_SAME = (
    "model", "temperature", "top_p", "top_logprobs", "stream", "user", "safety_identifier", "metadata",
    "store", "service_tier", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
    "moderation",
)  # fmt: skip
SETTINGS: Settings = {
    **{name: (name,) for name in _SAME},
    "parallel": ("parallel_tool_calls",),
    "obfuscation": ("stream_options", "include_obfuscation"),
}
PICKS = {Pick.AUTO: "auto", Pick.ANY: "required", Pick.NONE: "none"}


def text_in(part: Unread, kind: str, kinds: tuple[str, ...]) -> Text | Refusal | None:
    """Take the text of a part of one of the `kinds`, or of a refusal; None for any other part."""
    if kind in kinds and (text := part.take_text("text")) is not None:
        return Text(part.place, text)
    if kind == "refusal" and (text := part.take_text("refusal")) is not None:
        return Refusal(part.place, text)
    return None


def choice_in(body: Unread, within: str = "") -> ToolChoice | None:
    """Take the `tool_choice` of OpenAI's APIs, with the name in a nested object or not."""
    for pick, word in PICKS.items():
        if body.peek("tool_choice") == word:
            body.take("tool_choice")
            return ToolChoice("tool_choice", pick)
    choice = body.within("tool_choice")
    fields = choice.within(within) if choice and within else choice
    if choice and fields and choice.peek("type") == "function":
        choice.take("type")
        return ToolChoice("tool_choice", Pick.NAMED, fields.take("name"))
    return None


def output_in(output: Unread | None, within: str = "") -> JSONOutput | None:
    """Take the response format of OpenAI's APIs. Plain text needs no setting in any API."""
    kind = output.peek("type") if output else None
    if output is None or kind not in ("text", "json_object", "json_schema"):
        return None
    fields = output.within(within) if within and kind == "json_schema" else output
    if fields is None:
        return None
    output.take("type")
    if kind == "json_schema":
        names = ("schema", "name", "strict", "description")
        return JSONOutput(fields.place, *(fields.take(name) for name in names))
    return JSONOutput(output.place, is_free=True) if kind == "json_object" else None


def file_in(unread: Unread, place: str) -> File | None:
    """Take a file of OpenAI's APIs, from the first field that identifies it; None if there is none."""
    data = unread.take_text("file_data") or ""
    url = "" if data else unread.take_text("file_url") or ""
    id_ = "" if data or url else unread.take_text("file_id") or ""
    if not (data or url or id_):
        return None
    type_, data = media_type_and_data(data) or ("", data)
    return File(place, url, id_, data, type_, unread.take("filename"))


def image_in(place: str, url: str, fields: Unread | None) -> Image:
    """Return the image at a URL, which may be a data URL. `fields` may have a `detail`."""
    value = fields.take("detail") if fields else None
    detail = None if fields is None or value is None else Setting(fields.at("detail"), value)
    if found := media_type_and_data(url):
        return Image(place, type=found[0], data=found[1], detail=detail)
    return Image(place, url, detail=detail)


def detail_of(part: Image) -> dict[str, Any]:
    """Return the `detail` field of an image, if it is set."""
    return {} if part.detail is None else {"detail": part.detail.value}


def file_fields(part: File) -> dict[str, Any]:
    """Return the fields of a file in OpenAI's APIs, except for a URL."""
    data = f"data:{part.type};base64,{part.data}" if part.type and part.data else part.data
    return given(file_id=part.id or None, file_data=data or None, filename=part.name)


def result_of(
    result: ToolResult, write: Callable[[Part], dict[str, Any] | None], losses: Losses
) -> str | list[dict[str, Any]]:
    """Return the content of a tool's result. It has no field that says that the tool failed."""
    if result.is_error not in (None, False):
        losses.add(Loss.LEFT_OUT, "is_error", f"{result.place}.is_error")
    return content(result.content, result.is_plain, write, losses) or ""


def format_of(output: JSONOutput, place: str, losses: Losses, within: str = "") -> dict[str, Any]:
    """Return the response format. A schema needs a name."""
    if output.is_free:
        return {"type": "json_object"}
    name = output.name
    if name is None:
        name = "answer"
        losses.added("name", place, name)
    schema = given(name=name, description=output.description, strict=output.strict, schema=output.schema)
    return {"type": "json_schema", **({within: schema} if within else schema)}
