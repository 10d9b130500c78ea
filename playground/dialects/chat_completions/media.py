"""Find images and audio in a message, in the shapes that providers send."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from playground.dialects.media import image, sound
from playground.exchange.answer import Media

_IMAGE_PARTS = ("image_url", "image", "output_image", "input_image", "image_generation_call")
_AUDIO_PARTS = ("audio", "output_audio", "input_audio")


def images_in(message: dict[str, Any]) -> list[Media]:
    found = chain(_listed(message.get("images")), _parts(message, _IMAGE_PARTS))
    return [image(source) for item in found if (source := _source(item))]


def audio_in(message: dict[str, Any], asked_format: str | None = None) -> list[Media]:
    """Return the audio. `asked_format` is the requested format, which raw samples do not show themselves."""
    found = chain(_listed(message.get("audio")), _parts(message, _AUDIO_PARTS))
    return [sound(source, asked_format) for item in found if (source := _source(item))]


def media_in_delta(delta: dict[str, Any]) -> str:
    """Return `[image]` or `[audio]` if a delta has one, otherwise ""."""
    if images_in(delta):
        return "[image]"
    return "[audio]" if any(_source(item) for item in _listed(delta.get("audio"))) else ""


def is_media(part: dict[str, Any]) -> bool:
    return part.get("type") in (*_IMAGE_PARTS, *_AUDIO_PARTS) and bool(_source(part))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _parts(message: dict[str, Any], types: tuple[str, ...]) -> Iterator[Any]:
    content = message.get("content")
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, dict) and part.get("type") in types:
            yield part


def _source(item: Any) -> str:
    """Return the URL or base64 of an image or audio, wherever it is; "" if there is none."""
    if isinstance(item, str):
        return item
    if not isinstance(item, dict):
        return ""
    names = (
        "b64_json", "data", "url", "image_url", "audio_url", "input_audio", "audio", "source", "image",
        "result",
    )  # fmt: skip
    return next((source for name in names if (source := _source(item.get(name)))), "")
