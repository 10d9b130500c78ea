"""Code for Responses calls, run for real: what arrives is what was asked for."""

import ast
import inspect
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from openai.resources.responses import Responses

from playground import snippets
from playground.dialects.responses import openai_python
from playground.exchange.call import Call
from playground.exchange.dialect import call_of
from tests.dialects.responses.streams import RESPONSES, event, message, response, wire
from tests.exchange.strategies import json_values, texts
from tests.snippets.running import KEY, VARIABLE, canonical, generated, printed, run_curl, run_python
from tests.upstreams.scripted import Recorded, ScriptedUpstream, event_stream, json_answer

CALLS = 300
_PARTS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"type": st.just("input_text"), "text": texts}),
        st.fixed_dictionaries({"type": st.just("input_image"), "image_url": texts, "detail": st.just("low")}),
    ),
    min_size=1,
    max_size=3,
)
_ITEMS = st.one_of(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "developer", "user", "assistant"]), "content": texts}
    ),
    st.fixed_dictionaries({"type": st.just("message"), "role": st.just("user"), "content": _PARTS}),
    st.fixed_dictionaries(
        {"type": st.just("function_call"), "call_id": texts, "name": texts, "arguments": texts}
    ),
    st.fixed_dictionaries({"type": st.just("function_call_output"), "call_id": texts, "output": texts}),
    st.fixed_dictionaries(
        {"type": st.just("reasoning"), "id": texts, "summary": st.just([]), "encrypted_content": texts}
    ),
    st.fixed_dictionaries({"type": st.just("dream"), "depth": json_values}),
)
_TOOLS = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {
                "type": st.just("function"),
                "name": texts,
                "description": texts,
                "parameters": st.dictionaries(texts, json_values, max_size=2),
                "strict": st.booleans(),
            }
        ),
        st.fixed_dictionaries({"type": st.just("web_search"), "own": json_values}),
    ),
    min_size=1,
    max_size=2,
)
REQUESTS = st.fixed_dictionaries(
    {
        "model": texts.filter(str.strip),
        "input": st.one_of(texts.filter(bool), st.lists(_ITEMS, min_size=1, max_size=4)),
    },
    optional={
        "instructions": texts,
        "temperature": st.one_of(st.integers(0, 2), st.floats(0, 2)),
        "max_output_tokens": st.integers(1, 2**40),
        "top_p": st.floats(0, 1),
        "store": st.booleans(),
        "reasoning": st.fixed_dictionaries({"effort": texts}, optional={"own": json_values}),
        "text": st.fixed_dictionaries(
            {
                "format": st.fixed_dictionaries(
                    {
                        "type": st.just("json_schema"),
                        "name": texts,
                        "schema": st.dictionaries(texts, json_values, max_size=2),
                    }
                )
            },
            optional={"verbosity": texts},
        ),
        "tools": _TOOLS,
        "tool_choice": st.one_of(
            st.just("auto"), st.fixed_dictionaries({"type": st.just("function"), "name": texts})
        ),
        "include": st.lists(texts, max_size=2),
        "metadata": st.one_of(st.none(), st.dictionaries(texts, texts, max_size=2)),
        "stream": st.booleans(),
        "stream_options": st.fixed_dictionaries({"include_obfuscation": st.booleans()}),
        "truncation": st.sampled_from(["auto", "disabled"]),
        # Names that are newer than many SDKs, that cannot be keyword arguments, or that mean something else.
        "moderation": json_values,
        "prompt_cache_options": json_values,
        "timeout": json_values,
        "extra_body": json_values,
        "extra_headers": json_values,
        "class": json_values,
        "a key with spaces": json_values,
    },
)


@pytest.fixture(scope="module")
def bodies() -> list[dict[str, Any]]:
    return generated(REQUESTS, CALLS)


@pytest.fixture
def recorder() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        upstream.reply(_answer)
        yield upstream


