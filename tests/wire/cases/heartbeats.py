"""Heartbeats in a stream: neither part of the answer nor counted as unreadable."""

import json

from tests.upstreams.scripted import chunk
from tests.wire.case import STREAM, Case, http

_HEL, _LO = (f"data: {json.dumps(chunk({'content': text}))}\n\n" for text in ("Hel", "lo!"))
_END = f"data: {json.dumps(chunk({}, finish_reason='stop'))}\n\ndata: [DONE]\n\n"
_SAYS = {
    "completion.choices.0.message.content": "Hello!",
    "response.unread_events": None,
    "error": None,
}


def _between(beat: str, source: str = "") -> Case:
    """Make a case from a stream that says Hello!, with heartbeats before, within and after it."""
    text = f"{beat}{_HEL}{beat}{beat}{_LO}{beat}{_END}"
    return Case(
        f"a sign of life: {beat!r}",
        http(text, "text/event-stream"),
        _SAYS,
        shows=("Hello!",),
        hides=("couldn’t be read", '"type": "ping"', '"type": "keepalive"'),
        request=STREAM,
        source=source,
    )


CASES = [
    _between("data: ping\n\n"),
    _between("data: ping\n"),
    _between("ping\n\n"),
    _between('data: "ping"\n\n'),
    _between("data: [PING]\n\n"),
    _between("data: keep-alive\n\n"),
    _between("data: : keepalive\n\n"),
    _between("data: heartbeat\n\n"),
    _between("data: OPENROUTER PROCESSING\n\n"),
    _between('data: {"type": "ping"}\n\n', "https://docs.claude.com/en/docs/build-with-claude/streaming"),
    _between('event: ping\ndata: {"type": "ping"}\n\n'),
    _between("event: ping\ndata: 2026-11-26 10:00:00\n\n"),
    _between('event: keepalive\ndata: {"type": "keepalive"}\n\n'),
    _between(": OPENROUTER PROCESSING\n\n", "https://openrouter.ai/docs/api-reference/streaming"),
    Case(
        "an error within a sign of life is told",
        http(f'{_HEL}event: ping\ndata: {{"error": {{"message": "No memory."}}}}\n\n', "text/event-stream"),
        {"error.message": "No memory.", "completion.choices.0.message.content": "Hel"},
        request=STREAM,
    ),
    Case(
        "words that begin like a sign of life are none",
        http(f"{_HEL}data: ping of death\n\n{_LO}{_END}", "text/event-stream"),
        {"response.unread_events": {"count": 1, "first": "ping of death"}},
        request=STREAM,
    ),
]
