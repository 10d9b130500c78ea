"""The Responses API of the real local model, which is llama.cpp's and no specification."""

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
import requests
from django.test import Client

from playground.calls.draft import Draft
from playground.calls.make import Terms, make
from playground.dialects.examples import in_language
from playground.exchange.answer import Finish
from playground.exchange.record import Exchange
from playground.exchange.refusal import InvalidRequestError
from playground.explanations.explain import explain
from playground.upstream.client import NOBODY
from playground.upstream.local_model import abilities
from playground.upstream.local_model.supervisor import Supervisor
from tests.dialects.responses.streams import RESPONSES
from tests.web.client import post_json

HELLO = {
    "model": "smollm2-135m-instruct",
    "input": "Hello!",
    "max_output_tokens": 8,
    "temperature": 0,
    "store": False,
}
# Other requests in the batch change a small model's answer: it might end before the last token.
LONG = {"ignore_eos": True}


def _draft(**changes: Any) -> Draft:
    return Draft("local", None, None, HELLO | changes, dialect="responses")


def _made(**changes: Any) -> Exchange:
    exchange = make(_draft(**changes), Terms(), NOBODY)
    assert isinstance(exchange, Exchange)
    assert explain(exchange) is None
    return exchange


def test_it_answers_and_its_usage_adds_up(client: Client, local_model: Supervisor) -> None:
    told = post_json(client, provider="local", dialect="responses", request=HELLO).json()

    assert told["error"] is None
    assert told["completion"]["output"][0]["content"][0]["text"].strip()
    usage = told["usage"]
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]


@pytest.mark.parametrize("streams", [False, True])
def test_it_is_cut_by_length(local_model: Supervisor, streams: bool) -> None:
    """llama.cpp calls that completed, where OpenAI says incomplete."""
    exchange = _made(max_output_tokens=5, stream=streams, **LONG)

    (choice,) = exchange.choices
    assert (choice.finish, choice.finish_reason) == (Finish.STOP, "completed")
    assert exchange.usage is not None
    assert exchange.usage.completion_tokens == 5


@pytest.mark.parametrize("streams", [False, True])
def test_a_schema_of_its_own_is_held_to(local_model: Supervisor, streams: bool) -> None:
    """llama.cpp reads no `text.format`; its own `json_schema` passes, as any field does."""
    preset = dict(_preset("json"))
    schema = preset.pop("text")["format"]["schema"]

    exchange = _made(**preset, json_schema=schema, stream=streams)

    assert set(json.loads(exchange.choices[0].text or "")) == {"name", "color"}


def test_a_schema_is_refused_because_it_would_be_ignored(client: Client, local_model: Supervisor) -> None:
    asked = HELLO | {"text": _preset("json")["text"]}
    headers = dict(RESPONSES.auth.headers(local_model.key))
    url = f"{local_model.url}{RESPONSES.ending}"
    ignored = requests.post(url, json=asked, headers=headers, timeout=60).json()
    client.get("/")
    deadline = time.monotonic() + 10
    while "schema" not in abilities.probe.lacks and time.monotonic() < deadline:
        time.sleep(0.01)

    with pytest.raises(InvalidRequestError) as refused:
        _made(text=asked["text"])

    assert [problem.field for problem in refused.value.problems] == ["text"]
    answer = RESPONSES.answer(ignored, {})
    assert answer is not None
    assert not (answer.choices[0].text or "").startswith("{")


def _preset(name: str) -> Mapping[str, Any]:
    return next(in_language(preset.body) for preset in RESPONSES.presets if preset.id == name)


def test_every_preset_without_tools_or_schema_is_answered(local_model: Supervisor) -> None:
    for preset in RESPONSES.presets:
        if "tools" in preset.body or preset.id == "json":
            continue
        exchange = _made(**in_language(preset.body) | {"max_output_tokens": 4})

        assert exchange.choices[0].text


def test_an_answer_goes_on_as_a_conversation(local_model: Supervisor) -> None:
    first = _made()
    said = first.choices[0].following(media=True)
    turns = [{"role": "user", "content": "Hello!"}, *said[:-1], {"role": "user", "content": "Again!"}]

    second = _made(input=turns)

    assert first.usage is not None
    assert second.usage is not None
    assert (second.usage.prompt_tokens or 0) > (first.usage.prompt_tokens or 0)


def test_tokens_are_counted_before_they_are_sent(local_model: Supervisor) -> None:
    asked = HELLO | {"instructions": "Be brief."}
    reply = requests.post(
        local_model.url + RESPONSES.count_path,
        json=RESPONSES.to_count(asked),
        headers={"Authorization": f"Bearer {local_model.key}"},
        timeout=30,
    )

    counted = RESPONSES.counted(reply.json())
    usage = _made(instructions="Be brief.").usage

    assert usage is not None
    assert counted == usage.prompt_tokens


def test_an_error_is_told(local_model: Supervisor) -> None:
    exchange = make(_draft(previous_response_id="resp_1", store=True), Terms(), NOBODY)

    assert isinstance(exchange, Exchange)
    error = explain(exchange)
    assert error is not None
    assert error.kind == "bad_request"
    assert "previous_response_id" in (error.message or "")


def test_a_message_without_its_type_is_mended(local_model: Supervisor) -> None:
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hi"}] * 2
    exchange = make(_draft(input=turns[:3]), Terms(), NOBODY)

    assert isinstance(exchange, Exchange)
    error = explain(exchange)
    assert error is not None
    assert error.fix is not None
    assert _made(**error.fix.changes).choices[0].text
