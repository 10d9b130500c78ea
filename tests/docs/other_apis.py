"""Scripted answers in the Messages and Responses APIs, for the docs' examples of them."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from playground.dialects import DIALECTS
from playground.exchange.request import checked
from tests.dialects.messages import events as messages
from tests.dialects.responses import streams as responses
from tests.upstreams.scripted import Answer, Recorded, event_stream, json_answer

COUNTED = 14


def answer_of(
    recorded: Recorded, answers: Mapping[str, str], weather: Mapping[str, tuple[str, str]]
) -> Answer:
    """Answer a call of `/v1/messages…` or `/v1/responses…`. Raises `InvalidRequestError`, `KeyError`.

    `weather` maps a question to the city that a tool is called with, and the answer after its result.
    """
    _, _, name, *more = recorded.path.split("/")
    body = recorded.json
    if version := recorded.header("anthropic-version"):
        body = body | {"anthropic-version": version}
    if more:
        # All that a call has, but for what it may spend.
        checked(DIALECTS[name], {"max_tokens": 1} | body if name == "messages" else body, **_LIMITS)
        return json_answer({"input_tokens": COUNTED})
    checked(DIALECTS[name], body, **_LIMITS)
    turns = body.get("messages", body.get("input"))
    question = turns if isinstance(turns, str) else _question(turns)
    if question not in weather:
        return _ANSWERS[name](body, answers[question])
    city, text = weather[question]
    called = {"messages": _tool_use, "responses": _function_call}[name](body, turns, city)
    return called or _ANSWERS[name](body, text)


_LIMITS = {"max_messages": 100, "max_bytes": 1_000_000}


def _question(turns: list[dict[str, Any]]) -> Any:
    return next(turn["content"] for turn in turns[::-1] if isinstance(turn.get("content"), str))


def _tool_use(body: dict[str, Any], turns: list[dict[str, Any]], city: str) -> Answer | None:
    """Return the call, or None if its result is here. The thinking must come back with it."""
    content = [
        {"type": "thinking", "thinking": "", "signature": "sig=="},
        {"type": "tool_use", "id": "toolu_1", "name": body["tools"][0]["name"], "input": {"city": city}},
    ]
    usage = {"input_tokens": COUNTED, "output_tokens": 12}
    if len(turns) == 1:
        start = messages.start(model=body["model"], content=content, stop_reason="tool_use", usage=usage)
        return json_answer(start["message"])
    assert turns[-2]["content"] == content
    (result,) = turns[-1]["content"]
    assert result["tool_use_id"] == "toolu_1"
    assert json.loads(result["content"])["celsius"] == 18
    return None


def _function_call(body: dict[str, Any], items: list[dict[str, Any]], city: str) -> Answer | None:
    """Return the call, or None if its result is here. The reasoning must come back with it."""
    arguments = json.dumps({"city": city}, ensure_ascii=False)
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    output = [reasoning, responses.call(body["tools"][0]["name"], arguments)]
    if len(items) == 1:
        usage = {"input_tokens": COUNTED, "output_tokens": 12, "total_tokens": COUNTED + 12}
        return json_answer(responses.response(*output, model=body["model"], usage=usage))
    assert items[1:3] == output
    assert items[3]["call_id"] == "call_1"
    assert json.loads(items[3]["output"])["celsius"] == 18
    return None


def _message(body: dict[str, Any], text: str) -> Answer:
    pieces = _pieces(text)
    usage = {"input_tokens": COUNTED, "output_tokens": len(pieces)}
    if body.get("stream"):
        start = messages.start(model=body["model"], usage=usage | {"output_tokens": 1})
        stopped = messages.stopped(usage={"output_tokens": len(pieces)})
        return _events([start, *messages.text(0, *pieces), *stopped])
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
    return _events(event | {"sequence_number": number} for number, event in enumerate(events))


def _events(events: Iterable[dict[str, Any]]) -> Answer:
    lines = (f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events)
    return event_stream("".join(lines).encode())


_ANSWERS = {"messages": _message, "responses": _response}


def _pieces(text: str) -> list[str]:
    return re.findall(r"\w+\W*|\W+", text)
