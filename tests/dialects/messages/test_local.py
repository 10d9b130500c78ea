"""The Messages API of the real local model, which is llama.cpp's and no specification."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.test import Client

from playground.calls.draft import Draft
from playground.calls.make import Terms, make
from playground.dialects.examples import in_language
from playground.dialects.messages.dialect import MESSAGES
from playground.exchange.answer import Finish
from playground.exchange.record import Exchange
from playground.exchange.refusal import InvalidRequestError
from playground.explanations.explain import explain
from playground.upstream.client import NOBODY
from playground.upstream.local_model import abilities
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


def _eventually(check: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not check():
        time.sleep(0.05)
    return check()


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


SCHEMA = next(in_language(preset.body["output_config"]) for preset in MESSAGES.presets if preset.id == "json")


def _headers(model: Supervisor) -> dict[str, str]:
    return dict(MESSAGES.auth.headers(model.key)) | dict(MESSAGES.headers({}))


def test_a_schema_is_refused_because_it_would_be_ignored(client: Client, local_model: Supervisor) -> None:
    asked = {"messages": [{"role": "user", "content": "Name a fruit."}], "output_config": SCHEMA}
    url = f"{local_model.url}{MESSAGES.ending}"
    ignored = requests.post(url, json=HELLO | asked, headers=_headers(local_model), timeout=60).json()
    client.get("/")
    assert _eventually(lambda: "schema" in abilities.probe.lacks)

    with pytest.raises(InvalidRequestError) as refused:
        _made(**asked)

    assert [problem.field for problem in refused.value.problems] == ["output_config"]
    assert not MESSAGES.answer(ignored, {}).choices[0].text.startswith("{")  # type: ignore[union-attr]


def test_it_counts_what_the_answer_then_uses(local_model: Supervisor) -> None:
    body = HELLO | {"system": "Be brief."}
    url = f"{local_model.url}{MESSAGES.count_path}"

    value = requests.post(url, json=MESSAGES.to_count(body), headers=_headers(local_model), timeout=60).json()

    usage = _made(system="Be brief.").usage
    assert usage is not None
    assert MESSAGES.counted(value) == usage.prompt_tokens


def test_it_lists_itself(local_model: Supervisor) -> None:
    url = f"{local_model.url}{MESSAGES.models_path}"

    value = requests.get(url, headers=_headers(local_model), timeout=60).json()

    models = MESSAGES.models(value)
    assert models is not None
    assert models.ids


@pytest.mark.parametrize("preset", ["greeting", "system", "streaming", "conversation"])
def test_each_preset_is_answered(local_model: Supervisor, preset: str) -> None:
    body = next(in_language(example.body) for example in MESSAGES.presets if example.id == preset)

    exchange = _made(**{**body, "max_tokens": 8, "temperature": None})

    assert exchange.choices[0].text
