"""Read images and audio from the URLs or base64 that an API sends. The type is detected from the bytes."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playground.exchange.answer import LONGEST_DATA, Media

# Raster images only: an SVG is a document and can contain scripts.
_IMAGE_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_AUDIO_STARTS = (
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
)
_DATA_URL = re.compile(r"data:[^,]{0,200},", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
# Audio that OpenAI streams has no header: 24 kHz, 16 bits, one channel.
_PCM16 = (24_000, 16, 1)


def image(source: str) -> Media:
    """Read an image. `source` is a URL, a data URL, or base64."""
    return _read(source, _image_type)


def sound(source: str, asked_format: str | None = None) -> Media:
    """Read audio. `asked_format` is the requested format, which raw samples do not show themselves."""
    source = source if len(source) > LONGEST_DATA else _in_one(source)
    media = _read(source, _audio_type)
    if media.type or media.link or media.is_too_long or asked_format != "pcm16":
        return media
    try:
        samples = base64.b64decode(source, validate=True)
    except ValueError:  # also non-ASCII letters, which base64 does not have
        return media
    return Media("audio/wav", base64.b64encode(_wav_head(len(samples)) + samples).decode(), len(source))


def safe_link(url: Any) -> str | None:
    """Return the URL if it is safe to use as a link, otherwise None."""
    if not isinstance(url, str) or not url.lower().startswith(("http://", "https://")):
        return None
    try:
        return url if urlsplit(url).hostname else None
    except ValueError:
        return None


def _read(source: str, type_of: Callable[[bytes], str | None]) -> Media:
    if (link := safe_link(source)) or len(source) > LONGEST_DATA:
        return Media(None, "", len(source), link)
    head = _DATA_URL.match(source)
    data = "".join(source[head.end() if head else 0 :].split()).translate(str.maketrans("-_", "+/"))
    type_ = type_of(_start(data)) if _BASE64.fullmatch(data) else None
    return Media(type_, data if type_ else "", len(source))


def _start(data: str) -> bytes:
    try:
        return base64.b64decode(data[:64])
    except binascii.Error:
        return b""


def _image_type(start: bytes) -> str | None:
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    return _type(start, _IMAGE_STARTS)


def _audio_type(start: bytes) -> str | None:
    if start[:4] == b"RIFF" and start[8:12] == b"WAVE":
        return "audio/wav"
    return "audio/mp4" if start[4:8] == b"ftyp" else _type(start, _AUDIO_STARTS)


def _type(start: bytes, starts: tuple[tuple[bytes, str], ...]) -> str | None:
    return next((type_ for begin, type_ in starts if start.startswith(begin)), None)


def _in_one(data: str) -> str:
    """Join streamed base64, where each delta can have its own padding."""
    ends = re.findall(r"[^=]+=*", data)
    if len(ends) < 2 or _DATA_URL.match(data):
        return data
    try:
        return base64.b64encode(b"".join(base64.b64decode(piece) for piece in ends)).decode()
    except ValueError:
        return data


def _wav_head(size: int) -> bytes:
    rate, bits, channels = _PCM16
    frame = channels * bits // 8
    numbers = ((16, 4), (1, 2), (channels, 2), (rate, 4), (rate * frame, 4), (frame, 2), (bits, 2))
    form = b"".join(number.to_bytes(width, "little") for number, width in numbers)
    length = (36 + size).to_bytes(4, "little")
    return b"RIFF" + length + b"WAVEfmt " + form + b"data" + size.to_bytes(4, "little")
