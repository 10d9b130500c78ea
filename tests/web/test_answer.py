"""`answer` and `usage` in the JSON of `/send/`: one shape, whatever the API."""

import json
from typing import Any

import pytest
from django.test import Client

from playground.calls.draft import Draft
from playground.calls.make import Terms, make
from playground.exchange.record import Exchange
from playground.results.as_json import as_json
from playground.upstream.client import Caller
from playground.upstream.live import Progress
from playground.upstream.local_model.supervisor import Supervisor
from tests.upstreams.scripted import ScriptedUpstream, completion, event, event_stream, json_answer
from tests.web.client import post_json

HELLO = [{"role": "user", "content": "Hello!"}]
# Each API's request, and its field that limits the answer.
ASKED: dict[str, tuple[dict[str, Any], str]] = {
    "chat_completions": ({"messages": HELLO, "stream_options": {"include_usage": True}}, "max_tokens"),
    "messages": ({"messages": HELLO}, "max_tokens"),
    "responses": ({"input": HELLO, "store": False}, "max_output_tokens"),
}
FIELDS = {"text", "reasoning", "refusal", "tool_calls", "finish", "finish_reason"}
COUNTS = {"prompt_tokens", "completion_tokens", "total_tokens"}
# Other requests in the batch change a small model's answer: it might end before the last token.
LONG = {"ignore_eos": True}


def _request(dialect: str, tokens: int, **changes: Any) -> dict[str, Any]:
    body, limit = ASKED[dialect]
    request = body | {"model": "smollm2-135m-instruct", "temperature": 0, limit: tokens} | changes
    if not request.get("stream"):
        request.pop("stream_options", None)
    return request


def _sent(client: Client, dialect: str, tokens: int, **changes: Any) -> Any:
    request = _request(dialect, tokens, **changes)
    told = post_json(client, provider="local", dialect=dialect, request=request).json()
    assert told["error"] is None
    assert set(told["answer"]) == FIELDS
    assert told["answer"]["text"].strip()
    assert told["answer"]["reasoning"] is told["answer"]["refusal"] is None
    assert told["answer"]["tool_calls"] == []
    usage = told["usage"]
    assert set(usage) >= COUNTS
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]
    return told


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("dialect", ASKED)
def test_a_real_answer(client: Client, local_model: Supervisor, dialect: str, streams: bool) -> None:
    told = _sent(client, dialect, 200, stream=streams)

    assert told["answer"]["finish"] == "stop"


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("dialect", ASKED)
def test_a_real_answer_that_is_cut_by_length(
    client: Client, local_model: Supervisor, dialect: str, streams: bool
) -> None:
    told = _sent(client, dialect, 5, stream=streams, **LONG)

    assert told["usage"]["completion_tokens"] == 5
    # llama.cpp calls a response completed that OpenAI calls incomplete.
    assert told["answer"]["finish"] == ("stop" if dialect == "responses" else "length")


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize(("dialect", "name"), [("chat_completions", "stop"), ("messages", "stop_sequences")])
def test_a_real_answer_that_meets_a_stop_sequence(
    client: Client, local_model: Supervisor, dialect: str, name: str, streams: bool
) -> None:
    whole = _sent(client, dialect, 20, **LONG)["answer"]["text"]
    stop = whole.strip()[5:7]

    told = _sent(client, dialect, 20, stream=streams, **LONG, **{name: [stop]})

    assert stop not in told["answer"]["text"]
    assert told["answer"]["finish"] == "stop"


@pytest.mark.parametrize("dialect", ASKED)
def test_a_real_answer_that_a_person_stops(local_model: Supervisor, dialect: str) -> None:
    ended: list[Exchange] = []
    draft = Draft("local", None, None, _request(dialect, 500, stream=True, **LONG), dialect=dialect)
    steps = make(draft, Terms(), Caller(ended=ended.append), live=True)
    assert not isinstance(steps, Exchange)
    next(step for step in steps if isinstance(step, Progress) and step.growth)
    steps.close()

    told = as_json(ended[0])

    assert told["error"]["kind"] == "stopped"
    assert set(told["answer"]) == FIELDS
    assert told["answer"]["text"]
    assert told["answer"]["finish"] is told["answer"]["finish_reason"] is None


