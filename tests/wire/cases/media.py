"""Images, audio, sources and refusals; and when the page may say that nothing came."""

import base64
from typing import Any

from tests.upstreams.scripted import completion_body
from tests.wire.case import STREAM, Case, answer, deltas

MESSAGE = "completion.choices.0.message"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()
WAV = base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt " + bytes(40)).decode()
SVG = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").decode()
NO_TEXT = ("has no text",)


def _image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def _whole(name: str, message: dict[str, Any], finish: Any = "stop", **case: Any) -> Case:
    message = {"role": "assistant", "content": None} | message
    body = completion_body(choices=[{"message": message, "finish_reason": finish}], **case.pop("head", {}))
    return Case(name, answer(body), says={"error": None} | case.pop("says", {}), **case)


SHOWN_IMAGES = {
    "in message.images": {"images": [_image(f"data:image/png;base64,{PNG}")]},
    "as a content part": {"content": [_image(f"data:image/png;base64,{PNG}")]},
    "as b64_json": {"content": [{"type": "image", "b64_json": PNG}]},
    "as output_image": {"content": [{"type": "output_image", "image_url": f"data:image/png;base64,{PNG}"}]},
    "as a source": {"content": [{"type": "image", "source": {"type": "base64", "data": PNG}}]},
    "labelled as what it is not": {"images": [_image(f"data:image/svg+xml;base64,{PNG}")]},
}
NOT_SHOWN = {
    "an SVG": f"data:image/svg+xml;base64,{SVG}",
    "an SVG labelled as PNG": f"data:image/png;base64,{SVG}",
    "an SVG in the open": "data:image/svg+xml,<svg onload=alert(1)>",
    "broken base64": "data:image/png;base64,iVBORw0KGgo=!!!!",
    "a script": "javascript:alert(1)",
}

