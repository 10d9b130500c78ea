"""The Messages API of the real local model, which is llama.cpp's and no specification."""

import json
from typing import Any

import pytest
import requests
from django.test import Client

from playground.calls.draft import Draft
from playground.calls.make import Terms, make
from playground.dialects.messages.dialect import MESSAGES
from playground.exchange.answer import Finish
from playground.exchange.failure import FailureKind
from playground.exchange.record import Exchange
from playground.explanations.explain import explain
from playground.upstream.client import NOBODY, Caller
from playground.upstream.live import Finished, Progress
from playground.upstream.local_model.supervisor import Supervisor
from tests.web.client import post_json

HELLO = {
    "model": "smollm2-135m-instruct",
    "messages": [{"role": "user", "content": "Hello!"}],
    "max_tokens": 8,
    "temperature": 0,
}
# Other requests in the batch change a small model's answer: it might end before the last token.
LONG = {"ignore_eos": True}


def _draft(**changes: Any) -> Draft:
    return Draft("local", None, None, HELLO | changes, dialect="messages")


def _made(**changes: Any) -> Exchange:
    exchange = make(_draft(**changes), Terms(), NOBODY)
    assert isinstance(exchange, Exchange)
    assert explain(exchange) is None
    return exchange


def test_it_answers_and_its_usage_adds_up(client: Client, local_model: Supervisor) -> None:
    told = post_json(client, provider="local", dialect="messages", request=HELLO).json()

    assert told["error"] is None
    assert told["completion"]["content"][0]["text"].strip()
    usage = told["usage"]
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]


@pytest.mark.parametrize("streams", [False, True])
def test_it_is_cut_by_length(local_model: Supervisor, streams: bool) -> None:
    exchange = _made(max_tokens=5, stream=streams, **LONG)

    (choice,) = exchange.choices
    assert (choice.finish, choice.finish_reason) == (Finish.LENGTH, "max_tokens")
    assert exchange.usage is not None
    assert exchange.usage.completion_tokens == 5
    assert exchange.usage.prompt_tokens


def test_a_stream_says_the_same_as_a_whole_answer(local_model: Supervisor) -> None:
    live = make(_draft(stream=True), Terms(), NOBODY, live=True)
    assert not isinstance(live, Exchange)
    *steps, last = live

    assert isinstance(last, Finished)
    exchange = last.exchange
    assert explain(exchange) is None
    assert exchange.stream is not None
    assert exchange.stream.done
    progress = [*(step for step in steps if isinstance(step, Progress)), last.rest]
    shown = "".join(text for step in progress for grown in step.growth for _, text in grown.texts)
    assert shown == exchange.choices[0].text
    assert shown
    assert exchange.usage is not None
    assert exchange.usage.total_tokens


@pytest.mark.parametrize("streams", [False, True])
def test_a_stop_sequence_is_named(local_model: Supervisor, streams: bool) -> None:
    asked = {"messages": [{"role": "user", "content": "Count: 1, 2, 3, 4"}]}
    whole = _made(max_tokens=20, **asked).choices[0].text
    assert whole is not None
    stop = whole[3:5]

    choice = _made(max_tokens=20, stop_sequences=[stop], stream=streams, **asked).choices[0]

    assert choice.finish is Finish.STOP
    assert choice.finish_note is not None
    assert choice.finish_note.params["stop"] == json.dumps(stop, ensure_ascii=False)
    assert stop not in (choice.text or "")


def test_what_had_arrived_stays_when_a_person_stops_it(local_model: Supervisor) -> None:
    ended: list[Exchange] = []
    steps = make(_draft(stream=True, max_tokens=500, **LONG), Terms(), Caller(ended=ended.append), live=True)
    assert not isinstance(steps, Exchange)

    next(step for step in steps if isinstance(step, Progress) and step.growth)
    steps.close()

    (exchange,) = ended
    assert exchange.failure is not None
    assert exchange.failure.kind is FailureKind.STOPPED
    assert exchange.choices[0].text
    assert exchange.choices[0].finish is None


@pytest.mark.parametrize("streams", [False, True])
def test_a_schema_is_sent_whole_and_answered(local_model: Supervisor, streams: bool) -> None:
    """llama.cpp reads no schema in this API, so nothing is said of the answer's form."""
    schema = next(preset.body["output_config"] for preset in MESSAGES.presets if preset.id == "json")

    exchange = _made(output_config=schema, stream=streams)

    assert json.loads(exchange.sent.body)["output_config"] == schema
    assert exchange.choices[0].text


def test_it_counts_what_the_answer_then_uses(local_model: Supervisor) -> None:
    body = HELLO | {"system": "Be brief."}
    headers = dict(MESSAGES.auth.headers(local_model.key)) | dict(MESSAGES.headers(body))

    value = requests.post(
        f"{local_model.url}{MESSAGES.count_path}", json=MESSAGES.to_count(body), headers=headers, timeout=60
    ).json()

    usage = _made(system="Be brief.").usage
    assert usage is not None
    assert MESSAGES.counted(value) == usage.prompt_tokens


def test_it_lists_itself(client: Client, local_model: Supervisor) -> None:
    headers = dict(MESSAGES.auth.headers(local_model.key))

    value = requests.get(f"{local_model.url}{MESSAGES.models_path}", headers=headers, timeout=60).json()

    models = MESSAGES.models(value)
    assert models is not None
    assert models.ids


@pytest.mark.parametrize("preset", ["greeting", "system", "streaming", "conversation"])
def test_each_preset_is_answered(local_model: Supervisor, preset: str) -> None:
    body = next(example.body for example in MESSAGES.presets if example.id == preset)

    exchange = _made(**{**body, "max_tokens": 8, "temperature": None})

    assert exchange.choices[0].text