CALL = {"id": "call_1", "name": "add", "arguments": '{"a": 1}'}
SCRIPTED: dict[str, Any] = {
    "chat_completions": completion(
        choices=[
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Adding.",
                    "reasoning_content": "Sums.",
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "add", "arguments": '{"a": 1}'},
                        }
                    ],
                },
                "finish_reason": "tool_calls",
            }
        ],
        usage={"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
    ),
    "messages": json_answer(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [
                {"type": "thinking", "thinking": "Sums.", "signature": "s"},
                {"type": "text", "text": "Adding."},
                {"type": "tool_use", "id": "call_1", "name": "add", "input": {"a": 1}},
            ],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 9, "output_tokens": 3},
        }
    ),
    "responses": json_answer(
        {
            "id": "resp_1",
            "object": "response",
            "status": "completed",
            "model": "m",
            "output": [
                {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Sums."}]},
                {
                    "type": "message",
                    "id": "msg_1",
                    "role": "assistant",
                    "status": "completed",
                    "content": [{"type": "output_text", "text": "Adding.", "annotations": []}],
                },
                {
                    "type": "function_call",
                    "id": "fc_1",
                    "call_id": "call_1",
                    "name": "add",
                    "arguments": '{"a": 1}',
                },
            ],
            "usage": {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12},
        }
    ),
}


def _from(upstream: ScriptedUpstream, client: Client, dialect: str, **changes: Any) -> Any:
    request = _request(dialect, 8, **changes)
    return post_json(client, provider=None, base_url=upstream.url, dialect=dialect, request=request).json()


@pytest.mark.parametrize("dialect", ASKED)
def test_reasoning_and_calls_are_the_same_in_each_api(
    client: Client, upstream: ScriptedUpstream, dialect: str
) -> None:
    upstream.reply(SCRIPTED[dialect])

    told = _from(upstream, client, dialect)

    told["answer"].pop("finish_reason")
    (call,) = told["answer"].pop("tool_calls")
    assert call | {"arguments": json.loads(call["arguments"])} == CALL | {"arguments": {"a": 1}}
    assert told["answer"] == {
        "text": "Adding.",
        "reasoning": "Sums.",
        "refusal": None,
        "finish": "tool_calls",
    }
    assert told["usage"] == {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def test_an_incomplete_response_is_cut_by_length(client: Client, upstream: ScriptedUpstream) -> None:
    response = {
        "id": "resp_1",
        "object": "response",
        "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"},
        "output": [],
    }
    upstream.reply(event_stream(event({"type": "response.incomplete", "response": response})))

    assert _from(upstream, client, "responses", stream=True)["answer"]["finish"] == "length"


def test_a_refusal_is_told_apart_from_a_text(client: Client, upstream: ScriptedUpstream) -> None:
    message = {"role": "assistant", "content": None, "refusal": "I won't."}
    upstream.reply(completion(choices=[{"index": 0, "message": message, "finish_reason": "stop"}]))

    answer = _from(upstream, client, "chat_completions")["answer"]

    assert (answer["text"], answer["refusal"]) == (None, "I won't.")


def test_of_several_choices_the_first_is_the_answer(client: Client, upstream: ScriptedUpstream) -> None:
    choices = [
        {"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        for index, text in enumerate(("one", "two"))
    ]
    upstream.reply(completion(choices=choices))

    told = _from(upstream, client, "chat_completions", n=2)

    assert told["answer"]["text"] == "one"
    assert [choice["message"]["content"] for choice in told["completion"]["choices"]] == ["one", "two"]


@pytest.mark.parametrize("dialect", ASKED)
def test_an_error_has_no_answer(client: Client, upstream: ScriptedUpstream, dialect: str) -> None:
    upstream.reply(json_answer({"error": {"message": "No."}}, 400))

    told = _from(upstream, client, dialect)

    assert told["answer"] is told["usage"] is None
    assert told["error"]["kind"] == "bad_request"
