"""The checks of a pin: what each finds, what each is given, and that none takes long."""

import json
import subprocess
import time
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from playground.calls.cost import cost_of
from playground.exchange.record import Exchange
from playground.exchange.refusal import InvalidRequestError
from playground.pinned import checks, schema
from playground.pinned.checks import Check
from playground.pinned.telling import stored, told
from playground.rendering.translate import translate
from playground.runs.models import Run
from tests.configuration import configure
from tests.upstreams.scripted import Answer, ScriptedUpstream, completion, json_answer, stream
from tests.web.client import BODY, post_json

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]

CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Ulm"}'}}
TOOLS = completion(
    choices=[
        {"index": 0, "message": {"role": "assistant", "tool_calls": [CALL]}, "finish_reason": "tool_calls"}
    ]
)
WHOLE = stream({"content": "Hello!"})
CUT_OFF = Answer(body=WHOLE.body.partition(b'"stop"')[0], headers=WHOLE.headers)
SCHEMA = json.dumps({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}})


@pytest.fixture(autouse=True)
def _runs_are_on() -> None:
    configure(PLAYGROUND_RUNS="1")


def _exchange(client: Client, upstream: ScriptedUpstream, answer: Answer) -> Exchange:
    upstream.reply(answer)
    request = {**BODY, "stream": answer.headers.get("Content-Type", "").startswith("text/event-stream")}
    return Run.objects.get(key=post_json(client, request=request).json()["id"]).exchange


@pytest.mark.parametrize(
    ("check", "value", "answer", "passed", "said"),
    [
        (Check.STATUS, "", completion("Bye!"), True, "Expected status 200; received 200."),
        (Check.STATUS, "", json_answer({}, 429), False, "Expected status 200; received 429, "),
        (Check.STATUS, "", CUT_OFF, False, "Expected status 200; received 200, "),
        (Check.FINISH, "", completion(), True, "Expected finish reason stop; received stop."),
        (Check.FINISH, "", TOOLS, False, "Expected finish reason stop; received tool_calls."),
        (Check.FINISH, "", json_answer({}, 429), False, "Expected finish reason stop; received none."),
        (Check.TOOLS, "", completion(), True, "Expected tool calls: none. Received: none."),
        (Check.TOOLS, "", TOOLS, False, "Expected tool calls: none. Received: weather."),
        (Check.EQUALS, "", completion(" Hello!\n"), True, "answer, “Hello!”; received “Hello!”."),
        (Check.EQUALS, "", completion("hello!"), False, "answer, “Hello!”; received “hello!”."),
        (Check.CONTAINS, "ell", completion(), True, "contains “ell”; received “Hello!”."),
        (Check.CONTAINS, "ell", TOOLS, False, "contains “ell”; received no text."),
        (Check.MATCHES, r"^H\w+!$", completion(), True, "received “Hello!”."),
        (Check.MATCHES, r"^H\w+!$", completion("x" * 99), False, f"received “{'x' * 79}…”."),
        (Check.JSON, "", completion('{"a": 1}'), True, "Expected JSON; received “{"),
        (Check.JSON, "", completion("```json\n{}\n```"), False, "Expected JSON; received “```json"),
        (Check.JSON, SCHEMA, completion('{"a": 1}'), True, "fits the schema; received “{"),
        (Check.JSON, SCHEMA, completion('{"a": "é"}'), False, '.a: "é" is not of type "integer"'),
        (Check.SECONDS, "600", completion(), True, "Expected less than 600 s; the answer took "),
        (Check.SECONDS, "0.0001", completion(), False, "Expected less than 0.0001 s; the answer took "),
        (Check.TOKENS, "13", completion(), True, "Expected fewer than 13 tokens; the call used 12."),
        (Check.TOKENS, "12", completion(), False, "Expected fewer than 12 tokens; the call used 12."),
        (Check.TOKENS, "12", completion(usage=None), False, "the provider reported none."),
        (Check.USD, "0.01", completion(), False, "Expected less than $0.010; the cost is unknown."),
    ],
)
def test_what_a_check_finds(
    client: Client,
    upstream: ScriptedUpstream,
    check: Check,
    value: str,
    answer: Answer,
    passed: bool,
    said: str,
) -> None:
    pinned, came = (_exchange(client, upstream, one) for one in (completion(), answer))

    [verdict] = checks.judge({check.value: checks.read(check, value)}, pinned, came, cost_of(came))
    sentence = told(json.loads(json.dumps(stored(verdict.said))))

    assert (verdict.passed, said in str(sentence)) == (passed, True), sentence
    with translation.override("zh-hans"):
        assert "预期" in translate(sentence)


def _deep(levels: int) -> dict[str, Any]:
    """Return a schema that is tried 2 ** levels times."""
    twice = {
        f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]}
        for n in range(levels)
    }
    return {"$defs": {**twice, f"d{levels}": {"type": "object"}}, "$ref": "#/$defs/d0"}


def test_no_pattern_or_schema_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_SECONDS", 1)
    start = time.process_time()

    assert not schema.matches("^(a+)+$", "a" * 1_000_000 + "!")
    with pytest.raises(schema.UncheckedError):
        schema.check(json.dumps(_deep(60)), "{}")
    assert time.process_time() - start < 1


def test_no_schema_takes_much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_SECONDS", 60)
    never = {"items": {"anyOf": [{"not": {}}] * 800}}

    with pytest.raises(schema.UncheckedError) as told:
        schema.check(json.dumps(never), json.dumps([0] * 200_000))
    assert isinstance(told.value.__cause__, subprocess.CalledProcessError), "it ended on its own"


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (Check.CONTAINS, " "),
        (Check.CONTAINS, "x" * 2_001),
        (Check.MATCHES, "("),
        (Check.MATCHES, r"(a)\1"),
        (Check.MATCHES, "a{1000}{1000}"),
        (Check.JSON, "{"),
        (Check.JSON, '{"type": "thing"}'),
        (Check.JSON, '{"$ref": "http://127.0.0.1:1/schema"}'),
        (Check.JSON, '{"$ref": "file:///etc/hostname"}'),
        (Check.JSON, "[" * 200 + "]" * 200),
        (Check.SECONDS, "0"),
        (Check.TOKENS, "NaN"),
        (Check.USD, "1e99"),
        (Check.USD, ""),
    ],
)
def test_what_a_check_is_not_given(check: Check, value: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        checks.read(check, value)
    assert [problem.field for problem in refused.value.problems] == [check.value]