CASES = [
    *[_whole(f"an image {name}", message, hides=NO_TEXT) for name, message in SHOWN_IMAGES.items()],
    *[
        _whole(
            f"an image that is {name}",
            {"images": [_image(url)]},
            shows=("Only PNG, JPEG, WebP, and GIF",),
            hides=NO_TEXT,
        )
        for name, url in NOT_SHOWN.items()
    ],
    _whole(
        "an image elsewhere",
        {"images": [_image("https://img.example/cat.png")]},
        shows=("not loaded", "https://img.example/cat.png"),
        hides=NO_TEXT,
    ),
    Case(
        "an image in a stream",
        deltas(
            {"role": "assistant", "content": ""},
            {"images": [_image(f"data:image/png;base64,{PNG}") | {"index": 0}]},
        ),
        request=STREAM,
        says={f"{MESSAGE}.images.0.image_url.url": f"data:image/png;base64,{PNG}", "error": None},
        hides=("has no text", "empty string"),
        source="https://openrouter.ai/docs/features/multimodal/image-generation",
    ),
    Case(
        "an image that is said twice",
        deltas(*[{"images": [_image(f"data:image/png;base64,{PNG}") | {"index": 0}]}] * 2),
        request=STREAM,
        says={f"{MESSAGE}.images": [_image(f"data:image/png;base64,{PNG}") | {"index": 0}]},
    ),
    Case(
        "two images that both say index 0",
        deltas(
            {"images": [_image(f"data:image/png;base64,{PNG}") | {"index": 0}]},
            {"images": [_image("https://img.example/2.png") | {"index": 0}]},
        ),
        request=STREAM,
        says={f"{MESSAGE}.images.1.image_url.url": "https://img.example/2.png"},
        shows=("https://img.example/2.png",),
    ),
    _whole(
        "audio with its transcript",
        {"audio": {"id": "audio_1", "data": WAV, "transcript": "Hello there", "expires_at": 5}},
        shows=("Transcript", "Hello there"),
        hides=NO_TEXT,
    ),
    _whole(
        "audio that can’t be played",
        {
            "audio": {
                "id": "audio_1",
                "data": base64.b64encode(bytes(40)).decode(),
                "transcript": "Hello there",
            }
        },
        shows=("can’t be played", "Hello there"),
        hides=NO_TEXT,
    ),
    Case(
        "audio in pieces",
        deltas(
            {"role": "assistant", "audio": {"id": "audio_1"}},
            {"audio": {"transcript": "Hello "}},
            {"audio": {"data": WAV[:20]}},
            {"audio": {"transcript": "there", "data": WAV[20:]}},
            {"audio": {"id": "audio_1", "expires_at": 5}},
        ),
        request=STREAM,
        says={
            f"{MESSAGE}.audio": {"id": "audio_1", "transcript": "Hello there", "data": WAV, "expires_at": 5},
            "error": None,
        },
        shows=("Transcript", "Hello there"),
        hides=(*NO_TEXT, "can’t be played"),
        source="https://platform.openai.com/docs/guides/audio",
    ),
    Case(
        "raw samples that were asked for",
        deltas(*[{"audio": {"id": "audio_1", "data": base64.b64encode(bytes(4)).decode()}}] * 3),
        request=STREAM | {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}},
        says={"error": None},
        hides=(*NO_TEXT, "can’t be played"),
    ),
    _whole(
        "url citations",
        {
            "content": "As said[1].",
            "annotations": [
                {"type": "url_citation", "url_citation": {"url": "https://a.example/x", "title": "On A"}},
                {"type": "url_citation", "url": "https://b.example/y", "title": "On B"},
            ],
        },
        shows=("Sources", "On A", "a.example", "On B", "b.example"),
    ),
    _whole(
        "citations of the completion",
        {"content": "As said[1]."},
        head={
            "citations": ["https://a.example/x", "https://b.example/y"],
            "search_results": [{"title": "On A", "url": "https://a.example/x", "date": "2026-01-01"}],
        },
        shows=("Sources", "On A", "https://b.example/y"),
        source="https://docs.perplexity.ai/api-reference/chat-completions-post",
    ),
    _whole(
        "annotations of another kind",
        {"content": "Hi", "annotations": [{"type": "file_citation", "file_id": "file_1"}]},
        shows=("Other fields annotations", "file_1"),
        hides=("Sources",),
    ),
    _whole("a refusal", {"refusal": "I cannot."}, shows=("Refusal", "I cannot."), hides=NO_TEXT),
    _whole(
        "a refusal as a content part",
        {"content": [{"type": "refusal", "refusal": "I cannot."}]},
        shows=("Refusal", "I cannot."),
        hides=NO_TEXT,
    ),
    _whole(
        "a field that nobody knows",
        {"video": {"url": "https://v.example/1.mp4"}},
        shows=("Other fields video", "https://v.example/1.mp4"),
        hides=NO_TEXT,
    ),
    _whole(
        "a content part that nobody knows",
        {"content": [{"type": "text", "text": "Hi"}, {"type": "widget", "spin": 3}]},
        shows=("Hi", "Other fields content", '"spin": 3'),
        hides=NO_TEXT,
    ),
    _whole("a content that is an object", {"content": {"text": "Hi"}}, shows=("Hi",), hides=NO_TEXT),
    _whole(
        "a content that is a number",
        {"content": 42},
        shows=("Other fields content", "42"),
        hides=NO_TEXT,
    ),
    _whole(
        "a message without anything",
        {},
        shows=("The answer has no text.", "Finish reason: stop"),
    ),
    _whole("the empty text", {"content": ""}, shows=("The answer is an empty string.",)),
    *[
        _whole(
            f"a finish reason of {reason!r}",
            {"content": "Hi"},
            reason,
            shows=("Hi", "Finish reason: not reported"),
            hides=("reported the finish reason",),
        )
        for reason in ("", "null", None)
    ],
    Case(
        "several choices of several kinds",
        answer(
            completion_body(
                choices=[
                    {"index": 0, "message": {"content": "One"}, "finish_reason": "stop"},
                    {"index": 1, "message": {"content": None, "refusal": "No."}, "finish_reason": "stop"},
                    {"index": 2, "message": {"content": None}, "finish_reason": "content_filter"},
                ]
            )
        ),
        says={"error": None},
        shows=("Answer 1 of 3", "One", "Answer 2 of 3", "No.", "Answer 3 of 3", "content filter"),
    ),
    *(
        _whole(
            f"{name} that is {value!r}",
            {"content": "Hi", name: value},
            shows=("Hi", f"Other fields {name}"),
        )
        for name, value in (
            ("function_call", "auto"),
            ("function_call", ["f"]),
            ("refusal", {"reason": "no"}),
            ("citations", {"a": "b"}),
            ("tool_calls", 5),
        )
    ),
]
