"""Snippets as people read them."""

import ast
import inspect
import json
from typing import Any

import pytest
from hypothesis import given
from openai.resources.chat.completions import Completions

from playground.dialects.chat_completions import openai_python
from playground.exchange.call import Call
from playground.snippets import python
from tests import chat
from tests.exchange.strategies import json_values
from tests.growth import seconds

BASE = "https://api.openai.com/v1"


def _call(key_variable: str | None = "OPENAI_API_KEY", base_url: str = BASE, **changes: Any) -> Call:
    body = {"model": "gpt-4", "messages": [{"role": "user", "content": 'It\'s "quoted"'}]} | changes
    return chat.call(base_url, key_variable, body)


def test_python_code_reads_as_if_a_person_wrote_it() -> None:
    assert (
        chat.code(_call(temperature=0.7, logprobs=True))["python"]
        == """\
import os

from openai import OpenAI

client = OpenAI(
    base_url="https://api.openai.com/v1",
    api_key=os.environ["OPENAI_API_KEY"],
)

response = client.chat.completions.create(
    model="gpt-4",
    messages=[
        {"role": "user", "content": "It's \\"quoted\\""},
    ],
    temperature=0.7,
    logprobs=True,
)

print(response.choices[0].message.content)
"""
    )


def test_curl_code_reads_like_the_providers_examples() -> None:
    assert (
        chat.code(_call(max_tokens=5))["curl"]
        == """\
curl https://api.openai.com/v1/chat/completions \\
  -H "Content-Type: application/json" \\
  -H "Authorization: Bearer $OPENAI_API_KEY" \\
  --data-raw '{
  "model": "gpt-4",
  "messages": [
    {
      "role": "user",
      "content": "It'"'"'s \\"quoted\\""
    }
  ],
  "max_tokens": 5
}'
"""
    )


def test_a_server_without_keys_is_sent_none() -> None:
    code = chat.code(_call(key_variable=None))

    assert "Authorization" not in code["curl"]
    assert 'api_key="none"' in code["python"]
    assert "import os" not in code["python"]


def test_every_choice_is_printed_when_several_are_asked_for() -> None:
    assert "for choice in response.choices:" in chat.code(_call(n=3))["python"]


def test_a_body_too_long_for_an_argument_goes_through_standard_input() -> None:
    code = chat.code(_call(user="x" * 200_000))["curl"]

    assert "--data-binary @- <<'JSON'\n" in code
    assert code.endswith("\nJSON\n")


def test_curl_does_not_expand_a_host_in_brackets() -> None:
    code = chat.code(_call(base_url="http://[2001:db8::1]:8080/v1"))["curl"]

    assert code.startswith("curl --globoff 'http://[2001:db8::1]:8080/v1/chat/completions'")


def test_the_sdk_accepts_every_keyword() -> None:
    taken = inspect.signature(Completions.create).parameters

    assert set(taken) >= openai_python.KEYWORDS
    assert not openai_python.KEYWORDS & {"timeout", "extra_headers", "extra_query", "extra_body", "self"}


@given(json_values)
def test_a_literal_evaluates_to_its_value(value: Any) -> None:
    again = ast.literal_eval(python.literal(value))

    assert json.dumps(again) == json.dumps(value)


def test_streaming_code_handles_empty_choices_and_null_deltas() -> None:
    code = chat.code(_call(stream=True))

    assert code["python"].endswith("""\
    stream=True,
)

for chunk in stream:
    for choice in chunk.choices:
        if choice.delta and choice.delta.content:
            print(choice.delta.content, end="", flush=True)
print()
""")
    assert code["curl"].startswith("curl -N https://api.openai.com/v1/chat/completions \\\n")


@pytest.mark.parametrize("inner", [[], {}, "x" * 1000], ids=["lists", "objects", "texts"])
def test_deeply_nested_values_take_time_and_space_linear_in_their_size(inner: Any) -> None:
    flat, deep = [inner] * 3000, [inner] * 3000
    for _ in range(90):
        deep = [deep]

    calls = [_call(metadata=value) for value in (flat, deep)]
    room = [sum(map(len, chat.code(call).values())) for call in calls]
    took = [min(seconds(lambda call=call: chat.code(call)) for _ in range(3)) for call in calls]  # type: ignore[misc]

    assert room[1] < 20 * room[0]
    assert took[1] < 20 * took[0]
    assert ast.literal_eval(python.literal(deep)) == deep