def _answer(connection: socket.socket, recorded: Recorded) -> None:
    """Answer like a provider: streamed if asked for."""
    whole = response(message("Hello!"), created_at=1, tools=[], tool_choice="auto", parallel_tool_calls=True)
    if not recorded.json.get("stream"):
        connection.sendall(json_answer(whole).encode())
        return
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
    events = [
        event(
            "response.created", sequence_number=0, response=whole | {"status": "in_progress", "output": []}
        ),
        event("response.output_text.delta", sequence_number=1, delta="Hel", **place),
        event("response.output_text.delta", sequence_number=2, delta="lo!", **place),
        event("response.completed", sequence_number=3, response=whole),
    ]
    connection.sendall(event_stream(wire(*events)).encode())


def _call(base_url: str, body: dict[str, Any], key_variable: str | None = VARIABLE) -> Call:
    return call_of(RESPONSES, base_url, key_variable, body)


def _code(call: Call) -> dict[str, str]:
    return snippets.render(call, RESPONSES.targets)


def _codes(recorder: ScriptedUpstream, bodies: list[dict[str, Any]], target: str) -> list[str]:
    """Put the number into the path, so that each recorded request can be matched with its body."""
    bases = (recorder.url.replace("/v1", f"/call{number}/v1") for number in range(len(bodies)))
    return [_code(_call(base, body))[target] for base, body in zip(bases, bodies, strict=True)]


def _assert_arrived(recorded: list[Recorded], bodies: list[dict[str, Any]]) -> None:
    assert len(recorded) == len(bodies)
    for request in recorded:
        number = int(request.path.split("/")[1].removeprefix("call"))
        assert canonical(json.loads(request.body)) == canonical(bodies[number])
        assert request.header("Authorization") == f"Bearer {KEY}"
        assert request.path.endswith("/v1/responses")


def test_python_sends_what_was_asked_for(
    recorder: ScriptedUpstream, bodies: list[dict[str, Any]], tmp_path: Path
) -> None:
    run_python(_codes(recorder, bodies, "python"), tmp_path)

    _assert_arrived(recorder.requests, bodies)


def test_curl_sends_what_was_asked_for(
    recorder: ScriptedUpstream, bodies: list[dict[str, Any]], tmp_path: Path
) -> None:
    run_curl(_codes(recorder, bodies, "curl"), tmp_path)

    _assert_arrived(recorder.requests, bodies)


@pytest.mark.parametrize("options", [{}, {"stream": True}])
def test_python_code_prints_the_answer(
    recorder: ScriptedUpstream, tmp_path: Path, options: dict[str, Any]
) -> None:
    code = _code(_call(recorder.url, {"model": "m", "input": "Hello!", **options}))["python"]

    assert printed(code, tmp_path) == "Hello!\n"


def test_python_code_prints_the_items_if_there_are_tools(recorder: ScriptedUpstream, tmp_path: Path) -> None:
    body = {"model": "m", "input": "Hello!", "tools": [{"type": "function", "name": "f", "parameters": {}}]}

    assert "ResponseOutputMessage" in printed(_code(_call(recorder.url, body))["python"], tmp_path)


def test_python_code_reads_as_if_a_person_wrote_it() -> None:
    body = {"model": "m", "input": "Hello!", "reasoning": {"effort": "low"}, "store": False, "top_k": 3}

    assert (
        _code(_call("https://api.openai.com/v1", body, "OPENAI_API_KEY"))["python"]
        == """\
import os

from openai import OpenAI

client = OpenAI(
    base_url="https://api.openai.com/v1",
    api_key=os.environ["OPENAI_API_KEY"],
)

response = client.responses.create(
    model="m",
    input="Hello!",
    reasoning={"effort": "low"},
    store=False,
    extra_body={"top_k": 3},
)

print(response.output_text)
"""
    )


def test_python_code_without_a_key_is_code(recorder: ScriptedUpstream) -> None:
    ast.parse(_code(_call(recorder.url, {"model": "m", "input": "x"}, None))["python"])


def test_the_keywords_are_those_of_the_sdk() -> None:
    known = set(inspect.signature(Responses.create).parameters)

    assert known >= openai_python.KEYWORDS
