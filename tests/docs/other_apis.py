"""Scripted answers in the Messages and Responses APIs, for the docs' examples of them."""

import json
import re
from collections.abc import Callable
from typing import Any

from playground.dialects import DIALECTS
from playground.exchange.request import checked
from tests.dialects.messages import events as messages
from tests.dialects.responses import streams as responses
from tests.upstreams.scripted import Answer, Recorded, event_stream, json_answer

COUNTED = 14


def answer_of(recorded: Recorded, answers: Callable[[Any], str]) -> Answer:
    """Answer a call of `/v1/messages…` or `/v1/responses…`. Raises `InvalidRequestError`, `KeyError`."""
    _, _, name, *more = recorded.path.split("/")
    body = recorded.json
    if version := recorded.header("anthropic-version"):
        body = body | {"anthropic-version": version}
    if more:
        # All that a call has, but for what it may spend.
        checked(DIALECTS[name], {"max_tokens": 1} | body if name == "messages" else body, **_LIMITS)
        return json_answer({"input_tokens": COUNTED})
    checked(DIALECTS[name], body, **_LIMITS)
    return {"messages": _message, "responses": _response}[name](body, answers(_question(body)))


_LIMITS = {"max_messages": 100, "max_bytes": 1_000_000}


def _question(body: dict[str, Any]) -> Any:
    turns = body.get("messages", body.get("input"))
    return turns if isinstance(turns, str) else turns[-1]["content"]


def _message(body: dict[str, Any], text: str) -> Answer:
    pieces = _pieces(text)
    usage = {"input_tokens": COUNTED, "output_tokens": len(pieces)}
    if body.get("stream"):
        start = messages.start(model=body["model"], usage=usage | {"output_tokens": 1})
        stopped = messages.stopped(usage={"output_tokens": len(pieces)})
        return event_stream(messages.encoded(start, *messages.text(0, *pieces), *stopped))
    whole = messages.start(
        model=body["model"], content=[{"type": "text", "text": text}], stop_reason="end_turn", usage=usage
    )
    return json_answer(whole["message"])


def _response(body: dict[str, Any], text: str) -> Answer:
    pieces, head = _pieces(text), {"model": body["model"], "store": body.get("store", True)}
    said = responses.message(text)
    usage = {
        "input_tokens": COUNTED,
        "output_tokens": len(pieces),
        "total_tokens": COUNTED + len(pieces),
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    whole = responses.response(said, usage=usage, **head)
    if not body.get("stream"):
        return json_answer(whole)
    place = {"item_id": "msg_1", "output_index": 0}
    part = place | {"content_index": 0}
    events = [
        responses.event("response.created", response=responses.response(status="in_progress", **head)),
        responses.event(
            "response.output_item.added", output_index=0, item=responses.message(status="in_progress")
        ),
        responses.event(
            "response.content_part.added", **part, part={"type": "output_text", "text": "", "annotations": []}
        ),
        *(responses.event("response.output_text.delta", **part, delta=piece) for piece in pieces),
        responses.event("response.output_text.done", **part, text=text),
        responses.event("response.content_part.done", **part, part=said["content"][0]),
        responses.event("response.output_item.done", output_index=0, item=said),
        responses.event("response.completed", response=whole),
    ]
    return event_stream(
        b"".join(
            f"event: {event['type']}\ndata: {json.dumps(event | {'sequence_number': number})}\n\n".encode()
            for number, event in enumerate(events)
        )
    )


def _pieces(text: str) -> list[str]:
    return re.findall(r"\w+\W*|\W+", text)
